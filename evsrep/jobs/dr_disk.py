"""The DR disk of a production disk: the one that is there, or what is to be made.

A disk that evsrep made carries a key in its metadata, a digest of project, production disk and
zone: by it a second run finds the disk of the first.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, DiskOrder
from evsrep.errors import (
    AuthError,
    EvsrepError,
    NotFound,
    Refused,
    Unavailable,
    UsageFault,
)
from evsrep.jobs.disk_look import DiskFindings, holds, look_at
from evsrep.jobs.find import disks_of_name, several
from evsrep.jobs.ids import is_id
from evsrep.jobs.pair_request import MOST_BYTES, PairRequest
from evsrep.jobs.pool import all_of
from evsrep.jobs.preflight import Preflight, preflight_of
from evsrep.settings.spelling import did_you_mean

NEW_DISK = "(the new disk)"
"""What stands in a request for the ID of a disk that is yet to be made."""

_SUFFIX = "-dr"
_MOST_SHOWN = 10
_GOING = frozenset({"deleting", "error_deleting"})


class DrDisk(NamedTuple):
    """The DR disk of a production disk: there already, or as it is to be made."""

    production: DiskFindings
    dr: DiskFindings
    order: DiskOrder | None = None  # None where it is there

    def preflight(self, cloud: Cloud, request: PairRequest, *, check: bool) -> Preflight:
        """Return the preflight of the two disks; raises what `preflight_of` raises."""
        named = replace(
            request,
            production_disk=self.production.id,
            dr_disk=self.dr.id,
            dr_zone=None,
            dr_disk_name=None,
        )
        return preflight_of(cloud, named, (self.production, self.dr), check=check)

    def made(self, disk: Disk, preflight: Preflight) -> Preflight:
        """Return the preflight with the disk that was made in place of the planned one."""
        request = replace(preflight.request, dr_disk=disk.id)
        ids, disks = (self.production.id, disk.id), (self.production.disk, disk)
        return preflight._replace(request=request, ids=ids, disks=disks)

    @property
    def disk(self) -> Disk | None:
        """The disk that is there."""
        return self.dr.disk if self.order is None else None


def find_or_plan(cloud: Cloud, request: PairRequest, *, check: bool, seeks_pair: bool) -> DrDisk:
    """Look up the production disk, and the disk that was made for it or is to be.

    With `check` the zone and the pairs are looked up, too; with `seeks_pair` the pairs are, and it
    is an error where they may not be. Raises NotFound, UsageFault where a name is not clear,
    Refused where no such disk can be made, and what keeps the look-ups from being made.
    """
    zone, pairs = request.dr_zone or "", check or seeks_pair
    production_id = _production_id(cloud, request)
    calls: list[Callable[[], Any]] = [
        partial(look_at, cloud, production_id, disk=True, pairs=pairs),
        lambda: [disk for disk in cloud.disks(availability_zone=zone) if disk.dr_key],
        lambda: zones_of(cloud) if check else {},
    ]
    production, made, zones = all_of(calls)
    if seeks_pair and production.pairs_forbidden is not None:
        raise production.pairs_forbidden
    check_zone(zone, zones)
    dr = plan_for(cloud, production, request, lambda _key: made)
    if dr.disk is None or not pairs:
        return dr
    held = look_at(cloud, dr.disk.id, disk=False, pairs=True)
    return dr._replace(dr=held._replace(disk=dr.disk))


def plan_for(
    cloud: Cloud,
    production: DiskFindings,
    request: PairRequest,
    made: Callable[[str], Iterable[Disk]],
) -> DrDisk:
    """Return the DR disk of a production disk that was looked at: there already, or an order.

    `made` has the disks that evsrep made with a key. A disk of that zone that is in a pair with it
    is its DR disk, whoever made it. Raises NotFound and Refused where no such disk can be made, and
    what keeps disks from being looked up.
    """
    if production.missing:
        raise NotFound(production.missing, hint="check the ID, or see 'evsrep disks'")
    if production.disk is None:
        raise production.disk_forbidden or Unavailable("the production disk can't be seen")
    zone = request.dr_zone or ""
    key = key_of(cloud.project_id, production.id, zone)
    disk = first_made(made(key), key, zone)
    if disk is None or not any(holds(pair, disk.id) for pair in production.pairs):
        disk = _partner_in(cloud, production, zone) or disk
    if disk is not None:
        return DrDisk(production, DiskFindings(disk.id, disk))
    order = order_for(production.disk, request, key)
    return DrDisk(production, DiskFindings(NEW_DISK, _as_it_will_be(order)), order)


def key_of(project_id: str, production_id: str, zone: str) -> str:
    """Return what the DR disk of a production disk in a zone is found again by."""
    words = "\n".join((project_id, production_id.casefold(), zone))
    return hashlib.sha256(words.encode()).hexdigest()[:40]


def order_for(production: Disk, request: PairRequest, key: str) -> DiskOrder:
    """Return the DR disk as it is asked for.

    Raises Refused where what it has to be like can't be seen.
    """
    if production.size_gb is None:
        raise Refused(f"the cloud does not say how large disk {production.label} is")
    if production.is_encrypted and not production.cmk_id:
        raise Refused(
            f"disk {production.label} is encrypted, and the cloud does not show with which key",
            hint="make a DR disk with the same key in the cloud's console, then give it as the DR "
            "disk",
        )
    return DiskOrder(
        name=request.dr_disk_name or _name_after(production),
        size_gb=production.size_gb,
        type=production.type,
        zone=request.dr_zone or "",
        key=key,
        is_shared=production.is_shared,
        cmk_id=production.cmk_id if production.is_encrypted else "",
    )


def first_made(disks: Iterable[Disk], key: str, zone: str) -> Disk | None:
    """Return the disk that was made with that key, None where there is none.

    Of several it is the oldest, so that whoever looks takes the same.
    """
    made = [
        disk
        for disk in disks
        if disk.dr_key == key and disk.availability_zone in ("", zone) and disk.status not in _GOING
    ]
    return min(
        made, key=lambda disk: (str(disk.fields.get("created_at") or ""), disk.id), default=None
    )


def question_of(orders: Iterable[DiskOrder]) -> tuple[str, list[str]]:
    """Return what is asked before disks are made, and the facts that are shown with it."""
    facts: list[str] = []
    count = total_gb = 0
    for count, order in enumerate(orders, start=1):
        total_gb += order.size_gb
        if count <= _MOST_SHOWN:
            facts.append(f"disk '{order.name}', {_size_and_type(order)}, in {order.zone}")
    facts += [f"and {count - _MOST_SHOWN} more"] if count > _MOST_SHOWN else []
    facts.append(f"{total_gb} GB that cost money from now on; evsrep never deletes a disk")
    question = "Make this disk, and pair it?" if count == 1 else f"Make these {count} disks?"
    return question, facts


def check_zone(zone: str, zones: Mapping[str, bool]) -> None:
    """Raise Refused where a zone is not one of these, as far as they are known, or is down."""
    if zones and zone not in zones:
        meant = did_you_mean(zone, zones)
        raise Refused(
            f"there is no availability zone '{zone}'{meant}", hint=f"there are: {', '.join(zones)}"
        )
    if not zones.get(zone, True):
        raise Refused(f"availability zone {zone} is down", hint="wait until it is up again")


def zones_of(cloud: Cloud) -> Mapping[str, bool]:
    """Return the availability zones and whether each is up; nothing where they can't be seen.

    Raises UsageFault once the cloud is closed.
    """
    try:
        return cloud.zones()
    except UsageFault:
        raise
    except EvsrepError:
        return {}  # then the cloud is the judge


def _production_id(cloud: Cloud, request: PairRequest) -> str:
    """Return the production disk's ID: of several of its name, the one that can be meant."""
    name = request.production_disk
    if is_id(name):
        return name
    named = disks_of_name(cloud, name)
    own = request.priority_station
    meant = [
        disk
        for disk in named
        if disk.availability_zone != request.dr_zone and own in (None, disk.availability_zone)
    ]
    if len(named) == 1:
        return named[0].id
    if len(meant) != 1:
        raise several("disk", name, named)
    return meant[0].id


def _partner_in(cloud: Cloud, production: DiskFindings, zone: str) -> Disk | None:
    """Return the disk of that zone that a pair has with the production disk."""
    for pair in production.pairs:
        others = [each for each in pair.disks if each.casefold() != production.id.casefold()]
        for other in others:
            try:
                disk = cloud.disk(other)
            except (NotFound, AuthError):
                continue
            if disk.availability_zone == zone:
                return disk
    return None


def _as_it_will_be(order: DiskOrder) -> Disk:
    fields = {"multiattach": order.is_shared}
    return Disk(
        NEW_DISK, order.name, order.zone, order.size_gb, order.type, "available", (), fields
    )


def _name_after(production: Disk) -> str:
    """Return a name for the DR disk that the service takes."""
    name = (production.name or production.id).encode(errors="replace")
    return name[: MOST_BYTES - len(_SUFFIX)].decode(errors="ignore") + _SUFFIX


def _size_and_type(order: DiskOrder) -> str:
    sharing = ", shared" if order.is_shared else ""
    locked = ", encrypted" if order.cmk_id else ""
    return f"{order.size_gb} GB {order.type}{sharing}{locked}".rstrip()
