"""What is done to a consistency group: bundle pairs, act on them, take them apart.

Nothing is sent that the group's state forbids, and nothing is sent twice that undoes itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evsrep.clock import Clock
from evsrep.cloud.models import Disk, Group, GroupChange, GroupOrder, Pair
from evsrep.cloud.wire import group_from_wire
from evsrep.errors import (
    AuthError,
    EvsrepError,
    Failed,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    Refused,
    UsageFault,
    WaitTimeout,
)
from evsrep.jobs.actions import EXPAND, Action, Check, checks_of, goal_of, took_effect
from evsrep.jobs.deed import LOOK_SECONDS, Deed, Tell, do
from evsrep.jobs.find import find_pair, is_same_id
from evsrep.jobs.together import together
from evsrep.jobs.wait import looks, raise_if_hopeless

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

NOT_RUN, EXPANDING, EXPANDED = "not_run", "expanding", "expanded"
FAILED, UNKNOWN = "failed", "unknown"


# Looking


def look_at(cloud: "Cloud", group_id: str) -> Group:
    """A group; while it copies, with how far its pairs are on average."""
    group = cloud.group(group_id)
    if group.progress is not None or group.replication_status != "copying":
        return group
    known = [pair.progress for pair in pairs_of(cloud, group) if pair.progress is not None]
    return group._replace(progress=sum(known) / len(known)) if known else group


def with_pair_ids(cloud: "Cloud", group: Group) -> Group:
    """A group with the IDs of its pairs: not every answer tells them, but the pairs do."""
    if group.pair_ids is not None:
        return group
    return group._replace(pair_ids=tuple(pair.id for pair in pairs_of(cloud, group)))


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
    if any(rule.field == "replication_ids" for rule in action.rules):
        with suppress(EvsrepError):  # the cloud itself deletes no group that has pairs
            group = with_pair_ids(cloud, group)
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
    return Check(rule, f"running: {listed}", is_ok=False, hint=f"stop them first: {listed}")


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


def check_can_leave(pairs: Iterable[Pair], group: Group) -> None:
    """Raise Refused where a pair is not in a group at all."""
    for pair in pairs:
        if not is_in(pair, group):
            raise Refused(f"pair {pair.id} is not in group {group.label}")


def _misfits(pair: Pair, zone: str) -> Iterator[str]:
    if pair.status != "available":
        yield f"pair {pair.id} is {pair.status}, not available"
    if pair.group_id:
        yield f"pair {pair.id} is in group {pair.group_id} already"
    if pair.priority_station != zone:
        yield f"the primary zone of pair {pair.id} is {pair.priority_station}, not {zone}"


def create_group(cloud: "Cloud", order: GroupOrder, *, clock: Clock, tell: Tell) -> Group:
    """Create the group; one whose answer was lost is found by its pairs."""

    once, wanted = cloud.once(LOOK_SECONDS), set(order.pair_ids)

    def look() -> Group | None:
        group_id = once.pair(order.pair_ids[0]).group_id  # a pair is in one group at most
        found = [with_pair_ids(once, once.group(group_id))] if group_id else once.groups()
        return next((each for each in found if set(each.pair_ids or ()) == wanted), None)

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
    deed = Deed(what, send, look, resends=cloud.retries, is_provable=not action.is_toggle)
    return do(deed, clock=clock, tell=tell)


def update(
    cloud: "Cloud", change: GroupChange, before: Group, *, clock: Clock, tell: Tell
) -> Group:
    """Change a group, and return it as it is then."""

    def send() -> Group:
        cloud.update_group(before.id, change)
        return _present(cloud, before)

    def look() -> Group | None:
        now = look_for(cloud.once(LOOK_SECONDS), before.id, change)
        return now if now.status == "updating" or is_as_wished(now, change) else None

    deed = Deed(f"the update of group {before.label}", send, look, resends=cloud.retries)
    return do(deed, clock=clock, tell=tell)


def look_for(cloud: "Cloud", group_id: str, change: GroupChange) -> Group:
    """A group, with what tells whether a change shows."""
    found = look_at(cloud, group_id)
    return with_pair_ids(cloud, found) if change.moves_pairs else found


def is_as_wished(group: Group, change: GroupChange) -> bool:
    """Whether a group shows a change."""
    pair_ids = set(group.pair_ids or ())
    if not pair_ids.issuperset(change.add) or not pair_ids.isdisjoint(change.remove):
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


def unseen(group_id: str) -> Group:
    """A group of which nothing is known yet but its ID."""
    return group_from_wire({"id": group_id})


def gone(group: Group) -> Group:
    """A group that is deleted."""
    return with_status(group, "deleted")


def with_status(group: Group, status: str) -> Group:
    """A group as if it had that status."""
    return group._replace(status=status, fields={**group.fields, "status": status})


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


def expand(
    cloud: "Cloud", growth: Growth, group: Group, *, clock: Clock, tell: Tell, warn: Tell
) -> None:
    """Have both disks of one pair grow; what goes wrong is kept with it."""
    pair = _pair_of(growth)
    try:
        _check_grows(cloud, growth, pair, warn)
        do(_expansion(cloud, growth, group, pair), clock=clock, tell=tell)
        growth.result = EXPANDING
    except KeyboardInterrupt:
        growth.result = UNKNOWN
        raise
    except EvsrepError as error:
        growth.error = error
        growth.result = UNKNOWN if isinstance(error, OutcomeUnknown) else FAILED


def _check_grows(cloud: "Cloud", growth: Growth, pair: Pair, warn: Tell) -> None:
    """Raise Refused where a pair would not grow; warn where that can't be looked up."""
    try:
        sizes = [size for size in _sizes(cloud, pair) if size is not None]
    except (AuthError, NotFound, NotOffered) as error:
        warn(f"the sizes of pair {pair.id} could not be looked up: {error.message}")
        return
    if sizes and (max(sizes) > growth.size_gb or min(sizes) == growth.size_gb):
        raise Refused(
            f"pair {pair.id} has {max(sizes)} GB, and can only grow",
            hint="nothing was sent for this pair",
        )


