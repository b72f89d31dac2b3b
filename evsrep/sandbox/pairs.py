"""Replication pairs: create, list, show, delete, with every oddity of the documented wire.

Every handler raises RefusalError for what it does not do.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from evsrep.sandbox.lifecycle import CREATE, DELETE, FAIL, Moment
from evsrep.sandbox.messages import Answer, Json, Request, bad_request, coded, item_not_found
from evsrep.sandbox.models import Disk, Pair
from evsrep.sandbox.orders import (
    read_asked,
    read_description,
    read_ids,
    read_model,
    read_name,
    read_zone,
)
from evsrep.sandbox.pages import page_of
from evsrep.sandbox.routes import Route
from evsrep.sandbox.rules import DISK_TAKEN, PAIR_RULES, Plan, failure_of, in_order, refusal_of
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import DISKS, PAIRS, SERVERS, SHOWN_DISKS, Page
from evsrep.sandbox.times import seconds_of, time_text

_COLLECTION = "/v2/{project_id}/os-vendor-replications"
_DELETABLE = frozenset({"available", "error"})
_UNREADY = frozenset({"creating", "error"})  # of a disk
_FIELDS = frozenset({"name", "description", "volume_ids", "priority_station", "replication_model"})
_CREATE_ANSWER = (
    "id",
    "name",
    "description",
    "status",
    "replication_consistency_group_id",
    "volume_ids",
    "priority_station",
    "created_at",
    "updated_at",
)
SORT_KEYS = ("created_at", "updated_at", "id", "name", "status", "priority_station")
FILTERS = ("name", "status", "priority_station")
_DISK_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def create_pair(request: Request, session: Session) -> Answer:
    """Accept a pair. What becomes of it is settled here and now, and shows in time."""
    order = _read_order(request)
    with session.writing():
        _check_disks_are_ready(order, request, session)
        plan = _plan(order, request, session)
        refusal = refusal_of(plan, order.priority_station)
        if refusal is not None:
            raise refusal
        failure = failure_of(PAIR_RULES, [plan])
        pair = replace(
            order,
            peer_station=plan.dr.zone if plan.dr else "",
            metadata=metadata_of(plan.production) if plan.production else None,
            change=FAIL if failure else CREATE,
            failure=failure,
        )
        session.save(Pair, [pair])
    body = _pair_body(pair, Moment("creating", None, None, None))
    answer = {key: body[key] for key in _CREATE_ANSWER}
    # Create answers with a blank after the comma, the others without: both are documented.
    answer["volume_ids"] = ", ".join(pair.disks)
    return Answer(202, {"replication": answer})


def list_pairs(request: Request, session: Session) -> Answer:
    """List the project's pairs."""
    page = page_of(
        PAIRS,
        request,
        session,
        filters=(*FILTERS, "replication_consistency_group_id"),
        sort_keys=SORT_KEYS,
        also=[*wanted_changes(request), *_wanted_disks(request.query)],
    )
    return Answer(200, {"replications": [_pair_body(pair, moment) for pair, moment in page]})


def show_pair(request: Request, session: Session) -> Answer:
    """Show one pair."""
    return Answer(200, {"replication": _pair_body(*_find(request, session))})


def delete_pair(request: Request, session: Session) -> Answer:
    """Begin to delete a pair."""
    with session.writing():
        pair, moment = _find(request, session)
        if moment.status not in _DELETABLE:
            raise bad_request(
                f"Replication {pair.id} is {moment.status}: only one that is available or error"
                " can be deleted."
            )
        if pair.group_id is not None:
            raise bad_request(
                f"Replication {pair.id} is in consistency group {pair.group_id}: remove it first."
            )
        now = request.now
        session.save(Pair, [replace(pair, change=DELETE, since=now, edited_at=now)])
    return Answer(202)


ROUTES = (
    Route("POST", _COLLECTION, create_pair),
    Route("GET", _COLLECTION, list_pairs),
    Route("GET", _COLLECTION + "/{replication_id}", show_pair),
    Route("DELETE", _COLLECTION + "/{replication_id}", delete_pair),
)


