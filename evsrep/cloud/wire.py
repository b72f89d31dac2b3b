"""The cloud's JSON, read and written; every oddity of the API lives here, those of IAM excepted.

Outside this module there are named tuples, inside it dictionaries. Source: the Elastic Volume
Service and Elastic Cloud Server API references of Open Telekom Cloud, Huawei Cloud and Flexible
Engine, as gathered in November 2026; replication is marked deprecated there since 2019-02-15.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from evsrep.cloud import reading
from evsrep.cloud.calls import Answer
from evsrep.cloud.models import (
    DR_DISK_KEY,
    Disk,
    DiskOrder,
    Group,
    GroupChange,
    GroupOrder,
    Pair,
    PairOrder,
    Server,
)
from evsrep.cloud.paging import Page
from evsrep.cloud.reading import Unreadable

Thing = TypeVar("Thing", Pair, Group, Disk, Server)

_PAIR, _PAIRS = "replication", "replications"
_GROUP, _GROUPS = "replication_consistency_group", "replication_consistency_groups"


def about(thing_id: str, read: Callable[[Answer], Thing]) -> Callable[[Answer], Thing]:
    """Return what reads an answer only if it is about the thing that was asked for.

    A cache in between may answer with another: that is Unreadable.
    """

    def read_if_asked_for(answer: Answer) -> Thing:
        thing = read(answer)
        if _plain_id(thing.id) != _plain_id(thing_id):
            raise Unreadable(f"it is about {thing.id}, and not what was asked for")
        return thing

    return read_if_asked_for


def read_pair(answer: Answer) -> Pair:
    """Read one pair out of an answer. Raises Unreadable, as all that read answers."""
    return pair_from_wire(reading.member(answer.body, _PAIR))


def read_pairs(answer: Answer) -> Page[Pair]:
    """Read a page of pairs."""
    return Page([pair_from_wire(body) for body in reading.members(answer.body, _PAIRS)])


def read_group(answer: Answer) -> Group:
    """Read one group."""
    return group_from_wire(reading.member(answer.body, _GROUP))


def read_groups(answer: Answer) -> Page[Group]:
    """Read a page of groups."""
    return Page([group_from_wire(body) for body in reading.members(answer.body, _GROUPS)])


def read_disk(answer: Answer) -> Disk:
    """Read one disk."""
    return disk_from_wire(reading.member(answer.body, "volume"))


def read_disks(answer: Answer) -> Page[Disk]:
    """Read a page of disks."""
    page = reading.read_object(answer.body)
    disks = [disk_from_wire(body) for body in reading.members_of(page, "volumes")]
    # the disks' service may have a page limit below ours, and says so by a link; the link itself
    # points at an internal host and is not followed
    return Page(disks, has_more=bool(page.get("volumes_links")))


def read_server(answer: Answer) -> Server:
    """Read one server."""
    return server_from_wire(reading.member(answer.body, "server"))


def read_servers(answer: Answer) -> Page[Server]:
    """Read a page of servers."""
    page = reading.read_object(answer.body)
    servers = [server_from_wire(body) for body in reading.members_of(page, "servers")]
    return Page(servers, has_more=bool(page.get("servers_links")))


def read_zones(answer: Answer) -> dict[str, bool]:
    """Read the availability zones, and whether each is up."""
    zones = reading.members(answer.body, "availabilityZoneInfo")
    return {
        reading.text(zone.get("zoneName")): bool(
            reading.mapping(zone.get("zoneState")).get("available", True)
        )
        for zone in zones
    }


def disk_order_to_wire(order: DiskOrder) -> dict[str, Any]:
    """Return the body that makes a disk."""
    metadata = {DR_DISK_KEY: order.key}
    if order.cmk_id:
        metadata |= {"__system__encrypted": "1", "__system__cmkid": order.cmk_id}
    volume = _present(
        name=order.name,
        size=order.size_gb,
        volume_type=order.type or None,
        availability_zone=order.zone,
        multiattach=order.is_shared,
        metadata=metadata,
    )
    return {"volume": volume}


def order_to_wire(order: PairOrder) -> dict[str, Any]:
    """Return the body of a create."""
    return {_PAIR: order_fields(order)}


def order_fields(order: PairOrder) -> dict[str, Any]:
    """Return what is known of a pair whose ID is not: what was asked for."""
    return _present(
        name=order.name,
        description=order.description,
        volume_ids=list(order.disks),
        priority_station=order.priority_station,
        replication_model=order.replication_model,
    )


def pair_from_wire(body: Mapping[str, Any]) -> Pair:
    """Read a pair out of the cloud's JSON. Raises Unreadable where it has no usable ID."""
    fields = {
        **body,
        "volume_ids": reading.strings(body.get("volume_ids")),  # sent as a list, answered as "a, b"
    }
    if "record_metadata" in body:
        fields["record_metadata"] = _metadata(body["record_metadata"])
    if "progress" in body:
        fields["progress"] = reading.percent(body["progress"])
    return Pair(
        id=reading.usable_id(body, _PAIR),
        name=reading.text(body.get("name")),
        status=reading.text(body.get("status")),
        replication_status=reading.text(body.get("replication_status")),
        disks=tuple(fields["volume_ids"]),
        priority_station=reading.text(body.get("priority_station")),
        replication_model=reading.text(body.get("replication_model")),
        progress=reading.share(fields.get("progress")),
        failure_detail=reading.text(body.get("failure_detail")),
        group_id=reading.text(body.get("replication_consistency_group_id")),
        fields=fields,
    )


