"""The rules of a pair: what is refused at once, and what is found out too late.

What the service only reports after it has accepted a pair has a code; the first rule that is
broken gives it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from evsrep.sandbox.messages import RefusalError, bad_request
from evsrep.sandbox.models import Disk, Server

# A pair that failed for this reason does not hold its disks: another one does.
DISK_TAKEN = frozenset({"37100053", "37100054"})


@dataclass(frozen=True, slots=True)
class Plan:
    """Two disks about to be paired. None is a disk that does not exist."""

    production: Disk | None
    dr: Disk | None
    taken_ids: frozenset[str]
    dr_server: Server | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A failure code and what brings it about."""

    code: str
    is_broken_by: Callable[[Plan], bool]


def plan_of(
    priority_station: str,
    disks: tuple[Disk | None, Disk | None],
    *,
    taken_ids: frozenset[str],
    servers: list[Server],
) -> Plan:
    """Tell production from DR: the production disk is the one in the primary zone."""
    first, second = disks
    is_second = (second and second.zone == priority_station) or (
        first and first.zone != priority_station
    )
    production, dr = (second, first) if is_second else (first, second)
    dr_server_id = dr.server_id if dr else None
    dr_server = next((server for server in servers if server.id == dr_server_id), None)
    return Plan(production, dr, taken_ids, dr_server)


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


def failure_of(plan: Plan) -> str:
    """Return the code with which a plan will fail, empty where it will work out."""
    return next((rule.code for rule in RULES if rule.is_broken_by(plan)), "")


def _has(trouble: str, disk: Disk | None) -> bool:
    return disk is not None and disk.trouble == trouble


def _either_has(trouble: str, plan: Plan) -> bool:
    return _has(trouble, plan.production) or _has(trouble, plan.dr)


def _is_taken(disk: Disk | None, plan: Plan) -> bool:
    return disk is not None and disk.id in plan.taken_ids


def _sizes_differ(plan: Plan) -> bool:
    return (
        plan.production is not None
        and plan.dr is not None
        and (plan.production.size_gb != plan.dr.size_gb)
    )


RULES = (
    Rule("37100048", lambda plan: plan.production is None),
    Rule("37100050", lambda plan: plan.dr is None),
    Rule("37100053", lambda plan: _is_taken(plan.production, plan)),
    Rule("37100054", lambda plan: _is_taken(plan.dr, plan)),
    Rule("37100044", lambda plan: _has("lazy-loading", plan.production)),
    Rule("37100045", lambda plan: _has("lazy-loading", plan.dr)),
    Rule("37100041", _sizes_differ),
    Rule("37100058", lambda plan: plan.dr_server is not None and not plan.dr_server.is_stopped),
    Rule("37100043", lambda plan: _either_has("link-down", plan)),
    Rule("37100177", lambda plan: _has("pool-unhealthy", plan.production)),
    Rule("37100178", lambda plan: _has("pool-unhealthy", plan.dr)),
    Rule("37000212", lambda plan: _either_has("internal-error", plan)),
    Rule("37000216", lambda plan: _either_has("system-busy", plan)),
)
