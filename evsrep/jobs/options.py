"""The options that every verb has which changes something, or waits."""

from dataclasses import dataclass

WAIT_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class ChangeOptions:
    """What every verb takes that changes something."""

    yes: bool = False
    wait: bool = False
    wait_timeout: float = WAIT_SECONDS
