"""Looking before leaping: what the cloud has now, held against the rules for a pair.

The service reports most broken rules only after a create, as an error code of a pair that then has
to be deleted. Source of the rules: the create section of the public API references.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from evsrep.cloud.models import Disk, Pair, PairOrder, Server
from evsrep.errors import AuthError, EvsrepError, NotFound, NotOffered, Refused, UsageFault
from evsrep.jobs.find import find_disk, is_id, is_same_id
from evsrep.jobs.order import Wish
from evsrep.jobs.together import together

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud


class Survey(NamedTuple):
    """What was seen. `disks` are in the order in which they are sent; None is 'not looked at'."""

    order: PairOrder
    disks: tuple[Disk | None, ...]
    pairs: tuple[Pair, ...]  # that hold one of the disks, or both
    servers: tuple[Server, ...]  # that the DR disk is attached to
    missing: tuple[str, ...]  # a sentence for each disk that is not there
    warnings: tuple[str, ...]  # a sentence for each thing that could not be looked up
    not_offered: NotOffered | None  # where this cloud has no replication at all
    tells_roles: bool  # whether the first disk is production by the user's own word

    @property
    def existing(self) -> Pair | None:
        """The pair of exactly these two disks."""
        return pair_of(self.pairs, self.order.disks)

    @property
    def production(self) -> Disk | None:
        """The production disk: the first by the user's word, else the one in the primary zone."""
        return _production(self.disks, self.order.priority_station, self.tells_roles)

    @property
    def dr(self) -> Disk | None:
        """The other one."""
        return _dr(self.disks, self.order.priority_station, self.tells_roles)


def survey(cloud: "Cloud", wish: Wish, *, checks: bool, seeks_pair: bool) -> Survey:
    """Look up what placing the order takes: everything with `checks`, else as little as can be.

    With `seeks_pair` the pairs of the disks are looked up also without checks, and what may not be
    looked up is an error: whether there is a pair decides what is done.
    """
    wants_zone = wish.priority_station is None
    first, second = wish.disks
    seen = [
        _raised(result)
        for result in together(
            [
                lambda: _look_at(
                    cloud, first, disk=checks or wants_zone, pairs=checks or seeks_pair
                ),
                lambda: _look_at(cloud, second, disk=checks, pairs=checks or seeks_pair),
            ]
        )
    ]
    for each in seen:
        if seeks_pair and each.pairs_forbidden is not None:
            raise each.pairs_forbidden
    return put_together(cloud, wish, seen, checks=checks)


def put_together(cloud: "Cloud", wish: Wish, seen: "Sequence[Seen]", *, checks: bool) -> Survey:
    """The survey of two disks that were looked at; only the DR disk's servers are asked for."""
    ids = (seen[0].id, seen[1].id)
    if is_same_id(*ids):
        raise UsageFault(f"the two disks must be different, and both are {ids[0]}")
    disks = tuple(each.disk for each in seen)
    missing = tuple(each.missing for each in seen if each.missing)
    zone = wish.priority_station or _own_zone(seen[0])
    dr = _dr(disks, zone, wish.tells_roles)
    servers, server_warnings = _servers(cloud, dr) if checks and dr else ((), ())
    return Survey(
        order=PairOrder(ids, zone, wish.replication_model, wish.name, wish.description),
        disks=disks,
        pairs=tuple({pair.id: pair for each in seen for pair in each.pairs}.values()),
        servers=servers,
        missing=missing,
        not_offered=next((each.not_offered for each in seen if each.not_offered), None),
        warnings=(*(text for each in seen for text in each.warnings), *server_warnings),
        tells_roles=wish.tells_roles,
    )


def raise_if_broken(found: Survey, *, checks: bool = True) -> None:
    """Raise for all that is wrong at once: NotFound where a disk is not there, else Refused.

    Without `checks` the rules are left to the cloud.
    """
    faults = (*found.missing, *(broken_rules(found) if checks else ()))
    if found.not_offered is not None:
        found.not_offered.faults = faults
        raise found.not_offered
    if not faults:
        return
    hint = _hint(found)
    message = faults[0] if len(faults) == 1 else f"{len(faults)} things stand against this pair"
    details = faults if len(faults) > 1 else ()
    kind = NotFound if found.missing else Refused
    raise kind(message, hint=hint, faults=details)