def group_order_to_wire(order: GroupOrder) -> dict[str, Any]:
    """Return the body of a group's create."""
    return {_GROUP: group_order_fields(order)}


def group_order_fields(order: GroupOrder) -> dict[str, Any]:
    """Return what is known of a group whose ID is not: what was asked for."""
    return _present(
        name=order.name,
        description=order.description,
        replication_ids=list(order.pair_ids),
        priority_station=order.priority_station,
        replication_model=order.replication_model,
    )


def group_change_to_wire(change: GroupChange) -> dict[str, Any]:
    """Return the body of a group's update. What stays is absent."""
    fields = _present(
        name=change.name,
        description=change.description,
        add_replication_ids=list(change.add) or None,
        remove_replication_ids=list(change.remove) or None,
    )
    return {_GROUP: fields}


def expansion_to_wire(pair_id: str, size_gb: int) -> dict[str, Any]:
    """Return the body that grows one pair: several in one call end in wrong capacities."""
    pair = {"id": pair_id, "new_size": size_gb}
    return {"os-extend-replication-volumes": {"replications": [pair]}}


def group_from_wire(body: Mapping[str, Any]) -> Group:
    """Read a group out of the cloud's JSON. Raises Unreadable where it has no usable ID."""
    fields = dict(body)
    if "priority_staion" in fields:  # the documented show answer spells it so
        station = fields.pop("priority_staion")
        fields["priority_station"] = fields.get("priority_station") or station
    if "replication_ids" in body:
        fields["replication_ids"] = reading.strings(body["replication_ids"])
    if "progress" in body:
        fields["progress"] = reading.percent(body["progress"])
    pair_ids = fields.get("replication_ids")
    return Group(
        id=reading.usable_id(body, _GROUP),
        name=reading.text(body.get("name")),
        status=reading.text(body.get("status")),
        replication_status=reading.text(body.get("replication_status")),
        priority_station=reading.text(fields.get("priority_station")),
        replication_model=reading.text(body.get("replication_model")),
        pair_ids=None if pair_ids is None else tuple(pair_ids),
        progress=reading.share(fields.get("progress")),
        failure_detail=reading.text(body.get("failure_detail")),
        fault_level=reading.text(body.get("fault_level")) or "0",
        fields=fields,
    )


def disk_from_wire(body: Mapping[str, Any]) -> Disk:
    """Read a disk out of the cloud's JSON. Raises Unreadable where it has no usable ID."""
    size = body.get("size")
    return Disk(
        id=reading.usable_id(body, "volume"),
        name=reading.text(body.get("name")),
        availability_zone=reading.text(body.get("availability_zone")),
        size_gb=size if isinstance(size, int) else None,
        type=reading.text(body.get("volume_type")),
        status=reading.text(body.get("status")),
        servers=tuple(_attached(body.get("attachments"))),
        fields=dict(body),
    )


def server_from_wire(body: Mapping[str, Any]) -> Server:
    """Read a server out of the cloud's JSON. Raises Unreadable where it has no usable ID."""
    # `power_state` is numbered differently by different versions
    is_idle = body.get("OS-EXT-STS:task_state") is None
    return Server(
        id=reading.usable_id(body, "server"),
        name=reading.text(body.get("name")),
        is_stopped=body.get("status") == "SHUTOFF" and is_idle,
    )


def _present(**fields: Any) -> dict[str, Any]:
    """Leave out what was not given: the service takes null for a value."""
    return {key: value for key, value in fields.items() if value is not None}


def _metadata(value: object) -> object:
    """Return the object in a text, or what came where there is none: both are documented."""
    if not isinstance(value, str):
        return value
    try:
        return reading.read_object(value.encode())
    except (Unreadable, UnicodeEncodeError):
        return value


def _attached(value: object) -> Iterator[str]:
    for attachment in reading.mappings(value):
        server = attachment.get("server_id")
        if isinstance(server, str) and server:
            yield server


def _plain_id(thing_id: str) -> str:
    return thing_id.replace("-", "").casefold()
