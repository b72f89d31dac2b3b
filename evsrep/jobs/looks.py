"""The time between two looks at what changes by itself: often at first, slower later."""

from collections.abc import Iterator

from evsrep.clock import Clock

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_SLOWER_BY = 1.4


def looks(clock: Clock, seconds: float) -> Iterator[float]:
    """Let time pass between looks, often at first, slower later; yield the seconds left."""
    end = clock.now() + seconds
    for pause in pauses():
        yield end - clock.now()
        left = end - clock.now()
        if left <= 0:
            return
        clock.sleep(min(pause, left))


def pauses() -> Iterator[float]:
    """Yield how long to pause between looks, in seconds, without end."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * _SLOWER_BY, _LONGEST_PAUSE_SECONDS)
