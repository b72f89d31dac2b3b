"""The rules of pairs and groups: what is refused at once, and what is found out too late.

What the service only reports after it has accepted something has a code; the first rule that is
broken gives it. The codes are those that the EVS API references of Open Telekom Cloud, Huawei Cloud
and Flexible Engine list as `failure_detail`, and what is refused at once are the constraints that
they put on a create, as gathered in November 2026. They do not say which of two broken rules is
reported: the order here is the sandbox's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evsrep.sandbox.lifecycle import LINK
from evsrep.sandbox.messages import RefusalError, bad_request
from evsrep.sandbox.models import Disk, Server

# A pair that failed for this reason does not hold its disks: another one does.
DISK_TAKEN = frozenset({"37100053", "37100054"})

CUT_OFF = "37100043"
SIZES_DIFFER = "37100041"


@dataclass(frozen=True, slots=True)
class Plan:
    """Two disks about to be replicated. None is a disk that does not exist."""

    production: Disk | None
    dr: Disk | None
    broken: frozenset[str]  # zones, and the link, where there is trouble
    taken_ids: frozenset[str] = frozenset()
    dr_server: Server | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A failure code and what brings it about."""

    code: str
    is_broken_by: Callable[[Plan], bool]


def in_order(
    priority_station: str, first: Disk | None, second: Disk | None
) -> tuple[Disk | None, Disk | None]:
    """Return production disk and DR disk: the production disk is the one in the primary zone."""
    is_second = (second and second.zone == priority_station) or (
        first and first.zone != priority_station
    )
    return (second, first) if is_second else (first, second)


def refusal_of(plan: Plan, priority_station: str) -> RefusalError | None:
    """Return why a plan is refused at once, None where it is not. It takes two known disks."""
    production, dr = plan.production, plan.dr
    if production is None or dr is None:
        return None
    if production.zone == dr.zone:
        return bad_request(f"Both volumes are in availability zone {dr.zone}.")
    if production.zone != priority_station:
        return bad_request(f"None of the volumes is in priority_station {priority_station}.")
    if production.type != dr.type:
        return bad_request(f"The volume types {production.type} and {dr.type} differ.")
    return None


def failure_of(rules: Sequence[Rule], plans: Sequence[Plan]) -> str:
    """Return the code with which plans will fail, empty where they will work out."""
    return next((rule.code for rule in rules if any(map(rule.is_broken_by, plans))), "")


def _has(trouble: str, *disks: Disk | None) -> bool:
    return any(disk is not None and disk.trouble == trouble for disk in disks)


def _id(disk: Disk | None) -> str | None:
    return disk.id if disk else None


def _zone(disk: Disk | None) -> str | None:
    return disk.zone if disk else None


def _sizes_differ(plan: Plan) -> bool:
    return (
        plan.production is not None
        and plan.dr is not None
        and plan.production.size_gb != plan.dr.size_gb
    )


def _either(trouble: str) -> Callable[[Plan], bool]:
    return lambda plan: _has(trouble, plan.production, plan.dr)


PAIR_RULES = (
    Rule("37100048", lambda plan: plan.production is None),
    Rule("37100050", lambda plan: plan.dr is None),
    Rule("37100053", lambda plan: _id(plan.production) in plan.taken_ids),
    Rule("37100054", lambda plan: _id(plan.dr) in plan.taken_ids),
    Rule("37100044", lambda plan: _has("lazy-loading", plan.production)),
    Rule("37100045", lambda plan: _has("lazy-loading", plan.dr)),
    Rule(SIZES_DIFFER, _sizes_differ),
    Rule("37100058", lambda plan: plan.dr_server is not None and not plan.dr_server.is_stopped),
    Rule(CUT_OFF, lambda plan: LINK in plan.broken),
    Rule(CUT_OFF, _either("link-down")),
    Rule("37100177", lambda plan: _zone(plan.production) in plan.broken),
    Rule("37100177", lambda plan: _has("pool-unhealthy", plan.production)),
    Rule("37100178", lambda plan: _zone(plan.dr) in plan.broken),
    Rule("37100178", lambda plan: _has("pool-unhealthy", plan.dr)),
    Rule("37000212", _either("internal-error")),
    Rule("37000216", _either("system-busy")),
)

GROUP_RULES = (
    Rule("37100017", lambda plan: _has("group-full", plan.production)),
    Rule("37100159", lambda plan: _has("group-full", plan.dr)),
    Rule(CUT_OFF, lambda plan: bool({LINK, _zone(plan.production), _zone(plan.dr)} & plan.broken)),
    Rule(CUT_OFF, _either("group-link-down")),
    Rule("37000212", _either("group-internal")),
    Rule("37000216", _either("group-busy")),
)
