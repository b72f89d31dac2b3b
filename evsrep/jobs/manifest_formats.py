"""The forms of a manifest: CSV, JSON Lines and TOML, each read to keys and values by line."""

import csv
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from evsrep.errors import UsageFault

if TYPE_CHECKING:
    import _csv

FORMATS = ("csv", "jsonl", "toml")
COLUMNS = (
    "production_disk",
    "dr_disk",
    "dr_zone",
    "volume_ids",
    "priority_station",
    "name",
    "description",
    "replication_model",
)
MOST_KEPT = 20
"""Faults that are told one by one; the rest is counted."""

_MOST_COUNTED = 1000
_LONGEST_LINE_BYTES = 1024 * 1024
_LONGEST_TOML_BYTES = 16 * 1024 * 1024
_MOST_LINES = 2_000_000  # blank ones are no pairs, and take their time all the same
_DELIMITERS = (",", ";", "\t")
_BOM = b"\xef\xbb\xbf"

Cells = Mapping[str, Any]


class Faults:
    """What is wrong with a file; the first of it is kept, the rest counted."""

    def __init__(self, noun: str) -> None:
        self.count = 0
        self.noun = noun
        self._kept: list[str] = []

    def add(self, line: int, fault: str) -> None:
        """Note a fault of a line; 0 is the file as a whole."""
        self.count += 1
        if len(self._kept) < MOST_KEPT:
            self._kept.append(f"{self.noun} {line}: {fault}" if line else fault)

    @property
    def is_enough(self) -> bool:
        """Whether it is no use to read on."""
        return self.count >= _MOST_COUNTED

    def raise_if_any(self) -> None:
        """Raise UsageFault for all of it, the first told by line."""
        if not self.count:
            return
        more = self.count - len(self._kept)
        rest = [f"and {more} more{' or so' if self.is_enough else ''}"] if more else []
        raise UsageFault.of(
            [*self._kept, *rest],
            f"{self.count} things are wrong in the file",
            hint=f"nothing was sent; the keys are {', '.join(COLUMNS)}",
        )


def kind_of(value: Any) -> str:
    """Return what a value is, in words."""
    kinds: Mapping[type, str] = {bool: "true or false", int: "a number", float: "a number"}
    kinds = {**kinds, list: "a list", dict: "a table", str: "text"}
    return kinds.get(type(value), "a time")


def shortened(text: str) -> str:
    """Return a text that may be long, as an error repeats it."""
    return text if len(text) <= 60 else text[:60] + "…"


def _lines(file: BinaryIO, faults: Faults) -> Iterator[str]:
    """Yield the lines; one that is too long ends it, one that is not text is empty: both faults."""
    number = 0
    while raw := file.readline(_LONGEST_LINE_BYTES + 1):
        number += 1
        if len(raw) > _LONGEST_LINE_BYTES:
            faults.add(number, "the line is longer than 1 MiB")
            return
        if number > _MOST_LINES:
            faults.add(number, f"a file has at most {_MOST_LINES} lines: split it")
            return
        try:
            yield (raw.removeprefix(_BOM) if number == 1 else raw).decode()
        except UnicodeDecodeError:
            faults.add(number, "it is not UTF-8 text")
            if faults.is_enough:
                return
            yield "\n"


def _csv_pairs(file: BinaryIO, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Yield the rows below a line of headings."""
    lines = _lines(file, faults)
    first = [line for line in (next(lines, ""),) if line]
    delimiter = _delimiter("".join(first))
    reader = csv.reader(chain(first, lines), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    for line, row in _rows(reader, faults):
        if columns is None:
            columns = [cell.strip() for cell in row]
            if not _check_columns(line, columns, faults):
                return
        elif len(row) != len(columns):
            faults.add(line, f"it has {len(row)} cells, and there are {len(columns)} columns")
        else:
            yield line, {key: cell for key, cell in zip(columns, row, strict=True) if cell}
    if columns is None and not faults.count:
        faults.add(0, "the file is empty: its first line is to name the columns")


def _rows(reader: "_csv.Reader", faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the line that each begins on; cells may go over several lines."""
    while not faults.is_enough:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(line, f"it is not CSV: {error}".partition(" - ")[0])
        else:
            if row:
                yield line, row


def _delimiter(header: str) -> str:
    """Return what separates the headings: by whichever the most of them are known."""

    def known(delimiter: str) -> int:
        return sum(cell.strip(' \r\n"') in COLUMNS for cell in header.split(delimiter))

    return max(_DELIMITERS, key=known)  # of equal ones the first


def _check_columns(line: int, columns: list[str], faults: Faults) -> bool:
    """Whether the headings can be worked with."""
    before = faults.count
    for number, name in enumerate(columns):
        if name not in COLUMNS:
            faults.add(line, f"there is no column '{shortened(name)}'")
        elif name in columns[:number]:
            faults.add(line, f"the column {name} is there twice")
    dr = "dr_zone" if "dr_zone" in columns else "dr_disk"
    by_ids, by_roles = ("volume_ids", "priority_station"), ("production_disk", dr)
    for name in by_ids if "volume_ids" in columns else by_roles:
        if name not in columns:
            faults.add(line, f"the column {name} is missing")
    return faults.count == before


def _json_pairs(file: BinaryIO, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Yield an object for each line."""
    for number, line in enumerate(_lines(file, faults), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, object_pairs_hook=_each_key_once)
        except _KeyTwiceError as error:
            faults.add(number, f"the key {error} is there twice")
        except (ValueError, RecursionError):
            faults.add(number, "it is not valid JSON")
        else:
            if isinstance(found, dict):
                yield number, found
            else:
                faults.add(number, "it is not a JSON object")
        if faults.is_enough:
            return


class _KeyTwiceError(Exception):
    """A key that is there twice; its text is the key."""


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _KeyTwiceError(shortened(key))
        found[key] = value
    return found


def _toml_pairs(file: BinaryIO, faults: Faults) -> Iterator[tuple[int, Cells]]:
    """Yield the tables of an array `pair`."""
    raw = file.read(_LONGEST_TOML_BYTES + 1)
    if len(raw) > _LONGEST_TOML_BYTES:
        faults.add(0, "TOML is read whole, and 16 MiB at most: use CSV or JSON Lines")
        return
    try:
        document = tomllib.loads(raw.removeprefix(_BOM).decode())
    except UnicodeDecodeError:
        faults.add(0, "the file is not UTF-8 text")
        return
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
