"""The options that every verb has which changes something, or waits."""

from collections.abc import Callable
from dataclasses import dataclass

from evsrep.errors import UsageFault

WAIT_SECONDS = 600.0
JOBS = 8
MOST_JOBS = 64


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


def timeout_words(seconds: float) -> tuple[str, ...]:
    """Return the words of a command that is to wait that long."""
    return () if seconds == WAIT_SECONDS else ("--wait-timeout", f"{seconds:.15g}")


def longer_words(seconds: float) -> tuple[str, ...]:
    """Return those of a command that goes on waiting: less than is usual was too little."""
    return timeout_words(max(seconds, WAIT_SECONDS))
