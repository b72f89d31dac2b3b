"""Looking at one disk: the disk itself, and the pairs that hold it."""

from typing import NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, Pair
from evsrep.errors import AuthError, NotFound, NotOffered
from evsrep.jobs.find import find_disk
from evsrep.jobs.ids import is_id
from evsrep.jobs.pool import all_of


class DiskFindings(NamedTuple):
    """A disk as far as it was looked at; `missing` is a sentence where it is not there."""

    id: str
    disk: Disk | None = None
    pairs: tuple[Pair, ...] = ()
    missing: str = ""
    warnings: tuple[str, ...] = ()
    not_offered: NotOffered | None = None
    disk_forbidden: AuthError | None = None  # where it may not be looked at
    pairs_forbidden: AuthError | None = None


def look_at(cloud: Cloud, name_or_id: str, *, disk: bool, pairs: bool) -> DiskFindings:
    """Return one disk and the pairs that hold it, as far as they are wanted.

    Raises what keeps them from being looked up, but for a disk that is missing or forbidden.
    """
    if not is_id(name_or_id):
        try:
            named = find_disk(cloud, name_or_id)
        except NotFound as error:
            return DiskFindings(name_or_id, missing=error.message)
        held = _pairs_of(cloud, named.id) if pairs else DiskFindings(named.id)
        return held._replace(disk=named)
    disk_id = name_or_id.lower()  # as the cloud has it; its filters compare letter by letter
    looked, held = all_of(
        [
            lambda: _disk_if_there(cloud, disk_id) if disk else DiskFindings(disk_id),
            lambda: _pairs_of(cloud, disk_id) if pairs else DiskFindings(disk_id),
        ]
    )
    return looked._replace(
        pairs=held.pairs,
        warnings=(*looked.warnings, *held.warnings),
        not_offered=held.not_offered,
        pairs_forbidden=held.pairs_forbidden,
    )


def _disk_if_there(cloud: Cloud, disk_id: str) -> DiskFindings:
    try:
        return DiskFindings(disk_id, cloud.disk(disk_id))
    except NotFound:
        return DiskFindings(disk_id, missing=f"there is no disk {disk_id}")
    except AuthError as error:
        warning = _no_permission(error, f"disk {disk_id}")
        return DiskFindings(disk_id, warnings=(warning,), disk_forbidden=error)


def _pairs_of(cloud: Cloud, disk_id: str) -> DiskFindings:
    """Return the pairs that hold a disk; asked of these, since its own fields say nothing."""
    try:
        pairs = [pair for pair in cloud.pairs(volume_id=disk_id) if holds(pair, disk_id)]
    except NotOffered as error:
        return DiskFindings(disk_id, not_offered=error)
    except AuthError as error:
        warning = _no_permission(error, f"whether disk {disk_id} is in a pair")
        return DiskFindings(disk_id, warnings=(warning,), pairs_forbidden=error)
    return DiskFindings(disk_id, pairs=tuple(pairs))


def _no_permission(error: AuthError, what: str) -> str:
    """Return the warning for what may not be looked up; refused credentials are no such thing."""
    if not error.is_forbidden:
        raise error
    return f"{what} could not be checked: no permission"


def holds(pair: Pair, disk_id: str) -> bool:
    """Whether a pair is of that disk and another."""
    return disk_id.casefold() in (disk.casefold() for disk in pair.disks)
