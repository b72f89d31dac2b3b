"""Tables for a terminal: boxed, coloured, as wide as fits."""

import re
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from evsrep.cloud.models import fault_in_words
from evsrep.output.plain import NOTHING
from evsrep.output.shapes import Thing
from evsrep.output.text import cell_of

_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_WORD_STYLES = {
    "available": "green",
    "active": "green",
    "creating": "yellow",
    "copying": "yellow",
    "deleting": "yellow",
    "error": "bold red",
    "error_deleting": "bold red",
    "inactive": "red",
    "active-stopped": "yellow",
}
_STYLED_FIELDS = frozenset({"status", "replication_status"})


def boxed(
    things: Sequence[Thing], columns: Sequence[str], *, is_one: bool, width: int
) -> Table | None:
    """Return a table that fits the width, None where even the narrowest would cut an ID."""
    layouts = (boxed_cards,) if is_one else (boxed_many, boxed_cards)
    tables = (layout(things, columns) for layout in layouts)
    return next((table for table in tables if fits(table, width)), None)


def boxed_cards(things: Sequence[Thing], fields: Sequence[str]) -> Table:
    """Return field and value, one thing below the other; for a list where rows are too wide."""
    table = _table()
    table.add_column("field", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    for thing in things:
        for field in fields:
            table.add_row(Text(field), _cell(thing, field))
        table.add_section()
    return table


def boxed_many(things: Sequence[Thing], columns: Sequence[str]) -> Table:
    """Return a row each in a box."""
    table = _table()
    for name in columns:
        table.add_column(Text(name), overflow="fold", justify=_side(things, name))
    for thing in things:
        table.add_row(*(_cell(thing, name) for name in columns))
    return table


def fits(table: Table, width: int) -> bool:
    """Return whether a table keeps every ID and heading uncut at a width; set its columns' widths.

    rich alone would take from every column alike, and cut the IDs.
    """
    least = [_least_width(column) for column in table.columns]
    widths = [max(map(_longest_line, column.cells), default=0) for column in table.columns]
    widths = [max(pair) for pair in zip(widths, least, strict=True)]
    room = width - (3 * len(widths) + 1)
    if sum(least) > room:
        return False
    while sum(widths) > room:  # take from where there is most to take
        spare = [is_ - must for is_, must in zip(widths, least, strict=True)]
        widths[spare.index(max(spare))] -= 1
    for column, final in zip(table.columns, widths, strict=True):
        column.width = final
    return True


def _table() -> Table:
    return Table(box=box.ROUNDED, border_style="dim", header_style="bold", safe_box=False)


def _cell(thing: Thing, field: str) -> Text:
    text = cell_of(thing, field, none=NOTHING, between="\n")
    style = _WORD_STYLES.get(text, "") if field in _STYLED_FIELDS else ""
    if field in ("status", "fault_level") and fault_in_words(thing):
        style = _WORD_STYLES["error"]
    return Text(text, style="dim" if text == NOTHING else style)


def _side(things: Sequence[Thing], name: str) -> Any:
    values = [thing.get(name) for thing in things]
    is_number = any(isinstance(value, int | float) for value in values)
    return "right" if is_number else "left"


def _least_width(column: Column) -> int:
    """Return the least a column can be: its heading, and the words in it that may not be cut."""
    words = [word for cell in column.cells for word in str(cell).split()]
    uncut = [word for word in words if column.no_wrap or _ID.fullmatch(word)]
    return max(map(cell_len, (str(column.header), *uncut)))


def _longest_line(cell: object) -> int:
    return max(map(cell_len, str(cell).split("\n")))
