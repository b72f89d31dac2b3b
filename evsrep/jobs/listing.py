"""Which pairs and groups are wanted, in the service's words and once more in ours.

The cloud may match loosely, or not filter at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from evsrep.cloud.client import Cloud
from evsrep.cloud.meanings import (
    GROUP_REPLICATION_STATUSES,
    GROUP_STATUSES,
    PAIR_STATUSES,
    REPLICATION_STATUSES,
)
from evsrep.cloud.models import Group, Pair
from evsrep.errors import UsageFault
from evsrep.jobs.find import find_disk, find_group
from evsrep.jobs.ids import is_id
from evsrep.jobs.pair_request import Spell
from evsrep.jobs.report import Reporter
from evsrep.jobs.verb import verb
from evsrep.settings.spelling import did_you_mean
from evsrep.settings.values import WHEN, moment_of

if TYPE_CHECKING:
    from collections.abc import Collection

Thing = TypeVar("Thing", Pair, Group)

# which the service takes is not documented: whatever a pair has and can be put in an order
SORT_KEYS = (
    *("id", "name", "description", "status", "replication_status", "progress"),
    *("priority_station", "replication_model", "replication_consistency_group_id", "fault_level"),
    *("failure_detail", "created_at", "updated_at"),
)
_DIRECTIONS = ("asc", "desc")
_MOST_OF_A_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What `evsrep list` takes; None is no condition."""

    name: str | None = None
    status: str | None = None
    group: str | None = None
    disk: str | None = None
    priority_station: str | None = None
    changed_since: str | None = None
    sort: str | None = None
    limit: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all pairs that are wanted."""
        conditions = (self.name, self.status, self.group, self.disk, self.priority_station)
        return not any((*conditions, self.changed_since, self.limit))

    def validate(self, spell: Spell = str) -> None:
        """Raise UsageFault for what is no order or time, and for conditions of no text.

        A script's empty variable means no pair, not all.
        """
        fields = ("name", "status", "group", "disk", "priority_station")
        empty = [spell(field) for field in fields if getattr(self, field) == ""]
        if empty:
            message = f"{' and '.join(empty)}: empty"
            raise UsageFault(message, hint="leave out what is no condition")
        _order(self.sort, spell)
        if self.changed_since:
            _since(self.changed_since, 0.0, spell)


@dataclass(frozen=True, slots=True)
class GroupListOptions:
    """What `evsrep group list` takes; None is no condition."""

    name: str | None = None
    status: str | None = None
    priority_station: str | None = None
    limit: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all groups that are wanted."""
        return not any((self.name, self.status, self.priority_station, self.limit))


@verb(ListOptions)
def list_pairs(cloud: Cloud, options: ListOptions, reporter: Reporter) -> Iterator[Pair]:
    """Return the project's pairs that are wanted, page by page.

    Raises UsageFault for what is no order or time, no status, or names several things, NotFound,
    and what keeps the pairs from being listed.
    """
    del reporter
    options.validate()
    status, replication = _states(options.status, PAIR_STATUSES, REPLICATION_STATUSES)
    now = cloud.clock.time()
    since = _since(options.changed_since, now) if options.changed_since else None
    wanted = {
        "name": options.name or "",
        "status": status,
        "replication_consistency_group_id": _group_id(cloud, options.group),
        "volume_id": _disk_id(cloud, options.disk),
        "priority_station": options.priority_station or "",
        # without a zone, which the service family reads as UTC
        "changes-since": since.replace(tzinfo=None).isoformat() if since else "",
    }
    query = {key: value for key, value in wanted.items() if value} | _order(options.sort)
    first = min(options.limit or _MOST_OF_A_PAGE, _MOST_OF_A_PAGE)
    pairs = cloud.pairs(first=first, **query)
    fitting = (
        pair
        for pair in pairs
        if _fits(pair, wanted, since) and replication in ("", pair.replication_status)
    )
    return islice(_with_status(fitting, status, PAIR_STATUSES), options.limit)


