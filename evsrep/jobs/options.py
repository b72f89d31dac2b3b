"""The options that every verb has which changes something, or waits."""

from collections.abc import Callable
from dataclasses import dataclass

from evsrep.errors import UsageFault

WAIT_SECONDS = 600.0
JOBS = 8
MOST_JOBS = 64
HELPFUL_JOBS = 32
"""Requests at once: more go no quicker, for one Python at a time makes and reads them."""


@dataclass(frozen=True, kw_only=True)
class ChangeOptions:
    """What every verb takes that changes something."""

    yes: bool = False
    wait: bool = False
    wait_timeout: float = WAIT_SECONDS


@dataclass(frozen=True, kw_only=True)
class ManyOptions(ChangeOptions):
    """What every verb takes that changes many, with so many requests at once."""

    jobs: int = JOBS

    def validate(self, spell: Callable[[str], str] = str) -> None:
        """Raise UsageFault for a number of requests at once that is none, or too many."""
        if not 1 <= self.jobs <= MOST_JOBS:
            raise UsageFault(f"{spell('jobs')} is {self.jobs}: 1 to {MOST_JOBS} go at once")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What can be done, and does not help."""
        if self.jobs <= HELPFUL_JOBS:
            return ()
        return (
            f"{self.jobs} requests at once go no quicker than {HELPFUL_JOBS}; "
            "the services allow some 200 in 5 minutes",
        )


def timeout_words(seconds: float) -> tuple[str, ...]:
    """Return the words of a command that is to wait that long."""
    return () if seconds == WAIT_SECONDS else ("--wait-timeout", f"{seconds:.15g}")


def longer_words(seconds: float) -> tuple[str, ...]:
    """Return those of a command that goes on waiting: less than is usual was too little."""
    return timeout_words(max(seconds, WAIT_SECONDS))
