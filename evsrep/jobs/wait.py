"""Waiting for a pair or group to get where it should: one waiter serves every command."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from evsrep.clock import Clock
from evsrep.cloud.meanings import FAILURE_DETAILS
from evsrep.cloud.models import Group, Pair
from evsrep.errors import (
    AuthError,
    ConfigError,
    EvsrepError,
    Failed,
    NotFound,
    NotOffered,
    Refused,
    Unavailable,
    WaitTimeout,
)

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

T = TypeVar("T", Pair, Group)

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_SLOWER_BY = 1.4
_LOOK_SECONDS = 30.0
_REFUSALS_THAT_COUNT = 3
"""In a row: just after a create one 404 on the new ID proves nothing yet."""


class Goal(NamedTuple):
    """What is waited for: which field tells, what is reached, and from where it can't be."""

    name: str
    field: str
    done: frozenset[str]
    hopeless: frozenset[str]  # of `status`: an end from which the goal is not reached
    is_reached_by_absence: bool = False
    statuses: frozenset[str] = frozenset()  # one of which `status` is then to be; none for any
    left_station: str = ""  # a primary zone that is then to be another
    stale: frozenset[tuple[str, str]] = frozenset()  # fields as they were before: no end yet

    def ends(self, thing: Pair | Group) -> bool:
        """Whether a thing is in a status from which the goal is not reached."""
        return thing.status in self.hopeless and ("status", thing.status) not in self.stale

    def breaks(self, thing: Pair | Group) -> bool:
        """Whether the replication that is waited for is broken."""
        seen = ("replication_status", thing.replication_status)
        return self.field == seen[0] and seen[1] == "error" and seen not in self.stale

    def after(self, thing: Pair | Group) -> "Goal":
        """The goal when a thing was seen: what has changed since may come back as an end."""
        still = {(name, value) for name, value in self.stale if getattr(thing, name) == value}
        return self._replace(stale=frozenset(still))


_ENDS = frozenset({"error", "error_deleting", "deleting"})

GOALS = {
    "available": Goal("available", "status", frozenset({"available"}), _ENDS),
    "active": Goal("active", "replication_status", frozenset({"active"}), _ENDS),
    "deleted": Goal("deleted", "status", frozenset(), frozenset({"error_deleting"}), True),
}


class Sample(NamedTuple, Generic[T]):
    """A look at a thing while waiting. `left_seconds` is an estimate from the samples so far."""

    thing: T
    elapsed_seconds: float
    left_seconds: float | None


def wait_for_pair(
    cloud: "Cloud",
    pair_id: str,
    goal: Goal,
    *,
    clock: Clock,
    seconds: float,
    seen: Callable[[Sample[Pair]], None],
) -> Pair | None:
    """Wait for a pair, as `wait_until` does."""

    def look(left: float) -> Pair:
        return cloud.once(left).pair(pair_id)

    return wait_until(look, f"pair {pair_id}", goal, clock=clock, seconds=seconds, seen=seen)


def wait_until(
    look: Callable[[float], T],
    label: str,
    goal: Goal,
    *,
    clock: Clock,
    seconds: float,
    seen: Callable[[Sample[T]], None],
) -> T | None:
    """Return the thing once it has reached the goal; None where it is gone and that is the goal.

    `look` gets it within so many seconds. Raises Failed where the goal can't be reached any more,
    NotFound where the thing is gone, WaitTimeout when the time is up. A poll that fails is a missed
    poll, not the end, unless it fails for good.
    """
    started, refusals = clock.now(), 0
    first: Sample[T] | None = None
    last: T | None = None
    for left in looks(clock, seconds):
        try:
            last = look(max(left, 1.0))
        except (NotFound, Refused) as error:
            if goal.is_reached_by_absence and isinstance(error, NotFound):
                return None
            refusals += 1
            if refusals >= _REFUSALS_THAT_COUNT:
                raise
            continue
        except Unavailable:
            continue
        refusals = 0
        goal = goal.after(last)
        sample = _sample(last, clock.now() - started, first)
        first = first or sample
        seen(sample)
        if is_reached(last, goal):
            return last
        raise_if_hopeless(last, goal)
    raise _time_is_up(label, last, goal, seconds)


class Settled(NamedTuple):
    """How the waiting for one of many ended: `error` is None where the goal is reached."""

    pair_id: str
    pair: Pair | None  # as it was seen last; None where it is gone, or was never seen
    error: EvsrepError | None = None


