"""What time does to things: states as a pure function of the last change and the seconds since.

Nothing runs in the background. A change starts a row of stages; the store finds the one that `now`
falls into, and trouble is laid over it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evsrep.sandbox.models import Group, Pair, Trouble

# Changes of a lone pair; a group can fail and be deleted, too.
CREATE = "create"
FAIL = "fail"
DELETE = "delete"

# Changes of a group, and with it of its pairs.
BUNDLE = "bundle"
UPDATE = "update"
SYNC = "sync"
PAUSE = "pause"
INTERRUPT = "interrupt"
FAILOVER = "failover"
FAIL_FAILOVER = "fail-failover"
SWITCHOVER = "switchover"
FAIL_SWITCHOVER = "fail-switchover"
FAIL_EXPAND = "fail-expand"

LINK = "link"  # between the zones: it can break as they can

CREATING_SECONDS = 2.0
MAKING_SECONDS = 3.0  # of a disk
UPDATING_SECONDS = 2.0
COPYING_SECONDS = 4.0
FAILOVER_SECONDS = 2.0
SWITCHOVER_SECONDS = 3.0
DELETING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a thing's life. `progress` is percent at its start and at its end."""

    seconds: float
    status: str
    replication_status: str | None = None
    progress: tuple[int, int] | tuple[None, None] = (None, None)


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage as the store keeps it; `pair_status` is what a pair shows after the same change."""

    change: str
    starts: float
    ends: float
    status: str
    pair_status: str
    replication_status: str | None
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A thing as it is just now. `changed_at` is None where it is as new."""

    status: str
    replication_status: str | None
    progress: int | None
    changed_at: float | None
    fault_level: str = "0"


def _lasting(status: str, replication_status: str | None = None) -> Stage:
    return Stage(math.inf, status, replication_status)


_ACTIVE = Stage(math.inf, "available", "active", (100, 100))
_COPIED = (Stage(COPYING_SECONDS, "available", "copying", (0, 100)), _ACTIVE)

STAGES = {
    CREATE: (Stage(CREATING_SECONDS, "creating"), *_COPIED),
    FAIL: (Stage(CREATING_SECONDS, "creating"), _lasting("error")),
    DELETE: (Stage(DELETING_SECONDS, "deleting", "inactive"),),
    BUNDLE: (
        Stage(CREATING_SECONDS, "creating", "inactive"),
        _lasting("available", "inactive"),
    ),
    UPDATE: (
        Stage(UPDATING_SECONDS, "updating", "inactive"),
        _lasting("available", "inactive"),
    ),
    SYNC: _COPIED,
    PAUSE: (_lasting("available", "active-stopped"),),
    INTERRUPT: (_lasting("available", "inactive"),),
    FAILOVER: (
        Stage(FAILOVER_SECONDS, "failovering", "active-stopped"),
        _lasting("failovered", "active-stopped"),
    ),
    FAIL_FAILOVER: (
        Stage(FAILOVER_SECONDS, "failovering", "inactive"),
        _lasting("error_failovering", "inactive"),
    ),
    SWITCHOVER: (Stage(SWITCHOVER_SECONDS, "reversing", "active", (100, 100)), _ACTIVE),
    FAIL_SWITCHOVER: (
        Stage(SWITCHOVER_SECONDS, "reversing", "inactive"),
        _lasting("error_reversing", "inactive"),
    ),
    FAIL_EXPAND: (_lasting("error", "inactive"),),
}

_OF_LONE_PAIRS = frozenset({CREATE, FAIL, DELETE})
_FLOWING = frozenset({"copying", "active"})
_STOPPED_BY = {"0": "inactive", "2": "error", "5": "inactive"}  # fault level: replication status


def stage_rows() -> Iterator[StageRow]:
    """Return the stages after every change, with their seconds since it."""
    for change, stages in STAGES.items():
        starts = 0.0
        for stage in stages:
            ends = starts + stage.seconds
            pair_status = stage.status if change in _OF_LONE_PAIRS else "available"
            states = (stage.status, pair_status, stage.replication_status)
            yield StageRow(change, starts, ends, *states, *stage.progress)
            starts = ends


def under(troubles: Sequence[Trouble], thing: Pair | Group, moment: Moment) -> Moment:
    """Return the state in which troubles leave a thing that data would flow in.

    A flow that was cut off stays so when the trouble is over, until the next change.
    """
    places = {LINK, thing.priority_station, thing.peer_station}
    felt = [
        trouble
        for trouble in troubles
        if trouble.place in places and (trouble.ended_at is None or trouble.ended_at > thing.since)
    ]
    if not felt or moment.replication_status is None:
        return moment
    broken = {trouble.place for trouble in felt if trouble.ended_at is None}
    level = "5" if broken - {thing.priority_station} else "2" if broken else "0"
    if moment.replication_status not in _FLOWING:
        return replace(moment, fault_level=level)
    return Moment(moment.status, _STOPPED_BY[level], None, moment.changed_at, level)