def broken_rules(found: Survey) -> list[str]:
    """A sentence for each constraint of a create that what was seen does not meet."""
    return [fault for rule in _RULES for fault in rule(found)]


def holds_exactly(pair: Pair, disks: tuple[str, str]) -> bool:
    """Whether a pair is of these two disks, in whatever order."""
    return {disk.casefold() for disk in pair.disks} == {disk.casefold() for disk in disks}


def pair_of(pairs: Iterable[Pair], disks: tuple[str, str]) -> Pair | None:
    """The pair of exactly these two disks: rather than one that failed because of it, the other."""
    found = [pair for pair in pairs if holds_exactly(pair, disks)]
    return min(found, key=lambda pair: pair.status == "error", default=None)


class Seen(NamedTuple):
    """A disk as far as it was looked at; `missing` is a sentence where it is not there."""

    id: str
    disk: Disk | None = None
    pairs: tuple[Pair, ...] = ()
    missing: str = ""
    warnings: tuple[str, ...] = ()
    not_offered: NotOffered | None = None
    disk_forbidden: AuthError | None = None  # where it may not be looked at
    pairs_forbidden: AuthError | None = None


def _look_at(cloud: "Cloud", word: str, *, disk: bool, pairs: bool) -> Seen:
    """One disk and the pairs that hold it, as far as they are wanted."""
    if not is_id(word):
        try:
            named = find_disk(cloud, word)
        except NotFound as error:
            return Seen(word, missing=error.message)
        held = _pairs_of(cloud, named.id) if pairs else Seen(named.id)
        return held._replace(disk=named)
    word = word.lower()  # as the cloud has it; its filters compare letter by letter
    looked, held = map(
        _raised,
        together(
            [
                lambda: _disk_if_there(cloud, word) if disk else Seen(word),
                lambda: _pairs_of(cloud, word) if pairs else Seen(word),
            ]
        ),
    )
    warnings = (*looked.warnings, *held.warnings)
    return held._replace(
        disk=looked.disk,
        missing=looked.missing,
        warnings=warnings,
        disk_forbidden=looked.disk_forbidden,
    )


def _disk_if_there(cloud: "Cloud", disk_id: str) -> Seen:
    try:
        return Seen(disk_id, cloud.disk(disk_id))
    except NotFound:
        return Seen(disk_id, missing=f"there is no disk {disk_id}")
    except AuthError as error:
        warning = _no_permission(error, f"disk {disk_id}")
        return Seen(disk_id, warnings=(warning,), disk_forbidden=error)


def _pairs_of(cloud: "Cloud", disk_id: str) -> Seen:
    """The pairs that hold a disk; asked of the pairs, since a disk's own fields say nothing."""
    try:
        found = [pair for pair in cloud.pairs(volume_id=disk_id) if _holds(pair, disk_id)]
    except NotOffered as error:
        return Seen(disk_id, not_offered=error)
    except AuthError as error:
        warning = _no_permission(error, f"whether disk {disk_id} is in a pair")
        return Seen(disk_id, warnings=(warning,), pairs_forbidden=error)
    return Seen(disk_id, pairs=tuple(found))


def _servers(cloud: "Cloud", dr: Disk) -> tuple[tuple[Server, ...], tuple[str, ...]]:
    """The servers that the DR disk is attached to; what can't be seen is a warning."""
    results = together([partial(cloud.server, server_id) for server_id in dr.servers])
    servers = tuple(result for result in results if isinstance(result, Server))
    warnings = []
    for server_id, result in zip(dr.servers, results, strict=True):
        if isinstance(result, EvsrepError):
            what = f"whether server {server_id}, which the DR disk is attached to, is stopped"
            warnings.append(f"{what}, could not be checked: {result.message}")
        elif isinstance(result, Exception):
            raise result
    return servers, tuple(warnings)


def _no_permission(error: AuthError, what: str) -> str:
    """The warning for what may not be looked up; refused credentials are no such thing."""
    if not error.is_forbidden:
        raise error
    return f"{what} could not be checked: no permission"


def _raised(result: "Seen | Exception") -> Seen:
    if isinstance(result, Exception):
        raise result
    return result


