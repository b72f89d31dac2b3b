"""`evsrep list`: the project's pairs."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.cli.watching import may_watch, watch as watch_all
from evsrep.output.shapes import PAIR

if TYPE_CHECKING:
    from evsrep.cli.summing import Summary
    from evsrep.cloud.models import Pair
    from evsrep.jobs.listing import ListOptions


def _sort_words() -> Iterable[str]:
    from evsrep.jobs.listing import SORT_KEYS

    return [f"{key}{direction}" for key in SORT_KEYS for direction in ("", ":asc", ":desc")]


def _statuses() -> Iterable[str]:
    from evsrep.cloud.meanings import PAIR_STATUSES, REPLICATION_STATUSES

    return dict.fromkeys((*PAIR_STATUSES, *REPLICATION_STATUSES))


@click.command(
    "list",
    cls=Command,
    what="Which pairs",
    shape=PAIR,
    options="evsrep.jobs.listing:ListOptions",
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
    help="In this status or state of replication, such as error or copying.",
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
    metavar="WHEN",
    help="Changed since: the last 90s, 10m or 2h, or 2026-01-31T12:00:00 (UTC).",
)
@click.option(
    "--sort",
    metavar="FIELD[:asc|desc]",
    shell_complete=complete.words(_sort_words),
    help="In this order.  [default: created_at:desc; of a field alone: asc]",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@may_watch
@everywhere
@pass_app
def list_(app: App, /, options: "ListOptions", watch: float | None) -> None:
    """List the project's pairs.

    All of them, however many there are; the options narrow that down. With '-o jsonl' and '-o
    value' each page is printed as it comes.
    """
    summary = _summary(app, options)
    if watch is None:
        app.console.show_all(PAIR, _look(app, options), summary=summary)
        return
    from evsrep.output.states import state_of

    watch_all(
        app,
        watch,
        PAIR,
        look=lambda: list(_look(app, options)),
        draw=lambda pairs: app.console.show_all(PAIR, pairs, summary=summary),
        state=state_of,
    )


def _look(app: App, options: "ListOptions") -> Iterable[Mapping[str, Any]]:
    from evsrep.jobs.listing import list_pairs

    pairs = list_pairs(app.cloud, options, app.report(PAIR))
    return _rows(
        app, complete.remembered(app, pairs, "pairs", complete.marks_of, is_whole=options.is_whole)
    )


def _rows(app: App, pairs: "Iterable[Pair]") -> Iterable[Mapping[str, Any]]:
    """Return the pairs as they are printed: on a wide terminal with names from elsewhere."""
    if not app.console.draws:
        return (pair.fields for pair in pairs)
    from evsrep.jobs.companions import with_companions
    from evsrep.output.lists import MEDIUM, WIDE

    width = app.console.width
    return with_companions(app.cloud, list(pairs), groups=width >= MEDIUM, disks=width >= WIDE)


def _summary(app: App, options: "ListOptions") -> "Summary":
    from evsrep.cli.summing import summary_of
    from evsrep.output.states import kind_of_state

    make = app.command("create", "--production-disk", "DISK", "--dr-disk", "DISK")
    narrowing = ("name", "status", "group", "disk", "priority_station", "changed_since")
    return summary_of(
        app,
        "pair",
        kind=kind_of_state,
        hint=f"make one: {make}",
        conditions={field: getattr(options, field) for field in narrowing},
    )
