"""Waiting for a pair or group to get where it should: one waiter serves every command."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from evsrep.clock import Clock
from evsrep.cloud.client import Cloud
from evsrep.cloud.meanings import FAILURE_DETAILS
from evsrep.cloud.models import Group, Pair, fault_in_words
from evsrep.errors import Failed, NotFound, Refused, Unavailable, WaitTimeout
from evsrep.jobs.find import find_pair, named
from evsrep.jobs.ids import is_id
from evsrep.jobs.looks import looks
from evsrep.jobs.once import LAG_SECONDS
from evsrep.jobs.options import WAIT_SECONDS, longer_words
from evsrep.jobs.report import Fields, Reporter, Words
from evsrep.jobs.verb import verb

T = TypeVar("T", Pair, Group)

WAIT_LONGER = "wait again, or longer with --wait-timeout"
_REFUSALS_THAT_COUNT = 3  # in a row
_GONE_AFTER_SECONDS = 10.0
"""Of absence, once a thing was seen: replicas of the cloud's books may alternate for a while."""


class Goal(NamedTuple):
    """What is waited for: which field tells, what is reached, and from where it can't be."""

    name: str
    field: str
    done: frozenset[str]
    hopeless: frozenset[str]  # of `status`: an end from which the goal is not reached
    is_reached_by_absence: bool = False
    statuses: frozenset[str] = frozenset()  # one of which `status` is then to be; none for any
    left_zone: str = ""  # a primary zone that is then to be another
    stale: frozenset[tuple[str, str]] = frozenset()  # fields as they were before: no end yet

    def ends(self, thing: Pair | Group) -> bool:
        """Whether a thing is in a status from which the goal is not reached."""
        return thing.status in self.hopeless and ("status", thing.status) not in self.stale

    def breaks(self, thing: Pair | Group) -> bool:
        """Whether the replication that is waited for is broken."""
        seen = ("replication_status", thing.replication_status)
        return self.field == seen[0] and seen[1] == "error" and seen not in self.stale

    def after(self, thing: Pair | Group) -> "Goal":
        """Return the goal once a thing was seen: what has changed may come back as an end."""
        still = {(name, value) for name, value in self.stale if getattr(thing, name) == value}
        return self._replace(stale=frozenset(still))


_ENDS = frozenset({"error", "error_deleting", "deleting"})

PAIR_GOALS = {
    "available": Goal("available", "status", frozenset({"available"}), _ENDS),
    "active": Goal("active", "replication_status", frozenset({"active"}), _ENDS),
    "deleted": Goal("deleted", "status", frozenset(), frozenset({"error_deleting"}), True),
}


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """What `evsrep wait` takes; `goal` is its `--for`."""

    pair: str
    goal: str = "available"
    wait_timeout: float = WAIT_SECONDS


@verb(WaitOptions)
def wait_for_pair(cloud: Cloud, options: WaitOptions, reporter: Reporter) -> Pair | None:
    """Wait until a pair reaches a goal, and return it; None where it is gone and that is the goal.

    Raises UsageFault for an unknown goal, NotFound, Failed where the goal can't be reached any
    more, WaitTimeout when the time is up, and AuthError.
    """
    goal = named("goal", options.goal, PAIR_GOALS)
    pair_id, left = options.pair, options.wait_timeout
    reporter.resume_with(wait_words((pair_id,), goal, left))
    try:
        if not is_id(pair_id):
            pair, left = find_in_time(find_pair, cloud, pair_id, left, reporter)
            pair_id = pair.id
    except NotFound:
        if goal.is_reached_by_absence:
            reporter.observe(Fields({"name": options.pair, "status": "deleted"}), is_over=True)
            return None
        raise
    resume = wait_words((pair_id,), goal, options.wait_timeout)
    reporter.resume_with(resume)
    reached = _wait(cloud, pair_id, goal, left, reporter, resume)
    if reached is None:
        reporter.observe(Fields({"id": pair_id, "status": "deleted"}), resume, is_over=True)
    return reached


