"""A pair or group by itself on a terminal: what a person wants to know of it, in one style.

What is not known, such as a disk's zone after a create, is left out; JSON has the API's own fields.
"""

from collections.abc import Callable, Iterator

from evsrep.cloud.models import fault_in_words
from evsrep.output.shapes import Thing
from evsrep.output.states import state_of
from evsrep.output.text import as_cell

Facts = list[tuple[str, str]]


def pair_facts(thing: Thing) -> Facts:
    """Return what is told of a pair, field by field.

    `production` and `dr` are its disks in words, `group` is its group, where they were looked up.
    """
    roles = [("production", thing.get("production")), ("DR", thing.get("dr"))]
    disks = roles if all(text for _, text in roles) else [("disks", thing.get("volume_ids"))]
    group = thing.get("group") or thing.get("replication_consistency_group_id")
    return _present([*_beginning(thing), *disks, ("group", group), *_end(thing)])


def group_facts(thing: Thing) -> Facts:
    """Return what is told of a group, field by field; its pairs by number and ID."""
    ids = thing.get("replication_ids")
    pairs = f"{len(ids)}: {', '.join(map(str, ids))}" if isinstance(ids, list) and ids else "none"
    known = [] if ids is None else [("pairs", thing.get("pair_count") or pairs)]
    return _present([*_beginning(thing), *known, *_end(thing)])


PORTRAITS: dict[str, Callable[[Thing], Facts]] = {"pair": pair_facts, "group": group_facts}
"""By the noun of the shape; what is not here is told by all its fields."""


def _beginning(thing: Thing) -> Iterator[tuple[str, object]]:
    yield "name", thing.get("name")
    yield "state", state_of(thing)
    yield "fault", fault_in_words(thing)
    yield "id", thing.get("id")
    yield "primary zone", thing.get("priority_station")


def _end(thing: Thing) -> Iterator[tuple[str, object]]:
    yield "description", thing.get("description")
    yield "failure", thing.get("failure_detail")
    yield "created", _time(thing.get("created_at"), thing.get("age"))
    yield "changed", _time(thing.get("updated_at"), None)


def _time(text: object, age: object) -> str:
    """Return a time of the cloud's to the minute: it writes UTC, and does not say so."""
    written = str(text or "")
    if len(written) < len("2026-01-31T12:00") or "T" not in written:
        return written
    zone = "" if "+" in written else " UTC"
    return f"{written[:16].replace('T', ' ')}{zone}" + (f" ({age} ago)" if age else "")


def _present(facts: list[tuple[str, object]]) -> Facts:
    return [(field, as_cell(value, between=", ")) for field, value in facts if value]
