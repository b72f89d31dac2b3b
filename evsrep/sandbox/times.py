"""Points in time as the services write them: UTC, with microseconds, the zone left unsaid."""

from datetime import UTC, datetime


def time_text(seconds: float) -> str:
    """Write seconds since 1970 UTC as `2017-09-28T05:08:32.839953`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:26]


def seconds_of(text: str) -> float:
    """Read such a time, with a zone or without. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