def _expansion(cloud: "Cloud", growth: Growth, group: Group, pair: Pair) -> Deed[bool]:
    def send() -> bool:
        cloud.expand(group.id, pair.id, growth.size_gb)
        return True

    def look() -> bool | None:
        return has_grown(cloud.once(LOOK_SECONDS), growth) or None

    # disks grow in their own time: that they have not yet proves nothing
    return Deed(f"the expansion of pair {pair.id}", send, look, is_provable=False)


def wait_for_growths(
    cloud: "Cloud",
    growths: Sequence[Growth],
    group: Group,
    *,
    clock: Clock,
    seconds: float,
    seen: Callable[[int], None],
) -> None:
    """Wait until the disks of all pairs under way have grown; `seen` gets how many still are.

    What goes wrong is kept with the pair that it befalls. A look that fails is a missed look.
    """
    for left in looks(clock, seconds):
        once = cloud.once(max(left, 1.0))
        failure = _failure_of(once, group)
        for growth in _growing(growths):
            _look_at_growth(once, growth, failure)
        seen(len(_growing(growths)))
        if not _growing(growths):
            return
    for growth in _growing(growths):
        pair_id = _pair_of(growth).id
        hint = "it goes on without us; see the sizes with 'evsrep group show'"
        growth.error = WaitTimeout(f"pair {pair_id} has not grown after {seconds:g} s", hint=hint)


def _growing(growths: Iterable[Growth]) -> list[Growth]:
    return [each for each in growths if each.result == EXPANDING and each.error is None]


def _look_at_growth(cloud: "Cloud", growth: Growth, failure: Failed | None) -> None:
    try:
        if has_grown(cloud, growth):
            growth.result = EXPANDED
        elif failure is not None:
            growth.result, growth.error = FAILED, failure
    except (AuthError, NotFound) as error:
        growth.error = error  # another look would end the same
    except EvsrepError:
        pass


def _failure_of(cloud: "Cloud", group: Group) -> Failed | None:
    """Why a group that was like this is broken now; None where it is not, or can't be seen."""
    try:
        raise_if_hopeless(cloud.group(group.id), goal_of(EXPAND, group))
    except Failed as failure:
        return failure
    except EvsrepError:
        return None
    return None


def has_grown(cloud: "Cloud", growth: Growth) -> bool:
    """Whether both disks of a pair have the size that they were to grow to."""
    return all(size == growth.size_gb for size in _sizes(cloud, _pair_of(growth)))


def _pair_of(growth: Growth) -> Pair:
    assert growth.pair is not None  # noqa: S101 -- for the type checker
    return growth.pair


def _sizes(cloud: "Cloud", pair: Pair) -> list[int | None]:
    return [cloud.disk(disk_id).size_gb for disk_id in pair.disks]
