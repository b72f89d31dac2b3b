"""Acting on a consistency group: sync, pause, failover, switchover, reprotect.

Nothing is sent that the group's state forbids, and nothing is sent twice that undoes itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from evsrep.cloud.client import Cloud
from evsrep.cloud.meanings import FAULT_LEVELS
from evsrep.cloud.models import Group
from evsrep.errors import Refused
from evsrep.jobs.actions import (
    ACTIONS,
    FAILOVER,
    GROUP_GOALS,
    PAUSE,
    Action,
    goal_of,
    is_done_already,
    shows_fault,
    took_effect,
)
from evsrep.jobs.find import find_group, named
from evsrep.jobs.group_wait import observe, settle, wait_for_goal
from evsrep.jobs.groups import look_after
from evsrep.jobs.once import LOOK_SECONDS, Change, run_once
from evsrep.jobs.options import ChangeOptions
from evsrep.jobs.readiness import guard
from evsrep.jobs.report import Reporter, Words, ask, check_can_ask
from evsrep.jobs.verb import verb
from evsrep.jobs.wait import Goal


@dataclass(frozen=True)
class ActOptions(ChangeOptions):
    """What `evsrep group sync`, `pause`, `failover`, `switchover` and `reprotect` take."""

    group: str
    action: str
    expect_primary: str | None = None
    force: bool = False


@verb(ActOptions)
def act(cloud: Cloud, options: ActOptions, reporter: Reporter) -> Group:
    """Act on a group, by ID or exact name, and return it as it is then.

    Raises UsageFault for an unknown action and where a question is not answered, Interrupted where
    the answer is no, NotFound, Refused where profile, state or `expect_primary` forbid it or a
    failover without `force` meets a group that shows no fault, OutcomeUnknown, Failed,
    WaitTimeout, and what the cloud refuses.
    """
    action = named("action", options.action, ACTIONS)
    if action.question:
        check_can_ask(reporter, yes=options.yes)
    cloud = cloud.for_change(yes=options.yes)
    before = find_group(cloud, options.group)
    _check_primary(before, options.expect_primary)
    may_be_done = action in (PAUSE, FAILOVER) and not options.force
    if may_be_done and is_done_already(action, before):
        state = getattr(before, action.watch)
        reporter.note(f"nothing was sent: group {before.label} is {state} already")
        reporter.observe(before, is_over=True)
        _advise(action, before, "the failed zone", reporter)
        return before
    if not options.force and before.status in action.passing:
        before = _wait_until_stable(cloud, before, options.wait_timeout, reporter)
    guard(cloud, action, before, reporter, force=options.force)
    _ask_first(cloud, action, before, options, reporter)
    reporter.sending(before.fields, ("group", "show", before.id))
    result = run_once(change_of(cloud, action, before), cloud.clock, reporter)
    group, goal = result.value or look_after(cloud, before), goal_of(action, before)
    observe(group, goal, reporter)
    _advise(action, before, before.priority_station or "the failed zone", reporter)
    return settle(cloud, group, goal, reporter, wait=options.wait, seconds=options.wait_timeout)


def run_action(
    cloud: Cloud, action: Action, before: Group, reporter: Reporter, resume: Words
) -> tuple[Group, Goal]:
    """Act on a group as a step of another verb; return it, and what to wait for now.

    Raises what `run_once` raises.
    """
    reporter.sending(before.fields, resume)
    result = run_once(change_of(cloud, action, before), cloud.clock, reporter)
    group, goal = result.value or look_after(cloud, before), goal_of(action, before)
    observe(group, goal, reporter)
    return group, goal


def change_of(cloud: Cloud, action: Action, before: Group) -> Change[Group | None]:
    """Return the change that an action makes to a group that was like this."""

    def look() -> Group | None:
        now = cloud.once(LOOK_SECONDS).group(before.id)
        return now if took_effect(action, before, now) else None

    return Change(
        f"the {action.name} of group {before.label}",
        partial(cloud.act, before.id, action.wire, action.name),
        look,
        resends=cloud.retries,
        is_provable=not action.is_toggle,
    )


def ask_about(
    cloud: Cloud,
    group: Group,
    question: str,
    reporter: Reporter,
    *,
    yes: bool,
    hint: str = "",
    answer: str = "",
) -> None:
    """Show the group's state, and ask; raises Interrupted where the answer is no.

    `answer` is the word to be typed, where a yes is too easily said. Raises Refused where the
    group is another when the answer comes: it may have come late.
    """
    if yes:
        return
    shown = [f"  {name:<12}  {value}" for name, value in _facts(group)]
    facts = [f"group {group.label}", *shown]
    ask(reporter, question, facts, yes=False, hint=hint, answer=answer)
    now = cloud.group(group.id)
    if (now.status, now.priority_station) != (group.status, group.priority_station):
        raise Refused(
            f"group {group.label} has changed since it was shown",
            hint="nothing was sent; do it again if it is still meant",
            faults=tuple(f"{name} {value}" for name, value in _facts(now)),
        )


def _ask_first(
    cloud: Cloud, action: Action, group: Group, options: ActOptions, reporter: Reporter
) -> None:
    """Ask what the action asks; where it is meant for a fault and there is none, more than that."""
    if action.when_well and not shows_fault(group):
        _ask_for_its_name(cloud, action, group, options, reporter)
    elif action.question:
        ask_about(cloud, group, action.question, reporter, yes=options.yes)


def _ask_for_its_name(
    cloud: Cloud, action: Action, group: Group, options: ActOptions, reporter: Reporter
) -> None:
    name = group.name or group.id
    reporter.warn(
        f"group {group.label} shows no fault: {action.name} is for a zone that is down. What is "
        f"planned is a {action.when_well}: {reporter.command('group', action.when_well, name)}"
    )
    yes = options.force and (options.yes or not reporter.wants_yes)
    if not yes and not reporter.can_ask:
        raise Refused(
            f"group {group.label} shows no fault; nothing was sent",
            hint="add --force to --yes if a failover is meant all the same",
        )
    question = f"Type the group's name to go on with the {action.name} all the same"
    ask_about(cloud, group, question, reporter, yes=yes, answer=name)


def _advise(action: Action, group: Group, zone: str, reporter: Reporter) -> None:
    """Say what remains to be done when the action is over."""
    reprotect = reporter.command("group", "reprotect", group.name or group.id)
    for text in action.afterwards:
        reporter.next_step(text.format(zone=zone, reprotect=reprotect))


def _check_primary(group: Group, expected: str | None) -> None:
    if expected is not None and group.priority_station != expected:
        raise Refused(
            f"the primary zone of group {group.label} is {group.priority_station}, not {expected}",
            hint="nothing was sent; it may have switched over already",
        )


def _wait_until_stable(cloud: Cloud, group: Group, seconds: float, reporter: Reporter) -> Group:
    """Return the group when what is under way with it has passed."""
    reporter.step(f"group {group.label} is {group.status}; waiting for the end of that")
    goal, resume = GROUP_GOALS["available"], ("group", "show", group.id)
    reporter.observe(group, resume)
    return wait_for_goal(cloud, group, goal, seconds, reporter, resume=resume)


def _facts(group: Group) -> Iterator[tuple[str, str]]:
    meaning = FAULT_LEVELS.get(group.fault_level)
    fault = f"{group.fault_level}: {meaning.cause}" if meaning else group.fault_level
    facts = {
        "status": group.status,
        "replication": group.replication_status,
        "primary zone": group.priority_station,
        "fault level": fault,
    }
    if group.pair_ids is not None:
        facts["pairs"] = str(len(group.pair_ids))
    for name, value in facts.items():
        yield name, value or "-"
