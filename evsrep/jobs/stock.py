"""What the cloud has of a file's disks and pairs, seen in one listing each.

Files are long: what was seen lies in a temporary file, and only where in it is remembered.
"""

import json
import tempfile
import threading
from collections.abc import Iterator
from sys import intern
from typing import TYPE_CHECKING, Any

from evsrep.cloud.models import Disk, Pair
from evsrep.cloud.wire import pair_from_wire
from evsrep.errors import AuthError, UsageFault
from evsrep.jobs.check import Seen
from evsrep.jobs.find import is_id
from evsrep.jobs.sheet import Sheet, disk_key
from evsrep.jobs.together import together

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

_IN_MEMORY_BYTES = 1024 * 1024


class Stock:
    """What there is of a file's disks and pairs. Safe to ask from several threads."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._knows_disks = False
        self._disks: dict[str, int] = {}  # by ID, where each is kept
        self._ids: dict[str, list[str]] = {}  # of disks that the file names, by name
        self._pairs: dict[str, tuple[int, ...]] = {}  # the same, by the IDs of their disks
        self._kept = _Drawer()

    def close(self) -> None:
        """Let go of what is kept."""
        self._kept.close()

    def learn_disks(self, found: Iterator[Disk], sheet: Sheet) -> None:
        """Keep the disks that the file names."""
        for disk in found:
            key = intern(disk_key(disk.id))  # the file has the same text already
            if disk.name in sheet.disks:
                self._ids.setdefault(disk.name, []).append(key)
            elif key not in sheet.disks:
                continue
            self._disks[key] = self._kept.put(_fields(disk))
        self._knows_disks = True

    def learn_pairs(self, found: Iterator[Pair], sheet: Sheet) -> None:
        """Keep the pairs that hold one of those disks."""
        for pair in found:
            ids = [intern(disk_key(disk)) for disk in pair.disks]
            if any(each in sheet.disks or each in self._disks for each in ids):
                place = self._kept.put(dict(pair.fields))
                for each in ids:
                    self._pairs[each] = (*self._pairs.get(each, ()), place)

    def seen(self, word: str, *, checks: bool) -> Seen:
        """What is known of a disk, by its ID or name."""
        ids = [disk_key(word)] if is_id(word) else self._ids.get(word, [])
        if len(ids) > 1:
            raise UsageFault(
                f"{len(ids)} disks are called '{word}': {', '.join(ids)}",
                hint="give the ID of the one you mean",
            )
        if not ids:
            return Seen(word, missing=f"no disk is called '{word}'")
        [disk_id] = ids
        pairs = (pair_from_wire(self._kept.get(place)) for place in self._pairs.get(disk_id, ()))
        disk = self._disk(disk_id)
        is_missed = self._knows_disks and disk is None and checks
        missing = f"there is no disk {word}" if is_missed else ""
        return Seen(disk_id, disk, tuple(pairs), missing)

    def _disk(self, disk_id: str) -> Disk | None:
        place = self._disks.get(disk_id)
        return None if place is None else _disk(self._kept.get(place))


def take_stock(cloud: "Cloud", sheet: Sheet, *, checks: bool) -> Stock:
    """See what there is, in one listing of the pairs and, where they are wanted, one of the disks.

    Raises UsageFault where a disk is in the file twice, by its name and by its ID.
    """
    cloud.prepare()
    stock = Stock()
    try:
        _fill(stock, cloud, sheet, checks=checks)
    except BaseException:
        stock.close()
        raise
    return stock


def _fill(stock: Stock, cloud: "Cloud", sheet: Sheet, *, checks: bool) -> None:
    needs_disks = sheet.has_names or sheet.lacks_station

    def look_at_disks() -> None:
        try:
            stock.learn_disks(cloud.disks(), sheet)
        except AuthError as error:
            if needs_disks or not error.is_forbidden:
                raise
            stock.warnings.append("the disks could not be checked: no permission")

    def look_at_pairs() -> None:
        stock.learn_pairs(cloud.pairs(), sheet)

    if sheet.has_names:  # which pairs matter is known only when the names are
        look_at_disks()
        look_at_pairs()
        _check_named_once(sheet, stock)
        return
    looks = [look_at_disks, look_at_pairs] if checks or needs_disks else [look_at_pairs]
    for result in together(looks):
        if isinstance(result, Exception):
            raise result


def _check_named_once(sheet: Sheet, stock: Stock) -> None:
    """Raise UsageFault where a name and an ID, or two names, are one disk."""
    lines: dict[str, int] = {}
    faults = []
    for line, wish in sheet:
        for word in wish.disks:
            try:
                disk_id = stock.seen(word, checks=False).id
            except UsageFault:
                continue  # an ambiguous name is told of in its row
            if lines.setdefault(disk_id, line) != line:
                faults.append(f"line {line}: disk {word} is in line {lines[disk_id]} as well")
    if faults:
        raise UsageFault(
            faults[0] if len(faults) == 1 else f"{len(faults)} disks are in the file twice",
            hint="a disk can be in one pair only; nothing was sent that changes anything",
            faults=tuple(faults[:20]) if len(faults) > 1 else (),
        )


def _fields(disk: Disk) -> list[Any]:
    """What is asked of a disk here, ready to be kept."""
    return [
        disk.id, disk.name, disk.availability_zone, disk.size_gb, disk.type, disk.status,
        disk.servers,
    ]  # fmt: skip


def _disk(fields: list[Any]) -> Disk:
    disk_id, name, zone, size_gb, kind, status, servers = fields
    return Disk(disk_id, name, zone, size_gb, kind, status, tuple(servers), {})


class _Drawer:
    """JSON values in a temporary file, each found again by where it was put."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 -- ours for long
        self._lock = threading.Lock()

    def put(self, value: Any) -> int:
        with self._lock:
            place = self._file.seek(0, 2)
            self._file.write(json.dumps(value).encode() + b"\n")
        return place

    def get(self, place: int) -> Any:
        with self._lock:
            self._file.seek(place)
            kept = self._file.readline()
        return json.loads(kept)

    def close(self) -> None:
        self._file.close()
