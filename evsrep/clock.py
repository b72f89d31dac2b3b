"""Time, handed in: the real clock and the shape that any other must have."""

import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time and lets it pass."""

    def now(self) -> float:
        """Seconds on a clock that only goes forward; its zero means nothing."""
        ...

    def time(self) -> float:
        """Seconds since 1970 UTC, as the wall clock has them."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        ...


class RealClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970 UTC."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Sleep for real."""
        time.sleep(seconds)
