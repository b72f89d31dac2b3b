"""What a plan of moving to SDRS looks at: everything once; what can't be looked up is not known."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, Group, Pair
from evsrep.cloud.sdrs import ActiveDomain, HostedServer, Quota
from evsrep.errors import AuthError, EvsrepError
from evsrep.jobs.pool import WorkerPool, side_by_side

T = TypeVar("T")

_JOBS = 8


class Protected(NamedTuple):
    """A pair as it stands: which disk is production now, and the zones it is mirrored between."""

    pair: Pair
    group: Group | None
    production: Disk | None
    dr: Disk | None
    source: str
    target: str


class Seen(NamedTuple):
    """What there is. What could not be looked up is None or missing, and `unseen` says why."""

    pairs: Sequence[Protected]
    servers: Mapping[str, HostedServer | None]  # that have the production disks, by ID
    disks: Mapping[str, Disk]  # of the project, by ID
    domains: Sequence[ActiveDomain] | None
    flavours: Mapping[str, Mapping[str, str] | None]  # by zone
    sdrs_quotas: Mapping[str, Quota]
    disk_quotas: Mapping[str, Quota]
    server_quotas: Mapping[str, Quota]
    unseen: Sequence[str]


def look(cloud: Cloud, pairs: Sequence[Pair], groups: Sequence[Group]) -> Seen:
    """Look everything up.

    Raises NotOffered where there is no SDRS, AuthError where the credentials are refused.
    """
    unseen: list[str] = []
    successor = cloud.successor
    domains = _tried(successor.active_domains, unseen, is_decisive=True)
    disks, sdrs, evs, ecs = (
        _known(result, unseen)
        for result in side_by_side(
            [
                lambda: {disk.id: disk for disk in cloud.disks()},
                successor.sdrs_quotas,
                successor.disk_quotas,
                successor.server_quotas,
            ]
        )
    )
    protected = [_protected(pair, groups, disks or {}) for pair in pairs]
    ids = dict.fromkeys(each for it in protected if it.production for each in it.production.servers)
    zones = sorted({it.target for it in protected if it.target})
    return Seen(
        pairs=protected,
        servers=_each(ids, successor.hosted_server, unseen),
        disks=disks or {},
        domains=domains,
        flavours=_each(zones, successor.flavours_in, unseen),
        sdrs_quotas=sdrs or {},
        disk_quotas=evs or {},
        server_quotas=ecs or {},
        unseen=unseen,
    )


def _protected(pair: Pair, groups: Sequence[Group], disks: Mapping[str, Disk]) -> Protected:
    seen = [disk for disk in map(disks.get, pair.disks) if disk is not None]
    zone = pair.priority_station
    production = next((disk for disk in seen if disk.availability_zone == zone), None)
    dr = next((disk for disk in seen if disk.availability_zone != zone), None)
    group = next((group for group in groups if group.id == pair.group_id), None)
    return Protected(pair, group, production, dr, zone, dr.availability_zone if dr else "")


def _each(keys: Iterable[str], ask: Callable[[str], T], unseen: list[str]) -> dict[str, T | None]:
    """Ask for each thing, so many side by side; None is what could not be looked up."""

    def work(key: str) -> tuple[str, T | None]:
        return key, _tried(partial(ask, key), unseen)

    return dict(WorkerPool(work, _JOBS).results(keys))


def _tried(ask: Callable[[], T], unseen: list[str], *, is_decisive: bool = False) -> T | None:
    """Return what is asked for, None where it can't be looked up; the reason is noted.

    Raises AuthError where the credentials are refused; a decisive answer's NotOffered as well.
    """
    try:
        return ask()
    except EvsrepError as error:
        if is_decisive and error.kind == "not_offered":
            raise
        _known(error, unseen)
        return None


def _known(result: Any, unseen: list[str]) -> Any:
    """Return a result; None for an error of the cloud, which is noted. Raises any other."""
    if isinstance(result, AuthError) and not result.is_forbidden:
        raise result
    if isinstance(result, EvsrepError):
        unseen.append(result.full_message)
        return None
    if isinstance(result, Exception):
        raise result
    return result
