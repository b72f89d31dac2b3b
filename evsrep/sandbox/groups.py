"""Replication consistency groups: create, list, show, update, delete, and the actions on them.

Every handler raises RefusalError for what it does not do.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from evsrep.sandbox.actions import CALLS, DELETE_CALL, EXPAND_CALL, UPDATE_CALL, Action, choose
from evsrep.sandbox.lifecycle import BUNDLE, FAIL, Moment
from evsrep.sandbox.members import (
    check_stopped,
    check_zones,
    failure_of_group,
    free_pair,
    grow,
    growing_pairs,
    keep,
    pairs_of,
    release,
)
from evsrep.sandbox.messages import Answer, Json, Request, bad_request, item_not_found
from evsrep.sandbox.models import Group
from evsrep.sandbox.orders import (
    read_asked,
    read_description,
    read_ids,
    read_model,
    read_name,
    read_zone,
)
from evsrep.sandbox.pages import page_of
from evsrep.sandbox.pairs import FILTERS, SORT_KEYS, wanted_changes
from evsrep.sandbox.routes import Route
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import GROUPS
from evsrep.sandbox.times import time_text

_COLLECTION = "/v2/{project_id}/os-vendor-replication-consistency-groups"
_ONE = _COLLECTION + "/{group_id}"
_KEY = "replication_consistency_group"
_COMMON_FIELDS = frozenset({"name", "description", "replication_model"})
_CREATE_FIELDS = _COMMON_FIELDS | {"replication_ids", "priority_station"}
_UPDATE_FIELDS = _COMMON_FIELDS | {"add_replication_ids", "remove_replication_ids"}


def create_group(request: Request, session: Session) -> Answer:
    """Accept a group. One that will fail never gets hold of its pairs."""
    asked = read_asked(request, _KEY, _CREATE_FIELDS)
    name, description = read_name(asked), read_description(asked)
    station, model = read_zone(asked), read_model(asked)
    pair_ids = _read_pair_ids(asked, "replication_ids")
    if not pair_ids:
        raise bad_request("Invalid replication_ids: must hold at least one replication.")
    with session.writing():
        pairs = [free_pair(pair_id, request, session) for pair_id in pair_ids]
        peer_station = pairs[0].peer_station
        check_zones(pairs, station, peer_station)
        failure = failure_of_group(pairs, request, session)
        group = Group(
            id=str(uuid4()),
            project_id=request.parts["project_id"],
            name=name,
            description=description,
            priority_station=station,
            peer_station=peer_station,
            model=model,
            failure=failure,
            created_at=request.now,
            edited_at=None,
            change=FAIL if failure else BUNDLE,
            since=request.now,
        )
        session.save(Group, [group])
        if not failure:
            keep(pairs, group, session)
    body = _answer_body(group, Moment("creating", None, None, None))
    return Answer(202, {_KEY: body})


def list_groups(request: Request, session: Session) -> Answer:
    """List the project's groups."""
    page = page_of(
        GROUPS,
        request,
        session,
        filters=FILTERS,
        sort_keys=SORT_KEYS,
        also=wanted_changes(request),
    )
    groups = [_group_body(group, moment, request, session) for group, moment in page]
    return Answer(200, {f"{_KEY}s": groups})


def show_group(request: Request, session: Session) -> Answer:
    """Show one group, with the one field name that the service is documented to misspell."""
    body = _group_body(*_find(request, session), request, session)
    body["priority_staion"] = body.pop("priority_station")
    return Answer(200, {_KEY: body})


def update_group(request: Request, session: Session) -> Answer:
    """Rename a group, or change which pairs are in it, which wants it paused."""
    asked = read_asked(request, _KEY, _UPDATE_FIELDS)
    if not asked:
        raise bad_request(f"Invalid {_KEY}: nothing is to be changed.")
    name, description = read_name(asked), read_description(asked)
    if "replication_model" in asked:
        read_model(asked)
    added = _read_pair_ids(asked, "add_replication_ids")
    removed = _read_pair_ids(asked, "remove_replication_ids")
    with session.writing():
        group, moment = _find(request, session)
        group = replace(
            group,
            name=name if "name" in asked else group.name,
            description=description if "description" in asked else group.description,
            edited_at=request.now,
        )
        if added or removed:
            action = choose(UPDATE_CALL, group, moment)
            group = _after(action, group, request.now)
            joining = [free_pair(pair_id, request, session) for pair_id in added]
            check_zones(joining, group.priority_station, group.peer_station)
            staying = release(removed, pairs_of(group, request, session), group, session)
            keep([*staying, *joining], group, session)
        session.save(Group, [group])
        group, moment = _find(request, session)
    return Answer(202, {_KEY: _answer_body(group, moment)})


