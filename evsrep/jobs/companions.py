"""What people know a pair by, beside its own fields: the names of its group and disks, its age."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from evsrep.cloud.client import Cloud
from evsrep.cloud.meanings import FAILURE_DETAILS
from evsrep.cloud.models import Disk, Pair
from evsrep.errors import EvsrepError
from evsrep.jobs.groups import disks_of
from evsrep.jobs.listing import moment_in

_UNITS = (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("m", 60))


def with_companions(
    cloud: Cloud, pairs: Sequence[Pair], *, groups: bool, disks: bool
) -> list[dict[str, Any]]:
    """Return the fields of pairs, each with `age`, `group`, `production_disk` and `dr_disk`.

    The latter are names, None where they can't be looked up: a list is not worth less for it.
    """
    in_groups = groups and any(pair.group_id for pair in pairs)
    group_names: Mapping[str, str] = {}
    disks_by_id: Mapping[str, Disk] = {}
    with suppress(EvsrepError):
        if in_groups:
            group_names = {group.id: group.name or group.id for group in cloud.groups()}
    with suppress(EvsrepError):
        if disks and pairs:
            disks_by_id = {disk.id: disk for disk in cloud.disks()}
    now = cloud.clock.time()
    return [
        {
            **pair.fields,
            "group": group_names.get(pair.group_id),
            **_disk_names(pair, disks_by_id),
            "age": age_of(pair.fields, now),
        }
        for pair in pairs
    ]


def portrait_of(
    cloud: Cloud, pair: Pair, looked: Mapping[str, Disk | Exception] | None = None
) -> dict[str, Any]:
    """Return the fields of a pair, and in words `production`, `dr`, `group`, where they are known.

    `looked` are its disks, where they were looked up already.
    """
    looked = disks_of(cloud, [pair]) if looked is None else looked
    disks = {key: disk for key, disk in looked.items() if isinstance(disk, Disk)}
    production, dr = roles(pair, disks)
    group = ""
    if pair.group_id:
        with suppress(EvsrepError):
            group = cloud.group(pair.group_id).label
    return {
        **pair.fields,
        "production": _in_words(production),
        "dr": _in_words(dr),
        "group": group,
        "age": age_of(pair.fields, cloud.clock.time()),
        "failure_detail": _failure(pair.failure_detail),
    }


def _failure(code: str) -> str:
    meaning = FAILURE_DETAILS.get(code)
    return f"{code}: {meaning.cause}; {meaning.hint}" if meaning else code


def _in_words(disk: Disk | None) -> str:
    if disk is None:
        return ""
    size = "" if disk.size_gb is None else f"{disk.size_gb} GB"
    kind = " ".join(filter(None, (size, disk.type)))
    return ", ".join(filter(None, (disk.name, disk.availability_zone, kind, disk.status, disk.id)))


def roles(pair: Pair, disks: Mapping[str, Disk]) -> tuple[Disk | None, Disk | None]:
    """Return the production and the DR disk, as far as they are known: their zones tell."""
    known = [disks[disk_id] for disk_id in pair.disks if disk_id in disks]
    production = [disk for disk in known if disk.availability_zone == pair.priority_station]
    others = [disk for disk in known if disk not in production]
    return next(iter(production), None), next(iter(others), None)


def age_of(fields: Mapping[str, Any], now: float) -> str | None:
    """Return how old a thing is, in its largest unit, such as `12m`; None where that is unknown."""
    created = moment_in(fields.get("created_at"))
    if created is None:
        return None
    seconds = max(0, int((datetime.fromtimestamp(now, UTC) - created).total_seconds()))
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), ("s", 1))
    return f"{seconds // size}{unit}"


def _disk_names(pair: Pair, disks: Mapping[str, Disk]) -> dict[str, str | None]:
    production, dr = roles(pair, disks)
    return {
        "production_disk": (production.name or production.id) if production else None,
        "dr_disk": (dr.name or dr.id) if dr else None,
    }
