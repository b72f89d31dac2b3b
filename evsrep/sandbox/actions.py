"""What can be done to a consistency group, and when: one table.

Of the rows of a call the first one that the group's state fits is what comes of it, be it a
success or a failure that shows late; where none fits, the call is refused. What is allowed when is
what the EVS API references of Open Telekom Cloud, Huawei Cloud and Flexible Engine say, as gathered
in November 2026. For a reprotect they want the group `failovered`, the user guide `available`: both
are allowed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from evsrep.sandbox.lifecycle import (
    DELETE,
    FAIL_EXPAND,
    FAIL_FAILOVER,
    FAIL_SWITCHOVER,
    FAILOVER,
    INTERRUPT,
    PAUSE,
    SWITCHOVER,
    SYNC,
    UPDATE,
    Moment,
)
from evsrep.sandbox.messages import bad_request
from evsrep.sandbox.models import Group
from evsrep.sandbox.rules import CUT_OFF, SIZES_DIFFER

# The calls that are no action have no name in the API; these are the sandbox's own.
UPDATE_CALL = "update"
DELETE_CALL = "delete"
EXPAND_CALL = "os-extend-replication-volumes"
SYNC_CALL = "os-sync-replication-consistency-group"
PAUSE_CALL = "os-stop-replication-consistency-group"
FAILOVER_CALL = "os-failover-replication-consistency-group"
SWITCHOVER_CALL = "os-reverse-replication-consistency-group"
REPROTECT_CALL = "os-reprotect-replication-consistency-group"

States = frozenset[str | None]


def _any_of(*states: str | None) -> States:
    return frozenset(states)


_STABLE = _any_of("available")
_ERRORS = _any_of("error", "error_reversing", "error_failovering")
_PAUSED = _any_of("active-stopped", "inactive")
_SOUND = _PAUSED | {"active", "copying"}
_MADE = _SOUND | {"error"}  # a group that was never made has no replication status
_ANY_FAULT = _any_of("0", "2", "5")


@dataclass(frozen=True, slots=True)
class Action:
    """What comes of a call on a group whose state is among these.

    `stopped` is the field that holds the zone where servers must not run.
    """

    call: str
    change: str
    statuses: States
    replication_statuses: States = _MADE
    fault_levels: States = _ANY_FAULT
    failure: str = ""
    swaps_zones: bool = False
    stopped: str = ""

    def misfits(self, moment: Moment) -> Iterator[str]:
        """Yield what in a group's state does not fit, in words."""
        for name, state, fitting in (
            ("status", moment.status, self.statuses),
            ("replication_status", moment.replication_status, self.replication_statuses),
            ("fault_level", moment.fault_level, self.fault_levels),
        ):
            if state not in fitting:
                yield f"{name} is {state}, not {' or '.join(sorted(filter(None, fitting)))}"


ACTIONS = (
    Action(UPDATE_CALL, UPDATE, _STABLE, _PAUSED),
    Action(DELETE_CALL, DELETE, _any_of("available", "error"), _PAUSED | {None, "error"}),
    Action(EXPAND_CALL, FAIL_EXPAND, _STABLE, _SOUND, failure=SIZES_DIFFER),
    Action(SYNC_CALL, SYNC, _STABLE | _ERRORS | {"failovered"}),
    Action(PAUSE_CALL, PAUSE, _STABLE, _any_of("active", "active-stopped")),
    Action(PAUSE_CALL, INTERRUPT, _STABLE),
    Action(
        FAILOVER_CALL,
        FAILOVER,
        _STABLE | _ERRORS,
        fault_levels=_any_of("0", "2"),
        swaps_zones=True,
    ),
    Action(FAILOVER_CALL, FAIL_FAILOVER, _STABLE | _ERRORS, failure=CUT_OFF),
    Action(
        SWITCHOVER_CALL,
        SWITCHOVER,
        _STABLE,
        _any_of("active"),
        fault_levels=_any_of("0"),
        swaps_zones=True,
        stopped="priority_station",
    ),
    Action(
        SWITCHOVER_CALL,
        FAIL_SWITCHOVER,
        _STABLE,
        _any_of("inactive", "error"),
        fault_levels=_any_of("2", "5"),
        failure=CUT_OFF,
    ),
    Action(
        REPROTECT_CALL,
        SYNC,
        _STABLE | {"failovered"},
        fault_levels=_any_of("0"),
        stopped="peer_station",
    ),
)
CALLS = frozenset(action.call for action in ACTIONS if action.call.startswith("os-"))


def choose(call: str, group: Group, moment: Moment) -> Action:
    """Return what comes of a call. Raises RefusalError where the group's state forbids it."""
    rows = [action for action in ACTIONS if action.call == call]
    for action in rows:
        if not any(action.misfits(moment)):
            return action
    why = "; ".join(rows[0].misfits(moment))
    raise bad_request(f"Consistency group {group.id} does not allow {call} now: {why}.")
