"""Which columns a list has on a terminal, kind by kind, and from which width on.

The ID comes last, whole; what comes before is what is read and typed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from evsrep.output.layout import Column
from evsrep.output.shapes import Shape, Thing
from evsrep.output.states import state_of, untold_fault
from evsrep.output.text import as_cell, cell_of, harmless

NOTHING = "-"
MEDIUM, WIDE = 100, 140
"""From so many columns on a list shows more."""

_NAMES = frozenset({"name", "description"})


class ListColumn(NamedTuple):
    """A column of a list; without `text` its cells are the field of that name.

    `is_name` is what may be shortened, `is_text` what may wrap between words, `is_below` what
    stands below its row. A column with `from_width` goes where there is no room for it.
    """

    heading: str
    field: str = ""
    text: Callable[[Thing], str] | None = None
    is_name: bool = False
    is_text: bool = False
    is_below: bool = False
    from_width: int = 0

    def cell(self, thing: Thing) -> str:
        """Return what a thing has there; empty where it has nothing."""
        if self.text is not None:
            return harmless(self.text(thing))
        return as_cell(thing.get(self.field), between=", ")


def _name_or_disks(thing: Thing) -> str:
    """Return the name; of a pair that is not there, and has none, the disks it was to be of."""
    return thing.get("name") or " and ".join(thing.get("volume_ids") or ())


def _local_time(change: Thing) -> str:
    """Return when it was, as the clock on the wall has it."""
    try:
        return f"{datetime.fromisoformat(change['time']).astimezone():%m-%d %H:%M:%S}"
    except ValueError:
        return str(change["time"])


def _what(change: Thing) -> str:
    return str(change["command"]).removeprefix("evsrep ")


def _pairs(thing: Thing) -> str:
    ids = thing.get("replication_ids")
    return str(len(ids)) if isinstance(ids, list) else ""


_ID = ListColumn("ID", "id")
_NAME = ListColumn("NAME", "name", is_name=True)
_STATE = ListColumn("STATE", text=state_of)
_FAULT = ListColumn("FAULT", text=untold_fault, from_width=MEDIUM)
_PRIMARY = ListColumn("PRIMARY", "priority_station")
_AGE = ListColumn("AGE", "age", from_width=WIDE)
_RESULT = ListColumn("RESULT", "result")
_NAME_OR_DISKS = ListColumn("NAME", text=_name_or_disks, is_name=True)
_ERROR = ListColumn("", "error", is_below=True)

LISTS: dict[str, tuple[ListColumn, ...]] = {
    "pair": (
        _NAME,
        _STATE,
        _FAULT,
        _PRIMARY,
        ListColumn("GROUP", "group", is_name=True, from_width=MEDIUM),
        ListColumn("PRODUCTION DISK", "production_disk", is_name=True, from_width=WIDE),
        ListColumn("DR DISK", "dr_disk", is_name=True, from_width=WIDE),
        _AGE,
        _ID,
    ),
    "group": (
        _NAME,
        _STATE,
        _FAULT,
        _PRIMARY,
        ListColumn("PAIRS", text=_pairs, from_width=80),
        _AGE._replace(from_width=MEDIUM),
        _ID,
    ),
    "disk": (
        _NAME,
        ListColumn("ZONE", "availability_zone"),
        ListColumn("GB", "size"),
        ListColumn("TYPE", "volume_type"),
        ListColumn("STATUS", "status", from_width=WIDE),
        ListColumn("PAIR", "pair", is_name=True, from_width=90),
        ListColumn("SERVER", "server", is_name=True, from_width=MEDIUM),
        _ID,
        ListColumn("", "against", is_below=True),
    ),
    "match": (
        ListColumn("DEVICE", "device"),
        ListColumn("GB", "size"),
        ListColumn("TYPE", "volume_type"),
        ListColumn("PRODUCTION DISK", "production", is_name=True),
        ListColumn("DR DISK", "dr", is_name=True),
    ),
    "row": (
        ListColumn("LINE", "line"),
        _RESULT,
        _NAME_OR_DISKS,
        ListColumn("STATE", text=state_of, from_width=MEDIUM),
        _ID,
        _ERROR,
    ),
    "deletion": (_RESULT, _NAME, ListColumn("STATE", text=state_of, from_width=MEDIUM), _ID,
                 _ERROR),
    "expansion": (_RESULT, _NAME, ListColumn("GB", "new_size"), _ID, _ERROR),
    "change": (
        ListColumn("TIME", text=_local_time),
        ListColumn("PROFILE", "profile", from_width=MEDIUM),
        ListColumn("WHAT", text=_what, is_name=True),
        ListColumn("OUTCOME", "outcome"),
        _ID,
    ),
    "finding": (
        ListColumn("RESULT", "result"),
        ListColumn("CHECK", "check"),
        ListColumn("DETAIL", "detail", is_text=True),
        ListColumn("", "hint", is_below=True),
    ),
}  # fmt: skip
"""By the noun of the shape; what is not here has the columns of its shape."""


def columns_of(
    shape: Shape, things: Sequence[Thing], chosen: Sequence[str], width: int
) -> list[Column]:
    """Return the columns of a list on a terminal; with `chosen` fields those, as they are called.

    Where a kind has columns of its own, so wide a terminal has them.
    """
    if chosen or shape.noun not in LISTS:
        return [_of_field(name, things) for name in chosen or shape.columns]
    return [_filled(column, things) for column in LISTS[shape.noun] if column.from_width <= width]


def health_columns(things: Sequence[Thing]) -> list[Column]:
    """Return the columns of what is protected and what is not; they need no headings."""
    names = [f"{thing['kind']} {thing['name'] or thing['id']}" for thing in things]
    return [
        Column("", [str(thing["health"]) for thing in things], place="health"),
        Column("", [harmless(name) for name in names], is_name=True),
        Column("", [as_cell(thing["reason"]) for thing in things], is_text=True),
        Column("", [as_cell(thing["hint"]) for thing in things], is_below=True),
    ]


def plain_columns(things: Sequence[Thing], names: Sequence[str]) -> list[Column]:
    """Return the columns of a list in a pipe: these fields, nothing cut, nothing left out."""
    return [
        Column(name, [cell_of(thing, name, none=NOTHING) for thing in things]) for name in names
    ]


def _filled(column: ListColumn, things: Sequence[Thing]) -> Column:
    cells = [column.cell(thing) for thing in things]
    may_be_empty = column.is_below or (column.from_width and not any(cells))
    return Column(
        column.heading,
        cells if may_be_empty else [cell or NOTHING for cell in cells],
        is_name=column.is_name,
        is_text=column.is_text,
        is_number=_is_number(column.field, things),
        is_optional=column.from_width > 0,
        is_below=column.is_below,
    )


def _of_field(name: str, things: Sequence[Thing]) -> Column:
    return Column(
        name.upper(),
        [cell_of(thing, name, none=NOTHING, between=", ") for thing in things],
        is_name=name in _NAMES,
        is_text=name not in _NAMES,
        is_number=_is_number(name, things),
    )


def _is_number(name: str, things: Sequence[Thing]) -> bool:
    return any(isinstance(thing.get(name), int | float) for thing in things)
