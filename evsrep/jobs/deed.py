"""A change that is done once, whatever the network does.

A change whose answer is lost is not sent again before it was looked whether it took effect, and
one that undoes itself when it is sent twice, or of which that can't be seen, is never sent again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from evsrep.clock import Clock
from evsrep.errors import EvsrepError, NotFound, OutcomeUnknown, Refused, Unavailable
from evsrep.jobs.create import SURE_AFTER_SECONDS

LOOK_SECONDS = 10.0

_PAUSES_SECONDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0)
_MORE_PAUSES_SECONDS = (10.0, 10.0)  # a switchover's call alone may take 10 s

T = TypeVar("T")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Deed(Generic[T]):
    """A change. `look` asks once for what it leads to, and is None as long as it shows nothing."""

    what: str  # "the switchover of group …"
    send: Callable[[], T]
    look: Callable[[], T | None]
    resends: int = 0
    is_provable: bool = True  # that nothing shows after a while proves that it took no effect


def do(deed: Deed[T], *, clock: Clock, tell: Tell) -> T:
    """Do it, and return what it led to.

    Raises OutcomeUnknown where it can't be found out whether it took effect, Unavailable where it
    surely did not and may not be sent again, and what the cloud refuses.
    """
    resends = deed.resends if deed.is_provable else 0
    for attempt in range(resends + 1):
        try:
            return deed.send()
        except OutcomeUnknown as lost:
            tell(f"the answer was lost ({lost.message}); looking whether it took effect")
            found = _look_for(deed, clock, lost)
            if found is not None:
                tell(f"{deed.what} did take effect")
                return found
            failure = lost
        except (Refused, NotFound):
            # an earlier request may have come through late, and this one met what it did
            found = _late_one(deed) if attempt else None
            if found is None:
                raise
            return found
        if attempt < resends:
            tell(f"it surely took no effect; sending again ({attempt + 1} of {resends})")
    raise Unavailable(
        f"{deed.what} got no answer, and took no effect",
        hint="try again later",
        service_error=failure.service_error,
    )


def _look_for(deed: Deed[T], clock: Clock, lost: OutcomeUnknown) -> T | None:
    """What it led to; None where it surely took no effect."""
    started, empty_in_a_row = clock.now(), 0
    for pause in _pauses(deed):
        clock.sleep(pause)
        try:
            found = deed.look()
        except EvsrepError:
            empty_in_a_row = 0
            continue
        if found is not None:
            return found
        empty_in_a_row += 1
        is_sure = empty_in_a_row >= 2 and clock.now() - started >= SURE_AFTER_SECONDS
        if is_sure and deed.is_provable:
            return None
    raise OutcomeUnknown(
        f"{deed.what} may have taken effect: its answer was lost, and nothing tells",
        hint="the command below shows how things are; look before you do it again",
        service_error=lost.service_error,
    ) from lost


def _pauses(deed: Deed[T]) -> Iterator[float]:
    yield from _PAUSES_SECONDS
    if not deed.is_provable:
        yield from _MORE_PAUSES_SECONDS


def _late_one(deed: Deed[T]) -> T | None:
    try:
        return deed.look()
    except EvsrepError:
        return None
