"""`evsrep group list | show | wait | ready`: what there is, and how it is."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere, goal, wait_timeout
from evsrep.jobs.actions import GROUP_GOALS, REHEARSED
from evsrep.output.shapes import GROUP, READINESS, Branch

if TYPE_CHECKING:
    from evsrep.cli.summing import Summary
    from evsrep.cloud.models import Disk, Group, Pair
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
    shown = complete.remembered(app, groups, "groups", is_whole=options.is_whole)
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

    On a terminal with its pairs and their disks, as a tree; elsewhere the group alone.
    """
    from evsrep.jobs.find import find_group

    found = find_group(app.cloud, group)
    if app.console.draws:
        app.console.show_tree(_tree(app, found))
    else:
        app.console.show(GROUP, found.fields)


def _tree(app: App, group: "Group") -> Branch:
    from evsrep.cloud.models import fault_in_words
    from evsrep.jobs.groups import disks_of, pairs_of

    pairs = pairs_of(app.cloud, group)
    disks = disks_of(app.cloud, pairs)
    fault = fault_in_words(group.fields)
    facts = [
        Branch(f"{name}: {(name == 'fault_level' and fault) or group.fields[name]}")
        for name in GROUP.fields
        if name not in ("id", "name", "replication_ids") and group.fields.get(name)
    ]
    below = [_pair_branch(pair, disks) for pair in pairs]
    listed = {pair.id for pair in pairs}
    lost = [each for each in group.pair_ids or () if each not in listed]
    below += [Branch(f"pair {pair_id}: not among the project's pairs") for pair_id in lost]
    return Branch(f"group {group.label}", (*facts, *below))


def _pair_branch(pair: "Pair", disks: "dict[str, Disk | Exception]") -> Branch:
    from evsrep.cloud.models import fault_in_words

    percent = "" if pair.progress is None else f", {pair.progress:g} %"
    fault = f", {words}" if (words := fault_in_words(pair.fields)) else ""
    text = f"pair {pair.label}: {pair.status}, {pair.replication_status or '-'}{percent}{fault}"
    return Branch(text, tuple(_disk_branch(pair, each, disks[each]) for each in pair.disks))


def _disk_branch(pair: "Pair", disk_id: str, disk: "Disk | Exception") -> Branch:
    if isinstance(disk, Exception):
        return Branch(f"disk {disk_id}: could not be looked up")
    role = "primary" if disk.availability_zone == pair.priority_station else "other"
    size = "" if disk.size_gb is None else f", {disk.size_gb} GB"
    return Branch(f"disk {disk.label}: {role} zone {disk.availability_zone}{size}, {disk.status}")


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
