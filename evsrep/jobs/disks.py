"""The project's disks with their pairs and servers: which are free, and which fit which.

One listing of the disks, one of the pairs, and one of the servers where a disk has one: never a
question for each disk. Disks pass through as they come; of pairs only their names are kept.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk
from evsrep.errors import AuthError, NotOffered, UsageFault
from evsrep.jobs.find import find_disk
from evsrep.jobs.pair_request import Spell
from evsrep.jobs.report import Reporter
from evsrep.jobs.servers import Servers
from evsrep.jobs.verb import verb

_MOST_OF_A_PAGE = 1000
_USABLE = frozenset({"available", "in-use"})


@dataclass(frozen=True, slots=True)
class DiskListOptions:
    """What `evsrep disks` takes; None is no condition, and of `fits` and `server` an ID or name."""

    zone: str | None = None
    unpaired: bool = False
    server: str | None = None
    fits: str | None = None
    limit: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all disks that are wanted."""
        return not (self.unpaired or any((self.zone, self.server, self.fits, self.limit)))

    def validate(self, spell: Spell = str) -> None:
        """Raise UsageFault for conditions of no text: a script's empty variable means no disk."""
        fields = ("zone", "server", "fits")
        empty = [spell(field) for field in fields if getattr(self, field) == ""]
        if empty:
            message = f"{' and '.join(empty)}: empty"
            raise UsageFault(message, hint="leave out what is no condition")
        if self.limit is not None and self.limit < 1:
            raise UsageFault(f"{spell('limit')} is to be 1 or more, not {self.limit}")


class ListedDisk(NamedTuple):
    """A disk, the pair that holds it, and the servers that it is attached to, by their names.

    `against` is for a disk that is to fit another: a sentence for each thing that still stands
    against it.
    """

    disk: Disk
    pair_id: str = ""
    pair_name: str = ""
    servers: tuple[str, ...] = ()
    against: tuple[str, ...] | None = None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The cloud's object, and besides `pair`, `pair_id`, `server`, and `against` if wanted."""
        more = {} if self.against is None else {"against": list(self.against)}
        return {
            **self.disk.fields,
            "pair": self.pair_name or self.pair_id or None,
            "pair_id": self.pair_id or None,
            "server": ", ".join(self.servers) or None,
            **more,
        }


@verb(DiskListOptions)
def list_disks(cloud: Cloud, options: DiskListOptions, reporter: Reporter) -> Iterator[ListedDisk]:
    """Return the project's disks that are wanted, page by page.

    Raises UsageFault for conditions of no text and names of several things, NotFound, and what
    keeps the disks from being listed.
    """
    options.validate()
    servers = Servers(cloud)
    conditions = [*_conditions(cloud, options, servers)]
    pairs = pairs_by_disk(cloud, reporter, needs_pairs=bool(options.unpaired or options.fits))
    if options.unpaired or options.fits:
        conditions.append(lambda disk: disk.id not in pairs)
    first = min(options.limit or _MOST_OF_A_PAGE, _MOST_OF_A_PAGE)
    query = {"availability_zone": options.zone} if options.zone else {}
    found = cloud.disks(first=_MOST_OF_A_PAGE if conditions else first, **query)
    fitting = (disk for disk in found if all(fits(disk) for fits in conditions))
    wants_reasons = options.fits is not None
    return islice((_listed(disk, pairs, servers, wants_reasons) for disk in fitting), options.limit)


def pairs_by_disk(
    cloud: Cloud, reporter: Reporter, *, needs_pairs: bool
) -> Mapping[str, tuple[str, str]]:
    """Return ID and name of the pair that holds a disk, by the disk's ID.

    What can't be listed is a warning. Raises AuthError where pairs may not be looked at and are
    needed, and what else keeps them from being listed.
    """
    try:
        return {
            disk_id: (pair.id, pair.name) for pair in cloud.pairs() for disk_id in set(pair.disks)
        }
    except NotOffered as error:
        reporter.warn(f"{error.message}: no disk is in a pair")
    except AuthError as error:
        if needs_pairs or not error.is_forbidden:
            raise
        reporter.warn("which disks are in pairs could not be looked up: no permission")
    return {}


def fits_as_dr(production: Disk) -> Callable[[Disk], bool]:
    """Return whether a disk could be that one's DR disk by what can't be changed about it."""

    def fits(disk: Disk) -> bool:
        return (
            disk.availability_zone != production.availability_zone
            and disk.size_gb == production.size_gb
            and disk.type.casefold() == production.type.casefold()
            and disk.is_shared == production.is_shared
        )

    return fits


def _conditions(
    cloud: Cloud, options: DiskListOptions, servers: Servers
) -> Iterator[Callable[[Disk], bool]]:
    if options.zone:  # the cloud may not filter at all
        yield lambda disk: disk.availability_zone == options.zone
    if options.server:
        server_id = servers.find(options.server)
        yield lambda disk: server_id in disk.servers
    if options.fits:
        yield fits_as_dr(find_disk(cloud, options.fits))


def _listed(
    disk: Disk, pairs: Mapping[str, tuple[str, str]], servers: Servers, wants_reasons: bool
) -> ListedDisk:
    pair_id, pair_name = pairs.get(disk.id, ("", ""))
    names = tuple(map(servers.name_of, disk.servers))
    against = tuple(_against(disk, servers)) if wants_reasons else None
    return ListedDisk(disk, pair_id, pair_name, names, against)


def _against(disk: Disk, servers: Servers) -> Iterator[str]:
    """Yield a sentence for each thing that can be changed, and stands against a DR disk."""
    if disk.status not in _USABLE:
        yield f"it is {disk.status}"
    for server_id in disk.servers:
        is_stopped = servers.is_stopped(server_id)
        name = servers.name_of(server_id)
        if is_stopped is None:
            yield f"whether its server {name} is stopped is not known"
        elif not is_stopped:
            yield f"its server {name} is not stopped"
