"""From the name or ID that a user typed to the one thing it means."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, Group, Pair, Server
from evsrep.errors import EvsrepError, NotFound, UsageFault
from evsrep.jobs.ids import as_meant, is_id, spelled
from evsrep.jobs.looks import pauses
from evsrep.jobs.near import Named, near_to
from evsrep.jobs.once import LAG_SECONDS
from evsrep.settings.spelling import did_you_mean

T = TypeVar("T", Disk, Group, Pair)
Row = TypeVar("Row")

_MOST_CANDIDATES = 10


def find_pair(cloud: Cloud, name_or_id: str) -> Pair:
    """Return the pair of that ID or exact name.

    Raises NotFound where there is none, UsageFault where several have the name, and what else keeps
    it from being looked up.
    """
    _check_is_given("pair", name_or_id)
    name_or_id = as_meant(name_or_id)
    if is_id(name_or_id):
        return _shown(cloud, name_or_id, cloud.pair)
    return _only("pair", name_or_id, cloud.pairs)


def find_group(cloud: Cloud, name_or_id: str) -> Group:
    """Return the consistency group of that ID or exact name; raises what `find_pair` raises."""
    _check_is_given("group", name_or_id)
    name_or_id = as_meant(name_or_id)
    if is_id(name_or_id):
        return _shown(cloud, name_or_id, cloud.group)
    return _only("group", name_or_id, cloud.groups)


def find_disk(cloud: Cloud, name_or_id: str) -> Disk:
    """Return the disk of that ID or exact name; raises what `find_pair` raises."""
    name_or_id = as_meant(name_or_id)
    if is_id(name_or_id):
        return cloud.disk(name_or_id)
    return _only("disk", name_or_id, cloud.disks)


def disks_of_name(cloud: Cloud, name_or_id: str) -> list[Disk]:
    """Return the disks of that ID or exact name, which several may bear.

    Raises NotFound where there is none, and what else keeps them from being looked up.
    """
    name_or_id = as_meant(name_or_id)
    if is_id(name_or_id):
        return [cloud.disk(name_or_id)]
    return _exact("disk", name_or_id, cloud.disks)


def named(noun: str, name: str, table: Mapping[str, Row]) -> Row:
    """Return the row of that name; raises UsageFault where there is none."""
    if name not in table:
        raise UsageFault(
            f"there is no {noun} '{name}'{did_you_mean(name, table)}",
            hint=f"there are: {', '.join(table)}",
        )
    return table[name]


def several(noun: str, name: str, things: Sequence[Disk | Group | Pair | Server]) -> UsageFault:
    """Return the error where several things bear one name, with what tells them apart."""
    more = len(things) - _MOST_CANDIDATES
    return UsageFault(
        f"{len(things)} {noun}s are called '{name}'",
        hint="give the ID of the one you mean",
        faults=(
            *(f"{thing.id}: {_marks(thing)}" for thing in things[:_MOST_CANDIDATES]),
            *([f"and {more} more"] if more > 0 else []),
        ),
    )


def _marks(thing: Disk | Group | Pair | Server) -> str:
    """Return what tells a thing from others of its name: zone, size or parts, status."""
    match thing:
        case Disk():
            size = "" if thing.size_gb is None else f"{thing.size_gb} GB"
            marks = [thing.availability_zone, size, thing.status]
        case Pair():
            marks = [thing.priority_station, f"disks {' and '.join(thing.disks)}", thing.status]
        case Group():
            pairs = "" if thing.pair_ids is None else f"pairs: {len(thing.pair_ids)}"
            marks = [thing.priority_station, pairs, thing.status]
        case Server():
            marks = ["stopped" if thing.is_stopped else "not stopped"]
    return ", ".join(filter(None, marks))


def _shown(cloud: Cloud, thing_id: str, look: Callable[[str], T]) -> T:
    """Return the thing of an ID; one that was made just now is given the time to show.

    Raises NotFound where it is not there, and what else keeps it from being looked up.
    """
    for pause in pauses():
        try:
            return look(thing_id)
        except NotFound:
            if thing_id not in cloud.made_lately(LAG_SECONDS):
                raise
        cloud.clock.sleep(pause)
    raise AssertionError("pauses have no end")


def _check_is_given(noun: str, name_or_id: str) -> None:
    """Raise UsageFault for an empty word: what has no name is not meant by it."""
    if not name_or_id.strip():
        raise UsageFault(f"the {noun} is empty", hint="give an ID or exact name")


def no_such(noun: str, name: str, every: Callable[[], Iterable[Named]]) -> NotFound:
    """Return the error where nothing bears a name, with what may be meant by it."""
    near = ""
    with suppress(EvsrepError):
        near = near_to(name, every())
    return NotFound(
        f"no {noun} is called '{spelled(name)}'{near and f'; {near}'}",
        hint="give the ID or exact name; 'evsrep auth check' tells the project searched",
    )


def _only(noun: str, name: str, look: Callable[..., Iterable[T]]) -> T:
    exact = _exact(noun, name, look)
    if len(exact) > 1:
        raise several(noun, name, exact)
    return exact[0]


def _exact(noun: str, name: str, look: Callable[..., Iterable[T]]) -> list[T]:
    """Return those with exactly that name: the cloud may match loosely, or not filter at all."""
    exact = [thing for thing in look(name=name) if thing.name == name]
    if not exact:
        raise no_such(noun, name, look)
    return exact
