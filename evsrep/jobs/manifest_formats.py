"""The forms of a manifest: CSV, JSON Lines and TOML, each read to keys and values by line."""

import csv
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from evsrep.jobs.manifest_faults import COLUMNS, Faults, kind_of, shortened
from evsrep.jobs.manifest_text import MOST_WHOLE_BYTES, text_lines, whole_text
from evsrep.jobs.spreadsheet import HEADING, from_text
from evsrep.settings.spelling import did_you_mean

if TYPE_CHECKING:
    import _csv

FORMATS = ("csv", "jsonl", "toml")
_DELIMITERS = (",", ";", "\t")
_BY_HEADING = {column.replace("_", ""): column for column in COLUMNS}

Cells = Mapping[str, Any]

_TEXTS = ("name", "description")  # which may begin and end with blanks


def _csv_pairs(file: BinaryIO, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Yield the rows below a line of headings."""
    lines = text_lines(file, faults)
    first, delimiter = _preamble(lines)
    delimiter = delimiter or _delimiter("".join(first[-1:]))
    raw: list[str] = []  # of the row that is being read
    reader = csv.reader(_noted(chain(first, lines), raw), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    as_meant: Callable[[str], str] = str
    for line, row in _rows(reader, raw, faults):
        if columns is None:
            columns = [_column(cell.strip()) for cell in row]
            if HEADING in columns:
                columns[columns.index(HEADING)], as_meant = "", from_text
            if not _check_columns(line, columns, faults):
                return
        elif any(row[len(columns) :]):
            faults.add(line, f"it has {len(row)} cells, and there are {len(columns)} columns")
        else:
            cells = {
                key: as_meant(cell if key in _TEXTS else cell.strip())
                for key, cell in zip(columns, row, strict=False)
                if cell
            }
            if "" in cells:
                faults.add(line, f"the cell '{shortened(cells[''])}' has no heading")
            else:
                yield line, cells
    if columns is None and not faults.count:
        faults.add(0, "the file is empty: its first line is to name the columns")


def _noted(lines: Iterable[str], raw: list[str]) -> Iterator[str]:
    for line in lines:
        raw.append(line)
        yield line


def _preamble(lines: Iterator[str]) -> tuple[list[str], str]:
    """Return the lines to the headings, and the delimiter where one is said.

    What is read over is left empty, so that the numbers of the lines stay right.
    """
    passed, delimiter = list[str](), ""
    for line in lines:
        word = line.strip(" \r\n").strip('"')
        if not delimiter and word.casefold().startswith("sep=") and len(word) in (5, 6):
            delimiter = "\t" if word[4:] == "\\t" else word[4:5]
        elif word.strip() and not word.startswith("#TYPE"):
            return [*passed, line], delimiter
        passed.append("\n")
    return passed, delimiter


def _column(heading: str) -> str:
    """Return the key that a heading means, without regard to case and blanks; else as it is."""
    return _BY_HEADING.get(re.sub(r"[\s_-]", "", heading).casefold(), heading)


def _rows(reader: "_csv.Reader", raw: list[str], faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the line that each begins on; cells may go over several lines.

    Blanks around a cell go, but for those within quotes, which an export writes where they count.
    """
    while not faults.is_enough:
        line = reader.line_num + 1
        raw.clear()
        try:
            row = [_without_blanks(cell, raw) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(line, f"it is not CSV: {error}".partition(" - ")[0])
        else:
            if any(row):
                yield line, row


def _without_blanks(cell: str, raw: list[str]) -> str:
    bare = cell.strip()
    if bare == cell:
        return cell
    in_quotes = '"' + cell.replace('"', '""') + '"'
    return cell if in_quotes in "".join(raw) else bare


def _delimiter(header: str) -> str:
    """Return what separates the headings: by whichever the most of them are known."""

    def known(delimiter: str) -> int:
        return sum(_column(cell.strip(' \r\n"')) in COLUMNS for cell in header.split(delimiter))

    return max(_DELIMITERS, key=known)  # of equal ones the first


def _check_columns(line: int, columns: list[str], faults: Faults) -> bool:
    """Whether the headings can be worked with."""
    before = faults.count
    for number, name in enumerate(columns):
        if name and name not in COLUMNS:
            near = did_you_mean(name, COLUMNS)
            faults.add(line, f"there is no column '{shortened(name)}'{near}")
        elif name and name in columns[:number]:
            faults.add(line, f"the column {name} is there twice")
    dr = "dr_zone" if "dr_zone" in columns else "dr_disk"
    by_ids, by_roles = ("volume_ids", "priority_station"), ("production_disk", dr)
    for name in by_ids if "volume_ids" in columns else by_roles:
        if name not in columns:
            faults.add(line, f"the column {name} is missing")
    return faults.count == before


def _json_pairs(file: BinaryIO, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Yield an object for each line; an array, or objects over several lines, will do as well."""
    lines = enumerate(text_lines(file, faults, MOST_WHOLE_BYTES), start=1)
    for number, line in lines:
        if not line.strip():
            continue
        try:
            found = _DECODER.decode(line)
        except _KeyTwiceError as error:
            faults.add(number, f"the key {error} is there twice")
        except (ValueError, RecursionError):
            if line.lstrip().startswith(("{", "[")):
                yield from _spread_pairs(number, line, lines, faults)
            else:
                faults.add(number, "it is not valid JSON")
        else:
            yield from _objects(number, found, faults)
        if faults.is_enough:
            return


def _objects(number: int, found: Any, faults: Faults) -> Iterator[tuple[int, Cells]]:
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict):
            yield number, each
        else:
            faults.add(number, "it is not a JSON object")


def _spread_pairs(
    number: int, line: str, lines: Iterator[tuple[int, str]], faults: Faults
) -> Iterator[tuple[int, Cells]]:
    """Yield what stands in JSON from a line on that is not whole by itself."""
    text = line
    word = line.strip()
    if word.startswith("[") or not word.endswith("},"):
        text += _rest(lines)
    if faults.is_enough:
        return
    position = _next(text, 0)
    is_array = text[position] == "["
    position = _next(text, position + 1) if is_array else position
    while position < len(text) and not (is_array and text[position] == "]"):
        begins = number + text.count("\n", 0, position)
        try:
            found, position = _DECODER.raw_decode(text, position)
            position = _behind_comma(text, _next(text, position), is_array=is_array)
        except (_KeyTwiceError, ValueError, RecursionError) as error:
            faults.end(begins, _json_fault(error), _HOW_JSON)
            return
        yield from _objects(begins, found, faults)
    if is_array and text[position + 1 :].strip():
        faults.end(number, "something stands behind the array", _HOW_JSON)


def _rest(lines: Iterator[tuple[int, str]]) -> str:
    parts, size = list[str](), 0
    for _, line in lines:
        parts.append(line)
        size += len(line)
        if size > MOST_WHOLE_BYTES:
            break
    return "".join(parts)


def _behind_comma(text: str, position: int, *, is_array: bool) -> int:
    """Return where what follows an object begins; raises _CommaError for a comma too many."""
    sign = text[position : position + 1]
    if is_array and sign not in (",", "]"):
        raise _CommaError("the array goes on without a comma, or has no end")
    if sign != ",":
        return position
    position = _next(text, position + 1)
    if not is_array or text[position : position + 1] == "]":
        raise _CommaError("there is a comma behind the object")
    return position


def _json_fault(error: Exception) -> str:
    if isinstance(error, _KeyTwiceError):
        return f"the key {error} is there twice"
    return str(error) if isinstance(error, _CommaError) else "it is not valid JSON"


def _next(text: str, position: int) -> int:
    """Return where the next thing begins that is no blank."""
    found = _WORD.search(text, position)
    return found.start() if found else len(text)


class _CommaError(ValueError):
    """A comma that is missing, or one too many."""


class _KeyTwiceError(Exception):
    """A key that is there twice; its text is the key."""


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _KeyTwiceError(shortened(key))
        found[key] = value
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_each_key_once)
_WORD = re.compile(r"\S")
_HOW_JSON = "write an object a line with nothing behind it, or one array: [{…}, {…}]"


def _toml_pairs(file: BinaryIO, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Yield the tables of an array `pair`."""
    text = whole_text(file, faults, "TOML")
    if faults.is_enough:
        return
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        faults.add(0, f"the file is not TOML: {reason}")
        return
    for key in document:
        if key != "pair":
            faults.add(0, f"there is no key '{shortened(key)}': each pair starts with [[pair]]")
    yield from _tables(document.get("pair", []), faults)


def _tables(pairs: Any, faults: Faults) -> Iterator[tuple[int, Cells]]:
    if not isinstance(pairs, list):
        faults.add(0, "'pair' is not a list of tables: each pair starts with [[pair]]")
        return
    for number, pair in enumerate(pairs, start=1):
        if isinstance(pair, dict):
            yield number, pair
        else:
            faults.add(number, f"it is to be a table, not {kind_of(pair)}")


READERS: Mapping[str, Callable[[BinaryIO, Faults], Iterable[tuple[int, Cells]]]] = {
    "csv": _csv_pairs,
    "jsonl": _json_pairs,
    "toml": _toml_pairs,
}