def delete_group(request: Request, session: Session) -> Answer:
    """Begin to delete a group."""
    with session.writing():
        group, moment = _find(request, session)
        action = choose(DELETE_CALL, group, moment)
        pairs = pairs_of(group, request, session)
        if pairs:
            raise bad_request(
                f"Consistency group {group.id} holds {len(pairs)} replications: remove them first."
            )
        session.save(Group, [_after(action, group, request.now)])
    return Answer(202)


def act_on_group(request: Request, session: Session) -> Answer:
    """Do to a group, and to all its pairs, what the one key of the body says."""
    call, sizes = _read_call(request)
    with session.writing():
        group, moment = _find(request, session)
        pairs = pairs_of(group, request, session)
        if not pairs:
            raise bad_request(f"Consistency group {group.id} holds no replications.")
        action = choose(call, group, moment)
        if action.stopped:
            check_stopped(getattr(group, action.stopped), pairs, request, session)
        growing = growing_pairs(sizes, pairs, request, session)
        if len(growing) == 1:  # several at once end in an error, and grow none
            grow(*growing[0], request, session)
        else:
            group = _after(action, group, request.now)
            session.save(Group, [group])
            keep(pairs, group, session)
    return Answer(200)


ROUTES = (
    Route("POST", _COLLECTION, create_group),
    Route("GET", _COLLECTION, list_groups),
    Route("GET", _ONE, show_group),
    Route("PUT", _ONE, update_group),
    Route("DELETE", _ONE, delete_group),
    Route("POST", _ONE + "/action", act_on_group),
)


def _read_pair_ids(asked: Json, key: str) -> list[str]:
    pair_ids = read_ids(asked, key) if key in asked else []
    if len(set(pair_ids)) != len(pair_ids):
        raise bad_request(f"Invalid {key}: names a replication twice.")
    return pair_ids


def _read_call(request: Request) -> tuple[str, Mapping[str, int]]:
    """Read an action, and the size in GB that each pair is to grow to, if it is about that."""
    body = request.read_object() or {}
    if len(body) != 1 or not body.keys() <= CALLS:
        raise bad_request(f"The body must hold one of: {', '.join(sorted(CALLS))}.")
    [(call, details)] = body.items()
    if call == EXPAND_CALL:
        return call, _read_sizes(details)
    if details is not None:
        raise bad_request(f"Invalid {call}: must be null.")
    return call, {}


def _read_sizes(details: Any) -> Mapping[str, int]:
    try:
        sizes = {entry["id"]: entry["new_size"] for entry in details["replications"]}
        is_well_formed = len(sizes) == len(details["replications"]) > 0
    except (KeyError, TypeError):
        is_well_formed = False
    if not is_well_formed or not all(type(size) is int for size in sizes.values()):
        raise bad_request("Invalid replications: must be a list of different id and new_size.")
    return sizes


def _find(request: Request, session: Session) -> tuple[Group, Moment]:
    group_id = request.parts["group_id"]
    present = session.find(GROUPS, request.parts["project_id"], group_id, request.now)
    if present is None:
        raise item_not_found(f"Consistency group {group_id} could not be found.")
    return present


def _after(action: Action, group: Group, now: float) -> Group:
    """Return a group as it is from an action on."""
    if action.swaps_zones:
        station, peer_station = group.peer_station, group.priority_station
        group = replace(group, priority_station=station, peer_station=peer_station)
    return replace(group, change=action.change, failure=action.failure, since=now, edited_at=now)


def _group_body(group: Group, moment: Moment, request: Request, session: Session) -> dict[str, Any]:
    body = {
        **_answer_body(group, moment),
        "replication_model": group.model,
        "replication_status": moment.replication_status,
        "replication_ids": [pair.id for pair in pairs_of(group, request, session)],
        "fault_level": moment.fault_level,
    }
    if moment.status.startswith("error"):
        body["failure_detail"] = group.failure
    return body


def _answer_body(group: Group, moment: Moment) -> dict[str, Any]:
    """Return what create and update answer."""
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "status": moment.status,
        "priority_station": group.priority_station,
        "created_at": time_text(group.created_at),
        "updated_at": None if moment.changed_at is None else time_text(moment.changed_at),
    }
