"""Waiting for a consistency group, by itself or after a change."""

from dataclasses import dataclass

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Group, GroupChange
from evsrep.errors import NotFound
from evsrep.jobs.actions import GROUP_GOALS
from evsrep.jobs.find import find_group, named
from evsrep.jobs.groups import look_at, unseen, with_pair_ids, with_status
from evsrep.jobs.ids import is_id
from evsrep.jobs.options import WAIT_SECONDS, longer_words
from evsrep.jobs.report import Fields, Reporter, Words
from evsrep.jobs.verb import verb
from evsrep.jobs.wait import (
    Goal,
    Waited,
    check_outcome,
    find_in_time,
    is_reached,
    wait_until,
)

# the goal of `group wait` that goes on where a verb was left
_WAITS_FOR = {
    "sync": "active",
    "pause": "paused",
    "failover": "failovered",
    "reprotect": "active",
    "delete": "deleted",
    **{name: name for name in GROUP_GOALS},
}
_NO_CHANGE = GroupChange()


@dataclass(frozen=True, slots=True)
class GroupWaitOptions:
    """What `evsrep group wait` takes; `goal` is its `--for`."""

    group: str
    goal: str = "available"
    wait_timeout: float = WAIT_SECONDS


@verb(GroupWaitOptions)
def wait_for_group(cloud: Cloud, options: GroupWaitOptions, reporter: Reporter) -> Group | None:
    """Wait until a group reaches a goal, and return it; None where it is to be gone and is.

    Raises UsageFault for an unknown goal, NotFound, Failed where the goal can't be reached any
    more, WaitTimeout when the time is up, and AuthError.
    """
    goal = named("goal", options.goal, GROUP_GOALS)
    name_or_id = options.group
    left = options.wait_timeout
    # one that is gone, or too new to be shown, is for the waiter to judge
    group = unseen(name_or_id)
    reporter.resume_with(_resume(group, goal, left))
    try:
        if not is_id(name_or_id):
            group, left = find_in_time(find_group, cloud, name_or_id, left, reporter)
    except NotFound:
        if not goal.is_reached_by_absence:
            raise
        observe_missing(name_or_id, reporter)
        return None
    resume = _resume(group, goal, options.wait_timeout)
    reporter.resume_with(resume, group.fields)
    return wait_for_goal(cloud, group, goal, left, reporter, resume=resume)


def wait_for_goal(
    cloud: Cloud,
    group: Group,
    goal: Goal,
    seconds: float,
    reporter: Reporter,
    *,
    change: GroupChange = _NO_CHANGE,
    resume: Words = (),
) -> Group:
    """Return a group once it has reached a goal, and shows its last change.

    `resume` goes on in place of waiting. Raises what `wait_until` raises.
    """

    def look(left: float) -> Group:
        now = look_for(cloud.within(left).once(), group.id, change)
        is_early = now.status == "available" and not shows(now, change)
        return with_status(now, "updating") if is_early else now

    reached = wait_until(
        look,
        Waited(f"group {group.label}", resume or _resume(group, goal, seconds)),
        goal,
        clock=cloud.clock,
        seconds=seconds,
        reporter=reporter,
    )
    if reached is None:
        reached = with_status(group, "deleted")
        observe(reached, goal, reporter)
    return reached


def settle(
    cloud: Cloud,
    group: Group,
    goal: Goal,
    reporter: Reporter,
    *,
    wait: bool,
    seconds: float,
    change: GroupChange = _NO_CHANGE,
) -> Group:
    """Wait if that is wanted; raises Failed where the group is broken, and what a wait raises."""
    if wait and group.status != "deleted":
        return wait_for_goal(cloud, group, goal, seconds, reporter, change=change)
    check_outcome(group, goal, reporter)
    return group


def observe(group: Group, goal: Goal, reporter: Reporter) -> None:
    """Report how a group is after a change: until the goal is reached, to wait is to go on."""
    is_over = group.status == "deleted" or is_reached(group, goal)
    reporter.observe(group, _resume(group, goal), is_over=is_over)


def observe_missing(name_or_id: str, reporter: Reporter) -> None:
    """Report that there is no such group, where that is as it should be."""
    key = "id" if is_id(name_or_id) else "name"
    reporter.note(f"there is no group '{name_or_id}'")
    reporter.observe(Fields({key: name_or_id, "status": "deleted"}), is_over=True)


def look_for(cloud: Cloud, group_id: str, change: GroupChange) -> Group:
    """Return a group with what tells whether a change shows; raises what keeps it from that."""
    group = look_at(cloud, group_id)
    return with_pair_ids(cloud, group) if change.moves_pairs else group


def shows(group: Group, change: GroupChange) -> bool:
    """Whether a group shows a change."""
    pair_ids = set(group.pair_ids or ())
    if not pair_ids.issuperset(change.add) or not pair_ids.isdisjoint(change.remove):
        return False
    texts = ((change.name, "name"), (change.description, "description"))
    return all(text is None or text == (group.fields.get(key) or "") for text, key in texts)


def _resume(group: Group, goal: Goal, seconds: float = WAIT_SECONDS) -> Words:
    name = _WAITS_FOR.get(goal.name, "available")
    goal_words = () if name == "available" else ("--for", name)
    return ("group", "wait", group.id, *goal_words, *longer_words(seconds))
