"""Consistency groups change and go."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Group, GroupChange, Pair
from evsrep.errors import NotFound, Refused, UsageFault
from evsrep.jobs.act import ask_about, run_action
from evsrep.jobs.actions import DELETE, GROUP_GOALS, PAUSE, RENAME, SYNC, UPDATE, Action, goal_of
from evsrep.jobs.find import find_group, find_pair
from evsrep.jobs.group_wait import (
    look_for,
    observe,
    observe_missing,
    settle,
    shows,
    wait_for_goal,
)
from evsrep.jobs.groups import is_in, look_after, with_pair_ids, with_status
from evsrep.jobs.once import LOOK_SECONDS, Change, run_once
from evsrep.jobs.options import ChangeOptions
from evsrep.jobs.pair_request import Spell, text_faults
from evsrep.jobs.readiness import guard
from evsrep.jobs.report import Reporter, Words, check_can_ask
from evsrep.jobs.verb import verb
from evsrep.jobs.wait import Absence, Goal

_AVAILABLE = GROUP_GOALS["available"]
FLOWS = frozenset({"active", "copying"})
"""The replication statuses of a group that is not paused."""


@dataclass(frozen=True)
class GroupUpdateOptions(ChangeOptions):
    """What `evsrep group update` takes."""

    group: str
    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    name: str | None = None
    description: str | None = None
    pause: bool = False
    sync: bool = True
    force: bool = False

    def validate(self, spell: Spell = str) -> None:
        """Raise UsageFault where nothing is to be changed, or the words can't be kept."""
        if not (self.add or self.remove) and self.name is None and self.description is None:
            flags = ", ".join(map(spell, ("add", "remove", "name")))
            raise UsageFault(f"nothing is to be changed: give {flags} or {spell('description')}")
        faults = list(text_faults(spell, name=self.name, description=self.description))
        if faults:
            raise UsageFault.of(faults)


@dataclass(frozen=True)
class GroupDeleteOptions(ChangeOptions):
    """What `evsrep group delete` takes."""

    group: str
    pause: bool = False
    force: bool = False
    ignore_missing: bool = False


@verb(GroupUpdateOptions)
def update_group(cloud: Cloud, options: GroupUpdateOptions, reporter: Reporter) -> Group:
    """Change a group's pairs, name or description, and return it.

    Raises UsageFault, NotFound, Refused where profile, state or pairs forbid it, nothing sent;
    Interrupted where the answer to a question is no; OutcomeUnknown, Failed, WaitTimeout, and what
    the cloud refuses.
    """
    options.validate()
    cloud = cloud.for_change(yes=options.yes)
    group = find_group(cloud, options.group)
    change = _change(cloud, group, options)
    action = UPDATE if change.moves_pairs else RENAME
    if change.moves_pairs:
        group = with_pair_ids(cloud, group)
    resume: Words = ("group", "show", group.id)
    keeps_pairs = bool({*(group.pair_ids or ()), *change.add} - {*change.remove})
    if _is_to_pause(cloud, action, group, options, reporter):
        group, synced = _paused(cloud, group, options.wait_timeout, reporter)
        # a group that may have lost its last pair by then can't be synced
        resume = synced if keeps_pairs else resume
    reporter.sending(group.fields, resume)
    result = run_once(_change_of(cloud, change, group), cloud.clock, reporter)
    goal = goal_of(action, group)
    group = result.value or look_after(cloud, group)
    observe(group, goal, reporter)
    if options.sync and change.moves_pairs and keeps_pairs:
        group, goal = sync_when_stable(cloud, group, options.wait_timeout, reporter, change)
    seconds = options.wait_timeout
    return settle(cloud, group, goal, reporter, wait=options.wait, seconds=seconds, change=change)


@verb(GroupDeleteOptions)
def delete_group(cloud: Cloud, options: GroupDeleteOptions, reporter: Reporter) -> Group | None:
    """Delete a group that has no pairs any more, and return it as it was seen last.

    With `ignore_missing` None where there is none. Raises UsageFault where a question is not
    answered, Interrupted where the answer is no, NotFound, Refused where profile or state forbid
    it, OutcomeUnknown, Failed, WaitTimeout, and what the cloud refuses.
    """
    check_can_ask(reporter, yes=options.yes)
    cloud = cloud.for_change(yes=options.yes)
    try:
        group = find_group(cloud, options.group)
    except NotFound:
        if not options.ignore_missing:
            raise
        observe_missing(options.group, reporter)
        return None
    if options.ignore_missing and group.status == "deleting":
        goal, seconds = goal_of(DELETE, group), options.wait_timeout
        observe(group, goal, reporter)
        return settle(cloud, group, goal, reporter, wait=options.wait, seconds=seconds)
    pauses = _is_to_pause(cloud, DELETE, group, options, reporter)
    ask_about(cloud, group, DELETE.question, reporter, yes=options.yes)
    resume: Words = ("group", "show", group.id)
    if pauses:
        group, resume = _paused(cloud, group, options.wait_timeout, reporter)
    reporter.sending(group.fields, resume)
    goal = goal_of(DELETE, group)
    group = run_once(_deletion(cloud, group), cloud.clock, reporter).value
    observe(group, goal, reporter)
    return settle(cloud, group, goal, reporter, wait=options.wait, seconds=options.wait_timeout)


