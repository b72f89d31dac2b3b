"""A file of pairs, read whole and found to be right before anything is sent.

CSV, JSON Lines or TOML. The file is read once, as it comes, so that a pipe will do; what was read
lies in a temporary file until it is wanted. Whatever the bytes are, what is wrong with them is a
UsageFault that tells every fault by its line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from typing import Any, BinaryIO, NamedTuple

from evsrep.cloud.models import Defaults
from evsrep.errors import UsageFault
from evsrep.jobs.drawer import Drawer
from evsrep.jobs.ids import as_meant, is_id
from evsrep.jobs.manifest_faults import COLUMNS, Faults, kind_of, shortened
from evsrep.jobs.manifest_formats import FORMATS, READERS, Cells
from evsrep.jobs.pair_request import MODELS, PairRequest
from evsrep.settings.spelling import did_you_mean

MOST_PAIRS = 100_000
_ENDINGS = {
    "csv": "csv",
    "tsv": "csv",
    "jsonl": "jsonl",
    "json": "jsonl",
    "ndjson": "jsonl",
    "toml": "toml",
}
_IDS = "volume_ids"
_NONE = Defaults()


class Row(NamedTuple):
    """A pair that is asked for. `line` is the file's, for TOML the number of the `[[pair]]`."""

    line: int
    request: PairRequest


class Manifest:
    """The pairs of a file, in its order; they can be gone through more than once."""

    def __init__(self) -> None:
        self.count = 0
        self.has_names = False  # disks that are named rather than given by their IDs
        self.makes_disks = False  # DR disks that are not there yet
        self.lacks_zone = False
        self.disks: Mapping[str, int] = {}  # all that are named, by `disk_key`, with their lines
        self._kept = Drawer()

    def add(self, row: Row) -> None:
        """Keep one more."""
        request = row.request
        self.count += 1
        self.has_names = self.has_names or not all(map(is_id, request.named_disks))
        self.makes_disks = self.makes_disks or request.dr_zone is not None
        self.lacks_zone = self.lacks_zone or request.priority_station is None
        kept = [row.line, *(getattr(request, name) for name in COLUMNS)]
        self._kept.put(kept)

    def close(self) -> None:
        """Let go of what is kept."""
        self._kept.close()

    def __iter__(self) -> Iterator[Row]:
        position = 0
        while True:
            kept, position = self._kept.look(position)
            if kept is None:
                return
            line, *values = kept
            cells = dict(zip(COLUMNS, values, strict=True))
            cells["volume_ids"] = tuple(cells["volume_ids"])
            yield Row(line, PairRequest(**cells))


def format_of(name: str, given: str | None) -> str:
    """Return the format of a file, as given or by its ending; raises UsageFault for neither."""
    known = given or _ENDINGS.get(name.rpartition(".")[2].lower(), "")
    if known not in FORMATS:
        raise UsageFault(
            f"the ending of '{name}' does not tell what is in it",
            hint=f"say --format {', '.join(FORMATS[:-1])} or {FORMATS[-1]}",
        )
    return known


def read_manifest(file: BinaryIO, format_: str, defaults: Defaults = _NONE) -> Manifest:
    """Read a file of pairs; the defaults are for pairs that do not say theirs.

    Raises UsageFault for all that is wrong at once, the first of it told by line.
    """
    faults = Faults("pair" if format_ == "toml" else "line")
    manifest = Manifest()
    try:
        _fill(manifest, READERS[format_](file, faults), faults, defaults)
        faults.raise_if_any()
    except BaseException:
        manifest.close()
        raise
    return manifest


def disk_key(name_or_id: str) -> str:
    """Return a disk's ID without regard to case; a name as it is."""
    return name_or_id.casefold() if is_id(name_or_id) else name_or_id


def _fill(
    manifest: Manifest, pairs: Iterable[tuple[int, Cells]], faults: Faults, defaults: Defaults
) -> None:
    named = dict[str, int]()
    for line, cells in pairs:
        if manifest.count >= MOST_PAIRS:
            faults.add(line, f"a file has at most {MOST_PAIRS} pairs: split it")
            break
        request = _request(line, cells, faults, defaults)
        if request is not None and not _is_named_twice(line, request, named, faults):
            manifest.add(Row(line, request))
        if faults.is_enough:
            break
    manifest.disks = named


def _request(line: int, cells: Cells, faults: Faults, defaults: Defaults) -> PairRequest | None:
    """Return the pair that the cells ask for; None where they ask for none."""
    before = faults.count
    for key in cells:
        if key not in COLUMNS:
            faults.add(line, f"there is no key '{shortened(key)}'{did_you_mean(key, COLUMNS)}")
    texts = {key: _text(line, key, cells.get(key), faults) for key in COLUMNS if key != _IDS}
    ids = _ids(line, cells.get(_IDS), faults)
    if faults.count > before:
        return None
    zone = texts["priority_station"]
    request = PairRequest(
        production_disk=texts["production_disk"] or "",
        dr_disk=texts["dr_disk"] or "",
        dr_zone=texts["dr_zone"],
        volume_ids=ids,
        priority_station=defaults.priority_station or None if zone is None else zone,
        replication_model=texts["replication_model"] or defaults.replication_model or MODELS[0],
        name=texts["name"],
        description=texts["description"],
    )
    for fault in request.faults(may_share_name=request.priority_station is not None):
        faults.add(line, fault)
    return request if faults.count == before else None


def _text(line: int, key: str, value: Any, faults: Faults) -> str | None:
    if isinstance(value, str) and key in ("production_disk", "dr_disk") and not is_id(value):
        return as_meant(value)
    if value is None or isinstance(value, str):
        return value
    faults.add(line, f"{key} is to be text, not {kind_of(value)}")
    return None


def _ids(line: int, value: Any, faults: Faults) -> tuple[str, ...]:
    """Return two IDs, given as a list or as text with commas or blanks between."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(map(as_meant, re.split(r"[\s,;]+", value.strip()))) if value.strip() else ()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(map(as_meant, value)) or ("",)
    faults.add(line, f"volume_ids is to be a list of two IDs, not {kind_of(value)}")
    return ()


def _is_named_twice(line: int, request: PairRequest, named: dict[str, int], faults: Faults) -> bool:
    """Whether a disk was named before; it can be in one pair at most."""
    is_twice = False
    for disk in request.named_disks:
        key = intern(disk_key(disk))
        if named.setdefault(key, line) != line:
            faults.add(line, f"disk {disk} is named in {faults.noun} {named[key]} as well")
            is_twice = True
    return is_twice
