"""Looking before leaping: what the cloud has now, held against the rules for a pair.

The service reports most broken rules only after a create, as an error code of a pair that then has
to be deleted. Source of the rules: the create section of the public API references.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, Pair, Server
from evsrep.errors import EvsrepError, NotFound, NotOffered, Refused, UsageFault
from evsrep.jobs.disk_look import DiskFindings, holds, look_at
from evsrep.jobs.find import disks_of_name, is_same_id, several
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
            ids = _distinguish_by_zone(cloud, request)
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
        warnings=(*(text for each in findings for text in each.warnings), *server_warnings),
    )


def raise_if_broken(preflight: Preflight, *, check: bool = True) -> None:
    """Raise for all that is wrong at once: NotFound where a disk is not there, else Refused.

    Without `check` the rules are left to the cloud. Raises NotOffered where there is none to ask.
    """
    faults = (*preflight.missing, *(broken_rules(preflight) if check else ()))
    if preflight.not_offered is not None:
        preflight.not_offered.faults = faults
        raise preflight.not_offered
    if faults:
        kind = NotFound if preflight.missing else Refused
        raise kind.of(faults, "{n} things stand against this pair", hint=_hint(preflight))


def broken_rules(preflight: Preflight) -> list[str]:
    """Return a sentence for each constraint of a create that what was seen does not meet."""
    return [fault for rule in _RULES for fault in rule(preflight)]


def holds_exactly(pair: Pair, disks: tuple[str, str]) -> bool:
    """Whether a pair is of these two disks, in whatever order."""
    return {disk.casefold() for disk in pair.disks} == {disk.casefold() for disk in disks}


def pair_of(pairs: Iterable[Pair], disks: tuple[str, str]) -> Pair | None:
    """Return the pair of exactly these disks: rather than one that failed for it, the other."""
    found = [pair for pair in pairs if holds_exactly(pair, disks)]
    return min(found, key=lambda pair: pair.status == "error", default=None)


def _distinguish_by_zone(cloud: Cloud, request: PairRequest) -> tuple[str, str]:
    """Return the IDs of the two disks: production in the primary zone, DR in another.

    Raises UsageFault where that leaves more than one disk of a name, or none.
    """
    zone, names = request.priority_station, request.disks
    production, dr = disks = [disks_of_name(cloud, name) for name in names]
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


def _both(preflight: Preflight) -> Iterator[tuple[Disk, Disk]]:
    """Yield the two disks, if both were seen."""
    first, second = preflight.disks
    if first and second:
        yield first, second


def _zones_differ(preflight: Preflight) -> Iterable[str]:
    for one, other in _both(preflight):
        if one.availability_zone and one.availability_zone == other.availability_zone:
            yield f"both disks are in {one.availability_zone}; a pair spans two availability zones"


def _types_match(preflight: Preflight) -> Iterable[str]:
    for one, other in _both(preflight):
        if one.type and other.type and one.type.casefold() != other.type.casefold():
            yield (
                f"the disks' types differ: {one.label} is {one.type}, {other.label} is {other.type}"
            )


def _sizes_match(preflight: Preflight) -> Iterable[str]:
    for one, other in _both(preflight):
        if one.size_gb is not None and other.size_gb is not None and one.size_gb != other.size_gb:
            yield (
                f"the disks' sizes differ: {one.label} has {one.size_gb} GB, "
                f"{other.label} has {other.size_gb} GB"
            )


def _primary_is_productions(preflight: Preflight) -> Iterable[str]:
    zone, production = preflight.zone, preflight.production
    if (
        preflight.request.names_roles
        and production
        and production.availability_zone not in ("", zone)
    ):
        yield (
            f"the primary zone is to be the production disk's own, {production.availability_zone}, "
            f"and {zone} was given"
        )
    if not preflight.request.names_roles and production is None and None not in preflight.disks:
        zones = " and ".join(disk.availability_zone for disk in preflight.disks if disk)
        yield f"neither disk is in the primary zone {zone}: they are in {zones}"


def disks_are_free(preflight: Preflight) -> Iterable[str]:
    """Return a sentence for each pair that holds one of the disks."""
    for pair in preflight.pairs:
        if holds_exactly(pair, preflight.ids):
            yield f"the two disks are a pair already: {pair.id} ({pair.status})"
            continue
        for disk_id in preflight.ids:
            if holds(pair, disk_id):
                yield f"disk {disk_id} is in another pair: {pair.id} ({pair.status})"


def _servers_are_stopped(preflight: Preflight) -> Iterable[str]:
    for server in preflight.servers:
        if not server.is_stopped:
            yield f"the DR disk is attached to server {server.label}, which is not stopped"


_RULES = (
    _zones_differ,
    _types_match,
    _sizes_match,
    _primary_is_productions,
    disks_are_free,
    _servers_are_stopped,
)


def _hint(preflight: Preflight) -> str:
    if preflight.missing:
        return "check the IDs, and the project with 'evsrep auth check'"
    if preflight.pairs and all(pair.status == "error" for pair in preflight.pairs):
        ids = " ".join(pair.id for pair in preflight.pairs)
        return f"a pair that failed keeps its disks until it is deleted: 'evsrep delete {ids}'"
    if preflight.existing is not None:
        return "with --if-not-exists that pair is success, if it is what was asked for"
    return "nothing was sent; --no-check leaves these checks to the cloud"