class Watch:
    """Many pairs waited for at once: a look is one listing, not a question for each."""

    def __init__(self, cloud: "Cloud", goal: Goal, *, clock: Clock, seconds: float) -> None:
        """Each pair gets so many `seconds` from when it is added."""
        self._cloud = cloud
        self._goal = goal
        self._clock = clock
        self._seconds = seconds
        self._ends: dict[str, float] = {}
        self._absences: dict[str, int] = {}
        self._pause = _FIRST_PAUSE_SECONDS
        self._next_look = clock.now()

    @property
    def waits(self) -> bool:
        """Whether there is anything left to wait for."""
        return bool(self._ends)

    def add(self, pair_id: str) -> None:
        """Wait for one more."""
        self._ends[pair_id] = self._clock.now() + self._seconds

    def look(self) -> list[Settled]:
        """What has come to an end, if it is time to look again."""
        now = self._clock.now()
        if not self._ends or now < self._next_look:
            return []
        try:
            settled = self._judged(self._listed())
        except (AuthError, ConfigError, NotOffered) as error:
            settled = [Settled(pair_id, None, error) for pair_id in self._ends]
            self._ends.clear()
        self._pause = min(self._pause * _SLOWER_BY, _LONGEST_PAUSE_SECONDS)
        self._next_look = self._clock.now() + self._pause
        return settled

    def rest(self) -> Iterator[Settled]:
        """Wait for all that are left, and yield each when it has come to its end."""
        self._pause = _FIRST_PAUSE_SECONDS
        while self._ends:
            yield from self.look()
            if self._ends:
                soonest = min(min(self._ends.values()), self._next_look)
                self._clock.sleep(max(soonest - self._clock.now(), 0.0))
                self._next_look = self._clock.now()

    def _listed(self) -> "dict[str, Pair | None] | None":
        """Those waited for, None for one that is gone; None in all where the look failed."""
        cloud = self._cloud.once(_LOOK_SECONDS)
        try:
            found: dict[str, Pair | None] = {
                pair.id: pair for pair in cloud.pairs() if pair.id in self._ends
            }
            for pair_id in self._ends:
                if pair_id not in found:  # one that is gone is not in a list, nor a very new one
                    found[pair_id] = _pair_or_none(cloud, pair_id)
        except (Unavailable, Refused):
            return None
        return found

    def _judged(self, found: "dict[str, Pair | None] | None") -> list[Settled]:
        settled = []
        for pair_id, end in list(self._ends.items()):
            pair = found.get(pair_id) if found else None
            is_over = self._clock.now() >= end
            ended = self._ended(pair_id, pair, was_seen=found is not None, is_over=is_over)
            if ended is not None:
                del self._ends[pair_id]
                settled.append(ended)
        return settled

    def _ended(
        self, pair_id: str, pair: Pair | None, *, was_seen: bool, is_over: bool
    ) -> Settled | None:
        goal = self._goal
        if pair is None and was_seen:
            if goal.is_reached_by_absence:
                return Settled(pair_id, None)
            self._absences[pair_id] = self._absences.get(pair_id, 0) + 1
            if self._absences[pair_id] >= _REFUSALS_THAT_COUNT:
                return Settled(pair_id, None, NotFound(f"pair {pair_id} is gone"))
        elif pair is not None:
            self._absences.pop(pair_id, None)
            if is_reached(pair, goal):
                return Settled(pair_id, pair)
            try:
                raise_if_hopeless(pair, goal)
            except Failed as error:
                return Settled(pair_id, pair, error)
        if is_over:
            return Settled(pair_id, pair, _time_is_up(f"pair {pair_id}", pair, goal, self._seconds))
        return None


def _pair_or_none(cloud: "Cloud", pair_id: str) -> Pair | None:
    try:
        return cloud.pair(pair_id)
    except NotFound:
        return None


def is_reached(thing: Pair | Group, goal: Goal) -> bool:
    """Whether a pair or group is where it should be."""
    if goal.ends(thing) or thing.priority_station == goal.left_station != "":
        return False
    is_calm = not goal.statuses or thing.status in goal.statuses
    return is_calm and getattr(thing, goal.field) in goal.done


def raise_if_hopeless(thing: Pair | Group, goal: Goal) -> None:
    """Raise Failed where a thing is at an end that is not the goal; says why and what helps."""
    if not goal.ends(thing) and not goal.breaks(thing):
        return
    noun, show = ("group", "group show") if isinstance(thing, Group) else ("pair", "show")
    meaning = FAILURE_DETAILS.get(thing.failure_detail)
    code = f" (code {thing.failure_detail})" if thing.failure_detail else ""
    cause = f": {meaning.cause}" if meaning else ""
    state = f"'{thing.status}'" if goal.ends(thing) else "'error' in its replication"
    hint = meaning.hint if meaning else f"see it with 'evsrep {show} {thing.id}'"
    is_dead = noun == "pair" and thing.status == "error"
    anew = f"; then 'evsrep delete {thing.id}', and create it anew" if is_dead else ""
    raise Failed(f"{noun} {thing.id} is {state}{cause}{code}", hint=hint + anew)


def _time_is_up(label: str, last: Pair | Group | None, goal: Goal, seconds: float) -> WaitTimeout:
    state = f"still '{_state(last, goal)}'" if last else "not to be seen"
    if last and goal.left_station and last.priority_station == goal.left_station:
        state += f", its primary zone still {goal.left_station},"
    return WaitTimeout(
        f"{label} is {state} after {seconds:g} s",
        hint="it goes on without us; wait again, or longer with --wait-timeout",
    )


def looks(clock: Clock, seconds: float) -> Iterator[float]:
    """Let time pass between looks, often at first, slower later; yields the seconds left."""
    end, pause = clock.now() + seconds, _FIRST_PAUSE_SECONDS
    while True:
        yield end - clock.now()
        left = end - clock.now()
        if left <= 0:
            return
        clock.sleep(min(pause, left))
        pause = min(pause * _SLOWER_BY, _LONGEST_PAUSE_SECONDS)


def _sample(thing: T, elapsed: float, first: Sample[T] | None) -> Sample[T]:
    if first is None or first.thing.progress is None or thing.progress is None:
        return Sample(thing, elapsed, None)
    gained = thing.progress - first.thing.progress
    if gained <= 0:
        return Sample(thing, elapsed, None)
    per_percent = (elapsed - first.elapsed_seconds) / gained
    return Sample(thing, elapsed, (100 - thing.progress) * per_percent)


def _state(thing: Pair | Group, goal: Goal) -> str:
    state: str = getattr(thing, goal.field)
    return state or thing.status