def metadata_of(disk: Disk) -> str:
    """Return what a pair says of its disks, JSON inside a string."""
    size, kind = disk.size_gb, disk.type.lower()
    return json.dumps({"volume_size": size, "volume_type": kind, "multiattach": disk.is_shared})


def wanted_changes(request: Request) -> Sequence[tuple[str, object]]:
    """Return since when what is listed is to have changed, if the query says so.

    Raises RefusalError where that is no time.
    """
    text = request.query.get("changes-since")
    try:
        return [("changes-since", seconds_of(text))] if text is not None else []
    except ValueError:
        raise bad_request(f"Invalid changes-since '{text}': must be a time.") from None


def _read_order(request: Request) -> Pair:
    """Read a pair as it is asked for. Raises RefusalError for the first thing that is wrong."""
    asked = read_asked(request, "replication", _FIELDS)
    name, description = read_name(asked), read_description(asked)
    first_disk, second_disk = _read_disk_ids(asked)
    return Pair(
        id=str(uuid4()),
        project_id=request.parts["project_id"],
        name=name,
        description=description,
        priority_station=read_zone(asked),
        peer_station="",
        model=read_model(asked),
        failure="",
        created_at=request.now,
        edited_at=None,
        change=CREATE,
        since=request.now,
        first_disk=first_disk,
        second_disk=second_disk,
        metadata=None,
        group_id=None,
    )


def _read_disk_ids(asked: Json) -> list[str]:
    disk_ids = [item.lower() for item in read_ids(asked, "volume_ids")]
    for disk_id in disk_ids:
        if not _DISK_ID.fullmatch(disk_id):
            raise coded(400, "EVS.1002", f"The volume ID '{disk_id}' is invalid.")
    if len(set(disk_ids)) != 2 or len(disk_ids) != 2:
        raise bad_request("Invalid volume_ids: must be two different volumes.")
    return disk_ids


def _check_disks_are_ready(order: Pair, request: Request, session: Session) -> None:
    for disk_id in order.disks:
        shown = session.find(SHOWN_DISKS, order.project_id, disk_id, request.now)
        if shown is not None and shown[1] in _UNREADY:
            raise bad_request(f"Volume {disk_id} is {shown[1]}: it must be available or in-use.")


def _plan(order: Pair, request: Request, session: Session) -> Plan:
    project_id, now = order.project_id, request.now
    first, second = (session.find(DISKS, project_id, disk_id, now) for disk_id in order.disks)
    production, dr = in_order(order.priority_station, first, second)
    taken_ids = {
        taken_id
        for disk_id in order.disks
        for pair, _ in session.select(PAIRS, project_id, Page([("volume_id", disk_id)]), now)
        if pair.failure not in DISK_TAKEN
        for taken_id in pair.disks
    }
    dr_server = session.find(SERVERS, project_id, dr.server_id if dr else None, now)
    return Plan(production, dr, session.broken(), frozenset(taken_ids), dr_server)


def _wanted_disks(query: Mapping[str, str]) -> Sequence[tuple[str, object]]:
    filters = [query[key] for key in ("volume_id", "volume_ids") if key in query]
    return [("volume_id", disk_id.strip()) for text in filters for disk_id in text.split(",")]


def _find(request: Request, session: Session) -> tuple[Pair, Moment]:
    pair_id = request.parts["replication_id"]
    present = session.find(PAIRS, request.parts["project_id"], pair_id, request.now)
    if present is None:
        raise item_not_found(f"Replication {pair_id} could not be found.")
    return present


def _pair_body(pair: Pair, moment: Moment) -> dict[str, Any]:
    body = {
        "id": pair.id,
        "name": pair.name,
        "description": pair.description,
        "status": moment.status,
        "replication_consistency_group_id": pair.group_id,
        "volume_ids": ",".join(pair.disks),
        "priority_station": pair.priority_station,
        "created_at": time_text(pair.created_at),
        "updated_at": None if moment.changed_at is None else time_text(moment.changed_at),
        "replication_model": pair.model,
        "replication_status": moment.replication_status,
        "progress": None if moment.progress is None else str(moment.progress),
        "record_metadata": pair.metadata,
        "fault_level": moment.fault_level,
    }
    if moment.status == "error":
        body["failure_detail"] = pair.failure
    return body
