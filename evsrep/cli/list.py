"""`evsrep list`: the project's pairs."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.cli.status import warn_if_unknown
from evsrep.errors import UsageFault
from evsrep.output.shapes import PAIR

if TYPE_CHECKING:
    from evsrep.cloud.models import Pair

# which the service takes is not documented: whatever a pair has and can be put in an order
SORT_KEYS = tuple(name for name in PAIR.fields if name not in ("volume_ids", "record_metadata"))
_DIRECTIONS = ("asc", "desc")


class Wanted(NamedTuple):
    """Which pairs; empty text is no condition."""

    name: str
    status: str
    group: str
    disk: str  # an ID
    station: str
    changed_since: datetime | None


def _sort_words() -> Iterable[str]:
    return [f"{key}{rest}" for key in SORT_KEYS for rest in ("", ":asc", ":desc")]


def _statuses() -> Iterable[str]:
    from evsrep.cloud.meanings import PAIR_STATUSES

    return PAIR_STATUSES


@click.command(
    "list",
    cls=Command,
    what="Which pairs",
    shape=PAIR,
    examples=(
        "evsrep list",
        "evsrep list --status error -o value -c id",
        "evsrep list --sort name:desc --limit 10 -o json",
    ),
)
@click.option(
    "--name", metavar="TEXT", shell_complete=complete.pair_names, help="With exactly this name."
)
@click.option(
    "--status",
    metavar="STATUS",
    shell_complete=complete.words(_statuses),
    help="In this status, such as available or error.",
)
@click.option(
    "--group",
    metavar="GROUP",
    shell_complete=complete.groups,
    help="In this consistency group: its ID or exact name.",
)
@click.option("--disk", metavar="DISK", help="With this disk: its ID or exact name.")
@click.option(
    "--priority-station",
    metavar="AZ",
    shell_complete=complete.zones,
    help="With this primary availability zone.",
)
@click.option(
    "--changed-since",
    metavar="TIME",
    help="Changed since then: 2026-01-31T12:00:00, UTC unless it has a zone.",
)
@click.option(
    "--sort",
    metavar="FIELD[:asc|desc]",
    shell_complete=complete.words(_sort_words),
    help="In this order.  [default: created_at:desc; of a field alone: asc]",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@everywhere
@pass_app
def list_(
    app: App,
    /,
    name: str | None,
    status: str | None,
    group: str | None,
    disk: str | None,
    priority_station: str | None,
    changed_since: str | None,
    sort: str | None,
    limit: int | None,
) -> None:
    """List the project's pairs.

    All of them, however many there are; the options narrow that down. With '-o jsonl' and '-o
    value' each page is printed as it comes.
    """
    _check_given(
        name=name, status=status, group=group, disk=disk, priority_station=priority_station
    )
    order = _read_sort(sort)
    since = _read_time(changed_since) if changed_since else None
    warn_if_unknown(app, status, [*_statuses()])
    wanted = Wanted(
        name=name or "",
        status=status or "",
        group=_group_id(app, group),
        disk=_disk_id(app, disk),
        station=priority_station or "",
        changed_since=since,
    )
    query = _query(wanted, order)
    found = app.cloud.pairs(first=min(limit or 1000, 1000), **query)
    fitting = islice((pair for pair in found if _fits(pair, wanted)), limit)
    is_whole = not any(wanted) and limit is None
    shown = complete.learned(app, fitting, is_whole=is_whole)
    app.console.show_all(PAIR, (pair.fields for pair in shown))


def _check_given(**words: str | None) -> None:
    """Raise UsageFault for filters of no text: a script's empty variable means no pair, not all."""
    empty = [f"--{name.replace('_', '-')}" for name, text in words.items() if text == ""]
    if empty:
        raise UsageFault(f"{' and '.join(empty)}: empty", hint="leave out what is no condition")


def _disk_id(app: App, word: str | None) -> str:
    from evsrep.jobs.find import find_disk, is_id

    if not word or is_id(word):
        return (word or "").lower()  # as the cloud has it; its filters compare letter by letter
    return find_disk(app.cloud, word).id


def _group_id(app: App, word: str | None) -> str:
    from evsrep.jobs.find import find_group, is_id

    if not word or is_id(word):
        return (word or "").lower()
    return find_group(app.cloud, word).id


def _read_sort(text: str | None) -> dict[str, str]:
    """The service's words for an order; raises UsageFault for what is none."""
    if text is None:
        return {}
    key, colon, direction = text.partition(":")
    _check_word("field to sort by", key, SORT_KEYS)
    if colon:
        _check_word("direction", direction, _DIRECTIONS)
    return {"sort_key": key, "sort_dir": direction or "asc"}


def _check_word(what: str, word: str, known: tuple[str, ...]) -> None:
    if word in known:
        return
    from evsrep.settings.spelling import nearest

    near = nearest(word, known)
    meant = f"; did you mean '{near}'?" if near else ""
    raise UsageFault(f"--sort: no {what} '{word}'{meant}", hint=f"there are: {', '.join(known)}")


def _read_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageFault(
            f"--changed-since: '{text}' is no time", hint="write it as 2026-01-31T12:00:00"
        ) from None


def _query(wanted: Wanted, order: dict[str, str]) -> dict[str, str]:
    """The service's words for what is wanted."""
    since = wanted.changed_since
    found = {
        "name": wanted.name,
        "status": wanted.status,
        "replication_consistency_group_id": wanted.group,
        "volume_id": wanted.disk,
        "priority_station": wanted.station,
        # without a zone, which the service family reads as UTC
        "changes-since": since.replace(tzinfo=None).isoformat() if since else "",
    }
    return {key: value for key, value in found.items() if value} | order


def _fits(pair: "Pair", wanted: Wanted) -> bool:
    """Whether a pair is wanted: the cloud may match loosely, or not filter at all."""
    if not any(wanted):
        return True
    same = (
        (wanted.name, pair.name),
        (wanted.status, pair.status),
        (wanted.group, pair.group_id.lower()),
        (wanted.station, pair.priority_station),
    )
    if any(asked and asked != is_ for asked, is_ in same):
        return False
    if wanted.disk and wanted.disk.casefold() not in map(str.casefold, pair.disks):
        return False
    return wanted.changed_since is None or _changed_after(pair, wanted.changed_since)


def _changed_after(pair: "Pair", since: datetime) -> bool:
    """Whether a pair was made or changed since; one whose times can't be read may have been."""
    times = [*_times(pair)]
    return not times or max(times) >= since


def _times(pair: "Pair") -> Iterator[datetime]:
    for key in ("created_at", "updated_at"):
        text = pair.fields.get(key)
        # more digits of a second than six are cut: Python knows no more
        if isinstance(text, str) and text:
            try:
                yield _read_time(re.sub(r"(\.\d{6})\d+", r"\1", text))
            except UsageFault:
                continue
