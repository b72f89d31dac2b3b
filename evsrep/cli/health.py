"""`evsrep health`: what is protected and what is not."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.errors import EvsrepError, NotFound, NotOffered
from evsrep.jobs.health import (
    CRITICAL,
    DEGRADED,
    PROTECTED,
    SEVERITY,
    UNKNOWN,
    Verdict,
    judge,
    judge_group,
    worst,
)
from evsrep.output.shapes import HEALTH, Branch

if TYPE_CHECKING:
    from evsrep.cloud.models import Group, Pair

_EXIT_CODES = {PROTECTED: 0, DEGRADED: 1, CRITICAL: 2, UNKNOWN: 3}
_NAGIOS_WORDS = {PROTECTED: "OK", DEGRADED: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN"}

_MOST_REASONS = 5  # Nagios and its like cut long lines, often without a word

Row = Mapping[str, Any]


@click.command(
    cls=Command,
    shape=HEALTH,
    examples=("evsrep health", "evsrep health shop -o json", "evsrep health --nagios -p otc"),
)
@click.argument("groups", metavar="[GROUP…]", nargs=-1, shell_complete=complete.groups)
@click.option("--nagios", is_flag=True, help="One line for Nagios and its like.")
@everywhere
@pass_app
def health(app: App, groups: tuple[str, ...], nagios: bool) -> int:
    """Say what is protected and what is not, and why.

    A line for each group, and for each pair that is in none.

    GROUP is an ID, or the exact name of one group: then it is said of these alone. A group is as
    well as the worst of its pairs.

    The exit codes are its own: 0 all are protected, or nothing is there; 1 something is degraded;
    2 it is time to fail over, or that is not possible; 3 it could not be found out. What is wrong
    with the command line is 2 as everywhere.
    """
    counts: Counter[str] = Counter()
    try:
        if nagios:
            rows = list(_rows(app, groups, counts))
            app.console.print(_nagios(rows, counts))
        elif app.console.draws_trees:
            _draw(app, _rows(app, groups, counts))
        else:
            app.console.show_all(HEALTH, _rows(app, groups, counts))
    except EvsrepError as error:
        if nagios:
            app.console.print(f"EVSREP UNKNOWN - {_in_line(error.message)}\n")
        app.console.fail(error, exit_code=_EXIT_CODES[UNKNOWN])
        return _EXIT_CODES[UNKNOWN]
    return _EXIT_CODES[worst(set(counts))]


def _rows(app: App, words: tuple[str, ...], counts: Counter[str]) -> Iterator[Row]:
    for kind, thing, found in _judged(app, words):
        counts[found.health] += 1
        yield {
            "kind": kind,
            "id": thing.id,
            "name": thing.name or None,
            "health": found.health,
            "reason": found.reason or None,
            "hint": found.hint or None,
        }


def _draw(app: App, rows: Iterator[Row]) -> None:
    """A line each for who watches, and below it what is wrong: a table would be too narrow."""
    row = None
    for row in rows:
        name = f"'{row['name']}' ({row['id']})" if row["name"] else row["id"]
        is_bad = row["health"] != PROTECTED
        below = [Branch(text) for text in (row["reason"], row["hint"]) if text and is_bad]
        app.console.show_tree(Branch(f"{row['health']}: {row['kind']} {name}", tuple(below)))
    if row is None:
        app.console.note("there is nothing to protect")


def _judged(app: App, words: tuple[str, ...]) -> "Iterator[tuple[str, Group | Pair, Verdict]]":
    """The groups asked for; else the lone pairs, as they come, and then all groups."""
    from evsrep.jobs.find import find_group
    from evsrep.jobs.group import pairs_of

    if words:
        for group in [find_group(app.cloud, word) for word in dict.fromkeys(words)]:
            yield "group", group, judge_group(group, pairs_of(app.cloud, group))
        return
    groups = _groups(app)
    members: dict[str, list[Pair]] = {group_id: [] for group_id in groups}
    for pair in app.cloud.pairs():
        if pair.group_id in members:
            members[pair.group_id].append(pair)
        else:
            yield "pair", pair, judge(pair)
    for group_id, group in groups.items():
        yield "group", group, judge_group(group, members[group_id])


def _groups(app: App) -> "dict[str, Group]":
    """All groups by their IDs; none where the cloud has pairs alone."""
    try:
        return {group.id: group for group in app.cloud.groups()}
    except (NotFound, NotOffered):
        return {}


def _nagios(rows: list[Row], counts: Counter[str]) -> str:
    """One line: how it is, what is worst and why, and figures behind a bar."""
    state = worst(set(counts))
    bad = sorted(
        (row for row in rows if row["health"] != PROTECTED),
        key=lambda row: SEVERITY.index(row["health"]),
        reverse=True,
    )
    parts = [f"{len(bad)} of {len(rows)} not protected" if bad else f"{len(rows)} protected"]
    parts += [_nagios_reason(row) for row in bad[:_MOST_REASONS]]
    parts += [f"and {len(bad) - _MOST_REASONS} more"] if len(bad) > _MOST_REASONS else []
    figures = " ".join(f"{each}={counts[each]}" for each in _EXIT_CODES)
    return f"EVSREP {_NAGIOS_WORDS[state]} - {'; '.join(parts)} | {figures}\n"


def _nagios_reason(row: Row) -> str:
    name = _in_line(f"{row['kind']} {row['name'] or ''}").strip()
    return f"{name} {row['id']} is {row['health']}: {_in_line(row['reason'] or '')}"


def _in_line(text: str) -> str:
    """Text that can't end the line, nor begin the figures."""
    from evsrep.output.text import harmless

    return harmless(text).replace("|", "/")
