"""Whether SDRS would take a server, rule by rule: yes, no, or not to be known from here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from evsrep.cloud.models import Disk
from evsrep.cloud.sdrs import HostedServer
from evsrep.cloud.sdrs_facts import BAD_FLAVOURS
from evsrep.jobs.sdrs_look import Protected, Seen

FIT, UNFIT, UNKNOWN = "fit", "not fit", "unknown"
_ORDER = (FIT, UNKNOWN, UNFIT)

_PROTECTABLE = ("ACTIVE", "SHUTOFF")
_TYPES = frozenset({"SATA", "SAS", "SSD", "co-p1", "uh-l1"})


class Rule(NamedTuple):
    """A rule of SDRS, the value seen, whether it is kept (None is not known), and what helps."""

    rule: str
    value: str
    ok: bool | None
    hint: str = ""


class Candidate(NamedTuple):
    """A server, or a disk of none, with the pairs that protect it today."""

    kind: str  # `server` or `disk`
    id: str
    name: str
    source: str
    target: str
    vpc_id: str
    pairs: Sequence[Protected]
    disks: Sequence[Disk]  # all of it, those in no pair as well
    rules: Sequence[Rule]
    server: HostedServer | None = None

    @property
    def verdict(self) -> str:
        """Whether SDRS would take it: a rule that is not known leaves that open."""
        kept = [rule.ok for rule in self.rules]
        if False in kept:
            return UNFIT
        return UNKNOWN if None in kept else FIT

    @property
    def fields(self) -> Mapping[str, Any]:
        """The candidate as a result has it."""
        return {
            "kind": self.kind,
            "id": self.id,
            "name": self.name or None,
            "verdict": self.verdict,
            "source": self.source or None,
            "target": self.target or None,
            "vpc_id": self.vpc_id or None,
            "pairs": [it.pair.id for it in self.pairs],
            "checks": [
                {**rule._asdict(), "value": rule.value or None, "hint": rule.hint or None}
                for rule in self.rules
            ],
        }


def candidates(seen: Seen) -> list[Candidate]:
    """Return what the pairs protect: each server once, and each disk that no server has.

    What fits comes first.
    """
    found = [_server(server_id, seen) for server_id in seen.servers]
    lone = (it for it in seen.pairs if it.production is None or not it.production.servers)
    found += [_disk(it, seen) for it in lone]
    return sorted(found, key=lambda it: (_ORDER.index(it.verdict), it.name, it.id))


def _server(server_id: str, seen: Seen) -> Candidate:
    server = seen.servers[server_id]
    pairs = [it for it in seen.pairs if it.production and server_id in it.production.servers]
    source, target = pairs[0].source, pairs[0].target
    wanted = server.disk_ids if server else ()
    disks = [seen.disks[disk_id] for disk_id in wanted if disk_id in seen.disks]
    rules = [*_zone_rules(seen, pairs), *_pair_rules(pairs)]
    if server is None:
        rules.append(Rule("server", "", None, "the server could not be looked up"))
    else:
        rules += [*_server_rules(server, source), *_flavour_rules(server, target, seen)]
        rules += _disk_rules(disks, has_all=len(disks) == len(wanted))
    name, vpc = (server.name, server.vpc_id) if server else ("", "")
    return Candidate("server", server_id, name, source, target, vpc, pairs, disks, rules, server)


def _disk(it: Protected, seen: Seen) -> Candidate:
    disks = [it.production] if it.production else []
    rules = [*_zone_rules(seen, [it]), *_pair_rules([it])]
    if it.production is None:
        rules.append(Rule("disk", "", None, "the production disk could not be looked up"))
    else:
        rules += _data_rules(it.production)
        hint = "no server has it: it would be a stand-alone pair, attached to no instance"
        rules.append(Rule("server", "none", None, hint))
    disk_id = it.production.id if it.production else it.pair.id
    name = it.production.name if it.production else it.pair.name
    return Candidate("disk", disk_id, name, it.source, it.target, "", [it], disks, rules)


def _zone_rules(seen: Seen, pairs: Sequence[Protected]) -> Iterator[Rule]:
    directions = sorted({(it.source or "?", it.target or "?") for it in pairs})
    value = ", ".join(f"{source} to {target}" for source, target in directions)
    if len(directions) > 1:
        hint = "bring all of its pairs to one direction first: a group has one"
        yield Rule("direction", value, False, hint)
        return
    zones = set(directions[0])
    if seen.domains is None or "?" in zones:
        yield Rule("zones", value, None, "which zones SDRS connects could not be looked up")
        return
    domain = next((each for each in seen.domains if zones <= each.zones), None)
    if domain is None:
        known = "; ".join(" and ".join(sorted(each.zones)) for each in seen.domains) or "none"
        yield Rule("zones", value, False, f"there is no way: SDRS connects {known}")
    else:
        hint = "no new resources are sold between these zones"
        yield Rule("zones", value, not domain.is_sold_out, hint if domain.is_sold_out else "")


def _pair_rules(pairs: Sequence[Protected]) -> Iterator[Rule]:
    for it in pairs:
        pair, group = it.pair, it.group
        states = [pair.status, pair.replication_status]
        is_well = states == ["available", "active"] and str(
            pair.fields.get("fault_level") or "0"
        ) in ("0", "")
        if group is not None and (group.status, group.replication_status) == (
            "available",
            "active",
        ):
            states.append(f"in group {group.name or group.id}")
        elif group is not None:
            is_well = False
            states.append(f"group {group.name or group.id} {group.replication_status}")
        hint = "" if is_well else "heal it first: a move begins from a pair that is in sync"
        value = f"{pair.name or pair.id}: {', '.join(filter(None, states))}"
        yield Rule("pair", value, is_well, hint)


def _server_rules(server: HostedServer, source: str) -> Iterator[Rule]:
    is_ready = server.status in _PROTECTABLE
    yield Rule("state", server.status, is_ready, "" if is_ready else "wait, or stop it")
    is_here = server.zone == source if server.zone and source else None
    hint = "" if is_here else "its zone is to be the one that is production now"
    yield Rule("zone", server.zone, is_here, hint)
    vpc = bool(server.vpc_id) or None
    yield Rule("network", server.vpc_id, vpc, "" if vpc else "its VPC is not told")
    if server.is_on_dedicated_host:
        yield Rule("host", "dedicated", False, "there is no way from a dedicated host")
    if server.is_locked is None:
        yield Rule("lock", "", None, "whether it is locked is not told")
    elif server.is_locked:
        yield Rule("lock", "locked", False, "have it unlocked")
    if server.is_windows and server.has_key:
        hint = "the key pair of its log-in must still exist; that can't be looked up"
        yield Rule("key pair", "Windows, by key", None, hint)


def _flavour_rules(server: HostedServer, target: str, seen: Seen) -> Iterator[Rule]:
    family = server.flavour.split(".")[0].casefold()
    names = (family, family.rstrip("0123456789"))
    excluded = next((BAD_FLAVOURS[name] for name in names if name in BAD_FLAVOURS), "")
    if excluded:
        hint = "such are said not to be taken; SDRS itself decides (SDRS.1356)"
        yield Rule("flavour", f"{server.flavour}, {excluded}", None, hint)
    there = seen.flavours.get(target)
    state = there.get(server.flavour) if there is not None else None
    value = f"{server.flavour} in {target or '?'}: {state or 'not known'}"
    if state is None:
        yield Rule("flavour there", value, None, "whether the DR zone has it is not told")
    else:
        is_sold = state in ("normal", "promotion")
        hint = "" if is_sold else "name another flavour for the DR server with flavorRef"
        yield Rule("flavour there", value, is_sold, hint)


def _disk_rules(disks: Sequence[Disk], *, has_all: bool) -> Iterator[Rule]:
    if not has_all:
        yield Rule("disks", f"{len(disks)} seen", None, "not all of its disks could be looked up")
    for disk in disks:
        yield from _data_rules(disk)
    has_system = any(_is_system(disk) for disk in disks)
    if not has_system:
        hint = "no disk of it is known to be its system disk, which SDRS wants (SDRS.1339)"
        yield Rule("system disk", "none seen", None, hint)


def _data_rules(disk: Disk) -> Iterator[Rule]:
    name = disk.name or disk.id
    if disk.is_encrypted:
        hint = "there is no way: one encrypted disk keeps the whole server out (SDRS.1802)"
        yield Rule("disk", f"{name}: encrypted", False, hint)
    if disk.is_shared:
        hint = "detach it: a shared disk goes as a stand-alone pair, offline meanwhile"
        yield Rule("disk", f"{name}: shared", False, hint)
    if disk.type not in _TYPES:
        is_taken = False if disk.type.upper().startswith("ESSD") else None
        hint = "this type is not taken (SDRS.1806)" if is_taken is False else "not documented"
        yield Rule("disk", f"{name}: type {disk.type}", is_taken, hint)


def _is_system(disk: Disk) -> bool:
    is_bootable = str(disk.fields.get("bootable")).lower() == "true"
    return is_bootable or any(disk.device_on(each).endswith("da") for each in disk.servers)