def wait_for(
    cloud: Cloud, pair: Pair, goal: Goal, seconds: float, reporter: Reporter
) -> Pair | None:
    """Wait for a pair that a verb has just made or changed.

    Raises what `wait_until` raises.
    """
    return _wait(cloud, pair.id, goal, seconds, reporter, wait_words((pair.id,), goal, seconds))


def find_in_time(
    find: Callable[[Cloud, str], T], cloud: Cloud, name: str, seconds: float, reporter: Reporter
) -> tuple[T, float]:
    """Return what bears a name, and the seconds that are left to wait for it.

    A look that fails is a missed look, until the time is up. Raises what `find` raises.
    """
    end = cloud.clock.now() + seconds
    trouble = Unavailable("")
    with reporter.progress() as update:
        for left in looks(cloud.clock, seconds):
            try:
                found = find(cloud.within(max(left, 1.0)).once(), name)
                return found, max(end - cloud.clock.now(), 0.0)
            except Unavailable as error:
                update(f"'{name}' can't be looked up: {error.message}", None, None)
                trouble = error
    message = f"'{name}' could not be looked up in {round(seconds, 1):g} s: {trouble.message}"
    trouble.message, trouble.hint = message, WAIT_LONGER
    raise trouble


def wait_words(names: Iterable[str], goal: Goal, seconds: float) -> Words:
    """Return the command that goes on waiting for pairs."""
    goal_words = () if goal.name == "available" else ("--for", goal.name)
    return ("wait", *names, *goal_words, *longer_words(seconds))


class Waited(NamedTuple):
    """What is waited for, in words, and the command that goes on with it."""

    label: str
    resume: Words


def wait_until(
    look: Callable[[float], T],
    waited: Waited,
    goal: Goal,
    *,
    clock: Clock,
    seconds: float,
    reporter: Reporter,
) -> T | None:
    """Return the thing once it has reached the goal; None where it is gone and that is the goal.

    `look` gets it within so many seconds. Raises Failed where the goal can't be reached any more,
    NotFound where the thing is gone, WaitTimeout when the time is up. A poll that fails is a missed
    poll, not the end, unless it fails for good.
    """
    started = clock.now()
    estimate, absence = _Estimate(), Absence(clock)
    last: T | None = None
    refusals, fault = 0, ""
    with reporter.progress() as update:
        for left in looks(clock, seconds):
            try:
                last = look(max(left, 1.0))
            except NotFound:
                if absence.counts(goal, was_seen=last is not None) or not left > 0:
                    if goal.is_reached_by_absence:
                        return None
                    raise
                continue
            except (Refused, Unavailable) as error:
                refusals += isinstance(error, Refused)
                if refusals >= _REFUSALS_THAT_COUNT:
                    raise
                update(f"{waited.label}: {error.message}", None, None)
                continue
            refusals = 0
            absence.ends()
            goal = goal.after(last)
            is_over = is_reached(last, goal)
            reporter.observe(last, waited.resume, is_over=is_over)
            update(_words(last, goal), last.progress, estimate.left(last, clock.now() - started))
            fault = _warn_of_fault(last, fault, reporter, is_over=is_over)
            if is_over:
                return last
            check_outcome(last, goal, reporter)
    raise time_is_up(waited.label, last, goal, seconds)


def _warn_of_fault(thing: Pair | Group, reported: str, reporter: Reporter, *, is_over: bool) -> str:
    """Warn of a fault that was not told yet, and return it."""
    fault = fault_in_words(thing.fields)
    if fault not in ("", reported):
        outlook = "" if is_over else _outlook(thing)
        reporter.warn(f"{_kind(thing)} {thing.label}: {fault}{outlook}")
    return fault


def _outlook(thing: Pair | Group) -> str:
    is_link_down = str(thing.fields.get("fault_level")) == "5"
    return "; no progress is to be expected" if is_link_down else ""


