"""A plan of moving pairs to SDRS, the successor: what goes, what it takes, what it costs.

It only looks. What decides (whether SDRS refuses a disk that is in a pair, how long a copy takes)
can be measured on a live account alone; the plan says so, and guesses nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Group, Pair
from evsrep.cloud.sdrs import Quota
from evsrep.cloud.sdrs_facts import AS_OF, HUAWEI, LOSSES, UNKNOWN, WHERE, cloud_of
from evsrep.errors import NotOffered, Refused
from evsrep.jobs.find import no_such, several
from evsrep.jobs.groups import is_in
from evsrep.jobs.ids import is_same_id
from evsrep.jobs.report import Reporter
from evsrep.jobs.sdrs_look import Seen, look
from evsrep.jobs.sdrs_server import FIT, UNFIT, Candidate, candidates
from evsrep.jobs.sdrs_steps import ProtectionGroup, Step, steps_of
from evsrep.jobs.verb import verb

_LONGEST_NAME = 64  # bytes, of A-Z a-z 0-9 . _ -
_LEFT = "your pairs stay as long as the cloud keeps them; 'evsrep help sdrs' says what is known"


@dataclass(frozen=True, slots=True)
class SdrsPlanOptions:
    """What `evsrep sdrs plan` takes: IDs or exact names of pairs and groups; none for all pairs."""

    names: Sequence[str] = ()


class Need(NamedTuple):
    """Something of which more is needed: how much there is now and after; None is not known."""

    what: str
    now: float | None
    after: float | None
    limit: float | None  # none where there is no limit, too
    ok: bool | None


class SdrsPlan(NamedTuple):
    """What moving to SDRS would take, lose and need."""

    candidates: Sequence[Candidate]
    groups: Sequence[ProtectionGroup]
    needs: Sequence[Need]
    steps: Sequence[Step]
    unseen: Sequence[str]

    @property
    def fields(self) -> dict[str, Any]:
        """The plan as a result has it."""
        return {
            "as_of": AS_OF,
            "servers": [it.fields for it in self.candidates],
            "groups": [it.fields for it in self.groups],
            "needs": [it._asdict() for it in self.needs],
            "losses": [loss._asdict() for loss in LOSSES],
            "unknown": [*UNKNOWN, *dict.fromkeys(self.unseen)],
            "steps": [it.fields for it in self.steps],
        }

    @property
    def failure(self) -> Refused | None:
        """What keeps it from being carried out as it stands; None where all qualifies."""
        faults = [
            f"{it.name or it.id}: {it.verdict}" for it in self.candidates if it.verdict != FIT
        ]
        faults += [f"{it.what}: {_lack(it)}" for it in self.needs if not it.ok]
        if not faults:
            return None
        return Refused.of(
            faults,
            f"{len(faults)} things stand against this move, or are not known",
            hint="the plan says what helps; nothing was changed",
        )


@verb(SdrsPlanOptions)
def plan_sdrs(cloud: Cloud, options: SdrsPlanOptions, reporter: Reporter) -> SdrsPlan:
    """Return what moving pairs to SDRS would take; nothing is changed.

    Raises NotOffered where there is no SDRS to move to, NotFound and UsageFault for names that are
    not clear, and what keeps pairs and groups from being listed.
    """
    raise_if_closed(cloud)
    pairs, groups = list(cloud.pairs()), list(cloud.groups())
    wanted = _wanted(options.names, pairs, groups) if options.names else pairs
    try:
        seen = look(cloud, wanted, groups)
    except NotOffered as error:
        message = f"there is no SDRS here to move to: {error.message}"
        raise NotOffered(message, hint=_LEFT, service_error=error.service_error) from error
    if not wanted:
        reporter.note("there is no pair to move")
    found = candidates(seen)
    protection = _groups(found, seen)
    return SdrsPlan(
        candidates=found,
        groups=protection,
        needs=list(_needs(found, protection, seen)) if wanted else [],
        steps=steps_of(found, protection, cloud.project_id),
        unseen=seen.unseen,
    )


def raise_if_closed(cloud: Cloud) -> None:
    """Raise NotOffered on the cloud that takes no new customers of SDRS."""
    if cloud_of(cloud.front_host) == HUAWEI:
        raise NotOffered(f"SDRS on {HUAWEI}: {WHERE[HUAWEI]}", hint=_LEFT)


def _wanted(names: Iterable[str], pairs: Sequence[Pair], groups: Sequence[Group]) -> list[Pair]:
    """Return the pairs that are named, by themselves or by their groups, each once."""
    found: dict[str, Pair] = {}
    for name in names:
        every: list[Group | Pair] = [*groups, *pairs]
        things = [thing for thing in every if name == thing.name or is_same_id(name, thing.id)]
        if not things:
            raise no_such("pair or group", name, lambda: [*groups, *pairs])
        if len(things) > 1:
            raise several("thing", name, things)
        [thing] = things
        members = [it for it in pairs if is_in(it, thing)] if isinstance(thing, Group) else [thing]
        found |= {pair.id: pair for pair in members if isinstance(pair, Pair)}
    return list(found.values())


def _groups(found: Sequence[Candidate], seen: Seen) -> list[ProtectionGroup]:
    """Return the protection groups that the servers which may go would be in: one a network."""
    buckets: dict[tuple[str, str, str, str], list[Candidate]] = {}
    for it in found:
        if it.kind == "server" and it.verdict != UNFIT:
            group = next((each.group for each in it.pairs if each.group), None)
            key = (group.name or group.id if group else "", it.vpc_id, it.source, it.target)
            buckets.setdefault(key, []).append(it)
    names: set[str] = set()  # of groups; those of instances are another kind
    instances: set[str] = set()
    return [
        ProtectionGroup(
            name=sdrs_name(origin or servers[0].name or "servers", names),
            origin=origin,
            vpc_id=vpc_id,
            source=source,
            target=target,
            domain_id=_domain(seen, source, target),
            servers=tuple((it.id, sdrs_name(it.name or it.id, instances)) for it in servers),
        )
        for (origin, vpc_id, source, target), servers in buckets.items()
    ]


def _domain(seen: Seen, source: str, target: str) -> str:
    fitting = (it for it in seen.domains or () if {source, target} <= it.zones)
    return next((it.id for it in fitting), "")


def sdrs_name(name: str, taken: set[str]) -> str:
    """Return a name as SDRS takes one, unlike those taken; it is then taken, too."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")[:_LONGEST_NAME] or "unnamed"
    found, number = plain, 1
    while found in taken:
        number += 1
        found = f"{plain[: _LONGEST_NAME - len(str(number)) - 1]}-{number}"
    taken.add(found)
    return found


