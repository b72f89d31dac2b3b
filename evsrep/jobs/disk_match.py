"""Which disk of one server belongs to which of another: told where it is clear, never guessed.

Disks of one type, size and sharing are matched in the order of their devices. What is left over or
ambiguous is said in a sentence each.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk
from evsrep.errors import Refused, UsageFault
from evsrep.jobs.disks import pairs_by_disk
from evsrep.jobs.export import csv_line
from evsrep.jobs.pair_request import MOST_BYTES, Spell
from evsrep.jobs.report import Reporter
from evsrep.jobs.servers import Servers
from evsrep.jobs.verb import verb

FORMATS = ("csv", "jsonl")
_Kind = tuple[str, int | None, bool]


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """What `evsrep disks --match` takes: two servers, or one and the zone of its DR disks to be."""

    server: str
    dr_server: str = ""
    dr_zone: str = ""

    def validate(self, spell: Spell = str) -> None:
        """Raise UsageFault where it is not a server and one of the others."""
        if not self.server.strip():
            raise UsageFault(f"{spell('match')} is empty", hint="give a server's ID or exact name")
        if bool(self.dr_server.strip()) == bool(self.dr_zone.strip()):
            raise UsageFault(
                f"{spell('match')} wants a second server, or {spell('dr_zone')}: one of them"
            )


class DiskMatch(NamedTuple):
    """A production disk, and the DR disk that belongs to it: there already, or to be made."""

    production: Disk
    device: str
    dr: Disk | None = None
    dr_zone: str = ""

    @property
    def row(self) -> Mapping[str, str]:
        """The row of a file for `apply`."""
        dr = {"dr_disk": self.dr.id} if self.dr else {"dr_zone": self.dr_zone}
        name = self.production.name
        named = {"name": name} if 0 < len(name.encode(errors="replace")) <= MOST_BYTES else {}
        return {"production_disk": self.production.id, **dr, **named}

    @property
    def fields(self) -> Mapping[str, Any]:
        """What a person wants to see of it, and the row."""
        return {
            "device": self.device or None,
            "production": self.production.name or self.production.id,
            "dr": (self.dr.name or self.dr.id) if self.dr else f"to be made in {self.dr_zone}",
            "size": self.production.size_gb,
            "volume_type": self.production.type or None,
            **self.row,
        }


@dataclass(slots=True)
class Matching:
    """What belongs together, and a sentence for each disk of which that is not clear."""

    matches: list[DiskMatch] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)

    def failure(self) -> Refused | None:
        """Return the error of what is left over; None where nothing is."""
        if not self.left_over:
            return None
        hint = "nothing was guessed: pair these by their IDs, with 'evsrep create'"
        return Refused.of(self.left_over, "{n} disks are left over", hint=hint)

    def lines(self, format_: str) -> Iterator[str]:
        """Yield a file for `apply`."""
        if format_ == "jsonl":
            yield from (json.dumps(match.row) + "\n" for match in self.matches)
            return
        is_made = any(match.dr is None for match in self.matches)
        columns = ("production_disk", "dr_zone" if is_made else "dr_disk", "name")
        yield csv_line(columns)
        yield from (csv_line([match.row.get(key, "") for key in columns]) for match in self.matches)


@verb(MatchOptions)
def match_disks(cloud: Cloud, options: MatchOptions, reporter: Reporter) -> Matching:
    """Return which disks of two servers belong together, in the order of the production devices.

    Raises UsageFault for servers that are not two, NotFound, and what keeps disks, pairs or servers
    from being listed.
    """
    options.validate()
    servers = Servers(cloud)
    server_ids = [servers.find(each) for each in (options.server, options.dr_server) if each]
    if len(set(server_ids)) < len(server_ids):
        raise UsageFault(f"the two servers must be different, and both are {server_ids[0]}")
    pairs = pairs_by_disk(cloud, reporter, needs_pairs=True)
    disks = [disk for disk in cloud.disks() if _is_wanted(disk, server_ids, pairs)]
    production, *others = (_Side(servers.name_of(each), each, disks) for each in server_ids)
    partners = _partners(disks, pairs)
    if options.dr_zone:
        return _for_zone(production, options.dr_zone, pairs, partners)
    _warn_if_running(servers, server_ids[1], reporter)
    return _Matcher(production, others[0], pairs, partners).run()


class _Side:
    """A server and its disks, in the order of their devices."""

    def __init__(self, name: str, server_id: str, disks: Sequence[Disk]) -> None:
        self.name = name
        own = [disk for disk in disks if server_id in disk.servers]
        self.devices = {disk.id: disk.device_on(server_id) for disk in own}
        self.disks = sorted(own, key=lambda disk: _device_order(self.devices[disk.id]))

    def words(self, disk: Disk) -> str:
        """Return a disk as a sentence names it."""
        device = self.devices[disk.id]
        return f"{disk.label} of {self.name}" + (f", {device}" if device else "")

    def tells_order(self, disks: Sequence[Disk]) -> bool:
        """Whether the devices put these disks in an order."""
        devices = {self.devices[disk.id] for disk in disks}
        return "" not in devices and len(devices) == len(disks)


class _Matcher:
    """Goes through the disks of two servers."""

    def __init__(
        self,
        production: _Side,
        dr: _Side,
        pairs: Mapping[str, tuple[str, str]],
        partners: Mapping[str, Disk],
    ) -> None:
        self._production, self._dr = production, dr
        self._pairs, self._partners = pairs, partners
        self._dr_of: dict[str, Disk] = {}  # by the production disk's ID
        self._left_over: list[str] = []

    def run(self) -> Matching:
        own, others = self._free(self._production, self._dr), self._free(self._dr, self._production)
        for kind in dict.fromkeys((*own, *others)):
            self._match(kind, own.get(kind, []), others.get(kind, []))
        side = self._production
        matches = [
            DiskMatch(disk, side.devices[disk.id], self._dr_of[disk.id])
            for disk in side.disks
            if disk.id in self._dr_of
        ]
        return Matching(matches, self._left_over)

    def _free(self, side: _Side, other: _Side) -> dict[_Kind, list[Disk]]:
        """Return the disks of a side that are in no pair, by their kinds."""
        free: dict[_Kind, list[Disk]] = defaultdict(list)
        for disk in side.disks:
            partner = self._partners.get(disk.id)
            if disk.id in other.devices:
                if side is self._production:
                    self._leave(side, disk, f"it is attached to {other.name} as well")
            elif disk.id not in self._pairs:
                free[_kind(disk)].append(disk)
            elif partner is None or partner.id not in other.devices:
                pair_id, name = self._pairs[disk.id]
                self._leave(side, disk, f"it is in pair {name or pair_id} with another disk")
            elif side is self._production:
                self._dr_of[disk.id] = partner
        return free

    def _match(self, kind: _Kind, own: Sequence[Disk], others: Sequence[Disk]) -> None:
        reason = self._reason_against(kind, own, others)
        if not reason:
            for disk, dr in zip(own, others, strict=True):
                if disk.availability_zone and disk.availability_zone == dr.availability_zone:
                    reason = f"{dr.label} would match, but both are in {disk.availability_zone}"
                    self._leave(self._production, disk, reason)
                else:
                    self._dr_of[disk.id] = dr
            return
        for side, disks in ((self._production, own), (self._dr, others)):
            for disk in disks:
                self._leave(side, disk, reason)

    def _reason_against(self, kind: _Kind, own: Sequence[Disk], others: Sequence[Disk]) -> str:
        words = _kind_in_words(kind)
        if not own or not others:
            other = self._dr if own else self._production
            return f"{other.name} has no free disk of {words}"
        if len(own) != len(others):
            counts = f"{self._production.name} has {len(own)} of {words}"
            return f"{counts}, {self._dr.name} {len(others)}: which belongs to which is not clear"
        sides = ((self._production, own), (self._dr, others))
        if len(own) > 1 and not all(side.tells_order(disks) for side, disks in sides):
            return f"there are {len(own)} of {words}, and their devices tell no order"
        return ""

    def _leave(self, side: _Side, disk: Disk, reason: str) -> None:
        self._left_over.append(f"disk {side.words(disk)}: {reason}")


def _for_zone(
    side: _Side, zone: str, pairs: Mapping[str, tuple[str, str]], partners: Mapping[str, Disk]
) -> Matching:
    """Return all disks of a server, each to have a DR disk made in that zone."""
    matching = Matching()
    for disk in side.disks:
        partner = partners.get(disk.id)
        is_there = partner is not None and partner.availability_zone == zone
        if disk.availability_zone == zone:
            matching.left_over.append(f"disk {side.words(disk)}: it is in {zone} itself")
        elif disk.id in pairs and not is_there:
            pair_id, name = pairs[disk.id]
            reason = f"it is in pair {name or pair_id} with a disk in another zone"
            matching.left_over.append(f"disk {side.words(disk)}: {reason}")
        else:
            matching.matches.append(DiskMatch(disk, side.devices[disk.id], dr_zone=zone))
    return matching


def _is_wanted(disk: Disk, server_ids: Sequence[str], pairs: Mapping[str, tuple[str, str]]) -> bool:
    """Whether it is of the servers; a disk in a pair may be the partner of one that is."""
    return disk.id in pairs or any(each in disk.servers for each in server_ids)


def _partners(disks: Sequence[Disk], pairs: Mapping[str, tuple[str, str]]) -> Mapping[str, Disk]:
    """Return the other disk of its pair, by the ID of each disk."""
    members: dict[str, list[Disk]] = defaultdict(list)
    for disk in disks:
        if disk.id in pairs:
            members[pairs[disk.id][0]].append(disk)
    return {
        disk.id: other
        for found in members.values()
        for disk in found
        for other in found
        if other.id != disk.id
    }


def _warn_if_running(servers: Servers, server_id: str, reporter: Reporter) -> None:
    if servers.is_stopped(server_id) is False:
        name = servers.name_of(server_id)
        reporter.warn(f"server {name} is not stopped: its disks can't be paired before it is")


def _kind(disk: Disk) -> _Kind:
    return disk.type.casefold(), disk.size_gb, disk.is_shared


def _kind_in_words(kind: _Kind) -> str:
    type_, size, is_shared = kind
    words = [f"{size} GB" if size is not None else "unknown size", type_.upper()]
    return ", ".join([*filter(None, words), *(["shared"] if is_shared else [])])


def _device_order(device: str) -> tuple[int, str]:
    """Return what sorts `/dev/vdb` before `/dev/vdaa`, whatever the kind of the bus."""
    letters = re.sub(r"^/dev/(?:xvd|vd|sd|hd)?", "", device)
    return len(letters), letters
