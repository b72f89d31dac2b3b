"""The rules for a pair, its two disks side by side."""

from collections.abc import Iterator, Sequence

from evsrep.output.layout import Column, rows
from evsrep.output.shapes import Thing
from evsrep.output.styles import Paint
from evsrep.output.text import as_cell

_MARKS = {True: "", False: "x", None: "?"}
_WANTED = {
    "disk": "must be there",
    "zone": "must differ",
    "type": "must be the same",
    "size": "must be the same",
    "primary zone": "must be the production disk's",
    "pair": "must be in none",
    "server": "must be stopped",
}


def check_lines(checks: Sequence[Thing], width: int, *, paint: Paint, more: str) -> Iterator[str]:
    """Yield a line for each rule: `x` where it is broken, `?` where that is not known."""
    columns = [
        Column("", [_MARKS[check["ok"]] for check in checks]),
        Column("", [check["rule"] for check in checks]),
        Column("production disk", _cells(checks, "production"), is_text=True),
        Column("DR disk", _cells(checks, "dr"), is_text=True),
        Column("", [_wanted(check) for check in checks], is_text=True, is_optional=True),
    ]
    return rows(columns, width, paint=paint, more=more)


def _cells(checks: Sequence[Thing], field: str) -> list[str]:
    return [as_cell(check[field], none="-") for check in checks]


def _wanted(check: Thing) -> str:
    if check["ok"] is None:
        return "not known"
    return "" if check["ok"] else _WANTED.get(check["rule"], "")
