"""What the cloud has of a file's disks and pairs, seen in one listing each.

Files are long: what was seen lies in a temporary file, and only where in it is remembered.
"""

from collections.abc import Iterator
from sys import intern
from typing import Any

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, Pair
from evsrep.cloud.wire import pair_from_wire
from evsrep.errors import AuthError, UsageFault
from evsrep.jobs.disk_look import DiskFindings
from evsrep.jobs.drawer import Drawer
from evsrep.jobs.find import several
from evsrep.jobs.ids import is_id, spelled
from evsrep.jobs.manifest import Manifest, disk_key
from evsrep.jobs.manifest_faults import MOST_KEPT
from evsrep.jobs.near import difference, folded
from evsrep.jobs.pair_request import PairRequest
from evsrep.jobs.pool import all_of
from evsrep.jobs.preflight import distinguish_by_zone


class Inventory:
    """What there is of a file's disks and pairs. Safe to ask from several threads."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._knows_disks = False
        self._disks: dict[str, int] = {}  # by ID, where each is kept
        self._ids: dict[str, list[str]] = {}  # of disks that the file names, by name
        self._near: dict[str, str] = {}  # names of disks that look like ones in the file
        self._made: dict[str, list[str]] = {}  # of DR disks that evsrep made, by their keys
        self._pairs: dict[str, tuple[int, ...]] = {}  # the same, by the IDs of their disks
        self._kept = Drawer()

    def close(self) -> None:
        """Let go of what is kept."""
        self._kept.close()

    def keep_disks(self, found: Iterator[Disk], manifest: Manifest) -> None:
        """Keep the disks that the file names."""
        looks = {folded(name) for name in manifest.disks if not is_id(name)}
        for disk in found:
            key = intern(disk_key(disk.id))  # the file has the same text already
            is_made = manifest.makes_disks and bool(disk.dr_key)
            if is_made:
                self._made.setdefault(disk.dr_key, []).append(key)
            if disk.name in manifest.disks:
                self._ids.setdefault(disk.name, []).append(key)
            elif looks and (look := folded(disk.name)) in looks:
                self._near[look] = disk.name
            elif key not in manifest.disks and not is_made:
                continue
            self._disks[key] = self._kept.put(_fields(disk, whole=manifest.makes_disks))
        self._knows_disks = True

    def keep_pairs(self, found: Iterator[Pair], manifest: Manifest) -> None:
        """Keep the pairs that hold one of those disks."""
        for pair in found:
            ids = [intern(disk_key(disk)) for disk in pair.disks]
            if any(each in manifest.disks or each in self._disks for each in ids):
                position = self._kept.put(dict(pair.fields))
                for each in ids:
                    self._pairs[each] = (*self._pairs.get(each, ()), position)

    def findings(self, name_or_id: str, *, check: bool) -> DiskFindings:
        """Return what is known of a disk, by its ID or name; raises UsageFault for several."""
        ids = self._ids_of(name_or_id)
        if len(ids) > 1:
            raise several("disk", name_or_id, self._named(name_or_id))
        if not ids:
            return DiskFindings(name_or_id, missing=self._no_such(name_or_id))
        [disk_id] = ids
        pairs = (
            pair_from_wire(self._kept.get(position)) for position in self._pairs.get(disk_id, ())
        )
        disk = self._disk(disk_id)
        is_missed = self._knows_disks and disk is None and check
        missing = f"there is no disk {name_or_id}" if is_missed else ""
        return DiskFindings(disk_id, disk, tuple(pairs), missing)

    def findings_of(self, request: PairRequest, *, check: bool) -> list[DiskFindings]:
        """Return what is known of the two disks of a pair; their zones tell namesakes apart.

        Raises UsageFault for several of one name.
        """
        try:
            return [self.findings(disk, check=check) for disk in request.disks]
        except UsageFault:
            named = [self._named(disk) for disk in request.disks]
            if not request.names_roles or not all(named):
                raise
            ids = distinguish_by_zone(request, named)
            return [self.findings(disk_id, check=check) for disk_id in ids]

    def made(self, key: str) -> list[Disk]:
        """Return the disks that evsrep made with a key."""
        disks = map(self._disk, self._made.get(key, ()))
        return [disk for disk in disks if disk is not None]

    def _no_such(self, name: str) -> str:
        near = self._near.get(folded(name))
        how = f"; one is called '{spelled(near)}', {difference(name, near)}" if near else ""
        return f"no disk is called '{spelled(name)}'{how}"

    def _ids_of(self, name_or_id: str) -> list[str]:
        return [disk_key(name_or_id)] if is_id(name_or_id) else self._ids.get(name_or_id, [])

    def _named(self, name_or_id: str) -> list[Disk]:
        return [disk for disk in map(self._disk, self._ids_of(name_or_id)) if disk is not None]

    def _disk(self, disk_id: str) -> Disk | None:
        position = self._disks.get(disk_id)
        return None if position is None else _disk(self._kept.get(position))


def take_inventory(cloud: Cloud, manifest: Manifest, *, check: bool) -> Inventory:
    """See what there is, in one listing of the pairs and, where they are wanted, one of the disks.

    Raises UsageFault where a disk is in the file twice, by its name and by its ID.
    """
    cloud.prepare()
    inventory = Inventory()
    try:
        _fill(inventory, cloud, manifest, check=check)
    except BaseException:
        inventory.close()
        raise
    return inventory


def _fill(inventory: Inventory, cloud: Cloud, manifest: Manifest, *, check: bool) -> None:
    needs_disks = manifest.has_names or manifest.lacks_zone or manifest.makes_disks

    def look_at_disks() -> None:
        try:
            inventory.keep_disks(cloud.disks(), manifest)
        except AuthError as error:
            if needs_disks or not error.is_forbidden:
                raise
            inventory.warnings.append("the disks could not be checked: no permission")

    def look_at_pairs() -> None:
        inventory.keep_pairs(cloud.pairs(), manifest)

    # which pairs matter is known only when the names, and the disks made before, are
    if manifest.has_names or manifest.makes_disks:
        look_at_disks()
        look_at_pairs()
        _check_named_once(manifest, inventory)
        return
    looks = [look_at_disks, look_at_pairs] if check or needs_disks else [look_at_pairs]
    all_of(looks)


def _check_named_once(manifest: Manifest, inventory: Inventory) -> None:
    """Raise UsageFault where a name and an ID, or two names, are one disk."""
    lines: dict[str, int] = {}
    faults = []
    for line, request in manifest:
        try:
            ids = [each.id for each in inventory.findings_of(request, check=False)]
        except UsageFault:
            continue  # an ambiguous name is told of in its row
        for name_or_id, disk_id in zip(request.named_disks, ids, strict=False):
            if lines.setdefault(disk_id, line) != line:
                faults.append(f"line {line}: disk {name_or_id} is in line {lines[disk_id]} as well")
    if faults:
        raise UsageFault.of(
            faults[:MOST_KEPT],
            f"{len(faults)} disks are in the file twice",
            hint="a disk can be in one pair only; nothing was sent that changes anything",
        )


def _fields(disk: Disk, *, whole: bool) -> list[Any]:
    """Return what is asked of a disk here, ready to be kept; `whole` for one to be made after."""
    return [
        disk.id, disk.name, disk.availability_zone, disk.size_gb, disk.type, disk.status,
        disk.servers, dict(disk.fields) if whole else {},
    ]  # fmt: skip


def _disk(fields: list[Any]) -> Disk:
    disk_id, name, zone, size_gb, kind, status, servers, rest = fields
    return Disk(disk_id, name, zone, size_gb, kind, status, tuple(servers), rest)
