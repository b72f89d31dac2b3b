"""A change that is done once, whatever the network does: the one engine of every verb.

A change whose answer is lost is not sent again before it was looked whether it took effect, and one
that undoes itself when it is sent twice, or of which that can't be seen, is never sent again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from evsrep.clock import Clock
from evsrep.errors import EvsrepError, Failed, NotFound, OutcomeUnknown, Refused, Unavailable
from evsrep.jobs.report import Reporter

LOOK_SECONDS = 10.0
"""How long one look may take: another follows anyway."""

_CERTAIN_AFTER_SECONDS = 10.0
"""How long a change must not show before its request is taken for lost: one look proves nothing,
since a request whose connection broke may still be under way."""

_PAUSES_SECONDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0)
_MORE_PAUSES_SECONDS = (10.0, 10.0)  # a switchover's call alone may take 10 s

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """A request that changes something, and how to see what it leads to."""

    what: str  # "the switchover of group …"
    send: Callable[[], T]
    look: Callable[[], T | None]  # asks once; None as long as it shows nothing
    resends: int = 0
    is_provable: bool = True  # that nothing shows after a while proves that it took no effect
    hint: str = "the command below shows how things are; look before you do it again"


class Result(NamedTuple, Generic[T]):
    """What a change led to, and whether its answer was lost, so that it had to be looked for."""

    value: T
    was_lost: bool


def run_once(change: Change[T], clock: Clock, reporter: Reporter) -> Result[T]:
    """Send a change, and return what it led to.

    Raises OutcomeUnknown where it can't be found out whether it took effect, Unavailable where it
    surely did not and may not be sent again, Failed where it took effect and failed, and what the
    cloud refuses.
    """
    resends = change.resends if change.is_provable else 0
    for attempt in range(resends + 1):
        try:
            return Result(change.send(), was_lost=False)
        except OutcomeUnknown as lost:
            reporter.step(f"the answer was lost ({lost.message}); looking whether it took effect")
            value = _look_for(change, clock, lost)
            failure = lost
        except (Refused, NotFound):
            # an earlier request may have come through late, and this one met what it did
            value = _late_one(change) if attempt else None
            if value is None:
                raise
        if value is not None:
            reporter.step(f"{change.what} did take effect")
            return Result(value, was_lost=True)
        if attempt < resends:
            reporter.step(f"it surely took no effect; sending again ({attempt + 1} of {resends})")
    raise Unavailable(
        f"{change.what} got no answer, and took no effect",
        hint="try again later",
        service_error=failure.service_error,
    )


def _look_for(change: Change[T], clock: Clock, lost: OutcomeUnknown) -> T | None:
    """Return what it led to; None where it surely took no effect."""
    started, empty_in_a_row = clock.now(), 0
    for pause in _pauses(change):
        clock.sleep(pause)
        try:
            value = change.look()
        except Failed:
            raise
        except EvsrepError:
            empty_in_a_row = 0
            continue
        if value is not None:
            return value
        empty_in_a_row += 1
        is_certain = empty_in_a_row >= 2 and clock.now() - started >= _CERTAIN_AFTER_SECONDS
        if is_certain and change.is_provable:
            return None
    raise OutcomeUnknown(
        f"{change.what} may have taken effect: its answer was lost, and nothing tells",
        hint=change.hint,
        service_error=lost.service_error,
    ) from lost


def _pauses(change: Change[T]) -> Iterator[float]:
    yield from _PAUSES_SECONDS
    if not change.is_provable:
        yield from _MORE_PAUSES_SECONDS


def _late_one(change: Change[T]) -> T | None:
    try:
        return change.look()
    except Failed:
        raise
    except EvsrepError:
        return None
