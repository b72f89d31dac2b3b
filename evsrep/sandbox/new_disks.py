"""Making disks: the part of Cinder's API that somebody needs who has no DR disk yet.

What goes wrong with a disk depends on what it is: one beyond the quota is refused; one of a type
that its zone does not have is accepted and ends in error, as Cinder's scheduler has it; the answer
to one called `lost-answer…` is lost, though the disk is made.
"""

import json
from uuid import uuid4

from evsrep.sandbox.disks import disk_body
from evsrep.sandbox.messages import (
    Answer,
    Json,
    Request,
    bad_request,
    coded,
    fault,
    gateway_page,
)
from evsrep.sandbox.models import Disk
from evsrep.sandbox.orders import read_asked, read_name
from evsrep.sandbox.routes import Route
from evsrep.sandbox.seed import SEEDED_AT, TYPES, ZONES
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import DISKS, Page

MOST_GB = 32768
QUOTA_GB = 10_000
"""Of all the disks that were made in a project; those that a new sandbox holds are for nothing."""

_FIELDS = frozenset(
    {
        *("name", "description", "size", "volume_type", "availability_zone", "multiattach"),
        *("metadata", "snapshot_id", "source_volid", "imageRef"),
    }
)


def create_disk(request: Request, session: Session) -> Answer:
    """Accept a disk, which will be there in a moment.

    Raises RefusalError for one that is not well-formed or beyond the quota.
    """
    disk = _read_order(request)
    with session.writing():
        _check_quota(disk, request, session)
        session.save(Disk, [disk])
    if disk.name.startswith("lost-answer"):
        raise gateway_page(504, "Gateway Time-out")
    return Answer(202, {"volume": disk_body(disk, "creating")})


ROUTES = (Route("POST", "/v2/{project_id}/volumes", create_disk),)


def _read_order(request: Request) -> Disk:
    asked = read_asked(request, "volume", _FIELDS)
    zone, kind = _read_zone(asked), _read_type(asked)
    return Disk(
        id=str(uuid4()),
        project_id=request.parts["project_id"],
        name=read_name(asked) or "",
        zone=zone,
        size_gb=_read_size(asked),
        type=kind,
        server_id=None,
        is_shared=_read_sharing(asked),
        trouble="",
        created_at=request.now,
        metadata=_read_metadata(asked),
        fails=zone not in TYPES[kind],
    )


def _read_zone(asked: Json) -> str:
    zone = asked.get("availability_zone")
    if zone not in ZONES:
        raise coded(400, "EVS.1036", f"The availability zone '{zone}' is invalid.")
    return str(zone)


def _read_type(asked: Json) -> str:
    kind = asked.get("volume_type", "SAS")
    known = {each.casefold(): each for each in TYPES}
    if not isinstance(kind, str) or kind.casefold() not in known:
        raise bad_request(f"Volume type with name {kind} could not be found.")
    return known[kind.casefold()]


def _read_size(asked: Json) -> int:
    size = asked.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MOST_GB:
        raise bad_request(f"Invalid size: must be a whole number of GB, from 1 to {MOST_GB}.")
    return size


def _read_sharing(asked: Json) -> bool:
    is_shared = asked.get("multiattach", False)
    if not isinstance(is_shared, bool):
        raise bad_request("Invalid multiattach: must be true or false.")
    return is_shared


def _read_metadata(asked: Json) -> str:
    metadata = asked.get("metadata", {})
    are_texts = isinstance(metadata, dict) and all(
        isinstance(value, str) and len(value) <= 255 and 0 < len(key) <= 255
        for key, value in metadata.items()
    )
    if not are_texts:
        raise bad_request("Invalid metadata: must be an object of texts of at most 255 characters.")
    if metadata.get("__system__encrypted") == "1" and not metadata.get("__system__cmkid"):
        raise bad_request("Invalid metadata: encryption wants a __system__cmkid.")
    return json.dumps(metadata)


def _check_quota(disk: Disk, request: Request, session: Session) -> None:
    made = session.select(DISKS, disk.project_id, Page([("made-since", SEEDED_AT)]), request.now)
    used = sum(other.size_gb for other in made)
    if used + disk.size_gb > QUOTA_GB:
        raise fault(
            413,
            "overLimit",
            f"VolumeSizeExceedsAvailableQuota: requested {disk.size_gb} GB, {used} GB of"
            f" {QUOTA_GB} GB are used.",
        )
