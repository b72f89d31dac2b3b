"""A change that is done once, whatever the network does: the one engine of every verb.

A change whose answer is lost is not sent again before it was looked whether it took effect, and one
that undoes itself when it is sent twice, or of which that can't be seen, is never sent again. Since
clouds show late what they did, nothing is claimed of the first request before that is known: once
an answer was lost, no later error means that the change took no effect.
"""

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Generic, NamedTuple, NoReturn, TypeVar

from evsrep.clock import Clock
from evsrep.errors import EvsrepError, Failed, NotFound, OutcomeUnknown, Refused
from evsrep.jobs.report import Reporter

LOOK_SECONDS = 10.0
"""How long one look may take: another follows anyway."""

LAG_SECONDS = 120.0
"""How long the cloud may take to show what it did: the same for all verbs."""

_AGAIN_AFTER_SECONDS = 10.0
"""How long a change must not show before it is sent again; one empty look proves nothing."""

_MOST_RESENDS = 2
"""Beyond that nothing is sent again: what never comes through is settled in half a minute."""

_BLIND_SECONDS = 25.0
"""How long looks may fail in a row before it is given up to find out."""

_PAUSES_SECONDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
_LONGEST_PAUSE_SECONDS = 10.0
_MORE_SECONDS = 45.0  # of looks for what is never sent again: a switchover's call alone takes 10 s

T = TypeVar("T")


class Change(NamedTuple, Generic[T]):
    """A request that changes something, and how to see what it leads to."""

    what: str  # "the switchover of group …"
    send: Callable[[], T]
    look: Callable[[], T | None]  # asks once; None as long as it shows nothing
    resends: int = 0
    was_asked: bool = False  # by an earlier run, and may be yet to show
    removes: bool = False  # what was there just now: that it is not found proves nothing yet
    is_provable: bool = True  # that it did not take effect, so that it may be sent again
    hint: str = "the command below shows how things are; look before you do it again"
    # what a later request led to, when it is known which one took effect: None for an earlier one
    decide: Callable[[T], T | None] | None = None


class Result(NamedTuple, Generic[T]):
    """What a change led to, and whether its answer was lost, so that it had to be looked for."""

    value: T
    was_lost: bool


def run_once(change: Change[T], clock: Clock, reporter: Reporter) -> Result[T]:
    """Send a change, and return what it led to.

    Raises OutcomeUnknown where it can't be found out whether it took effect, Failed where it took
    effect and failed, and what the cloud refuses, or why it can't be asked, where nothing was lost.
    """
    lost: OutcomeUnknown | None = None
    resends = min(change.resends, _MOST_RESENDS) if change.is_provable else 0
    for attempt in range(-1 if change.was_asked else 0, resends + 1):
        try:
            value = change.send() if attempt >= 0 else _asked_before()
            if lost is None or change.decide is None:
                return Result(value, was_lost=False)
            decided = change.decide(value)
            if decided is not None:
                return Result(decided, was_lost=False)
            seconds = LAG_SECONDS  # an earlier request took effect, and is yet to show
        except OutcomeUnknown as error:
            reporter.step(f"the answer was lost ({error.message}); looking whether it took effect")
            lost = lost or error
            seconds = _AGAIN_AFTER_SECONDS if change.is_provable else _MORE_SECONDS
        except EvsrepError as error:
            is_missing = change.removes and isinstance(error, NotFound)
            if lost is None and not is_missing:
                raise
            reporter.step(f"{error.message}; looking whether an earlier request took effect")
            lost = lost or OutcomeUnknown(error.message, service_error=error.service_error)
            seconds = _seconds_after(error, is_decisive=not is_missing or attempt == resends)
        seen = _look_for(change, clock, seconds, lost)
        if seen is not None:
            reporter.step(f"{change.what} did take effect")
            return Result(seen, was_lost=True)
        if seconds == LAG_SECONDS:
            break
        if attempt < resends:
            reporter.step(f"nothing shows; sending again ({attempt + 1} of {resends})")
    assert lost is not None  # noqa: S101 -- for the type checker: else it has returned, or raised
    raise _unknown(change, lost)


def _asked_before() -> NoReturn:
    raise OutcomeUnknown("an earlier run asked for it just now")


def _seconds_after(error: EvsrepError, *, is_decisive: bool) -> float:
    """Return how long to look: an earlier request may have come late, and this one have met it."""
    is_met = is_decisive and isinstance(error, Refused | NotFound)
    return LAG_SECONDS if is_met else _AGAIN_AFTER_SECONDS


def _unknown(change: Change[T], lost: OutcomeUnknown) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{change.what} may have taken effect: its answer was lost, and nothing tells",
        hint=change.hint,
        service_error=lost.service_error,
    )


def _look_for(change: Change[T], clock: Clock, seconds: float, lost: OutcomeUnknown) -> T | None:
    """Return what it led to; None where nothing has shown.

    Raises OutcomeUnknown where nothing can be seen at all.
    """
    started = seen_at = clock.now()
    empty_in_a_row = 0
    for pause in _pauses():
        clock.sleep(pause)
        try:
            value = change.look()
        except Failed:
            raise
        except EvsrepError as error:
            empty_in_a_row = 0
            if clock.now() - seen_at >= _BLIND_SECONDS:
                raise _unknown(change, lost) from error
            continue
        if value is not None:
            return value
        seen_at, empty_in_a_row = clock.now(), empty_in_a_row + 1
        if empty_in_a_row >= 2 and seen_at - started >= seconds:
            return None
    raise AssertionError("pauses have no end")


def _pauses() -> Iterator[float]:
    return chain(_PAUSES_SECONDS, repeat(_LONGEST_PAUSE_SECONDS))
