"""Disks and zones: the part of Cinder's API that a client of replication looks at.

Every handler raises RefusalError for what it does not do.
"""

import json
from collections.abc import Sequence
from typing import Any

from evsrep.sandbox.messages import Answer, Json, Request, item_not_found
from evsrep.sandbox.models import Disk
from evsrep.sandbox.pages import page_limit, page_of
from evsrep.sandbox.routes import Route
from evsrep.sandbox.seed import DEMO, ZONES
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import SHOWN_DISKS
from evsrep.sandbox.times import time_text

# Links of the real service point at hosts that only it can reach, and these do the same.
_INTERNAL = "https://volume.internal.sandbox.invalid:8776"
_FILTERS = ("name", "status", "availability_zone")


def list_disks(request: Request, session: Session) -> Answer:
    """List the project's disks by name and ID."""
    body = _listing(request, session)
    body["volumes"] = [
        {key: disk[key] for key in ("id", "name", "links")} for disk in body["volumes"]
    ]
    return Answer(200, body)


def list_disks_in_detail(request: Request, session: Session) -> Answer:
    """List the project's disks with all there is to say about them."""
    return Answer(200, _listing(request, session))


def show_disk(request: Request, session: Session) -> Answer:
    """Show one disk."""
    disk_id = request.parts["volume_id"]
    shown = session.find(SHOWN_DISKS, request.parts["project_id"], disk_id, request.now)
    if shown is None:
        raise item_not_found(f"Volume {disk_id} could not be found.")
    return Answer(200, {"volume": disk_body(*shown)})


def list_zones(_request: Request, session: Session) -> Answer:
    """List the availability zones."""
    broken = session.broken()
    zones = [
        {"zoneName": zone, "zoneState": {"available": zone not in broken}, "hosts": None}
        for zone in ZONES
    ]
    return Answer(200, {"availabilityZoneInfo": zones})


ROUTES = (
    Route("GET", "/v2/{project_id}/volumes", list_disks),
    Route("GET", "/v2/{project_id}/volumes/detail", list_disks_in_detail),
    Route("GET", "/v2/{project_id}/volumes/{volume_id}", show_disk),
    Route("GET", "/v2/{project_id}/os-availability-zone", list_zones),
)


def _listing(request: Request, session: Session) -> dict[str, Any]:
    shown = page_of(SHOWN_DISKS, request, session, filters=_FILTERS)
    page = [disk_body(disk, status) for disk, status in shown]
    body: dict[str, Any] = {"volumes": page}
    if len(page) == page_limit(request):
        address = f"{_INTERNAL}{request.path}?limit={len(page)}&marker={page[-1]['id']}"
        body["volumes_links"] = [{"rel": "next", "href": address}]
    return body


def disk_body(disk: Disk, status: str) -> Json:
    """Return a disk as the service shows it."""
    metadata = json.loads(disk.metadata)
    path = f"{disk.project_id}/volumes/{disk.id}"
    return {
        "id": disk.id,
        "name": disk.name,
        "description": None,
        "status": status,
        "size": disk.size_gb,
        "volume_type": disk.type,
        "availability_zone": disk.zone,
        "attachments": _attachments(disk),
        "bootable": "true" if disk.name.endswith("-system") else "false",
        "encrypted": metadata.get("__system__encrypted") == "1",
        "multiattach": disk.is_shared,
        "shareable": disk.is_shared,
        "metadata": {**metadata, **({"sandbox_trouble": disk.trouble} if disk.trouble else {})},
        "created_at": time_text(disk.created_at),
        "updated_at": None,
        "snapshot_id": None,
        "source_volid": None,
        "consistencygroup_id": None,
        "replication_status": "disabled",
        "user_id": DEMO.id,
        "os-vol-tenant-attr:tenant_id": disk.project_id,
        "os-vol-host-attr:host": None,
        "os-volume-replication:extended_status": None,
        "links": [
            {"rel": "self", "href": f"{_INTERNAL}/v2/{path}"},
            {"rel": "bookmark", "href": f"{_INTERNAL}/{path}"},
        ],
    }


def _attachments(disk: Disk) -> Sequence[Json]:
    if disk.server_id is None:
        return []
    attachment = {"server_id": disk.server_id, "device": disk.device, "host_name": None}
    return [{"id": disk.id, "attachment_id": disk.id, "volume_id": disk.id, **attachment}]
