"""What is sent again, and after how long: the one policy, as a table.

A request that only reads is repeated freely. One that changes something is repeated only where it
surely took no effect; where it may have, the caller learns that and looks before it acts. Source of
what the cloud answers: the API references of Open Telekom Cloud, Huawei Cloud and Flexible Engine,
as gathered in November 2026; of `Retry-After`: RFC 9110, "HTTP Semantics", June 2022.
"""

import random
import re
import threading
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from evsrep.clock import Clock

LONGEST_PAUSE_SECONDS = 60.0
"""A `Retry-After` beyond this is not waited for."""

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 16.0


class Rule(NamedTuple):
    """One row: a way to fail, and for which requests trying again is right."""

    name: str
    happened: str
    reads_again: bool
    changes_again: bool
    may_have_taken_effect: bool


NOT_CONNECTED = Rule("not_connected", "the connection was never made", True, True, False)
BROKEN = Rule("broken", "the connection broke, or time ran out, after sending", True, False, True)
NOT_TRUSTED = Rule("not_trusted", "the server's certificate can't be verified", False, False, False)
RATE_LIMITED = Rule("rate_limited", "429, or 413 with Retry-After above 0", True, True, False)
OVERLOADED = Rule("overloaded", "408, 500, 502, 503, 504", True, False, True)
CRASHED = Rule("crashed", "another 5xx, or 303", False, False, True)
UNREADABLE = Rule("unreadable", "success whose answer can't be read", False, False, True)
REFUSED = Rule("refused", "another 3xx or 4xx", False, False, False)

RULES = (
    NOT_CONNECTED,
    NOT_TRUSTED,
    BROKEN,
    RATE_LIMITED,
    OVERLOADED,
    CRASHED,
    UNREADABLE,
    REFUSED,
)


class RateLimitGate:
    """A rate limit is everybody's: one thread that meets it has all of them wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    def close_until(self, moment: float) -> None:
        """Let nobody through before that moment of the clock."""
        with self._lock:
            self._closed_until = max(self._closed_until, moment)

    def wait(self, deadline: float) -> None:
        """Return when the gate is open, or at that moment of the clock."""
        while (left := min(self._closed_until, deadline) - self._clock.now()) > 0:
            self._clock.sleep(left)


def rule_for_status(status: int, retry_after: float | None) -> Rule:
    """Return the row for an answer other than success."""
    if status == 429 or (status == 413 and (retry_after or 0) > 0):
        return RATE_LIMITED
    if status in (408, 500, 502, 503, 504):
        return OVERLOADED
    # 303 says of a change that it was done, and where to see that; RFC 9110, 15.4.4
    return CRASHED if status >= 500 or status == 303 else REFUSED


def retry_after_seconds(headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Return how many seconds the cloud asks to be left alone; None where it does not say.

    `Retry-After` is seconds or a date. A 429 without one names its window in the text alone:
    `limit:200,time:5 minute`; a window is no waiting time, so it only bounds the answer.
    """
    wanted = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", wanted):
        return float(wanted)
    if wanted:
        until = seconds_until_date(wanted, now)
        return None if until is None else max(0.0, until)
    window = re.search(r"time:\s*(\d{1,6})\s*(second|minute|hour)", message)
    if window is None:
        return None
    seconds = int(window[1]) * {"second": 1, "minute": 60, "hour": 3600}[window[2]]
    return min(float(seconds), _LONGEST_BACKOFF_SECONDS)


def pause_seconds(attempt: int, retry_after: float | None, chance: float | None = None) -> float:
    """Return how long to wait after try `attempt` (0 is the first): exponential with jitter."""
    if retry_after is not None:
        return retry_after
    longest = min(_FIRST_PAUSE_SECONDS * 2.0**attempt, _LONGEST_BACKOFF_SECONDS)
    # between half and whole: spread out, yet never at once
    share = random.random() if chance is None else chance  # noqa: S311
    return longest * (0.5 + share / 2)


def seconds_until_date(date: str, now: float) -> float | None:
    """Return the seconds from `now` (since 1970) to an HTTP date; None if it can't be read."""
    try:
        moment = parsedate_to_datetime(date)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


def skew_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Return how far our clock is ahead of the answer's `Date`; None where it says none."""
    until = seconds_until_date(headers.get("date", ""), now)
    return None if until is None else -until
