"""Waiting for a pair to get where it should: one waiter serves every command."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from evsrep.clock import Clock
from evsrep.cloud.meanings import FAILURE_DETAILS
from evsrep.cloud.models import Pair
from evsrep.errors import Failed, NotFound, Unavailable, WaitTimeout

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_SLOWER_BY = 1.4
_ABSENCES_THAT_COUNT = 3
"""Just after a create one 404 on the new ID proves nothing yet."""


class Goal(NamedTuple):
    """What is waited for: which field tells, what is reached, and from where it can't be."""

    name: str
    field: str
    done: frozenset[str]
    hopeless: frozenset[str]  # of `status`: an end from which the goal is not reached
    is_reached_by_absence: bool = False


_ENDS = frozenset({"error", "error_deleting", "deleting"})

GOALS = {
    "available": Goal("available", "status", frozenset({"available"}), _ENDS),
    "active": Goal("active", "replication_status", frozenset({"active"}), _ENDS),
    "deleted": Goal("deleted", "status", frozenset(), frozenset({"error_deleting"}), True),
}


class Sample(NamedTuple):
    """A look at the pair while waiting. `left_seconds` is an estimate from the samples so far."""

    pair: Pair
    elapsed_seconds: float
    left_seconds: float | None


def wait_for_pair(
    cloud: "Cloud",
    pair_id: str,
    goal: Goal,
    *,
    clock: Clock,
    seconds: float,
    seen: Callable[[Sample], None],
) -> Pair | None:
    """Return the pair once it has reached the goal; None where it is gone and that is the goal.

    Raises Failed where the goal can't be reached any more, NotFound where the pair is gone,
    WaitTimeout when the time is up. A poll that fails is a missed poll, not the end.
    """
    started, absences = clock.now(), 0
    first: Sample | None = None
    last: Pair | None = None
    for left in _looks(clock, seconds):
        try:
            last = cloud.once(max(left, 1.0)).pair(pair_id)
        except NotFound:
            absences += 1
            if goal.is_reached_by_absence:
                return None
            if absences >= _ABSENCES_THAT_COUNT:
                raise
            continue
        except Unavailable:
            continue
        absences = 0
        sample = _sample(last, clock.now() - started, first)
        first = first or sample
        seen(sample)
        if is_reached(last, goal):
            return last
        raise_if_hopeless(last, goal)
    state = f"still '{_state(last, goal)}'" if last else "not to be seen"
    raise WaitTimeout(
        f"pair {pair_id} is {state} after {seconds:g} s",
        hint="it goes on without us; wait again, or longer with --wait-timeout",
    )


def is_reached(pair: Pair, goal: Goal) -> bool:
    """Whether a pair is where it should be."""
    return pair.status not in goal.hopeless and getattr(pair, goal.field) in goal.done


def raise_if_hopeless(pair: Pair, goal: Goal) -> None:
    """Raise Failed where the pair is at an end that is not the goal; says why and what helps."""
    is_broken = goal.field == "replication_status" and pair.replication_status == "error"
    if pair.status not in goal.hopeless and not is_broken:
        return
    meaning = FAILURE_DETAILS.get(pair.failure_detail)
    code = f" (code {pair.failure_detail})" if pair.failure_detail else ""
    cause = f": {meaning.cause}" if meaning else ""
    state = f"'{pair.status}'" if pair.status in goal.hopeless else "'error' in its replication"
    raise Failed(
        f"pair {pair.id} is {state}{cause}{code}",
        hint=meaning.helps if meaning else f"see it with 'evsrep show {pair.id}'",
    )


def _looks(clock: Clock, seconds: float) -> Iterator[float]:
    """Let time pass between looks, often at first, slower later; yields the seconds left."""
    end, pause = clock.now() + seconds, _FIRST_PAUSE_SECONDS
    while True:
        yield end - clock.now()
        left = end - clock.now()
        if left <= 0:
            return
        clock.sleep(min(pause, left))
        pause = min(pause * _SLOWER_BY, _LONGEST_PAUSE_SECONDS)


def _sample(pair: Pair, elapsed: float, first: Sample | None) -> Sample:
    if first is None or first.pair.progress is None or pair.progress is None:
        return Sample(pair, elapsed, None)
    gained = pair.progress - first.pair.progress
    if gained <= 0:
        return Sample(pair, elapsed, None)
    per_percent = (elapsed - first.elapsed_seconds) / gained
    return Sample(pair, elapsed, (100 - pair.progress) * per_percent)


def _state(pair: Pair, goal: Goal) -> str:
    state: str = getattr(pair, goal.field)
    return state or pair.status
