"""Many pairs waited for at once: a look is one listing, not a question for each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Pair
from evsrep.errors import COMMON_FAILURES, EvsrepError, Failed, NotFound, Refused, Unavailable
from evsrep.jobs.looks import pauses
from evsrep.jobs.wait import (
    Absence,
    Goal,
    is_reached,
    raise_if_hopeless,
    time_is_up,
)


class Settled(NamedTuple):
    """How the waiting for one of many ended: `error` is None where the goal is reached."""

    pair_id: str
    pair: Pair | None  # as it was seen last; None where it is gone, or was never seen
    error: EvsrepError | None = None


class Watch:
    """Many pairs waited for at once."""

    def __init__(self, cloud: Cloud, goal: Goal, *, seconds: float) -> None:
        """Each pair gets so many `seconds` from when it is added."""
        self._cloud = cloud
        self._clock = cloud.clock
        self._goal = goal
        self._seconds = seconds
        self._ends: dict[str, float] = {}
        self._absences: dict[str, Absence] = {}
        self._seen: set[str] = set()
        self._pauses = pauses()
        self._next_look = self._clock.now()
        self._trouble = ""  # what kept the last look from seeing anything

    def add(self, pair_id: str) -> None:
        """Wait for one more."""
        self._ends[pair_id] = self._clock.now() + self._seconds

    def look(self) -> list[Settled]:
        """Return what has come to an end, if it is time to look again.

        Raises UsageFault once the cloud is closed.
        """
        now = self._clock.now()
        if not self._ends or now < self._next_look:
            return []
        try:
            settled = self._judged(self._listed())
        except COMMON_FAILURES as error:
            settled = [Settled(pair_id, None, error) for pair_id in self._ends]
            self._ends.clear()
        self._next_look = self._clock.now() + next(self._pauses)
        return settled

    def rest(self, tell: Callable[[str], None]) -> Iterator[Settled]:
        """Wait for all that are left, and yield each at its end; raises what `look` raises.

        `tell` gets how things are, after each look.
        """
        self._pauses = pauses()
        while self._ends:
            yield from self.look()
            if self._ends:
                tell(self._trouble or f"{len(self._ends)} to go")
                soonest = min(min(self._ends.values()), self._next_look)
                self._clock.sleep(max(soonest - self._clock.now(), 0.0))
                self._next_look = self._clock.now()

    def _listed(self) -> dict[str, Pair | None] | None:
        """Return those waited for, None for one that is gone; None in all where the look failed."""
        left = max(self._ends.values()) - self._clock.now()
        cloud = self._cloud.within(max(left, 1.0)).once()
        try:
            pairs: dict[str, Pair | None] = {
                pair.id: pair for pair in cloud.pairs() if pair.id in self._ends
            }
            for pair_id in self._ends:
                if pair_id not in pairs:  # one that is gone is not in a list, nor a very new one
                    pairs[pair_id] = _pair_or_none(cloud, pair_id)
        except (Unavailable, Refused) as error:
            self._trouble = error.message
            return None
        self._trouble = ""
        return pairs

    def _judged(self, pairs: dict[str, Pair | None] | None) -> list[Settled]:
        settled = []
        for pair_id, end in list(self._ends.items()):
            pair = pairs.get(pair_id) if pairs else None
            is_over = self._clock.now() >= end
            ended = self._ended(pair_id, pair, was_seen=pairs is not None, is_over=is_over)
            if ended is not None:
                del self._ends[pair_id]
                settled.append(ended)
        return settled

    def _ended(
        self, pair_id: str, pair: Pair | None, *, was_seen: bool, is_over: bool
    ) -> Settled | None:
        goal = self._goal
        absence = self._absences.setdefault(pair_id, Absence(self._clock))
        if pair is None and was_seen:
            if absence.counts(goal, was_seen=pair_id in self._seen):
                if goal.is_reached_by_absence:
                    return Settled(pair_id, None)
                gone = "is gone" if pair_id in self._seen else "is not to be found"
                return Settled(pair_id, None, NotFound(f"pair {pair_id} {gone}"))
        elif pair is not None:
            absence.ends()
            self._seen.add(pair_id)
            if is_reached(pair, goal):
                return Settled(pair_id, pair)
            try:
                raise_if_hopeless(pair, goal)
            except Failed as error:
                return Settled(pair_id, pair, error)
        if is_over:
            return Settled(pair_id, pair, time_is_up(f"pair {pair_id}", pair, goal, self._seconds))
        return None


def _pair_or_none(cloud: Cloud, pair_id: str) -> Pair | None:
    try:
        return cloud.pair(pair_id)
    except NotFound:
        return None
