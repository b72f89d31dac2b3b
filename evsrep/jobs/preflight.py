"""Looking before leaping: what the cloud has now of the two disks of a pair to come.

The service reports most broken rules only after a create, as an error code of a pair that then has
to be deleted.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, Pair, Server
from evsrep.errors import EvsrepError, NotFound, NotOffered, UsageFault
from evsrep.jobs.disk_look import DiskFindings, look_at
from evsrep.jobs.find import disks_of_name, several
from evsrep.jobs.ids import is_same_id
from evsrep.jobs.pair_request import PairRequest
from evsrep.jobs.pool import all_of, side_by_side


class Preflight(NamedTuple):
    """What was seen. `disks` are in the order in which they are sent; None is 'not looked at'."""

    request: PairRequest
    ids: tuple[str, str]
    zone: str  # the primary one
    disks: tuple[Disk | None, ...]
    pairs: tuple[Pair, ...]  # that hold one of the disks, or both
    servers: tuple[Server, ...]  # that the DR disk is attached to
    missing: tuple[str, ...]  # a sentence for each disk that is not there
    warnings: tuple[str, ...]  # a sentence for each thing that could not be looked up
    not_offered: NotOffered | None  # where this cloud has no replication at all
    knows_pairs: bool  # whether all pairs of both disks could be seen

    @property
    def existing(self) -> Pair | None:
        """The pair of exactly these two disks."""
        return pair_of(self.pairs, self.ids)

    @property
    def production(self) -> Disk | None:
        """The production disk: the first by the user's word, else the one in the primary zone."""
        return _production(self.disks, self.zone, self.request.names_roles)

    @property
    def dr(self) -> Disk | None:
        """The other one."""
        return _dr(self.disks, self.zone, self.request.names_roles)


def look_before(cloud: Cloud, request: PairRequest, *, check: bool, seeks_pair: bool) -> Preflight:
    """Look up what creating the pair takes: everything with `check`, else as little as can be.

    With `seeks_pair` the pairs of the disks are looked up also without checks, and what may not be
    looked up is an error: whether there is a pair decides what is done. Raises UsageFault where a
    name or zone is not clear, and what keeps the look-ups from being made.
    """
    wants_zone = request.priority_station is None
    pairs = check or seeks_pair

    def look_at_both(first: str, second: str) -> list[DiskFindings]:
        return all_of(
            [
                partial(look_at, cloud, first, disk=check or wants_zone, pairs=pairs),
                partial(look_at, cloud, second, disk=check, pairs=pairs),
            ]
        )

    try:
        findings = look_at_both(*request.disks)
    except UsageFault as ambiguous:  # several disks bear one of the names
        if not request.names_roles:
            raise
        try:
            named = [disks_of_name(cloud, name) for name in request.disks]
            ids = distinguish_by_zone(request, named)
        except NotFound:  # the other one
            raise ambiguous from None
        findings = look_at_both(*ids)
    for disk in findings:
        if seeks_pair and disk.pairs_forbidden is not None:
            raise disk.pairs_forbidden
    return preflight_of(cloud, request, findings, check=check)


def preflight_of(
    cloud: Cloud, request: PairRequest, findings: Sequence[DiskFindings], *, check: bool
) -> Preflight:
    """Return the preflight of two disks that were looked at; asks for the DR disk's servers alone.

    Raises UsageFault where the two are one, or the primary zone is not to be known.
    """
    ids = (findings[0].id, findings[1].id)
    if is_same_id(*ids):
        raise UsageFault(f"the two disks must be different, and both are {ids[0]}")
    disks = tuple(each.disk for each in findings)
    zone = request.priority_station or _own_zone(findings[0])
    dr = _dr(disks, zone, request.names_roles)
    servers, server_warnings = _servers(cloud, dr) if check and dr else ((), ())
    return Preflight(
        request=request,
        ids=ids,
        zone=zone,
        disks=disks,
        pairs=tuple({pair.id: pair for each in findings for pair in each.pairs}.values()),
        servers=servers,
        missing=tuple(each.missing for each in findings if each.missing),
        not_offered=next((each.not_offered for each in findings if each.not_offered), None),
        knows_pairs=not any(each.missing or each.pairs_forbidden for each in findings),
        warnings=(*(text for each in findings for text in each.warnings), *server_warnings),
    )


