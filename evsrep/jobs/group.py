"""What is done to a consistency group: bundle pairs, act on them, take them apart.

Nothing is sent that the group's state forbids, and nothing is sent twice that undoes itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evsrep.clock import Clock
from evsrep.cloud.models import Disk, Group, GroupChange, GroupOrder, Pair
from evsrep.errors import EvsrepError, NotFound, OutcomeUnknown, Refused, UsageFault
from evsrep.jobs.actions import Action, Check, checks_of, took_effect
from evsrep.jobs.deed import LOOK_SECONDS, Deed, Tell, do
from evsrep.jobs.find import find_pair, is_same_id
from evsrep.jobs.together import together

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

NOT_RUN, EXPANDED, FAILED, UNKNOWN = "not_run", "expanded", "failed", "unknown"


# Looking


def look_at(cloud: "Cloud", group_id: str) -> Group:
    """A group; while it copies, with how far its pairs are on average."""
    group = cloud.group(group_id)
    if group.progress is not None or group.replication_status != "copying":
        return group
    known = [pair.progress for pair in pairs_of(cloud, group) if pair.progress is not None]
    return replace(group, progress=sum(known) / len(known)) if known else group


def pairs_of(cloud: "Cloud", group: Group) -> list[Pair]:
    """The pairs of a group."""
    listed = cloud.pairs(replication_consistency_group_id=group.id)
    return [pair for pair in listed if is_in(pair, group)]


def is_in(pair: Pair, group: Group) -> bool:
    """Whether a pair is in a group: the cloud may not have filtered at all."""
    return is_same_id(pair.group_id, group.id) or pair.id in (group.pair_ids or ())


def disks_of(cloud: "Cloud", pairs: Iterable[Pair]) -> dict[str, Disk | Exception]:
    """The disks of pairs, by their IDs, looked up side by side; or why one can't be seen."""
    ids = list(dict.fromkeys(disk_id for pair in pairs for disk_id in pair.disks))
    found = together([lambda each=each: cloud.disk(each) for each in ids])  # type: ignore[misc]
    return dict(zip(ids, found, strict=True))


def readiness(cloud: "Cloud", action: Action, group: Group) -> list[Check]:
    """Each rule of an action, the value seen, and whether it is met."""
    checks = checks_of(action, group)
    if not action.wants_stopped:
        return checks
    try:
        running = _running(cloud, group)
    except EvsrepError as error:
        value = f"could not be looked up: {error.message}"
        return [*checks, Check("servers", value, is_ok=None)]
    return [*checks, _stopped(action, group, running)]


def _running(cloud: "Cloud", group: Group) -> dict[str, set[str]]:
    """The names of the servers that run on the group's disks, by zone; every zone has its entry."""
    found: dict[str, set[str]] = {}
    for disk in disks_of(cloud, pairs_of(cloud, group)).values():
        if isinstance(disk, Exception):
            raise disk
        names = found.setdefault(disk.availability_zone, set())
        servers = [cloud.server(server_id) for server_id in disk.servers]
        names.update(each.name or each.id for each in servers if not each.is_stopped)
    return found


def _stopped(action: Action, group: Group, running: dict[str, set[str]]) -> Check:
    """Whether the servers of a zone are stopped.

    Which zone a group that has failed over calls primary is not documented, so that of a failed
    zone only this is sure: in one of the two nothing may run.
    """
    if action.wants_stopped == "primary":
        names = running.get(group.priority_station, set())
    else:
        names = set() if not all(running.values()) else set().union(*running.values())
    rule = f"servers in the {action.wants_stopped} zone"
    if not names:
        return Check(rule, "none running", is_ok=True)
    listed = ", ".join(sorted(names))
    return Check(rule, f"running: {listed}", is_ok=False, helps=f"stop them first: {listed}")


# Creating


def plan_group(
    cloud: "Cloud",
    words: Iterable[str],
    *,
    station: str | None,
    name: str | None,
    description: str | None,
) -> GroupOrder:
    """The order for a group of these pairs; its zone is theirs.

    Raises Refused for everything at once that keeps the pairs from being bundled.
    """
    pairs = {pair.id: pair for pair in (find_pair(cloud, word) for word in dict.fromkeys(words))}
    zone = station or next(iter(pairs.values())).priority_station
    faults = [fault for pair in pairs.values() for fault in _misfits(pair, zone)]
    if faults:
        raise Refused(
            faults[0] if len(faults) == 1 else f"{len(faults)} things forbid this group",
            hint="a group takes pairs that are available, in no group, and of one primary zone",
            faults=tuple(faults) if len(faults) > 1 else (),
        )
    model = next(iter(pairs.values())).replication_model or "hypermetro"
    return GroupOrder(tuple(pairs), zone, model, name, description)


def check_can_join(pairs: Iterable[Pair], group: Group) -> None:
    """Raise Refused where a pair can't be added to a group."""
    for pair in pairs:
        if is_in(pair, group):
            raise Refused(f"pair {pair.id} is in group {group.label} already")
        for fault in _misfits(pair, group.priority_station or pair.priority_station):
            raise Refused(fault, hint="a group takes pairs that are available and in no group")


def _misfits(pair: Pair, zone: str) -> Iterator[str]:
    if pair.status != "available":
        yield f"pair {pair.id} is {pair.status}, not available"
    if pair.group_id:
        yield f"pair {pair.id} is in group {pair.group_id} already"
    if pair.priority_station != zone:
        yield f"the primary zone of pair {pair.id} is {pair.priority_station}, not {zone}"