def _needs(
    found: Sequence[Candidate], groups: Sequence[ProtectionGroup], seen: Seen
) -> Iterator[Need]:
    """Yield what is needed beside what there is: the old disks stay until the end."""
    going = [it for it in found if it.kind == "server" and it.verdict != UNFIT]
    disks = {disk.id: disk for it in going for disk in it.disks}
    has_all = all(it.server and len(it.disks) == len(it.server.disk_ids) for it in going)
    count = len(disks) if has_all else None
    sizes = [disk.size_gb for disk in disks.values() if disk.size_gb is not None]
    size = sum(sizes) if has_all and len(sizes) == len(disks) else None
    servers = [it.server for it in going if it.server]
    vcpus, ram = sum(it.vcpus for it in servers), sum(it.ram_mb for it in servers)
    is_sized = len(servers) == len(going) and all(it.vcpus and it.ram_mb for it in servers)
    yield _need("protection groups", seen.sdrs_quotas, "server_groups", len(groups))
    yield _need("replication pairs", seen.sdrs_quotas, "replications", count)
    yield _need("disks", seen.disk_quotas, "volumes", count)
    yield _need("GB of disks", seen.disk_quotas, "gigabytes", size)
    yield _need("servers", seen.server_quotas, "instances", len(going))
    yield _need("vCPUs", seen.server_quotas, "cores", vcpus if is_sized else None)
    yield _need("MB of memory", seen.server_quotas, "ram", ram if is_sized else None)


def _need(what: str, quotas: Mapping[str, Quota], key: str, more: float | None) -> Need:
    quota = quotas.get(key)
    if quota is None:
        return Need(what, None, None, None, None)
    after = None if more is None else quota.used + more
    if quota.limit is None:
        return Need(what, quota.used, after, None, True)
    return Need(
        what, quota.used, after, quota.limit, None if after is None else after <= quota.limit
    )


def _lack(need: Need) -> str:
    if need.ok is None or need.after is None or need.limit is None:
        return "not known"
    return f"{need.after - need.limit:g} too few"
