"""Replication pairs: create, list, show, delete, with every oddity of the documented wire."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from evsrep.sandbox.lifecycle import CREATE, DELETE, DELETING_SECONDS, Moment, pair_moment
from evsrep.sandbox.messages import Answer, Request, bad_request, coded, item_not_found
from evsrep.sandbox.models import Disk, Pair
from evsrep.sandbox.pages import page_of
from evsrep.sandbox.routes import Route
from evsrep.sandbox.rules import DISK_TAKEN, Plan, failure_of, plan_of, refusal_of
from evsrep.sandbox.seed import ZONES
from evsrep.sandbox.store import Session
from evsrep.sandbox.times import seconds_of, time_text

Json = Mapping[str, Any]

MODELS = ("hypermetro",)
MOST_BYTES = 255

_COLLECTION = "/v2/{project_id}/os-vendor-replications"
_DELETABLE = frozenset({"available", "error"})
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
_FILTERS = ("name", "status", "replication_consistency_group_id", "priority_station")
_SORT_KEYS = ("created_at", "updated_at", "id", "name", "status", "priority_station")
_DISK_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Order:
    """A pair as it is asked for, found to be well-formed."""

    name: str | None
    description: str | None
    disk_ids: tuple[str, str]
    priority_station: str
    model: str


def create_pair(request: Request, session: Session) -> Answer:
    """Accept a pair. What becomes of it is settled here and now, and shows in time."""
    order = read_order(request.read_object())
    project_id = request.parts["project_id"]
    with session.writing():
        plan = _plan(order, project_id, request.now, session)
        refusal = refusal_of(plan, order.priority_station)
        if refusal is not None:
            raise refusal
        pair = _new_pair(order, plan, project_id, request.now)
        session.add_pair(pair)
        session.drop_pairs(DELETE, before=request.now - DELETING_SECONDS)
    [(_, moment)] = _living([pair], request.now)
    body = _pair_body(pair, moment)
    answer = {key: body[key] for key in _CREATE_ANSWER}
    # Create answers with a blank after the comma, the others without: both are documented.
    answer["volume_ids"] = ", ".join(pair.disks)
    return Answer(202, {"replication": answer})


def list_pairs(request: Request, session: Session) -> Answer:
    """List the project's pairs."""
    query = request.query
    changed_since = _read_changes_since(query)
    rows = [
        _pair_body(pair, moment)
        for pair, moment in _living(_candidates(request, session), request.now)
        if _changed_at(pair, moment) >= changed_since
    ]
    page = page_of(rows, query, filters=_FILTERS, sort_keys=_SORT_KEYS)
    return Answer(200, {"replications": page})


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
        session.do_to_pair(pair.id, DELETE, request.now)
    return Answer(202)


ROUTES = (
    Route("POST", _COLLECTION, create_pair),
    Route("GET", _COLLECTION, list_pairs),
    Route("GET", _COLLECTION + "/{replication_id}", show_pair),
    Route("DELETE", _COLLECTION + "/{replication_id}", delete_pair),
)


def read_order(body: Json | None) -> Order:
    """Read the body of a create. Raises RefusalError for the first thing that is wrong in it."""
    asked = (body or {}).get("replication")
    if not isinstance(asked, dict):
        raise bad_request("The body must be an object that holds 'replication', an object.")
    unknown = sorted(asked.keys() - _FIELDS)
    if unknown:
        raise bad_request(f"Additional properties are not allowed: {', '.join(unknown)}.")
    return Order(
        name=_read_text(asked, "name", "EVS.1003"),
        description=_read_text(asked, "description", "EVS.1004"),
        disk_ids=_read_disk_ids(asked.get("volume_ids")),
        priority_station=_read_zone(asked.get("priority_station")),
        model=_read_model(asked.get("replication_model")),
    )


def _read_text(asked: Json, key: str, code: str) -> str | None:
    if key not in asked:
        return None
    text = asked[key]
    if not isinstance(text, str):
        raise bad_request(f"Invalid {key}: must be a string.")
    if len(text.encode()) > MOST_BYTES:
        raise coded(400, code, f"Invalid {key}: must be at most {MOST_BYTES} bytes.")
    return text


