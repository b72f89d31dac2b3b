"""Whether a pair or group protects its production disks, and if not, why not."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.meanings import (
    FAILURE_DETAILS,
    FAULT_LEVELS,
    GROUP_REPLICATION_STATUSES,
    GROUP_STATUSES,
    PAIR_STATUSES,
    REPLICATION_STATUSES,
    Meaning,
)
from evsrep.cloud.models import Group, Pair
from evsrep.errors import NotFound, NotOffered
from evsrep.jobs.find import find_group
from evsrep.jobs.groups import pairs_of
from evsrep.jobs.report import Reporter
from evsrep.jobs.verb import verb

PROTECTED, DEGRADED, CRITICAL, UNKNOWN = "protected", "degraded", "critical", "unknown"
SEVERITY = (PROTECTED, UNKNOWN, DEGRADED, CRITICAL)
"""From good to bad, as monitoring sees it: what is known to be bad beats what is not known."""


_PAUSED = ("active-stopped", "inactive")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,:+@%=/-]*")


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


@dataclass(frozen=True, slots=True)
class HealthOptions:
    """What `evsrep health` takes; without groups it is about all groups and lone pairs."""

    groups: Sequence[str] = ()


class Health(NamedTuple):
    """How a group or lone pair is."""

    thing: Group | Pair
    verdict: Verdict

    @property
    def fields(self) -> dict[str, Any]:
        """The verdict, and of what it is."""
        return {
            "kind": "group" if isinstance(self.thing, Group) else "pair",
            "id": self.thing.id,
            "name": self.thing.name or None,
            "health": self.verdict.health,
            "reason": self.verdict.reason or None,
            "hint": self.verdict.hint or None,
        }

    @property
    def error(self) -> None:
        """None: bad health is no failure of the verb."""


@verb(HealthOptions)
def look_at_health(cloud: Cloud, options: HealthOptions, reporter: Reporter) -> list[Health]:
    """Judge the groups asked for; else the lone pairs, as they come, and then all groups.

    Raises NotFound and UsageFault for groups that are not clear, and what keeps them from being
    looked at.
    """
    judged = _groups_named(cloud, options.groups) if options.groups else _all(cloud)
    result = []
    for health in judged:
        reporter.row(health)
        result.append(health)
    return result


def judge(pair: Pair) -> Verdict:
    """Judge a pair by the worst of fault level, status and replication status."""
    verdict = _judge_pair(pair)
    if not pair.group_id and pair.status == "available":
        verdict = verdict._replace(hint=_hint_for_lone(pair, verdict))
    return verdict._replace(hint=_whole(verdict.hint, pair))


def _judge_pair(pair: Pair) -> Verdict:
    fault = str(pair.fields.get("fault_level") or "0")
    if fault != "0":
        health = _FAULTS.get(fault, UNKNOWN)
        return _verdict(health, FAULT_LEVELS.get(fault), f"fault level {fault}")
    if pair.status == "error" and pair.failure_detail in FAILURE_DETAILS:
        meaning = FAILURE_DETAILS[pair.failure_detail]
        reason = f"could not be created: {meaning.cause} ({pair.failure_detail})"
        return Verdict(CRITICAL, reason, f"{meaning.hint}; then: 'evsrep delete'")
    if pair.status != "available":
        health = _STATUSES.get(pair.status, UNKNOWN)
        return _verdict(health, PAIR_STATUSES.get(pair.status), f"status '{pair.status}'")
    word = pair.replication_status
    health = _REPLICATION.get(word, UNKNOWN)
    return _verdict(health, REPLICATION_STATUSES.get(word), f"replication status '{word}'")


def _hint_for_lone(pair: Pair, verdict: Verdict) -> str:
    """Return what helps a pair in no group, where only a group can do it."""
    name = _word_for(pair)
    bundle = f"'evsrep group create --name {name} --pair {name} --wait'"
    if pair.fields.get("fault_level") == "2":
        return f"only a group can fail over; bundle it: {bundle}"
    if pair.fields.get("fault_level") in (None, "", "0") and pair.replication_status in _PAUSED:
        return f"nothing starts a pair again that is in no group; bundle it: {bundle}"
    return verdict.hint


def _whole(hint: str, thing: Pair | Group) -> str:
    """Return a hint whose commands name what they are for."""
    command = r"'(evsrep (?!group create)(?:group )?\w+)((?: --[^']*)?)'"
    return re.sub(command, lambda found: f"'{found[1]} {_word_for(thing)}{found[2]}'", hint)


def _word_for(thing: Pair | Group) -> str:
    """Return the name, where no shell would read it otherwise; else the ID."""
    return thing.name if _PLAIN_NAME.fullmatch(thing.name) else thing.id


def judge_group(group: Group, pairs: Iterable[Pair]) -> Verdict:
    """Judge a group by the worst of itself and its pairs; its own word goes first."""
    own = _own_verdict(group)
    own = own._replace(hint=_whole(own.hint, group))
    if group.status == "failovered":
        return own  # it tells of its pairs what they tell of themselves
    for pair in pairs:
        found = judge(pair)
        if SEVERITY.index(found.health) > SEVERITY.index(own.health):
            is_paused = pair.status == "available" and pair.replication_status in _PAUSED
            hint = f"'evsrep group sync {_word_for(group)}'" if is_paused else found.hint
            own = Verdict(found.health, f"pair {pair.id}: {found.reason}", hint)
    return own


def worst(healths: Iterable[str]) -> str:
    """Return the worst state of health; protected where there is nothing to protect."""
    return max(healths, key=SEVERITY.index, default=PROTECTED)


def _groups_named(cloud: Cloud, names: Iterable[str]) -> Iterator[Health]:
    for group in [find_group(cloud, name) for name in dict.fromkeys(names)]:
        yield Health(group, judge_group(group, pairs_of(cloud, group)))


def _all(cloud: Cloud) -> Iterator[Health]:
    groups = _groups(cloud)
    members: dict[str, list[Pair]] = {group_id: [] for group_id in groups}
    for pair in cloud.pairs():
        if pair.group_id in members:
            members[pair.group_id].append(pair)
        else:
            yield Health(pair, judge(pair))
    for group_id, group in groups.items():
        yield Health(group, judge_group(group, members[group_id]))


def _groups(cloud: Cloud) -> dict[str, Group]:
    """Return all groups by their IDs; none where the cloud has pairs alone."""
    try:
        return {group.id: group for group in cloud.groups()}
    except (NotFound, NotOffered):
        return {}


def _own_verdict(group: Group) -> Verdict:
    if group.fault_level != "0" and group.status != "failovered":  # then the fault is dealt with
        fault = group.fault_level
        verdict = _verdict(
            _FAULTS.get(fault, UNKNOWN), FAULT_LEVELS.get(fault), f"fault level {fault}"
        )
        return verdict._replace(hint="'evsrep group failover'") if fault == "2" else verdict
    if group.status != "available":
        health = _GROUP_STATUSES.get(group.status, UNKNOWN)
        return _verdict(health, GROUP_STATUSES.get(group.status), f"status '{group.status}'")
    if group.pair_ids == ():
        return Verdict(PROTECTED, "there is nothing in it to protect", "")
    word = group.replication_status
    health = _REPLICATION.get(word, UNKNOWN)
    meaning = GROUP_REPLICATION_STATUSES.get(word)
    return _verdict(health, meaning, f"replication status '{word}'")


def _verdict(health: str, meaning: Meaning | None, seen: str) -> Verdict:
    if health == PROTECTED:
        return Verdict(health, meaning.cause if meaning else "", "")
    if meaning is None:
        return Verdict(health, f"{seen} is not known to evsrep", "see it with 'evsrep show'")
    return Verdict(health, f"{meaning.cause} ({seen})", meaning.hint)
