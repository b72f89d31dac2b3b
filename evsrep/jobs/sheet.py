"""A file of pairs, read whole and found to be right before anything is sent.

CSV, JSON Lines or TOML. The file is read once, as it comes, so that a pipe will do; what was read
lies in a temporary file until it is wanted. Whatever the bytes are, what is wrong with them is a
UsageFault that tells every fault by its line.
"""

import csv
import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from sys import intern
from typing import Any, BinaryIO, NamedTuple

from evsrep.errors import UsageFault
from evsrep.jobs.find import is_id
from evsrep.jobs.order import MODELS, Wish, faults_of

FORMS = ("csv", "jsonl", "toml")
COLUMNS = (
    "production_disk",
    "dr_disk",
    "volume_ids",
    "priority_station",
    "name",
    "description",
    "replication_model",
)
MOST_PAIRS = 100_000
MOST_FAULTS_TOLD = 20
_MOST_FAULTS_COUNTED = 1000
_LONGEST_LINE_BYTES = 1024 * 1024
_LONGEST_TOML_BYTES = 16 * 1024 * 1024
_MOST_LINES = 2_000_000  # blank ones are no pairs, and take their time all the same
_IN_MEMORY_BYTES = 1024 * 1024
_ENDINGS = {"csv": "csv", "tsv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "toml": "toml"}
_DELIMITERS = (",", ";", "\t")
_BOM = b"\xef\xbb\xbf"

Cells = Mapping[str, Any]


class Entry(NamedTuple):
    """A pair that is asked for. `line` is the file's, for TOML the number of the `[[pair]]`."""

    line: int
    wish: Wish


class Sheet:
    """The pairs of a file, in its order; they can be gone through more than once."""

    def __init__(self) -> None:
        self.count = 0
        self.has_names = False  # disks that are named rather than given by their IDs
        self.lacks_station = False
        self.disks: Mapping[str, int] = {}  # all that are named, by `disk_key`, with their lines
        self._kept = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 -- ours for long

    def add(self, entry: Entry) -> None:
        """Keep one more."""
        wish = entry.wish
        self.count += 1
        self.has_names = self.has_names or not all(map(is_id, wish.disks))
        self.lacks_station = self.lacks_station or wish.priority_station is None
        kept = [entry.line, *(getattr(wish, name) for name in COLUMNS)]
        self._kept.write(json.dumps(kept).encode() + b"\n")

    def close(self) -> None:
        """Let go of what is kept."""
        self._kept.close()

    def __iter__(self) -> Iterator[Entry]:
        place = 0
        while True:
            self._kept.seek(place)  # others may go through it at the same time
            kept = self._kept.readline()
            place = self._kept.tell()
            if not kept:
                return
            line, *values = json.loads(kept)
            cells = dict(zip(COLUMNS, values, strict=True))
            cells["volume_ids"] = tuple(cells["volume_ids"])
            yield Entry(line, Wish(**cells))


def form_of(name: str, given: str | None) -> str:
    """The form of a file: as given, else by its ending."""
    found = given or _ENDINGS.get(name.rpartition(".")[2].lower())
    if found is None:
        raise UsageFault(
            f"the ending of '{name}' does not tell what is in it",
            hint=f"say --format {', '.join(FORMS[:-1])} or {FORMS[-1]}",
        )
    return found


def read_sheet(
    file: BinaryIO, form: str, *, station: str | None = None, model: str = MODELS[0]
) -> Sheet:
    """Read a file of pairs. `station` and `model` are for pairs that do not say theirs.

    Raises UsageFault for all that is wrong at once, the first of it told by line.
    """
    faults = _Faults("pair" if form == "toml" else "line")
    sheet = Sheet()
    try:
        _fill(sheet, _READERS[form](file, faults), faults, station, model)
        faults.raise_if_any()
    except BaseException:
        sheet.close()
        raise
    return sheet


def _fill(
    sheet: Sheet,
    pairs: Iterable[tuple[int, Cells]],
    faults: "_Faults",
    station: str | None,
    model: str,
) -> None:
    named = dict[str, int]()
    for line, cells in pairs:
        if sheet.count >= MOST_PAIRS:
            faults.add(line, f"a file has at most {MOST_PAIRS} pairs: split it")
            break
        wish = _wish(line, cells, faults, station, model)
        if wish is not None and not _told_twice(line, wish, named, faults):
            sheet.add(Entry(line, wish))
        if faults.is_enough:
            break
    if not sheet.count and not faults.count:
        faults.add(0, "there is no pair in the file")
    sheet.disks = named


class _Faults:
    """What is wrong with a file; the first of it is kept, the rest counted."""

    def __init__(self, noun: str) -> None:
        self.count = 0
        self._noun = noun
        self._told: list[str] = []

    def add(self, line: int, fault: str) -> None:
        self.count += 1
        if len(self._told) < MOST_FAULTS_TOLD:
            self._told.append(f"{self._noun} {line}: {fault}" if line else fault)

    @property
    def is_enough(self) -> bool:
        """Whether it is no use to read on."""
        return self.count >= _MOST_FAULTS_COUNTED

    def raise_if_any(self) -> None:
        if not self.count:
            return
        more = self.count - len(self._told)
        rest = [f"and {more} more{' or so' if self.is_enough else ''}"] if more else []
        message = self._told[0] if self.count == 1 else f"{self.count} things are wrong in the file"
        raise UsageFault(
            message,
            hint=f"nothing was sent; the keys are {', '.join(COLUMNS)}",
            faults=(*self._told, *rest) if self.count > 1 else (),
        )


def _wish(line: int, cells: Cells, faults: _Faults, station: str | None, model: str) -> Wish | None:
    """The pair that the cells ask for; None where they ask for none."""
    before = faults.count
    for key in cells:
        if key not in COLUMNS:
            faults.add(line, f"there is no key '{_shortened(key)}'")
    words = {key: _text(line, key, cells.get(key), faults) for key in COLUMNS if key != _IDS}
    ids = _ids(line, cells.get(_IDS), faults)
    if faults.count > before:
        return None
    wish = Wish(
        production_disk=words["production_disk"] or "",
        dr_disk=words["dr_disk"] or "",
        volume_ids=ids,
        priority_station=station
        if words["priority_station"] is None
        else words["priority_station"],
        replication_model=words["replication_model"] or model,
        name=words["name"],
        description=words["description"],
    )
    for fault in faults_of(wish, spell=lambda word: word):
        faults.add(line, fault)
    return wish if faults.count == before else None


_IDS = "volume_ids"


def _text(line: int, key: str, value: Any, faults: _Faults) -> str | None:
    if value is None or isinstance(value, str):
        return value
    faults.add(line, f"{key} is to be text, not {_kind(value)}")
    return None


def _ids(line: int, value: Any, faults: _Faults) -> tuple[str, ...]:
    """Two IDs, as a list or as text with commas or blanks between."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(re.split(r"[\s,;]+", value.strip())) if value.strip() else ()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value) or ("",)
    faults.add(line, f"volume_ids is to be a list of two IDs, not {_kind(value)}")
    return ()


def _kind(value: Any) -> str:
    kinds: Mapping[type, str] = {bool: "true or false", int: "a number", float: "a number"}
    kinds = {**kinds, list: "a list", dict: "a table", str: "text"}
    return kinds.get(type(value), "a time")


def _told_twice(line: int, wish: Wish, named: dict[str, int], faults: _Faults) -> bool:
    """Whether a disk was named before; it can be in one pair at most."""
    found = False
    for disk in wish.disks:
        key = intern(disk_key(disk))
        if named.setdefault(key, line) != line:
            faults.add(line, f"disk {disk} is named in {faults._noun} {named[key]} as well")
            found = True
    return found


def disk_key(word: str) -> str:
    """A disk's ID without regard to case; a name as it is."""
    return word.casefold() if is_id(word) else word


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"


# The forms


def _lines(file: BinaryIO, faults: _Faults) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers; one that is not text, or too long, is told of."""
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
            yield number, (raw.removeprefix(_BOM) if number == 1 else raw).decode()
        except UnicodeDecodeError:
            faults.add(number, "it is not UTF-8 text")
            if faults.is_enough:
                return


def _csv_pairs(file: BinaryIO, faults: _Faults) -> Iterator[tuple[int, Cells]]:
    """The rows below a line of headings."""
    lines = _Counted(_lines(file, faults))
    first = next(lines, "")
    delimiter = _delimiter(first)
    rows = csv.reader(_Chained(first, lines), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    for line, row in _rows(rows, lines, faults):
        if not row:
            continue
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


class _Counted:
    """Lines, and the number of the one that was given last."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self.number = 0
        self._lines = lines

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> str:
        self.number, line = next(self._lines)
        return line


class _Chained:
    """A line that was read already, then the others; empty means that there was none."""

    def __init__(self, first: str, rest: Iterator[str]) -> None:
        self._first = first
        self._rest = rest

    def __iter__(self) -> Iterator[str]:
        if self._first:
            yield self._first
        yield from self._rest


def _rows(
    rows: Iterator[list[str]], lines: _Counted, faults: _Faults
) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line that each begins on; cells may go over several lines."""
    done = 0
    while not faults.is_enough:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(done + 1, f"it is not CSV: {error}".partition(" - ")[0])
            done = lines.number
            continue
        yield done + 1, row
        done = lines.number


def _delimiter(header: str) -> str:
    """What separates the headings: by whichever the most of them are known."""

    def known(delimiter: str) -> int:
        return sum(cell.strip(' \r\n"') in COLUMNS for cell in header.split(delimiter))

    return max(_DELIMITERS, key=known)  # of equal ones the first


def _check_columns(line: int, columns: list[str], faults: _Faults) -> bool:
    """Whether the headings can be worked with."""
    before = faults.count
    for number, name in enumerate(columns):
        if name not in COLUMNS:
            faults.add(line, f"there is no column '{_shortened(name)}'")
        elif name in columns[:number]:
            faults.add(line, f"the column {name} is there twice")
    wanted = (_IDS, "priority_station") if _IDS in columns else ("production_disk", "dr_disk")
    for name in wanted:
        if name not in columns:
            faults.add(line, f"the column {name} is missing")
    return faults.count == before


def _json_pairs(file: BinaryIO, faults: _Faults) -> Iterator[tuple[int, Cells]]:
    """An object on each line."""
    for number, line in _lines(file, faults):
        if not line.strip():
            continue
        try:
            found = json.loads(line, object_pairs_hook=_each_key_once)
        except _TwiceError as error:
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


class _TwiceError(Exception):
    """A key that is there twice; its text is the key."""


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(_shortened(key))
        found[key] = value
    return found


def _toml_pairs(file: BinaryIO, faults: _Faults) -> Iterator[tuple[int, Cells]]:
    """The tables of an array `pair`."""
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
            faults.add(0, f"there is no key '{_shortened(key)}': each pair starts with [[pair]]")
    yield from _tables(document.get("pair", []), faults)


def _tables(pairs: Any, faults: _Faults) -> Iterator[tuple[int, Cells]]:
    if not isinstance(pairs, list):
        faults.add(0, "'pair' is not a list of tables: each pair starts with [[pair]]")
        return
    for number, pair in enumerate(pairs, start=1):
        if isinstance(pair, dict):
            yield number, pair
        else:
            faults.add(number, f"it is to be a table, not {_kind(pair)}")


_READERS: Mapping[str, Callable[[BinaryIO, _Faults], Iterable[tuple[int, Cells]]]] = {
    "csv": _csv_pairs,
    "jsonl": _json_pairs,
    "toml": _toml_pairs,
}