def _read_disk_ids(given: object) -> tuple[str, str]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise bad_request("Invalid volume_ids: must be a list of strings.")
    disk_ids = [item.lower() for item in given]
    for disk_id in disk_ids:
        if not _DISK_ID.fullmatch(disk_id):
            raise coded(400, "EVS.1002", f"The volume ID '{disk_id}' is invalid.")
    if len(set(disk_ids)) != 2 or len(disk_ids) != 2:
        raise bad_request("Invalid volume_ids: must be two different volumes.")
    return disk_ids[0], disk_ids[1]


def _read_zone(given: object) -> str:
    if not isinstance(given, str) or not given:
        raise bad_request("Invalid priority_station: must be the name of an availability zone.")
    if given not in ZONES:
        raise coded(400, "EVS.1036", f"The availability zone '{given}' is invalid.")
    return given


def _read_model(given: object) -> str:
    if given not in MODELS:
        raise bad_request(f"Invalid replication_model: must be one of {', '.join(MODELS)}.")
    return str(given)


def _plan(order: Order, project_id: str, now: float, session: Session) -> Plan:
    disks = {disk.id: disk for disk in session.disks(project_id)}
    first, second = order.disk_ids
    rivals = [
        *session.pairs_of_disk(project_id, first),
        *session.pairs_of_disk(project_id, second),
    ]
    taken_ids = {
        disk_id
        for pair, _ in _living(rivals, now)
        if pair.failure not in DISK_TAKEN
        for disk_id in pair.disks
    }
    return plan_of(
        order.priority_station,
        (disks.get(first), disks.get(second)),
        taken_ids=frozenset(taken_ids),
        servers=session.servers(project_id),
    )


def _new_pair(order: Order, plan: Plan, project_id: str, now: float) -> Pair:
    return Pair(
        id=str(uuid4()),
        project_id=project_id,
        name=order.name,
        description=order.description,
        disks=order.disk_ids,
        priority_station=order.priority_station,
        model=order.model,
        metadata=_metadata(plan.production),
        failure=failure_of(plan),
        group_id=None,
        created_at=now,
        deed=CREATE,
        since=now,
    )


def _metadata(disk: Disk | None) -> str | None:
    if disk is None:
        return None
    return json.dumps(
        {
            "volume_size": disk.size_gb,
            "volume_type": disk.type.lower(),
            "multiattach": disk.is_shared,
        }
    )


def _living(pairs: Iterable[Pair], now: float) -> Iterator[tuple[Pair, Moment]]:
    """Go through the pairs that time has not removed, each with its present state."""
    for pair in pairs:
        moment = pair_moment(pair.deed, pair.since, pair.failure, now)
        if moment is not None:
            yield pair, moment


def _candidates(request: Request, session: Session) -> list[Pair]:
    """Return the pairs that hold every disk which the query names."""
    project_id = request.parts["project_id"]
    wanted = _wanted_disks(request.query)
    if not wanted:
        return session.pairs(project_id)
    pairs = session.pairs_of_disk(project_id, min(wanted))
    return [pair for pair in pairs if wanted.issubset(pair.disks)]


def _wanted_disks(query: Mapping[str, str]) -> set[str]:
    given = [query[key] for key in ("volume_id", "volume_ids") if key in query]
    return {disk_id.strip() for text in given for disk_id in text.split(",")}


def _read_changes_since(query: Mapping[str, str]) -> float:
    text = query.get("changes-since")
    try:
        return seconds_of(text) if text is not None else 0.0
    except ValueError:
        raise bad_request(f"Invalid changes-since '{text}': must be a time.") from None


def _changed_at(pair: Pair, moment: Moment) -> float:
    return pair.created_at if moment.changed_at is None else moment.changed_at


def _find(request: Request, session: Session) -> tuple[Pair, Moment]:
    pair_id = request.parts["replication_id"]
    pair = session.find_pair(request.parts["project_id"], pair_id)
    for found in _living([pair] if pair else [], request.now):
        return found
    raise item_not_found(f"Replication {pair_id} could not be found.")


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
        "fault_level": "0",
    }
    if moment.status == "error":
        body["failure_detail"] = pair.failure
    return body
