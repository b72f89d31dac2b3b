"""`evsrep group create | update | delete`: groups come, change and go."""

from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, changes, everywhere, may_wait, texts
from evsrep.output.shapes import GROUP

if TYPE_CHECKING:
    from evsrep.jobs.group_change import GroupDeleteOptions, GroupUpdateOptions
    from evsrep.jobs.group_create import GroupCreateOptions


@click.command(
    cls=Command,
    shape=GROUP,
    options="evsrep.jobs.group_create:GroupCreateOptions",
    examples=("evsrep group create --name shop --pair db-01 --pair db-02 --wait",),
)
@click.option(
    "--pair",
    "pairs",
    metavar="PAIR",
    multiple=True,
    required=True,
    shell_complete=complete.pairs,
    help="ID or exact name; may be given several times.",
)
@texts
@click.option(
    "--priority-station",
    metavar="AZ",
    shell_complete=complete.zones,
    help="The primary availability zone.  [default: that of the pairs]",
)
@click.option("--sync/--no-sync", default=True, help="Sync it afterwards.  [default: sync]")
@click.option("--if-not-exists", is_flag=True, help="A group of exactly these pairs is success.")
@changes()
@may_wait
@everywhere
@pass_app
def create(app: App, /, options: "GroupCreateOptions") -> None:
    """Bundle pairs into a group.

    The pairs are to be available, in no other group, and of one primary zone; all that is checked
    before anything is sent. A new group copies nothing before its first sync, so one is sent as
    soon as the group is there; --wait waits until it is active.
    """
    from evsrep.jobs.group_create import create_group

    with app.report(GROUP) as report:
        create_group(app.cloud, options, report)


@click.command(
    cls=Command,
    shape=GROUP,
    options="evsrep.jobs.group_change:GroupUpdateOptions",
    examples=(
        "evsrep group update shop --add db-03 --pause --wait",
        "evsrep group update shop --name web-shop",
    ),
)
@click.argument("group", metavar="GROUP", shell_complete=complete.groups)
@click.option(
    "--add", metavar="PAIR", multiple=True, shell_complete=complete.pairs, help="Take a pair in."
)
@click.option(
    "--remove", metavar="PAIR", multiple=True, shell_complete=complete.pairs, help="Take one out."
)
@click.option("--name", metavar="TEXT", help="A new name.")
@click.option("--description", metavar="TEXT", help="A new description.")
@click.option("--pause", is_flag=True, help="Pause the group first, where it is not paused.")
@click.option("--sync/--no-sync", default=True, help="Sync it afterwards.  [default: sync]")
@changes()
@click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
@may_wait
@everywhere
@pass_app
def update(app: App, /, options: "GroupUpdateOptions") -> None:
    """Change a group's pairs, name or description.

    Pairs come and go only while the group is paused: --pause does that first, and on a terminal it
    is offered. The disks of a pair that is taken out stay as they are. Where pairs have come or
    gone, the group is synced afterwards. Name and description alone need neither.
    """
    from evsrep.jobs.group_change import update_group

    with app.report(GROUP) as report:
        update_group(app.cloud, options, report)


@click.command(
    cls=Command,
    shape=GROUP,
    options="evsrep.jobs.group_change:GroupDeleteOptions",
    examples=("evsrep group delete shop", "evsrep group delete shop --yes --wait"),
)
@click.argument("group", metavar="GROUP", shell_complete=complete.groups)
@click.option("--pause", is_flag=True, help="Pause the group first, where it is not paused.")
@changes(asks=True)
@click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
@click.option("--ignore-missing", is_flag=True, help="A group that is not there is success.")
@may_wait
@everywhere
@pass_app
def delete(app: App, /, options: "GroupDeleteOptions") -> None:
    """Delete a group that has no pairs any more.

    Its pairs are to be taken out first with 'evsrep group update --remove'; pairs and disks stay
    as they are. It asks on a terminal, and wants --yes elsewhere.
    """
    from evsrep.jobs.group_change import delete_group

    with app.report(GROUP) as report:
        delete_group(app.cloud, options, report)
