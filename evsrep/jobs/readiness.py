"""Whether a group is ready for an action: each rule, the value seen, and what to do first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Group
from evsrep.errors import EvsrepError, Refused
from evsrep.jobs.actions import NONE, NOTHING_SEEN, REHEARSED, Action, Rule
from evsrep.jobs.find import find_group, named
from evsrep.jobs.groups import disks_of, pairs_of, with_pair_ids
from evsrep.jobs.report import Reporter
from evsrep.jobs.verb import verb


class Check(NamedTuple):
    """A rule as it is met or not; `is_ok` is None where that could not be found out."""

    rule: str
    value: str
    is_ok: bool | None
    hint: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """The rule as a result has it."""
        return {
            "rule": self.rule,
            "value": self.value or None,
            "ok": self.is_ok,
            "hint": self.hint or None,
        }

    @property
    def error(self) -> None:
        """None: that a rule is not met is no failure."""


@dataclass(frozen=True, slots=True)
class ReadyOptions:
    """What `evsrep group ready` takes; `action` is its `--for`."""

    group: str
    action: str


@verb(ReadyOptions)
def rehearse(cloud: Cloud, options: ReadyOptions, reporter: Reporter) -> list[Check]:
    """Return each rule of an action, the value seen, and whether it is met; changes nothing.

    Raises UsageFault for an unknown action, NotFound, and Refused where the action would be.
    """
    action = named("action", options.action, REHEARSED)
    group = find_group(cloud, options.group)
    checks = readiness(cloud, action, group)
    for check in checks:
        reporter.row(check)
    raise_if_forbidden(action, group, checks)
    return checks


def guard(
    cloud: Cloud, action: Action, group: Group, reporter: Reporter, *, force: bool = False
) -> None:
    """Raise Refused where the group's state forbids the action, or that can't be found out.

    What is forced is warned of alone, and no disk or server is looked up for it.
    """
    if not force:
        raise_if_forbidden(action, group, readiness(cloud, action, group))
        return
    for check in checks_of(action, group):
        if not check.is_ok:
            reporter.warn(f"--force: its {check.rule} is {check.value}; {check.hint}")


def readiness(cloud: Cloud, action: Action, group: Group) -> list[Check]:
    """Return each rule of an action, the value seen, and whether it is met."""
    checks = checks_of(action, group)
    if any(rule.field == "replication_ids" for rule in action.rules):
        try:
            checks = checks_of(action, with_pair_ids(cloud, group))
        except EvsrepError as error:
            checks = [check for check in checks if check.rule != "replication_ids"]
            checks.append(_unknown("replication_ids", error, _LOOK_FOR_PAIRS))
    if not action.wants_stopped:
        return checks
    try:
        running = _running(cloud, group)
    except EvsrepError as error:
        hint = _LOOK.format(zone=action.wants_stopped)
        return [*checks, _unknown("servers", error, hint)]
    return [*checks, _stopped(action, group, running)]


def checks_of(action: Action, group: Group) -> list[Check]:
    """Return each rule of an action, as the group meets it."""
    return [_check(rule, group) for rule in action.rules]


def raise_if_forbidden(action: Action, group: Group, checks: Sequence[Check]) -> None:
    """Raise Refused for everything at once that forbids an action; says what to do first.

    What could not be looked up forbids it, too.
    """
    broken = [check for check in checks if not check.is_ok]
    if not broken:
        return
    seen = " and ".join(map(_sentence, broken))
    raise Refused(
        f"no {action.name} of group {group.label} now: {seen}", hint="; ".join(_hints(broken))
    )


def _unknown(rule: str, error: EvsrepError, hint: str) -> Check:
    return Check(rule, f"could not be looked up: {error.message}", is_ok=None, hint=hint)


def _sentence(check: Check) -> str:
    if check.is_ok is None:
        return f"its {check.rule} {check.value}"
    return f"its {check.rule} is {check.value}"


def _hints(broken: list[Check]) -> list[str]:
    """Return what to do first; where a status or fault forbids it, the flow's hint is no help."""
    if any(check.rule in ("status", "fault_level") for check in broken):
        broken = [check for check in broken if check.rule != "replication_status"]
    hints = list(dict.fromkeys(check.hint for check in broken if check.hint))
    return [hint for hint in hints if not hint.startswith(_SEE_WHY)] or hints


