"""The pairs of a group: which may join, how they come and go, and their disks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from evsrep.sandbox.messages import Request, bad_request
from evsrep.sandbox.models import Disk, Group, Pair
from evsrep.sandbox.pairs import metadata_of
from evsrep.sandbox.rules import GROUP_RULES, Plan, failure_of, in_order
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import DISKS, PAIRS, SERVERS, Page

MOST_GB = 32768


def pairs_of(group: Group, request: Request, session: Session) -> list[Pair]:
    """Return the pairs in a group, most recent first."""
    members = Page([("replication_consistency_group_id", group.id)])
    return [pair for pair, _ in session.select(PAIRS, group.project_id, members, request.now)]


def free_pair(pair_id: str, request: Request, session: Session) -> Pair:
    """Return a pair that may join a group. Raises RefusalError for any other."""
    present = session.find(PAIRS, request.parts["project_id"], pair_id, request.now)
    if present is None:
        raise bad_request(f"Replication {pair_id} could not be found.")
    pair, moment = present
    if moment.status != "available":
        raise bad_request(f"Replication {pair_id} is {moment.status}: it must be available.")
    if pair.group_id is not None:
        raise bad_request(f"Replication {pair_id} is in consistency group {pair.group_id}.")
    return pair


def check_zones(pairs: Iterable[Pair], station: str, peer_station: str) -> None:
    """Raise RefusalError for a pair that does not go from the one zone to the other."""
    for pair in pairs:
        if (pair.priority_station, pair.peer_station) != (station, peer_station):
            raise bad_request(
                f"Replication {pair.id} goes from {pair.priority_station} to {pair.peer_station},"
                f" the consistency group from {station} to {peer_station}."
            )


def failure_of_group(pairs: Iterable[Pair], request: Request, session: Session) -> str:
    """Return the code with which a group of these pairs will fail, empty where it will work out."""
    broken = session.broken()
    plans = [
        Plan(*in_order(pair.priority_station, *_disks(pair, request, session)), broken)
        for pair in pairs
    ]
    return failure_of(GROUP_RULES, plans)


def keep(pairs: Iterable[Pair], group: Group, session: Session) -> None:
    """Have pairs in a group, and in the state that the group is in."""
    members = (
        replace(
            pair,
            group_id=group.id,
            priority_station=group.priority_station,
            peer_station=group.peer_station,
            change=group.change,
            since=group.since,
            edited_at=group.since,
        )
        for pair in pairs
    )
    session.save(Pair, members)


def release(
    pair_ids: Iterable[str], pairs: Sequence[Pair], group: Group, session: Session
) -> list[Pair]:
    """Let pairs go, paused as they are, and return those that stay.

    Raises RefusalError where one is not in the group.
    """
    held = {pair.id: pair for pair in pairs}
    for pair_id in pair_ids:
        if pair_id not in held:
            raise bad_request(f"Replication {pair_id} is not in consistency group {group.id}.")
        released = replace(held.pop(pair_id), group_id=None, edited_at=group.since)
        session.save(Pair, [released])
    return list(held.values())


def check_stopped(zone: str, pairs: Iterable[Pair], request: Request, session: Session) -> None:
    """Raise RefusalError where a server in the zone runs on a disk of the pairs."""
    for pair in pairs:
        for disk in _disks(pair, request, session):
            server = session.find(SERVERS, pair.project_id, disk.server_id, request.now)
            if disk.zone == zone and server and not server.is_stopped:
                raise bad_request(
                    f"Server {server.name} in {zone} runs on volume {disk.id}: stop it first."
                )


def growing_pairs(
    sizes: Mapping[str, int], pairs: Iterable[Pair], request: Request, session: Session
) -> list[tuple[Pair, int]]:
    """Return the pairs that are to grow, each with its new size in GB.

    Raises RefusalError where one is not in the group, or a size is out of bounds.
    """
    held = {pair.id: pair for pair in pairs}
    for pair_id, size in sizes.items():
        if pair_id not in held:
            raise bad_request(f"Replication {pair_id} is not in the consistency group.")
        size_now = _disks(held[pair_id], request, session)[0].size_gb
        if not size_now < size <= MOST_GB:
            raise bad_request(
                f"Invalid new_size: replication {pair_id} has {size_now} GB and can grow to"
                f" {MOST_GB} GB."
            )
    return [(held[pair_id], size) for pair_id, size in sizes.items()]


def grow(pair: Pair, size: int, request: Request, session: Session) -> None:
    """Let both disks of a pair grow to a size in GB."""
    disks = [replace(disk, size_gb=size) for disk in _disks(pair, request, session)]
    session.save(Disk, disks)
    session.save(Pair, [replace(pair, metadata=metadata_of(disks[0]), edited_at=request.now)])


def _disks(pair: Pair, request: Request, session: Session) -> tuple[Disk, Disk]:
    """Return the disks of a pair that has come to be, so both are there."""
    first, second = (
        session.find(DISKS, pair.project_id, disk_id, request.now) for disk_id in pair.disks
    )
    assert first is not None  # noqa: S101 - for the type checker
    assert second is not None  # noqa: S101 - for the type checker
    return first, second
