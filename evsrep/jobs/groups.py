"""Looking at consistency groups, their pairs and the disks of these."""

from collections.abc import Iterable
from functools import partial

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, Group, Pair
from evsrep.cloud.wire import group_from_wire
from evsrep.errors import EvsrepError
from evsrep.jobs.ids import is_same_id
from evsrep.jobs.once import LOOK_SECONDS
from evsrep.jobs.pool import side_by_side


def look_at(cloud: Cloud, group_id: str) -> Group:
    """Return a group; while it copies, with how far its pairs are on average.

    Raises what keeps it from being looked at.
    """
    group = cloud.group(group_id)
    if group.progress is not None or group.replication_status != "copying":
        return group
    percents = [pair.progress for pair in pairs_of(cloud, group) if pair.progress is not None]
    return group._replace(progress=sum(percents) / len(percents)) if percents else group


def look_after(cloud: Cloud, before: Group) -> Group:
    """Return a group as it is now; as it was where that can't be seen: what is sent is sent."""
    try:
        return cloud.once(LOOK_SECONDS).group(before.id)
    except EvsrepError:
        return before


def with_pair_ids(cloud: Cloud, group: Group) -> Group:
    """Return a group with the IDs of its pairs: not every answer has them, but the pairs do.

    Raises what keeps the pairs from being looked at.
    """
    if group.pair_ids is not None:
        return group
    return group._replace(pair_ids=tuple(pair.id for pair in pairs_of(cloud, group)))


def pairs_of(cloud: Cloud, group: Group) -> list[Pair]:
    """Return the pairs of a group; raises what keeps them from being looked at."""
    listed = cloud.pairs(replication_consistency_group_id=group.id)
    return [pair for pair in listed if is_in(pair, group)]


def is_in(pair: Pair, group: Group) -> bool:
    """Whether a pair is in a group: the cloud may not have filtered at all."""
    return is_same_id(pair.group_id, group.id) or pair.id in (group.pair_ids or ())


def disks_of(cloud: Cloud, pairs: Iterable[Pair]) -> dict[str, Disk | Exception]:
    """Return the disks of pairs by ID, looked up side by side; or why one can't be seen."""
    ids = list(dict.fromkeys(disk_id for pair in pairs for disk_id in pair.disks))
    disks = side_by_side([partial(cloud.disk, disk_id) for disk_id in ids])
    return dict(zip(ids, disks, strict=True))


def unseen(group_id: str) -> Group:
    """Return a group of which nothing is known yet but its ID."""
    return group_from_wire({"id": group_id})


def with_status(group: Group, status: str) -> Group:
    """Return a group as if it had that status."""
    return group._replace(status=status, fields={**group.fields, "status": status})
