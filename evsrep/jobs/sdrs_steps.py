"""The steps of a move to SDRS: each with what protects meanwhile, its way back, and the calls.

They are printed, never sent. Source: "Storage Disaster Recovery Service API Reference" of Open
Telekom Cloud, text of 2026-02-26.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from evsrep.cloud.models import GroupChange
from evsrep.cloud.wire import group_change_to_wire
from evsrep.jobs.actions import PAUSE
from evsrep.jobs.sdrs_server import UNFIT, Candidate

PAIRS, NOTHING, SDRS = "the pairs", "NOTHING", "SDRS"


class ProtectionGroup(NamedTuple):
    """A protection group to be made: one network, one direction."""

    name: str
    origin: str  # the consistency group it comes of; empty for lone pairs
    vpc_id: str
    source: str  # the zone that is production now
    target: str
    domain_id: str
    servers: tuple[tuple[str, str], ...]  # ID and the protected instance's name

    @property
    def fields(self) -> dict[str, Any]:
        """The group as a result has it."""
        return {
            "name": self.name,
            "consistency_group": self.origin or None,
            "vpc_id": self.vpc_id or None,
            "source": self.source or None,
            "target": self.target or None,
            "domain_id": self.domain_id or None,
            "servers": [{"id": server_id, "name": name} for server_id, name in self.servers],
        }


class SdrsCall(NamedTuple):
    """A request as it would be sent; `<…>` in it stands for what an earlier step gives."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


class Step(NamedTuple):
    """A step, what protects while it is done, and the way back from it."""

    number: str
    what: str
    protected_by: str
    back: str
    calls: tuple[SdrsCall, ...] = ()
    warning: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """The step as a result has it."""
        return {
            "number": self.number,
            "what": self.what,
            "protected_by": self.protected_by,
            "back": self.back or None,
            "warning": self.warning or None,
            "calls": [call._asdict() for call in self.calls],
        }


def steps_of(
    found: Sequence[Candidate], groups: Sequence[ProtectionGroup], project_id: str
) -> list[Step]:
    """Return the steps for all that may go; none where nothing may."""
    if not groups:
        return []
    going = {it.id: it for it in found if it.verdict != UNFIT}
    steps = [_BEFORE, *(_make_group(group, project_id) for group in groups)]
    for group in groups:
        for place, (server_id, name) in enumerate(group.servers):
            server = going[server_id]
            steps += _move(server, name, group, project_id, is_first=not place)
    return [*steps, _DRILL, _clear_up([*going.values()], project_id)]


_BEFORE = Step(
    "0",
    "back up production; ask for the quota that lacks; measure with one throw-away server of real "
    "size how long the first copy takes",
    PAIRS,
    "nothing was changed",
)


def _make_group(group: ProtectionGroup, project_id: str) -> Step:
    body = {
        "name": group.name,
        "source_availability_zone": group.source,
        "target_availability_zone": group.target,
        "domain_id": group.domain_id or "<domain>",
        "source_vpc_id": group.vpc_id or "<VPC>",
        "dr_type": "migration",
    }
    call = SdrsCall("POST", f"/v1/{project_id}/server-groups", {"server_group": body})
    back = "delete the empty group"
    return Step("1", f"make protection group {group.name}", PAIRS, back, (call,))


def _move(
    it: Candidate, name: str, group: ProtectionGroup, project_id: str, *, is_first: bool
) -> Iterator[Step]:
    label = it.name or it.id
    is_grouped = any(each.group for each in it.pairs)
    pause = "pause its consistency group, remove and " if is_grouped else ""
    yield Step(
        "2",
        f"take {label} out: {pause}delete its pairs",
        NOTHING,
        "make the same pairs again of the same two disks: all is copied anew",
        tuple(_release(it, project_id)),
        "from here on nothing protects this server until step 5. The old DR disks are a copy of "
        "this moment: leave them alone, and their server stopped, until step 7",
    )
    instance = {
        "server_group_id": f"<ID of {group.name}>",
        "server_id": it.id,
        "name": name,
    }
    made = SdrsCall(
        "POST", f"/v1/{project_id}/protected-instances", {"protected_instance": instance}
    )
    yield Step(
        "3",
        f"protect {label}: SDRS makes its DR server and DR disks (4 to 7 minutes were seen)",
        NOTHING,
        "delete the instance with its target server and the pairs left over, then as step 2",
        (made,),
    )
    path = f"/v1/{project_id}/server-groups/<ID of {group.name}>/action"
    if is_first:
        yield Step(
            "4",
            f"start protection of {group.name}; instances that come later start by themselves",
            NOTHING,
            "stop it, which can be done once all is in sync, then as step 3",
            (SdrsCall("POST", path, {"start-server-group": {}}),),
        )
    yield Step(
        "5",
        f"wait until every pair of {label} is protected, active, at 100 %, with fault level 0",
        f"{SDRS} from here on",
        "as step 4",
        (SdrsCall("GET", f"/v1/{project_id}/replications?server_group_id=<ID of {group.name}>"),),
    )


def _release(it: Candidate, project_id: str) -> Iterator[SdrsCall]:
    base = f"/v2/{project_id}"
    groups = {each.group.id: each.group for each in it.pairs if each.group}
    for group_id in groups:
        path = f"{base}/os-vendor-replication-consistency-groups/{group_id}"
        leaving = [each.pair.id for each in it.pairs if each.group and each.group.id == group_id]
        yield SdrsCall("POST", f"{path}/action", {PAUSE.wire: None})
        yield SdrsCall("PUT", path, group_change_to_wire(GroupChange(remove=tuple(leaving))))
    for each in it.pairs:
        yield SdrsCall("DELETE", f"{base}/os-vendor-replications/{each.pair.id}")


_DRILL = Step(
    "6",
    "make a DR drill, look at its servers, delete it; then switch there and back as planned",
    SDRS,
    "nothing was changed",
)


def _clear_up(going: Sequence[Candidate], project_id: str) -> Step:
    disks = [each.dr.id for it in going for each in it.pairs if each.dr]
    return Step(
        "7",
        "remove what is left over: the old DR disks and servers, virtual IPs, scripts that move "
        "them, empty consistency groups",
        SDRS,
        "",
        tuple(SdrsCall("DELETE", f"/v2/{project_id}/volumes/{disk}") for disk in disks),
        "there is no way back from here; the old DR disks are gone for good",
    )