class Absence:
    """How long a thing has not been there; what the cloud has just named may show late."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: float | None = None

    def ends(self) -> None:
        """Note that it is there."""
        self._since = None

    def counts(self, goal: Goal, *, was_seen: bool) -> bool:
        """Note that it is not there, and return whether that proves anything by now."""
        if self._since is None:
            self._since = self._clock.now()
            return False
        if goal.is_reached_by_absence:
            return True
        seconds = _GONE_AFTER_SECONDS if was_seen else LAG_SECONDS
        return self._clock.now() - self._since >= seconds


def check_outcome(thing: Pair | Group, goal: Goal, reporter: Reporter) -> None:
    """Raise Failed as `raise_if_hopeless` does; waiting on is then no way to go on, showing is."""
    try:
        raise_if_hopeless(thing, goal)
    except Failed:
        reporter.observe(thing, (*_show(thing), thing.id))
        raise


def is_reached(thing: Pair | Group, goal: Goal) -> bool:
    """Whether a pair or group is where it should be."""
    if goal.ends(thing) or thing.priority_station == goal.left_zone != "":
        return False
    is_stable = not goal.statuses or thing.status in goal.statuses
    return is_stable and getattr(thing, goal.field) in goal.done


def raise_if_hopeless(thing: Pair | Group, goal: Goal) -> None:
    """Raise Failed where a thing is at an end that is not the goal; says why and what helps."""
    if not goal.ends(thing) and not goal.breaks(thing):
        return
    noun = _kind(thing)
    meaning = FAILURE_DETAILS.get(thing.failure_detail)
    code = f" (code {thing.failure_detail})" if thing.failure_detail else ""
    cause = f": {meaning.cause}" if meaning else ""
    state = f"'{thing.status}'" if goal.ends(thing) else "'error' in its replication"
    hint = meaning.hint if meaning else f"see it with 'evsrep {' '.join(_show(thing))} {thing.id}'"
    is_dead = noun == "pair" and thing.status == "error"
    anew = f"; then 'evsrep delete {thing.id}', and create it anew" if is_dead else ""
    raise Failed(f"{noun} {thing.id} is {state}{cause}{code}", hint=hint + anew)


def time_is_up(label: str, last: Pair | Group | None, goal: Goal, seconds: float) -> WaitTimeout:
    """Return the error of a wait whose time ran out, with the state that was seen last."""
    state = f"still '{_state(last, goal)}'" if last else "not to be seen"
    if last and goal.left_zone and last.priority_station == goal.left_zone:
        state += f", its primary zone still {goal.left_zone},"
    fault = fault_in_words(last.fields) if last else ""
    way = f"{fault}{_outlook(last)}" if last and fault else "it goes on without us"
    hint = f"{way}; {WAIT_LONGER}"
    return WaitTimeout(f"{label} is {state} after {round(seconds, 1):g} s", hint=hint)


def _wait(
    cloud: Cloud, pair_id: str, goal: Goal, seconds: float, reporter: Reporter, resume: Words
) -> Pair | None:
    return wait_until(
        lambda left: cloud.within(left).once().pair(pair_id),
        Waited(f"pair {pair_id}", resume),
        goal,
        clock=cloud.clock,
        seconds=seconds,
        reporter=reporter,
    )


def _kind(thing: Pair | Group) -> str:
    return "group" if isinstance(thing, Group) else "pair"


def _show(thing: Pair | Group) -> Words:
    return ("group", "show") if isinstance(thing, Group) else ("show",)


_LONGEST_ESTIMATE_SECONDS = 30 * 86400.0
"""Beyond that it is no estimate: percents may be next to nothing, or more than all."""


class _Estimate:
    """How long it will take, from the percents that were seen."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None  # seconds, percent

    def left(self, thing: Pair | Group, elapsed: float) -> float | None:
        """Return the seconds left; None where the samples tell nothing."""
        percent = thing.progress
        if self._first is None:
            self._first = None if percent is None else (elapsed, percent)
            return None
        if percent is None or percent <= self._first[1]:
            return None
        per_percent = (elapsed - self._first[0]) / (percent - self._first[1])
        left = (100 - percent) * per_percent
        return left if 0 <= left < _LONGEST_ESTIMATE_SECONDS else None


def _words(thing: Pair | Group, goal: Goal) -> str:
    noun = _kind(thing)
    state = thing.status
    if goal.field == "replication_status" and thing.replication_status:
        state = thing.replication_status
    return f"{noun} {thing.name or thing.id}: {state}"


def _state(thing: Pair | Group, goal: Goal) -> str:
    state: str = getattr(thing, goal.field)
    return state or thing.status