@verb(GroupListOptions)
def list_groups(cloud: Cloud, options: GroupListOptions, reporter: Reporter) -> Iterator[Group]:
    """Return the project's groups that are wanted.

    Raises UsageFault for what is no status, and what keeps them from being listed.
    """
    del reporter
    status, replication = _states(options.status, GROUP_STATUSES, GROUP_REPLICATION_STATUSES)
    wanted = {
        "name": options.name,
        "status": status,
        "priority_station": options.priority_station,
    }
    query = {key: value for key, value in wanted.items() if value}
    groups = cloud.groups(first=min(options.limit or _MOST_OF_A_PAGE, _MOST_OF_A_PAGE), **query)
    fitting = (
        group
        for group in groups
        if all(getattr(group, key) == value for key, value in query.items())
        and replication in ("", group.replication_status)
    )
    return islice(_with_status(fitting, status, GROUP_STATUSES), options.limit)


def _states(
    word: str | None, statuses: "Collection[str]", replication: "Collection[str]"
) -> tuple[str, str]:
    """Return the status and the replication status that a word asks for, one of them empty.

    A list shows whichever of the two says more, so either word is taken. Raises UsageFault for
    the beginning of one of them.
    """
    word = word or ""
    known = [*statuses, *(each for each in replication if each not in statuses)]
    lower = word.lower()
    if not word or lower in statuses:
        return lower, ""
    if lower in replication:
        return "", lower
    begun = [each for each in known if each.startswith(lower)]
    if begun:
        message = f"'{word}' is no status that evsrep knows; did you mean '{begun[0]}'?"
        raise UsageFault(message, hint=f"there are: {', '.join(known)}")
    return word, ""


def _with_status(things: Iterator[Thing], status: str, known: "Collection[str]") -> Iterator[Thing]:
    """Return the things; raises UsageFault for a status that neither they nor evsrep know.

    A cloud may have learnt one since: then something has it.
    """
    if not status or status in known:
        return things
    first = next(things, None)
    if first is None:
        near = did_you_mean(status.lower(), known) or ", and nothing here has it"
        message = f"'{status}' is no status that evsrep knows{near}"
        raise UsageFault(message, hint=f"there are: {', '.join(known)}")
    return chain([first], things)


def _disk_id(cloud: Cloud, name_or_id: str | None) -> str:
    if not name_or_id or is_id(name_or_id):
        return name_or_id or ""
    return find_disk(cloud, name_or_id).id


def _group_id(cloud: Cloud, name_or_id: str | None) -> str:
    if not name_or_id or is_id(name_or_id):
        return name_or_id or ""
    return find_group(cloud, name_or_id).id


def _order(text: str | None, spell: Spell = str) -> dict[str, str]:
    """Return the service's words for an order; raises UsageFault for what is none."""
    if text is None:
        return {}
    key, colon, direction = text.partition(":")
    _check_word(spell("sort"), "field to sort by", key, SORT_KEYS)
    if colon:
        _check_word(spell("sort"), "direction", direction, _DIRECTIONS)
    return {"sort_key": key, "sort_dir": direction or "asc"}


def _check_word(flag: str, what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        message = f"{flag}: no {what} '{word}'{did_you_mean(word, known)}"
        raise UsageFault(message, hint=f"there are: {', '.join(known)}")


def _since(text: str, now: float, spell: Spell = str) -> datetime:
    try:
        return moment_of(text, now)
    except ValueError as error:
        raise UsageFault(f"{spell('changed_since')}: {error}", hint=WHEN) from None


def _fits(pair: Pair, wanted: dict[str, str], since: datetime | None) -> bool:
    if not any(wanted.values()):
        return True
    same = (
        (wanted["name"], pair.name),
        (wanted["status"], pair.status),
        (wanted["replication_consistency_group_id"], pair.group_id.lower()),
        (wanted["priority_station"], pair.priority_station),
    )
    if any(asked and asked != is_ for asked, is_ in same):
        return False
    disk = wanted["volume_id"]
    if disk and disk.casefold() not in map(str.casefold, pair.disks):
        return False
    return since is None or _changed_after(pair, since)


def _changed_after(pair: Pair, since: datetime) -> bool:
    """Whether a pair was made or changed since; one whose times can't be read may have been."""
    times = [*_times(pair)]
    return not times or max(times) >= since


def _times(pair: Pair) -> Iterator[datetime]:
    for key in ("created_at", "updated_at"):
        moment = moment_in(pair.fields.get(key))
        if moment is not None:
            yield moment


def moment_in(text: object) -> datetime | None:
    """Return the time that the cloud has written, in UTC; None where it can't be read."""
    if not isinstance(text, str) or not text:
        return None
    try:
        # more digits of a second than six are cut: Python knows no more
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
