"""Tables for a pipe: aligned, unwrapped, nothing cut. Of rich only the widths of characters."""

from collections.abc import Sequence

from rich.cells import cell_len

from evsrep.output.shapes import Thing
from evsrep.output.text import cell_of

NOTHING = "-"


def plain_one(thing: Thing, fields: Sequence[str]) -> str:
    """Return field and value, a line each."""
    return _aligned([[field, cell_of(thing, field, none=NOTHING)] for field in fields])


def plain_many(things: Sequence[Thing], columns: Sequence[str]) -> str:
    """Return a line of headings, and a line each."""
    rows = [[cell_of(thing, name, none=NOTHING) for name in columns] for thing in things]
    return _aligned([list(columns), *rows])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return "".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True)
    ]
    return "  ".join(padded).rstrip() + "\n"