def holds_exactly(pair: Pair, disks: tuple[str, str]) -> bool:
    """Whether a pair is of these two disks, in whatever order."""
    return {disk.casefold() for disk in pair.disks} == {disk.casefold() for disk in disks}


def pair_of(pairs: Iterable[Pair], disks: tuple[str, str]) -> Pair | None:
    """Return the pair of exactly these disks: rather than one that failed for it, the other."""
    found = [pair for pair in pairs if holds_exactly(pair, disks)]
    return min(found, key=lambda pair: pair.status == "error", default=None)


def distinguish_by_zone(request: PairRequest, named: Sequence[Sequence[Disk]]) -> tuple[str, str]:
    """Return the IDs of the two disks: production in the primary zone, DR in another.

    `named` has the disks, one or more, that bear each of the two names. Raises UsageFault where the
    zones leave more than one disk of a name, or none.
    """
    zone, names = request.priority_station, request.disks
    production, dr = disks = list(map(list, named))
    if zone is not None:
        production = [disk for disk in production if disk.availability_zone == zone]
        dr = [disk for disk in dr if disk.availability_zone != zone]
    if len(production) == 1 and len(dr) != 1:
        dr = [disk for disk in dr if disk.availability_zone != production[0].availability_zone]
    elif len(dr) == 1 and len(production) != 1:
        production = [
            disk for disk in production if disk.availability_zone != dr[0].availability_zone
        ]
    for name, every, left in zip(names, disks, (production, dr), strict=True):
        if len(every) > 1 and len(left) != 1:
            raise several("disk", name, every)
    ids = [(left or every)[0].id for every, left in zip(disks, (production, dr), strict=True)]
    return ids[0], ids[1]


def _servers(cloud: Cloud, dr: Disk) -> tuple[tuple[Server, ...], tuple[str, ...]]:
    """Return the servers that the DR disk is attached to; what can't be seen is a warning."""
    results = side_by_side([partial(cloud.server, server_id) for server_id in dr.servers])
    servers = tuple(result for result in results if isinstance(result, Server))
    warnings = []
    for server_id, result in zip(dr.servers, results, strict=True):
        if isinstance(result, EvsrepError):
            what = f"whether server {server_id}, which the DR disk is attached to, is stopped"
            warnings.append(f"{what}, could not be checked: {result.message}")
        elif isinstance(result, Exception):
            raise result
    return servers, tuple(warnings)


def _own_zone(findings: DiskFindings) -> str:
    """Return the production disk's own zone: it decides the roles, and is never guessed."""
    if findings.disk is not None and findings.disk.availability_zone:
        return findings.disk.availability_zone
    if findings.missing:
        return ""
    hint = "give its zone with --priority-station"
    if findings.disk_forbidden is not None:
        findings.disk_forbidden.hint = hint
        raise findings.disk_forbidden
    raise UsageFault(f"the cloud does not say in which zone disk {findings.id} is", hint=hint)


def _production(disks: tuple[Disk | None, ...], zone: str, names_roles: bool) -> Disk | None:
    if names_roles:
        return disks[0]
    return next((disk for disk in disks if disk and disk.availability_zone == zone), None)


def _dr(disks: tuple[Disk | None, ...], zone: str, names_roles: bool) -> Disk | None:
    if names_roles:
        return disks[1]
    production = _production(disks, zone, names_roles)
    others = [disk for disk in disks if disk is not production]
    return others[0] if len(others) == 1 else None