def _own_zone(seen: Seen) -> str:
    """The production disk's own zone, where none was named: never guessed, it decides the roles."""
    if seen.disk is not None and seen.disk.availability_zone:
        return seen.disk.availability_zone
    if seen.missing:
        return ""
    hint = "give its zone with --priority-station"
    if seen.disk_forbidden is not None:
        seen.disk_forbidden.hint = hint
        raise seen.disk_forbidden
    raise UsageFault(f"the cloud does not say in which zone disk {seen.id} is", hint=hint)


def _production(disks: tuple[Disk | None, ...], zone: str, tells_roles: bool) -> Disk | None:
    if tells_roles:
        return disks[0]
    return next((disk for disk in disks if disk and disk.availability_zone == zone), None)


def _dr(disks: tuple[Disk | None, ...], zone: str, tells_roles: bool) -> Disk | None:
    if tells_roles:
        return disks[1]
    production = _production(disks, zone, tells_roles)
    others = [disk for disk in disks if disk is not production]
    return others[0] if len(others) == 1 else None


def _holds(pair: Pair, disk_id: str) -> bool:
    return disk_id.casefold() in (disk.casefold() for disk in pair.disks)


def _differ(found: Survey) -> Iterator[tuple[Disk, Disk]]:
    """The two disks, if both were seen."""
    first, second = found.disks
    if first and second:
        yield first, second


def _zones_differ(found: Survey) -> Iterable[str]:
    for one, other in _differ(found):
        if one.availability_zone and one.availability_zone == other.availability_zone:
            yield f"both disks are in {one.availability_zone}; a pair spans two availability zones"


def _types_match(found: Survey) -> Iterable[str]:
    for one, other in _differ(found):
        if one.type and other.type and one.type.casefold() != other.type.casefold():
            yield (
                f"the disks' types differ: {one.label} is {one.type}, {other.label} is {other.type}"
            )


def _sizes_match(found: Survey) -> Iterable[str]:
    for one, other in _differ(found):
        if one.size_gb is not None and other.size_gb is not None and one.size_gb != other.size_gb:
            yield (
                f"the disks' sizes differ: {one.label} has {one.size_gb} GB, "
                f"{other.label} has {other.size_gb} GB"
            )


def _primary_is_productions(found: Survey) -> Iterable[str]:
    zone, production = found.order.priority_station, found.production
    if found.tells_roles and production and production.availability_zone not in ("", zone):
        yield (
            f"the primary zone is to be the production disk's own, {production.availability_zone}, "
            f"and {zone} was given"
        )
    if not found.tells_roles and production is None and None not in found.disks:
        zones = " and ".join(disk.availability_zone for disk in found.disks if disk)
        yield f"neither disk is in the primary zone {zone}: they are in {zones}"


def disks_are_free(found: Survey) -> Iterable[str]:
    """A sentence for each pair that holds one of the disks."""
    for pair in found.pairs:
        if holds_exactly(pair, found.order.disks):
            yield f"the two disks are a pair already: {pair.id} ({pair.status})"
            continue
        for disk_id in found.order.disks:
            if _holds(pair, disk_id):
                yield f"disk {disk_id} is in another pair: {pair.id} ({pair.status})"


def _servers_are_stopped(found: Survey) -> Iterable[str]:
    for server in found.servers:
        if not server.is_stopped:
            name = f"'{server.name}' ({server.id})" if server.name else server.id
            yield f"the DR disk is attached to server {name}, which is not stopped"


_RULES = (
    _zones_differ,
    _types_match,
    _sizes_match,
    _primary_is_productions,
    disks_are_free,
    _servers_are_stopped,
)


def _hint(found: Survey) -> str:
    if found.missing:
        return "check the IDs, and the project with 'evsrep auth check'"
    if found.pairs and all(pair.status == "error" for pair in found.pairs):
        ids = " ".join(pair.id for pair in found.pairs)
        return f"a pair that failed keeps its disks until it is deleted: 'evsrep delete {ids}'"
    if found.existing is not None:
        return "with --if-not-exists that pair is success, if it is what was asked for"
    return "nothing was sent; --no-check leaves these checks to the cloud"
