"""The cloud's JSON, read and written; every oddity of the API lives here.

Outside this module there are named tuples, inside it dictionaries. What can't be read is
`Unreadable`, never a crash; what is merely unexpected is taken as it comes.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from evsrep.cloud.models import (
    Disk,
    Endpoint,
    Group,
    GroupChange,
    GroupOrder,
    Pair,
    PairOrder,
    Server,
    Session,
)

_USABLE_ID = re.compile(r"[^\s/?#%\x00-\x1f\x7f]+")  # in a URL, too


class Unreadable(ValueError):
    """An answer that is not what the API promises; its text says how."""


def read_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object strictly: UTF-8, no NaN, no infinity, no bottomless nesting."""
    try:
        found = _STRICT.decode(body.decode())
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    except RecursionError:
        raise Unreadable("its JSON is nested too deeply") from None
    except ValueError:
        raise Unreadable(_not_json(body)) from None
    if not isinstance(found, dict):
        raise Unreadable(f"it is a JSON {type(found).__name__}, not an object")
    return found


def member(body: bytes, key: str) -> dict[str, Any]:
    """The object under `key`, which is how the API wraps each single thing."""
    found = read_object(body).get(key)
    if not isinstance(found, dict):
        raise Unreadable(f"it has no object '{key}'")
    return found


def members(body: bytes, key: str) -> list[dict[str, Any]]:
    """The list of objects under `key`."""
    found = read_object(body).get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreadable(f"it has no list of objects '{key}'")
    return found


def order_to_wire(order: PairOrder) -> dict[str, Any]:
    """The body of a create. What was not given is absent: the service takes null for a value."""
    body: dict[str, Any] = {}
    if order.name is not None:
        body["name"] = order.name
    if order.description is not None:
        body["description"] = order.description
    body["volume_ids"] = list(order.disks)
    body["priority_station"] = order.priority_station
    body["replication_model"] = order.replication_model
    return {"replication": body}


def order_fields(order: PairOrder) -> dict[str, Any]:
    """What is known of a pair whose ID is not: what was asked for."""
    return dict(order_to_wire(order)["replication"])


def pair_from_wire(body: Mapping[str, Any]) -> Pair:
    """Read a pair out of the cloud's JSON."""
    fields = {
        **body,
        "volume_ids": _split(body.get("volume_ids")),  # sent as a list, answered as "a, b"
    }
    if "record_metadata" in body:
        fields["record_metadata"] = _metadata(body["record_metadata"])
    if "progress" in body:
        fields["progress"] = _percent(body["progress"])
    return Pair(
        id=_id(body, "replication"),
        name=_text(body.get("name")),
        status=_text(body.get("status")),
        replication_status=_text(body.get("replication_status")),
        disks=tuple(fields["volume_ids"]),
        priority_station=_text(body.get("priority_station")),
        replication_model=_text(body.get("replication_model")),
        progress=fields.get("progress"),
        failure_detail=_text(body.get("failure_detail")),
        group_id=_text(body.get("replication_consistency_group_id")),
        fields=fields,
    )


def group_order_to_wire(order: GroupOrder) -> dict[str, Any]:
    """The body of a group's create. What was not given is absent."""
    body: dict[str, Any] = {}
    if order.name is not None:
        body["name"] = order.name
    if order.description is not None:
        body["description"] = order.description
    body["replication_ids"] = list(order.pair_ids)
    body["priority_station"] = order.priority_station
    body["replication_model"] = order.replication_model
    return {"replication_consistency_group": body}


def group_order_fields(order: GroupOrder) -> dict[str, Any]:
    """What is known of a group whose ID is not: what was asked for."""
    return dict(group_order_to_wire(order)["replication_consistency_group"])


def group_change_to_wire(change: GroupChange) -> dict[str, Any]:
    """The body of a group's update. What stays is absent."""
    body = {
        "name": change.name,
        "description": change.description,
        "add_replication_ids": list(change.add) or None,
        "remove_replication_ids": list(change.remove) or None,
    }
    given = {key: value for key, value in body.items() if value is not None}
    return {"replication_consistency_group": given}


def expansion_to_wire(pair_id: str, size_gb: int) -> dict[str, Any]:
    """The body that grows one pair: of several in one call the service gets the sizes wrong."""
    pair = {"id": pair_id, "new_size": size_gb}
    return {"os-extend-replication-volumes": {"replications": [pair]}}


def group_from_wire(body: Mapping[str, Any]) -> Group:
    """Read a group out of the cloud's JSON."""
    fields = dict(body)
    if "priority_staion" in fields:  # the documented show answer spells it so
        station = fields.pop("priority_staion")
        fields["priority_station"] = fields.get("priority_station") or station
    if "replication_ids" in body:
        fields["replication_ids"] = _split(body["replication_ids"])
    if "progress" in body:
        fields["progress"] = _percent(body["progress"])
    pair_ids = fields.get("replication_ids")
    return Group(
        id=_id(body, "replication_consistency_group"),
        name=_text(body.get("name")),
        status=_text(body.get("status")),
        replication_status=_text(body.get("replication_status")),
        priority_station=_text(fields.get("priority_station")),
        replication_model=_text(body.get("replication_model")),
        pair_ids=None if pair_ids is None else tuple(pair_ids),
        progress=fields.get("progress"),
        failure_detail=_text(body.get("failure_detail")),
        fault_level=_text(body.get("fault_level")) or "0",
        fields=fields,
    )


