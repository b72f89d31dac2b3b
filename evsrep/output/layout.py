"""Cells as lines: aligned, without boxes, no wider than the terminal, no word broken, no ID cut."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len

from evsrep.output.styles import Paint

_ID = re.compile(r"\W*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\W*", re.IGNORECASE)
_GAP, _INDENT, _INDENT_BELOW = 2, 2, 4
_COMFORT, _LEAST = 12, 4  # cells of what may be shortened: while there is a choice, and at all
UNBOUNDED = 1_000_000
"""The width of what is no terminal."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and a cell for each row. Of what is too wide, names are shortened, texts wrap."""

    heading: str
    cells: Sequence[str]
    is_name: bool = False  # may be shortened
    is_text: bool = False  # may wrap, between words
    is_number: bool = False
    is_optional: bool = False  # goes where there is no room
    is_below: bool = False  # below the row, where there is anything
    place: str = ""  # what its cells are, where the heading does not say it

    def least(self, name_cells: int) -> int:
        """Return the fewest cells it can do with."""
        if self.is_name:
            return min(self.natural, max(name_cells, cell_len(self.heading)))
        if self.is_text:
            words = (word for text in (self.heading, *self.cells) for word in text.split(" "))
            return max(map(cell_len, words), default=0)
        return self.natural

    @property
    def natural(self) -> int:
        """The cells that its widest text takes."""
        return max(map(cell_len, (self.heading, *self.cells)))


_Sized = list[tuple[Column, int]]


def rows(columns: Sequence[Column], width: int, *, paint: Paint, more: str) -> Iterator[str]:
    """Yield the headings, and a line for each row: several where one is too narrow for it.

    `more` stands for what is left out of a name.
    """
    groups = _fitted([column for column in columns if not column.is_below], width)
    below = [column for column in columns if column.is_below]
    headings = [[column.heading for column, _ in group] for group in groups]
    if any(map(any, headings)):
        yield from _row(groups, headings, more, paint, is_heading=True)
    for number in range(len(columns[0].cells)):
        texts = [[column.cells[number] for column, _ in group] for group in groups]
        yield from _row(groups, texts, more, paint)
        for column in below:
            for line in wrapped(column.cells[number], width - _INDENT_BELOW):
                yield " " * _INDENT_BELOW + line


def fields(pairs: Sequence[tuple[str, str]], width: int, *, paint: Paint) -> Iterator[str]:
    """Yield field and value, side by side; below it what is too wide to stand there."""
    first = max((cell_len(field) for field, _ in pairs), default=0)
    for field, value in pairs:
        name = paint(field, "heading")
        room = width - first - _GAP
        if max(map(cell_len, value.split(" "))) > room:
            yield name
            yield from (" " * _INDENT + line for line in wrapped(value, width - _INDENT))
            continue
        pad = first - cell_len(field) + _GAP
        for number, line in enumerate(wrapped(value, room) or [""]):
            start = name + " " * pad if number == 0 else " " * (first + _GAP)
            yield (start + paint(line, field)).rstrip()


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines between words; a word too long for one is cut, unless it is an ID."""
    if cell_len(text) <= width:
        return [text] if text else []
    lines: list[str] = []
    line, *words = text.split(" ")
    for word in words:
        if line.strip() and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}"
        line = _cut(lines, line, width)
    return [*lines, _cut(lines, line, width)]


def _cut(lines: list[str], line: str, width: int) -> str:
    """Move what is too long of a line to `lines`, and return the rest; an ID stays whole."""
    while cell_len(line) > max(width, 1) and not _ID.fullmatch(line):
        start = _first_cells(line, max(width, 2))
        lines.append(start)
        line = line[len(start) :]
    return line


def sentence(text: str, width: int) -> list[str]:
    """Break a sentence into lines between words, those after the first two blanks in."""
    first, *rest = wrapped(text, width) or [""]
    rest = wrapped(text[len(first) :].lstrip(" "), width - _INDENT) if rest else []
    return [first, *(" " * _INDENT + line for line in rest)]


def reflowed(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text; what is too long for the width goes on as far in as it began."""
    for line in text.splitlines():
        indent = " " * min(len(line) - len(line.lstrip(" ")), width // 2)
        for piece in wrapped(line.lstrip(" "), width - len(indent)) or [""]:
            yield (indent + piece).rstrip()


def shortened(text: str, width: int, more: str) -> str:
    """Return the text, or as much of its start as fits with `more` behind it."""
    if cell_len(text) <= width:
        return text
    return _first_cells(text, width - cell_len(more)).rstrip() + more


def _first_cells(text: str, width: int) -> str:
    end, used = 0, 0
    for character in text:
        used += cell_len(character)
        if used > width:
            break
        end += 1
    return text[:end]


def _fitted(columns: list[Column], width: int) -> list[_Sized]:
    """Give each column its width: all on one line, if need be without the optional ones."""
    chosen = [c for c in columns if not c.is_optional or any(c.cells)]
    while True:
        if _least_sum(chosen, _COMFORT) <= width:
            return [_sized(chosen, width, _COMFORT)]
        droppable = [column for column in chosen if column.is_optional]
        if not droppable:
            break
        chosen.remove(droppable[-1])
    if _least_sum(chosen, _LEAST) <= width:
        return [_sized(chosen, width, _LEAST)]
    return list(_folded(chosen, width))


def _folded(columns: Iterable[Column], width: int) -> Iterator[_Sized]:
    """Yield the columns of each line, as many as it takes."""
    line: list[Column] = []
    room = width
    for column in columns:
        if line and _least_sum([*line, column], _COMFORT) > room:
            yield _sized(line, room, _COMFORT)
            line, room = [], width - _INDENT
        line.append(column)
    yield _sized(line, room, _COMFORT)


def _least_sum(columns: Sequence[Column], name_cells: int) -> int:
    return sum(column.least(name_cells) for column in columns) + _GAP * (len(columns) - 1)


def _sized(columns: Sequence[Column], room: int, name_cells: int) -> _Sized:
    """Give columns their natural widths, less what is too much, taken from where most can go."""
    least = [column.least(name_cells) for column in columns]
    widths = [max(pair) for pair in zip((c.natural for c in columns), least, strict=True)]
    excess = sum(widths) + _GAP * (len(columns) - 1) - room
    while excess > 0:
        spare = [is_ - must for is_, must in zip(widths, least, strict=True)]
        if not any(spare):
            break  # one word alone is wider: it is cut where it wraps
        widths[spare.index(max(spare))] -= 1
        excess -= 1
    return list(zip(columns, [min(width, room) for width in widths], strict=True))


def _row(
    groups: Sequence[_Sized],
    texts: Sequence[Sequence[str]],
    more: str,
    paint: Paint,
    *,
    is_heading: bool = False,
) -> Iterator[str]:
    """Yield the lines of one row."""
    for number, (group, cells) in enumerate(zip(groups, texts, strict=True)):
        indent = " " * (_INDENT if number else 0)
        blocks = [
            [shortened(text, width, more)] if column.is_name else wrapped(text, width)
            for (column, width), text in zip(group, cells, strict=True)
        ]
        for pieces in zip_longest(*blocks, fillvalue=""):
            aligned = (
                _aligned(piece, column, width, paint, is_heading)
                for (column, width), piece in zip(group, pieces, strict=True)
            )
            yield indent + (" " * _GAP).join(aligned).rstrip()


def _aligned(text: str, column: Column, width: int, paint: Paint, is_heading: bool) -> str:
    padding = " " * (width - cell_len(text))
    shown = paint(text, "heading" if is_heading else column.place or column.heading)
    return padding + shown if column.is_number else shown + padding
