"""A consistency group comes: pairs are bundled, and synced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Group, GroupOrder, Pair
from evsrep.cloud.wire import group_order_fields
from evsrep.errors import Refused, UsageFault
from evsrep.jobs.actions import GROUP_GOALS
from evsrep.jobs.find import find_pair
from evsrep.jobs.group_change import FLOWS, misfits, sync_when_stable
from evsrep.jobs.group_wait import observe, settle
from evsrep.jobs.groups import with_pair_ids
from evsrep.jobs.once import LOOK_SECONDS, Change, run_once
from evsrep.jobs.options import ChangeOptions, timeout_words
from evsrep.jobs.pair_request import MODELS, Spell, text_faults
from evsrep.jobs.report import Reporter, Words
from evsrep.jobs.verb import verb

_AVAILABLE = GROUP_GOALS["available"]


@dataclass(frozen=True, kw_only=True)
class GroupCreateOptions(ChangeOptions):
    """What `evsrep group create` takes."""

    pairs: Sequence[str]
    name: str | None = None
    description: str | None = None
    priority_station: str | None = None
    sync: bool = True
    if_not_exists: bool = False

    def validate(self, spell: Spell = str) -> None:
        """Raise UsageFault for everything at once that is wrong with the words."""
        faults = list(text_faults(spell, name=self.name, description=self.description))
        if self.priority_station is not None and not self.priority_station.strip():
            faults.append(f"{spell('priority_station')} is empty")
        if not self.pairs:
            faults.append(f"{spell('pairs')} is empty")
        if faults:
            raise UsageFault.of(faults)


@verb(GroupCreateOptions)
def create_group(cloud: Cloud, options: GroupCreateOptions, reporter: Reporter) -> Group:
    """Bundle pairs, by IDs or exact names, into a group, sync it, and return it.

    With `if_not_exists` a group of exactly these pairs is returned as it is. Raises UsageFault,
    NotFound and Refused with all that is wrong at once, nothing sent; OutcomeUnknown, Failed,
    WaitTimeout, and what the cloud refuses.
    """
    options.validate()
    cloud = cloud.for_change(yes=options.yes)
    pairs = _pairs_named(cloud, options.pairs)
    there = _group_of(cloud, pairs) if options.if_not_exists else None
    if there is not None:
        return _existing(cloud, there, options, reporter)
    order = _order(pairs, options)
    reporter.sending(group_order_fields(order), _find_again(order, options))
    group = run_once(_creation(cloud, order), cloud.clock, reporter).value
    observe(group, _AVAILABLE, reporter)
    goal = _AVAILABLE
    if options.sync:
        group, goal = sync_when_stable(cloud, group, options.wait_timeout, reporter)
    return settle(cloud, group, goal, reporter, wait=options.wait, seconds=options.wait_timeout)


def _pairs_named(cloud: Cloud, names: Iterable[str]) -> list[Pair]:
    pairs = (find_pair(cloud, name) for name in dict.fromkeys(names))
    return list({pair.id: pair for pair in pairs}.values())


def _group_of(cloud: Cloud, pairs: Sequence[Pair]) -> Group | None:
    """Return the group of exactly these pairs, if there is one."""
    group_id = pairs[0].group_id  # a pair is in one group at most
    if not group_id or any(pair.group_id != group_id for pair in pairs):
        return None
    group = with_pair_ids(cloud, cloud.group(group_id))
    return group if set(group.pair_ids or ()) == {pair.id for pair in pairs} else None


def _existing(cloud: Cloud, group: Group, options: GroupCreateOptions, reporter: Reporter) -> Group:
    """Return a group that was there already, as far as it is what was asked for.

    It is not synced: whoever paused it may have had a reason. Raises Refused where it is another,
    Failed where it is broken.
    """
    asked, is_ = options.priority_station, group.priority_station
    faults = [f"its primary zone is {is_}, not {asked}"] if asked and is_ and asked != is_ else []
    if group.status == "deleting":
        faults.append("it is being deleted")
    if faults:
        message = f"the group of these pairs, {group.label}, is not as asked for: "
        raise Refused(message + "; ".join(faults), hint="see it with 'evsrep group show'")
    goal = GROUP_GOALS["active"] if options.sync else _AVAILABLE
    reporter.note(f"a group of these pairs is there already: {group.label}")
    is_paused = group.status == "available" and group.replication_status not in FLOWS
    if options.sync and is_paused:
        reporter.observe(group, ("group", "sync", group.id, "--wait"))
        return group
    observe(group, goal, reporter)
    seconds = options.wait_timeout
    return settle(cloud, group, goal, reporter, wait=options.wait, seconds=seconds)


def _order(pairs: Sequence[Pair], options: GroupCreateOptions) -> GroupOrder:
    """Return the group as it is sent; its zone is that of its pairs.

    Raises Refused for everything at once that keeps the pairs from being bundled.
    """
    first = pairs[0]
    zone = options.priority_station or first.priority_station
    faults = [fault for pair in pairs for fault in misfits(pair, zone)]
    if faults:
        hint = "a group takes pairs that are available, in no group, and of one primary zone"
        raise Refused.of(faults, "{n} things forbid this group", hint=hint)
    model = first.replication_model or MODELS[0]
    ids = tuple(pair.id for pair in pairs)
    return GroupOrder(ids, zone, model, options.name, options.description)


def _find_again(order: GroupOrder, options: GroupCreateOptions) -> Words:
    """Return the command that finds out, and makes the group where it is not there."""
    words = ["group", "create", "--priority-station", order.priority_station]
    for pair_id in order.pair_ids:
        words += ["--pair", pair_id]
    for flag, text in (("--name", order.name), ("--description", order.description)):
        words += [] if text is None else [flag, text]
    words += [] if options.sync else ["--no-sync"]
    words += ["--wait", *timeout_words(options.wait_timeout)] if options.wait else []
    return (*words, "--if-not-exists")


def _creation(cloud: Cloud, order: GroupOrder) -> Change[Group]:
    """Return the change that makes a group, found again by its pairs."""
    once, wanted = cloud.once(LOOK_SECONDS), set(order.pair_ids)

    def look() -> Group | None:
        group_id = once.pair(order.pair_ids[0]).group_id  # a pair is in one group at most
        groups = [with_pair_ids(once, once.group(group_id))] if group_id else once.groups()
        return next((group for group in groups if set(group.pair_ids or ()) == wanted), None)

    send = partial(cloud.create_group, order)
    return Change("the create", send, look, resends=cloud.retries)