def disk_from_wire(body: Mapping[str, Any]) -> Disk:
    """Read a disk out of the cloud's JSON (`volume`)."""
    size = body.get("size")
    return Disk(
        id=_id(body, "volume"),
        name=_text(body.get("name")),
        availability_zone=_text(body.get("availability_zone")),
        size_gb=size if isinstance(size, int) else None,
        type=_text(body.get("volume_type")),
        status=_text(body.get("status")),
        servers=tuple(_attached(body.get("attachments"))),
        fields=dict(body),
    )


def server_from_wire(body: Mapping[str, Any]) -> Server:
    """Read a server. `power_state` is numbered differently by different versions: not used."""
    is_idle = body.get("OS-EXT-STS:task_state") is None
    return Server(
        id=_id(body, "server"),
        name=_text(body.get("name")),
        is_stopped=body.get("status") == "SHUTOFF" and is_idle,
    )


def session_from_wire(token: str, body: Mapping[str, Any]) -> Session:
    """Read what Keystone says of a token (`token` in its body)."""
    user, project = _object(body.get("user")), _object(body.get("project"))
    return Session(
        token=token,
        expires_at=_text(body.get("expires_at")),
        user=_text(user.get("name") or user.get("id")),
        user_domain=_text(_object(user.get("domain")).get("name")),
        project_id=_text(project.get("id")),
        project=_text(project.get("name")),
        catalog=tuple(catalog_from_wire(body.get("catalog"))),
    )


def session_to_json(session: Session) -> bytes:
    """A session as it is kept between two runs."""
    kept = {
        "token": session.token,
        "expires_at": session.expires_at,
        "user": session.user,
        "user_domain": session.user_domain,
        "project_id": session.project_id,
        "project": session.project,
        "catalog": [[e.service, e.interface, e.region, e.url] for e in session.catalog],
    }
    return json.dumps(kept).encode()


def session_from_json(kept: bytes) -> Session:
    """Read a kept session back; raises Unreadable for anything else."""
    found = read_object(kept)
    try:
        catalog = tuple(Endpoint(*map(str, each)) for each in found.pop("catalog"))
        return Session(**{name: _text(value) for name, value in found.items()}, catalog=catalog)
    except (KeyError, TypeError) as error:
        raise Unreadable("it is no session") from error


def seconds_until(moment: str, now: float) -> float | None:
    """Seconds from `now` (since 1970) to a time as IAM writes it; None if that can't be read.

    The time has 0 to 9 digits of a second, and `Z`, an offset, or nothing for UTC.
    """
    found = re.fullmatch(
        r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", moment.strip()
    )
    if found is None:
        return None
    zone = found[2] if found[2] and found[2] != "Z" else "+00:00"
    try:
        return datetime.fromisoformat(found[1] + zone).timestamp() - now
    except ValueError:
        return None


def projects_from_wire(body: bytes) -> list[tuple[str, str]]:
    """The (ID, name) of each project in a list."""
    return [(_id(each, "project"), _text(each.get("name"))) for each in members(body, "projects")]


def catalog_from_wire(services: object) -> Iterable[Endpoint]:
    """Read a catalog, leaving out what is not one: services may have no endpoints."""
    for service in _objects(services):
        for endpoint in _objects(service.get("endpoints")):
            url = _text(endpoint.get("url"))
            if url:
                yield Endpoint(
                    service=_text(service.get("type")),
                    interface=_text(endpoint.get("interface")) or "public",
                    region=_text(endpoint.get("region") or endpoint.get("region_id")),
                    url=url,
                )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond all bounds")
    return number


def _not_json(body: bytes) -> str:
    start = body.lstrip()[:1]
    if not start:
        return "it is empty"
    if start == b"<":
        return "it is HTML or XML, not JSON"
    return "it is not valid JSON, or was cut short"


def _id(body: Mapping[str, Any], what: str) -> str:
    found = body.get("id")
    if not isinstance(found, str) or not _USABLE_ID.fullmatch(found):
        raise Unreadable(f"its '{what}' has no usable id")
    return found


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _split(value: object) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _metadata(value: object) -> object:
    """An object, or what came where there is none in it: both forms are documented."""
    if not isinstance(value, str):
        return value
    try:
        return read_object(value.encode())
    except (Unreadable, UnicodeEncodeError):
        return value


def _percent(value: object) -> float | None:
    """A number from `"100"`, null from what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _attached(value: object) -> Iterable[str]:
    for attachment in _objects(value):
        server = attachment.get("server_id")
        if isinstance(server, str) and server:
            yield server


_STRICT = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)  # dear to make
