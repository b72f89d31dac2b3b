"""What time does to things: states as a pure function of the last deed and the seconds since.

Nothing runs in the background. A deed is a row of stages; whoever looks computes the present one.
"""

import math
from dataclasses import dataclass

CREATE = "create"
DELETE = "delete"

CREATING_SECONDS = 2.0
COPYING_SECONDS = 4.0
DELETING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a thing's life. `progress` is percent at its start and at its end."""

    seconds: float
    status: str
    replication_status: str | None = None
    progress: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A thing as it is just now. `changed_at` is None where it is as new."""

    status: str
    replication_status: str | None
    progress: int | None
    changed_at: float | None


CREATED = (
    Stage(CREATING_SECONDS, "creating"),
    Stage(COPYING_SECONDS, "available", "copying", (0, 100)),
    Stage(math.inf, "available", "active", (100, 100)),
)
FAILED = (
    Stage(CREATING_SECONDS, "creating"),
    Stage(math.inf, "error"),
)
DELETED = (Stage(DELETING_SECONDS, "deleting", "inactive"),)


def pair_moment(deed: str, since: float, failure: str, now: float) -> Moment | None:
    """Return the state of a pair, or None where it is gone."""
    if deed == DELETE:
        return moment_in(DELETED, since, now, is_new=False)
    return moment_in(FAILED if failure else CREATED, since, now, is_new=True)


def moment_in(
    stages: tuple[Stage, ...], since: float, now: float, *, is_new: bool
) -> Moment | None:
    """Find the stage that `now` falls into, or None where all of them are over.

    `is_new` says that the deed made the thing, so that its first stage is no change yet.
    """
    start = since
    now = max(now, since)  # a clock may be set back; nobody is younger than new
    for index, stage in enumerate(stages):
        if now < start + stage.seconds:
            changed_at = None if is_new and index == 0 else start
            return Moment(
                stage.status, stage.replication_status, _percent(stage, now - start), changed_at
            )
        start += stage.seconds
    return None


def _percent(stage: Stage, elapsed: float) -> int | None:
    if stage.progress is None:
        return None
    first, last = stage.progress
    return first + int((last - first) * elapsed / stage.seconds)