def create_group(cloud: "Cloud", order: GroupOrder, *, clock: Clock, tell: Tell) -> Group:
    """Create the group; one whose answer was lost is found by its pairs."""

    def look() -> Group | None:
        groups = cloud.once(LOOK_SECONDS).groups()
        wanted = set(order.pair_ids)
        return next((each for each in groups if wanted == set(each.pair_ids or ())), None)

    deed = Deed("the create", lambda: cloud.create_group(order), look, resends=cloud.retries)
    return do(deed, clock=clock, tell=tell)


# Acting


def act(cloud: "Cloud", action: Action, before: Group, *, clock: Clock, tell: Tell) -> Group:
    """Do an action to a group that was like this, and return it as it is then."""

    def send() -> Group:
        cloud.act(before.id, action.wire, action.name)
        return _present(cloud, before)

    def look() -> Group | None:
        now = cloud.once(LOOK_SECONDS).group(before.id)
        return now if took_effect(action, before, now) else None

    what = f"the {action.name} of group {before.label}"
    deed = Deed(what, send, look, resends=cloud.retries, is_toggle=action.is_toggle)
    return do(deed, clock=clock, tell=tell)


def update(
    cloud: "Cloud", change: GroupChange, before: Group, *, clock: Clock, tell: Tell
) -> Group:
    """Change a group, and return it as it is then."""

    def send() -> Group:
        cloud.update_group(before.id, change)
        return _present(cloud, before)

    def look() -> Group | None:
        now = cloud.once(LOOK_SECONDS).group(before.id)
        return now if now.status == "updating" or is_as_wished(now, change) else None

    deed = Deed(f"the update of group {before.label}", send, look, resends=cloud.retries)
    return do(deed, clock=clock, tell=tell)


def is_as_wished(group: Group, change: GroupChange) -> bool:
    """Whether a group shows a change; pairs that are not told of are taken for moved."""
    pair_ids = group.pair_ids
    if pair_ids is not None and not set(change.add) <= set(pair_ids):
        return False
    if pair_ids is not None and set(change.remove) & set(pair_ids):
        return False
    texts = ((change.name, "name"), (change.description, "description"))
    return all(text is None or text == (group.fields.get(key) or "") for text, key in texts)


def delete(cloud: "Cloud", before: Group, *, clock: Clock, tell: Tell) -> Group:
    """Have a group deleted that was just seen, and return it as it is then."""

    def send() -> Group:
        try:
            cloud.delete_group(before.id)
        except NotFound:
            return gone(before)  # by our request or another's
        return with_status(before, "deleting")

    def look() -> Group | None:
        try:
            now = cloud.once(LOOK_SECONDS).group(before.id)
        except NotFound:
            return gone(before)
        return now if now.status in ("deleting", "error_deleting") else None

    deed = Deed(f"the delete of group {before.label}", send, look, resends=cloud.retries)
    return do(deed, clock=clock, tell=tell)


def gone(group: Group) -> Group:
    """A group that is deleted."""
    return with_status(group, "deleted")


def with_status(group: Group, status: str) -> Group:
    """A group as if it had that status."""
    return replace(group, status=status, fields={**group.fields, "status": status})


def _present(cloud: "Cloud", before: Group) -> Group:
    """The group as it is now; as it was where that can't be seen: what was sent is sent."""
    try:
        return cloud.once(LOOK_SECONDS).group(before.id)
    except EvsrepError:
        return before


# Expanding


@dataclass(slots=True)
class Growth:
    """A pair that is to grow, and what has become of that."""

    word: str  # as the user named the pair
    size_gb: int
    pair: Pair | None = None
    result: str = NOT_RUN
    error: EvsrepError | None = None


def find_growths(cloud: "Cloud", growths: Iterable[Growth], group: Group) -> None:
    """See each pair; raises UsageFault for one named twice, Refused for one of another group."""
    seen: set[str] = set()
    for growth in growths:
        pair = growth.pair = find_pair(cloud, growth.word)
        if pair.id in seen:
            raise UsageFault(f"pair {pair.id} is named twice")
        if not is_in(pair, group):
            raise Refused(f"pair {pair.id} is not in group {group.label}; nothing was sent")
        seen.add(pair.id)


def expand(cloud: "Cloud", growth: Growth, group: Group, *, clock: Clock, tell: Tell) -> None:
    """Grow both disks of one pair; what goes wrong is kept with it."""
    pair = growth.pair
    assert pair is not None  # noqa: S101 -- for the type checker
    try:
        disks = _sizes(cloud, pair)
        too_large = [size for size in disks if size is not None and size >= growth.size_gb]
        if too_large:
            raise Refused(
                f"pair {pair.id} has {max(too_large)} GB, and can only grow",
                hint="nothing was sent for this pair",
            )
        do(_expansion(cloud, growth, group, pair), clock=clock, tell=tell)
        growth.result = EXPANDED
    except KeyboardInterrupt:
        growth.result = UNKNOWN
        raise
    except EvsrepError as error:
        growth.error = error
        growth.result = UNKNOWN if isinstance(error, OutcomeUnknown) else FAILED


def _expansion(cloud: "Cloud", growth: Growth, group: Group, pair: Pair) -> Deed[bool]:
    def send() -> bool:
        cloud.expand(group.id, pair.id, growth.size_gb)
        return True

    def look() -> bool | None:
        sizes = _sizes(cloud.once(LOOK_SECONDS), pair)
        return True if all(size == growth.size_gb for size in sizes) else None

    return Deed(f"the expansion of pair {pair.id}", send, look, resends=cloud.retries)


def _sizes(cloud: "Cloud", pair: Pair) -> list[int | None]:
    return [cloud.disk(disk_id).size_gb for disk_id in pair.disks]
