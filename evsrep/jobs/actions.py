"""What can be done to a consistency group: one table.

Commands, guards, the waiter, `group ready`, help and manual all read the same row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from evsrep.cloud.models import Group
from evsrep.jobs.wait import Goal

NOTHING_SEEN = ""  # the answer does not have the field: no ground to forbid anything
NONE = "none"


class Rule(NamedTuple):
    """A field of the group, and the values that allow an action; or those alone that forbid it."""

    field: str
    allows: frozenset[str] = frozenset()
    forbids: frozenset[str] = frozenset()
    hints: Mapping[str, str] = {}  # what to do first, where that is not the usual
    allows_at_fault: frozenset[str] = frozenset()  # as well, while the production disks are lost


@dataclass(frozen=True, slots=True)
class Action:
    """One row. `watch` is the field that tells how it goes; `failed` are values of `status`."""

    name: str
    about: str = ""  # the command's help
    wire: str = ""
    watch: str = "status"
    under_way: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset({"error"})
    statuses: frozenset[str] = frozenset()  # one of which `status` is at the end; none for any
    rules: tuple[Rule, ...] = ()
    passing: frozenset[str] = frozenset()  # of `status`: what is waited for where waiting is wanted
    wants_stopped: str = ""  # in which zone servers are to be stopped: "primary" or "failed"
    is_toggle: bool = False  # sent twice, it undoes itself
    question: str = ""  # asked before it is done, where that can't be taken back
    when_well: str = ""  # the action that is meant where the group shows no fault
    afterwards: tuple[str, ...] = ()  # what remains to be done, by people and by evsrep
    examples: tuple[str, ...] = field(default=())


_STABLE = frozenset({"available"})
_ERRORS = frozenset({"error", "error_reversing", "error_failovering"})
_PAUSED = frozenset({"active-stopped", "inactive", NOTHING_SEEN})
_PAUSE_HERE = "pause it first: evsrep group pause {group}, or add --pause"
_UNPAUSED = {"active": _PAUSE_HERE, "copying": _PAUSE_HERE}
_GONE = frozenset({"deleting", "error_deleting"})

SYNC = Action(
    name="sync",
    about="""Copy what differs, and keep the zones alike.

    The group is protected when its replication status is active; --wait waits for that. A new or
    changed group copies nothing before its first sync; where it is still being made or changed,
    the end of that is waited for.
    """,
    wire="os-sync-replication-consistency-group",
    watch="replication_status",
    under_way=frozenset({"copying"}),
    done=frozenset({"active"}),
    failed=_ERRORS | _GONE,
    statuses=_STABLE,
    passing=frozenset({"creating", "updating"}),
    rules=(Rule("status", _STABLE | _ERRORS),),
    examples=("evsrep group sync shop --wait",),
)
PAUSE = Action(
    name="pause",
    about="""Stop copying to the other zone.

    The disks stay as they are, and what is written from now on is not protected. Start again with
    'evsrep group sync'.
    """,
    wire="os-stop-replication-consistency-group",
    watch="replication_status",
    done=frozenset({"active-stopped", "inactive"}),
    failed=_ERRORS | _GONE,
    rules=(Rule("status", _STABLE | _ERRORS),),
    examples=("evsrep group pause shop --wait",),
)
FAILOVER = Action(
    name="failover",
    about="""Go on in the other zone: the primary one is down.

    Afterwards nothing is protected. When the failed zone is back, 'evsrep group reprotect'
    protects again. It asks on a terminal, and wants --yes elsewhere; where the group shows no
    fault, the group's name is to be typed, or --force given beside --yes.
    """,
    wire="os-failover-replication-consistency-group",
    under_way=frozenset({"failovering"}),
    done=frozenset({"failovered"}),
    failed=_ERRORS | _GONE,
    rules=(
        Rule("status", _STABLE | _ERRORS),
        Rule(
            "replication_status",
            frozenset({"active", NOTHING_SEEN}),
            allows_at_fault=frozenset({"active-stopped", "inactive", "error"}),
        ),
        Rule("fault_level", frozenset({"0", "2"})),
    ),
    question="Fail over to the other zone?",
    when_well="switchover",
    afterwards=(
        "start the servers that have the DR disks, in the other zone than {zone}",
        "when {zone} is back and its servers are stopped: {reprotect}",
    ),
    examples=("evsrep group failover shop --wait", "evsrep group failover shop --yes"),
)
SWITCHOVER = Action(
    name="switchover",
    about="""Swap the two zones as planned, both being well.

    The servers of the production disks are to be stopped first. Done twice, it undoes itself: with
    --expect-primary it is safe to repeat, for nothing is sent where the primary is another zone.
    It asks on a terminal, and wants --yes elsewhere.
    """,
    wire="os-reverse-replication-consistency-group",
    under_way=frozenset({"reversing"}),
    done=_STABLE,
    failed=_ERRORS | _GONE,
    rules=(
        Rule("status", _STABLE),
        Rule("replication_status", frozenset({"active"})),
        Rule("fault_level", frozenset({"0"})),
    ),
    wants_stopped="primary",
    is_toggle=True,
    question="Switch over to the other zone?",
    examples=("evsrep group switchover shop --expect-primary az1.dc1 --yes --wait",),
)
REPROTECT = Action(
    name="reprotect",
    about="""Protect again after a failover.

    The failed zone is to be back, and its servers stopped. What was written since the failover is
    copied there; what its disks held beyond that is lost. It asks on a terminal, and wants --yes
    elsewhere.
    """,
    wire="os-reprotect-replication-consistency-group",
    watch="replication_status",
    under_way=frozenset({"copying"}),
    done=frozenset({"active"}),
    failed=_ERRORS | _GONE,
    statuses=_STABLE,
    rules=(
        # the API reference wants failovered, the user guide available
        Rule("status", frozenset({"failovered"}) | _STABLE),
        Rule(
            "replication_status",
            _PAUSED,
            hints={"active": "nothing is to be done: the group is protected"},
        ),
        Rule(
            "fault_level",
            frozenset({"0"}),
            hints={
                "2": "the failed zone is to be restored first",
                "5": "the link is to be mended first",
            },
        ),
    ),
    wants_stopped="failed",
    question="What the disks of the failed zone alone hold will be lost. Reprotect?",
    examples=("evsrep group reprotect shop --wait",),
)
UPDATE = Action(
    name="update",
    under_way=frozenset({"updating"}),
    done=_STABLE,
    failed=_ERRORS | _GONE,
    rules=(
        Rule("status", _STABLE),
        Rule("replication_status", _PAUSED, hints=_UNPAUSED),
    ),
)
RENAME = Action(
    name="update",
    under_way=frozenset({"updating"}),
    done=_STABLE,
    failed=_ERRORS | _GONE,
    rules=(Rule("status", _STABLE | _ERRORS | {"failovered"}),),
)
DELETE = Action(
    name="delete",
    under_way=frozenset({"deleting"}),
    failed=frozenset({"error_deleting"}),
    rules=(
        Rule("status", _STABLE | {"error"}),
        Rule(
            "replication_status",
            _PAUSED | {"error"},
            hints=_UNPAUSED,
        ),
        Rule("replication_ids", frozenset({NONE, NOTHING_SEEN})),
    ),
    question="Delete it?",
)
EXPAND = Action(
    name="expand",
    wire="os-extend-replication-volumes",
    rules=(
        Rule("status", _STABLE),
        Rule("replication_status", forbids=frozenset({"error"})),
    ),
)

ACTIONS = {action.name: action for action in (SYNC, PAUSE, FAILOVER, SWITCHOVER, REPROTECT)}
"""Those that are one word to the service and one command here."""

REHEARSED = {
    action.name: action for action in (FAILOVER, SWITCHOVER, REPROTECT, UPDATE, DELETE, EXPAND)
}
"""Those that `group ready` rehearses."""

GROUP_GOALS = {
    "available": Goal("available", "status", _STABLE, _ERRORS | _GONE),
    "active": Goal("active", "replication_status", SYNC.done, _ERRORS | _GONE, statuses=_STABLE),
    "paused": Goal("paused", "replication_status", PAUSE.done, _GONE),
    "failovered": Goal("failovered", "status", FAILOVER.done, _ERRORS | _GONE),
    "deleted": Goal("deleted", "status", frozenset(), DELETE.failed, is_reached_by_absence=True),
}
"""What `group wait` waits for."""


def goal_of(action: Action, before: Group) -> Goal:
    """Return when an action on a group that was like this is at its end."""
    seen = {name: getattr(before, name) for name in ("status", "replication_status")}
    return Goal(
        action.name,
        action.watch,
        action.done,
        action.failed,
        is_reached_by_absence=action is DELETE,
        statuses=action.statuses,
        left_zone=before.priority_station if action.is_toggle else "",
        stale=frozenset(seen.items()),
    )


def shows_fault(group: Group) -> bool:
    """Whether anything tells that the group's zones, link or disks are not well."""
    is_broken = group.status in _ERRORS or group.replication_status == "error"
    return is_broken or group.fault_level != "0"


def is_done_already(action: Action, group: Group) -> bool:
    """Whether there is nothing left to do: never true of a toggle."""
    state = getattr(group, action.watch)
    is_stable = not action.statuses or group.status in action.statuses
    return not action.is_toggle and is_stable and state in action.done


def took_effect(action: Action, before: Group, now: Group) -> bool:
    """Whether a group shows that an action was begun that may have been lost."""
    state = getattr(now, action.watch)
    if state in action.under_way:
        return True
    if now.status in action.failed and now.status != before.status:
        return True
    if action.is_toggle:
        stations = before.priority_station, now.priority_station
        return all(stations) and stations[0] != stations[1]
    return state in action.done  # whoever did it: it is as it was to be