def _check(rule: Rule, group: Group) -> Check:
    seen = _seen(rule.field, group)
    allowed = rule.allows | (rule.allows_at_fault if group.fault_level == "2" else frozenset())
    if seen in allowed or (rule.forbids and seen not in rule.forbids):
        return Check(rule.field, seen, is_ok=True)
    usual = _HINTS.get((rule.field, seen)) or _HINTS_OF_ANY.get(rule.field, "")
    hint = rule.hints.get(seen, usual).format(group=group.name or group.id)
    return Check(rule.field, seen or "not told", is_ok=False, hint=hint)


def _seen(name: str, group: Group) -> str:
    if name != "replication_ids":
        return str(getattr(group, name))
    if group.pair_ids is None:
        return NOTHING_SEEN
    return f"not empty ({len(group.pair_ids)})" if group.pair_ids else NONE


def _running(cloud: Cloud, group: Group) -> dict[str, set[str]]:
    """Return the names of the servers that run on the group's disks, by zone; each has its entry.

    Raises what keeps one of them from being looked up.
    """
    running: dict[str, set[str]] = {}
    for disk in disks_of(cloud, pairs_of(cloud, group)).values():
        if isinstance(disk, Exception):
            raise disk
        names = running.setdefault(disk.availability_zone, set())
        servers = [cloud.server(server_id) for server_id in disk.servers]
        names.update(each.name or each.id for each in servers if not each.is_stopped)
    return running


def _stopped(action: Action, group: Group, running: dict[str, set[str]]) -> Check:
    """Check whether the servers of a zone are stopped.

    Which zone a group that has failed over calls primary is not documented, so that of a failed
    zone only this is sure: in one of the two nothing may run.
    """
    if action.wants_stopped == "primary":
        names = running.get(group.priority_station, set())
    else:
        names = set() if not all(running.values()) else set().union(*running.values())
    rule = f"servers in the {action.wants_stopped} zone"
    if not names:
        return Check(rule, "none running", is_ok=True)
    listed = ", ".join(sorted(names))
    return Check(rule, f"running: {listed}", is_ok=False, hint=f"stop them first: {listed}")


_LOOK = "look whether the servers in the {zone} zone are stopped, then add --force"
_LOOK_FOR_PAIRS = "look whether it has pairs, then add --force"
_PAUSE = "pause it first: evsrep group pause {group}"
_WAIT = "wait for it first: evsrep group wait {group}"
_SYNC = "sync it first: evsrep group sync {group} --wait"
_SEE_WHY = "see why with: "
_SEE = f"{_SEE_WHY}evsrep group show {{group}}"
_HINTS = {
    ("status", "creating"): _WAIT,
    ("status", "updating"): _WAIT,
    ("status", "reversing"): _WAIT,
    ("status", "failovering"): f"{_WAIT} --for failovered",
    ("status", "failovered"): "reprotect it first: evsrep group reprotect {group}",
    ("status", "deleting"): "it is going; nothing can be done with it any more",
    ("replication_status", "active"): _PAUSE,
    ("replication_status", "copying"): f"{_WAIT} --for active",
    ("replication_status", "active-stopped"): _SYNC,
    ("replication_status", "inactive"): _SYNC,
    ("replication_status", NOTHING_SEEN): _SYNC,
    ("fault_level", "2"): "fail over: evsrep group failover {group}",
    ("fault_level", "5"): "the link is down: contact the cloud's support",
}
_HINTS_OF_ANY = {
    "status": _SEE,
    "replication_status": _SEE,
    "fault_level": _SEE,
    "replication_ids": "take its pairs out first: evsrep group update {group} --remove PAIR",
}
