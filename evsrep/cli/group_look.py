"""`evsrep group list | show | wait | ready`: what there is, and how it is."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere, goal, wait_timeout
from evsrep.jobs.actions import GROUP_GOALS, REHEARSED
from evsrep.output.shapes import GROUP, PAIR, READINESS

if TYPE_CHECKING:
    from evsrep.cli.summing import Summary
    from evsrep.cloud.models import Group
    from evsrep.jobs.group_wait import GroupWaitOptions
    from evsrep.jobs.listing import GroupListOptions
    from evsrep.jobs.readiness import ReadyOptions


def _statuses() -> Iterable[str]:
    from evsrep.cloud.meanings import GROUP_STATUSES

    return GROUP_STATUSES


@click.command(
    "list",
    cls=Command,
    what="Which groups",
    shape=GROUP,
    options="evsrep.jobs.listing:GroupListOptions",
    examples=("evsrep group list", "evsrep group list --status failovered -o value -c id"),
)
@click.option("--name", metavar="TEXT", help="With exactly this name.")
@click.option(
    "--status",
    metavar="STATUS",
    shell_complete=complete.words(_statuses),
    help="In this status, such as available.",
)
@click.option(
    "--priority-station",
    metavar="AZ",
    shell_complete=complete.zones,
    help="With this primary availability zone.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@everywhere
@pass_app
def list_(app: App, /, options: "GroupListOptions") -> None:
    """List the project's consistency groups.

    All of them, however many there are; the options narrow that down.
    """
    from evsrep.jobs.listing import list_groups

    groups = list_groups(app.cloud, options, app.report(GROUP))
    shown = complete.remembered(app, groups, "groups", complete.marks_of, is_whole=options.is_whole)
    app.console.show_all(GROUP, _rows(app, shown), summary=_summary(app, options))


def _rows(app: App, groups: "Iterable[Group]") -> Iterable[Mapping[str, Any]]:
    if not app.console.draws:
        return (group.fields for group in groups)
    from evsrep.jobs.companions import age_of

    now = app.clock.time()
    return [{**group.fields, "age": age_of(group.fields, now)} for group in groups]


def _summary(app: App, options: "GroupListOptions") -> "Summary":
    from evsrep.cli.summing import summary_of
    from evsrep.output.states import kind_of_state

    make = app.command("group", "create", "--name", "NAME", "--pair", "PAIR")
    return summary_of(
        app,
        "group",
        kind=kind_of_state,
        hint=f"make one: {make}",
        conditions={
            "name": options.name,
            "status": options.status,
            "priority_station": options.priority_station,
        },
    )


@click.command(
    cls=Command, shape=GROUP, examples=("evsrep group show shop", "evsrep group show shop -o json")
)
@click.argument("group", metavar="GROUP", shell_complete=complete.groups)
@everywhere
@pass_app
def show(app: App, group: str) -> None:
    """Show one group.

    On a terminal with its pairs and their disks; elsewhere the group alone.
    """
    from evsrep.jobs.find import find_group

    found = find_group(app.cloud, group)
    if app.console.draws:
        _draw(app, found)
    else:
        app.console.show(GROUP, found.fields)


def _draw(app: App, group: "Group") -> None:
    """Draw a group, and below it each of its pairs with both disks."""
    from evsrep.jobs.companions import age_of, portrait_of
    from evsrep.jobs.groups import disks_of, pairs_of

    pairs = pairs_of(app.cloud, group)
    disks = disks_of(app.cloud, pairs)
    age = age_of(group.fields, app.clock.time())
    lost = set(group.pair_ids or ()) - {pair.id for pair in pairs}
    known = {**group.fields, "age": age, "pair_count": str(len(pairs) + len(lost))}
    app.console.show_facts(GROUP, known)
    for pair in pairs:
        app.console.print("\n")
        portrait = portrait_of(app.cloud, pair._replace(group_id=""), disks)
        portrait.pop("replication_consistency_group_id", None)
        app.console.show_facts(PAIR, portrait, indent=2)
    for pair_id in sorted(lost):
        app.console.print_line(f"  pair {pair_id}: not among the project's pairs")


@click.command(
    cls=Command,
    shape=GROUP,
    options="evsrep.jobs.group_wait:GroupWaitOptions",
    examples=("evsrep group wait shop --for active --wait-timeout 2h",),
)
@click.argument("group", metavar="GROUP", shell_complete=complete.groups)
@goal(*GROUP_GOALS)
@wait_timeout
@everywhere
@pass_app
def wait(app: App, options: "GroupWaitOptions") -> None:
    """Wait until a group reaches a state.

    The group is printed when it is there; also when it ends in an error state (exit code 9) or the
    time is up (10).
    """
    from evsrep.jobs.group_wait import wait_for_group

    with app.report(GROUP) as report:
        wait_for_group(app.cloud, options, report)


@click.command(
    cls=Command,
    shape=READINESS,
    options="evsrep.jobs.readiness:ReadyOptions",
    examples=("evsrep group ready shop --for failover",),
)
@click.argument("group", metavar="GROUP", shell_complete=complete.groups)
@click.option(
    "--for",
    "action",
    type=click.Choice(tuple(REHEARSED)),
    metavar="ACTION",
    required=True,
    help=f"One of {', '.join(REHEARSED)}.",
)
@everywhere
@pass_app
def ready(app: App, options: "ReadyOptions") -> None:
    """Say whether a group is ready for an action.

    The rehearsal: each rule, the value seen, and whether that is right. Nothing is sent that
    changes anything. The exit code is 0 where the action would be sent, else 6.
    """
    from evsrep.jobs.readiness import rehearse

    with app.report(READINESS, is_many=True) as report:
        rehearse(app.cloud, options, report)