def _change(cloud: Cloud, group: Group, options: GroupUpdateOptions) -> GroupChange:
    """Return what is to change; raises Refused for pairs that can't move, unless it is forced."""
    joining = [find_pair(cloud, name) for name in dict.fromkeys(options.add)]
    leaving = [find_pair(cloud, name) for name in dict.fromkeys(options.remove)]
    if not options.force:
        _check_can_join(joining, group)
        _check_can_leave(leaving, group)
    return GroupChange(
        name=options.name,
        description=options.description,
        add=tuple(pair.id for pair in joining),
        remove=tuple(pair.id for pair in leaving),
    )


def _check_can_join(pairs: Iterable[Pair], group: Group) -> None:
    for pair in pairs:
        if is_in(pair, group):
            raise Refused(f"pair {pair.id} is in group {group.label} already")
        for fault in misfits(pair, group.priority_station or pair.priority_station):
            raise Refused(fault, hint="a group takes pairs that are available and in no group")


def _check_can_leave(pairs: Iterable[Pair], group: Group) -> None:
    for pair in pairs:
        if not is_in(pair, group):
            raise Refused(f"pair {pair.id} is not in group {group.label}")


def misfits(pair: Pair, zone: str) -> Iterator[str]:
    """Yield what keeps a pair from joining a group whose primary zone is that one."""
    if pair.status != "available":
        yield f"pair {pair.id} is {pair.status}, not available"
    if pair.group_id:
        yield f"pair {pair.id} is in group {pair.group_id} already"
    if pair.priority_station != zone:
        yield f"the primary zone of pair {pair.id} is {pair.priority_station}, not {zone}"


def _is_to_pause(
    cloud: Cloud,
    action: Action,
    group: Group,
    options: GroupUpdateOptions | GroupDeleteOptions,
    reporter: Reporter,
) -> bool:
    """Whether to pause first: where `pause` says so, or whoever can be asked.

    Raises Refused where the group's state forbids the action, paused or not.
    """
    is_wanted = action is not RENAME and group.replication_status in FLOWS
    if options.force or not is_wanted:
        guard(cloud, action, group, reporter, force=options.force)
        return options.pause and is_wanted
    guard(cloud, action, group._replace(replication_status="active-stopped"), reporter)
    if not options.pause and reporter.can_ask and not options.yes:
        question = f"It is {group.replication_status}. Pause it first?"
        hint = f"pause it first: evsrep group pause {group.name or group.id}, or add --pause"
        ask_about(cloud, group, question, reporter, yes=False, hint=hint)
        return True
    if not options.pause:
        guard(cloud, action, group, reporter)
    return True


def _paused(cloud: Cloud, group: Group, seconds: float, reporter: Reporter) -> tuple[Group, Words]:
    """Pause a group; return it, and what makes it protected again should the rest fail."""
    group, goal = run_action(cloud, PAUSE, group, reporter, ("group", "show", group.id))
    group = wait_for_goal(cloud, group, goal, seconds, reporter)
    reporter.step("the group is paused")
    resume: Words = ("group", "sync", group.id, "--wait")
    reporter.observe(group, resume)
    return group, resume


def sync_when_stable(
    cloud: Cloud,
    group: Group,
    seconds: float,
    reporter: Reporter,
    change: GroupChange | None = None,
) -> tuple[Group, Goal]:
    """Sync a group as soon as that can be; return it, and what to wait for then.

    Raises what a wait and `run_once` raise.
    """
    resume: Words = ("group", "sync", group.id, "--wait")
    reporter.observe(group, resume)
    group = wait_for_goal(
        cloud, group, _AVAILABLE, seconds, reporter, change=change or GroupChange(), resume=resume
    )
    return run_action(cloud, SYNC, group, reporter, resume)


def _change_of(cloud: Cloud, change: GroupChange, before: Group) -> Change[Group | None]:
    def look() -> Group | None:
        now = look_for(cloud.once(LOOK_SECONDS), before.id, change)
        return now if now.status == "updating" or shows(now, change) else None

    send = partial(cloud.update_group, before.id, change)
    return Change(f"the update of group {before.label}", send, look, resends=cloud.retries)


def _deletion(cloud: Cloud, before: Group) -> Change[Group]:
    absence = Absence(cloud.clock)

    def send() -> Group:
        cloud.delete_group(before.id)
        return with_status(before, "deleting")

    def look() -> Group | None:
        try:
            now = cloud.once(LOOK_SECONDS).group(before.id)
        except NotFound:
            is_gone = absence.counts(GROUP_GOALS["deleted"], was_seen=True)
            return with_status(before, "deleted") if is_gone else None
        absence.ends()
        return now if now.status in ("deleting", "error_deleting") else None

    what = f"the delete of group {before.label}"
    return Change(what, send, look, resends=cloud.retries, removes=True)
