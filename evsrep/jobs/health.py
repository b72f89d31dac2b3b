"""Whether a pair or group protects its production disks, and if not, why not."""

from collections.abc import Iterable
from typing import NamedTuple

from evsrep.cloud.meanings import (
    FAULT_LEVELS,
    GROUP_REPLICATION_STATUSES,
    GROUP_STATUSES,
    PAIR_STATUSES,
    REPLICATION_STATUSES,
    Meaning,
)
from evsrep.cloud.models import Group, Pair

PROTECTED, DEGRADED, CRITICAL, UNKNOWN = "protected", "degraded", "critical", "unknown"
SEVERITY = (PROTECTED, UNKNOWN, DEGRADED, CRITICAL)
"""From good to bad, as monitoring sees it: what is known to be bad beats what is not known."""


class Verdict(NamedTuple):
    """A state of health, its cause and what helps."""

    health: str
    reason: str
    hint: str


_FAULTS = {"2": CRITICAL, "5": CRITICAL}
_STATUSES = {
    "creating": DEGRADED,
    "deleting": DEGRADED,
    "error": CRITICAL,
    "error_deleting": CRITICAL,
}
_GROUP_STATUSES = {
    **_STATUSES,
    "updating": DEGRADED,
    "reversing": DEGRADED,
    "failovering": DEGRADED,
    "failovered": DEGRADED,
    "error_reversing": CRITICAL,
    "error_failovering": CRITICAL,
}
_REPLICATION = {
    "active": PROTECTED,
    "active-stopped": DEGRADED,
    "copying": DEGRADED,
    "inactive": DEGRADED,
    "error": CRITICAL,
}


def judge(pair: Pair) -> Verdict:
    """Judge a pair by the worst of fault level, status and replication status."""
    fault = str(pair.fields.get("fault_level") or "0")
    if fault != "0":
        health = _FAULTS.get(fault, UNKNOWN)
        return _verdict(health, FAULT_LEVELS.get(fault), f"fault level {fault}")
    if pair.status != "available":
        health = _STATUSES.get(pair.status, UNKNOWN)
        return _verdict(health, PAIR_STATUSES.get(pair.status), f"status '{pair.status}'")
    word = pair.replication_status
    health = _REPLICATION.get(word, UNKNOWN)
    return _verdict(health, REPLICATION_STATUSES.get(word), f"replication status '{word}'")


def judge_group(group: Group, pairs: Iterable[Pair]) -> Verdict:
    """Judge a group by the worst of itself and its pairs; its own word goes first."""
    own = _own_verdict(group)
    if group.status == "failovered":
        return own  # it tells of its pairs what they tell of themselves
    for pair in pairs:
        found = judge(pair)
        if SEVERITY.index(found.health) > SEVERITY.index(own.health):
            own = Verdict(found.health, f"pair {pair.id}: {found.reason}", found.hint)
    return own


def _own_verdict(group: Group) -> Verdict:
    if group.fault_level != "0":
        fault = group.fault_level
        return _verdict(
            _FAULTS.get(fault, UNKNOWN), FAULT_LEVELS.get(fault), f"fault level {fault}"
        )
    if group.status != "available":
        health = _GROUP_STATUSES.get(group.status, UNKNOWN)
        return _verdict(health, GROUP_STATUSES.get(group.status), f"status '{group.status}'")
    if group.pair_ids == ():
        return Verdict(PROTECTED, "there is nothing in it to protect", "")
    word = group.replication_status
    health = _REPLICATION.get(word, UNKNOWN)
    meaning = GROUP_REPLICATION_STATUSES.get(word)
    return _verdict(health, meaning, f"replication status '{word}'")


def worst(found: set[str]) -> str:
    """The worst state of health; protected where there is nothing to protect."""
    return max(found, key=SEVERITY.index, default=PROTECTED)


def _verdict(health: str, meaning: Meaning | None, seen: str) -> Verdict:
    if health == PROTECTED:
        return Verdict(health, meaning.cause if meaning else "", "")
    if meaning is None:
        return Verdict(health, f"{seen} is not known to evsrep", "see it with 'evsrep show'")
    return Verdict(health, f"{meaning.cause} ({seen})", meaning.hint)
