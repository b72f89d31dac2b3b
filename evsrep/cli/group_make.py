"""`evsrep group create | update | delete`: groups come, change and go."""

from typing import TYPE_CHECKING, NamedTuple

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.ask import check_can_ask
from evsrep.cli.group_known import Known, guard, is_meant
from evsrep.cli.options import Command, Patience, everywhere, may_wait
from evsrep.errors import UsageFault
from evsrep.jobs.actions import DELETE, GOALS, PAUSE, RENAME, SYNC, UPDATE, Action
from evsrep.output.shapes import GROUP

if TYPE_CHECKING:
    from evsrep.cloud.models import Group, GroupChange, GroupOrder
    from evsrep.jobs.wait import Goal


class Conduct(NamedTuple):
    """How to go about it."""

    patience: Patience
    pauses: bool = False
    syncs: bool = False
    is_sure: bool = False
    is_forced: bool = False


@click.command(
    cls=Command,
    shape=GROUP,
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
@click.option("--name", metavar="TEXT", help="At most 255 bytes as UTF-8.")
@click.option("--description", metavar="TEXT", help="At most 255 bytes as UTF-8.")
@click.option(
    "--priority-station",
    metavar="AZ",
    shell_complete=complete.zones,
    help="The primary availability zone.  [default: that of the pairs]",
)
@click.option("--sync/--no-sync", default=True, help="Sync it afterwards.  [default: sync]")
@click.option("--yes", is_flag=True, help="Wanted where the profile is protected.")
@may_wait
@everywhere
@pass_app
def create(
    app: App,
    /,
    pairs: tuple[str, ...],
    name: str | None,
    description: str | None,
    priority_station: str | None,
    sync: bool,
    yes: bool,
    patience: Patience,
) -> None:
    """Bundle pairs into a group.

    The pairs are to be available, in no other group, and of one primary zone; all that is checked
    before anything is sent. A new group copies nothing before its first sync, so one is sent as
    soon as the group is there; --wait waits until it is active.
    """
    from evsrep.jobs.group import plan_group

    _check_words(("--priority-station", priority_station))
    _check_texts(name, description)
    app.check_may_change(is_sure=yes)
    order = plan_group(
        app.cloud, pairs, station=priority_station, name=name, description=description
    )
    _create(app, order, Conduct(syncs=sync, patience=patience))


def _create(app: App, order: "GroupOrder", conduct: Conduct) -> None:
    from evsrep.cloud.wire import group_order_fields
    from evsrep.jobs.group import create_group

    known = Known(app, None, group_order_fields(order))
    with known.kept():
        known.make(lambda: create_group(app.cloud, order, clock=app.clock, tell=known.tell))
        goal = GOALS["available"]
        if conduct.syncs:
            goal = _sync_when_calm(known, conduct.patience)
        known.settle(goal, conduct.patience)
    known.show(goal)


@click.command(
    cls=Command,
    shape=GROUP,
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
@click.option("--yes", is_flag=True, help="Wanted where the profile is protected.")
@click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
@may_wait
@everywhere
@pass_app
def update(
    app: App,
    /,
    group: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    name: str | None,
    description: str | None,
    pause: bool,
    sync: bool,
    yes: bool,
    force: bool,
    patience: Patience,
) -> None:
    """Change a group's pairs, name or description.

    Pairs come and go only while the group is paused: --pause does that first, and on a terminal it
    is offered. The disks of a pair that is taken out stay as they are. Where pairs have come or
    gone, the group is synced afterwards. Name and description alone need neither.
    """
    from evsrep.jobs.find import find_group

    if not (add or remove) and name is None and description is None:
        message = "nothing is to be changed: give --add, --remove, --name or --description"
        raise UsageFault(message, hint="see 'evsrep group update --help'")
    _check_texts(name, description)
    app.check_may_change(is_sure=yes)
    found = find_group(app.cloud, group)
    moves = _read_change(app, found, add, remove, is_forced=force)
    change = moves._replace(name=name, description=description)
    _update(app, found, change, Conduct(patience, pause, sync, yes, force))


def _read_change(
    app: App, group: "Group", add: tuple[str, ...], remove: tuple[str, ...], *, is_forced: bool
) -> "GroupChange":
    """The pairs to come and go; raises Refused for those that can't, unless that is forced."""
    from evsrep.cloud.models import GroupChange
    from evsrep.jobs.find import find_pair
    from evsrep.jobs.group import check_can_join, check_can_leave

    joining = [find_pair(app.cloud, word) for word in dict.fromkeys(add)]
    leaving = [find_pair(app.cloud, word) for word in dict.fromkeys(remove)]
    if not is_forced:
        check_can_join(joining, group)
        check_can_leave(leaving, group)
    return GroupChange(
        add=tuple(pair.id for pair in joining), remove=tuple(pair.id for pair in leaving)
    )


def _update(app: App, found: "Group", change: "GroupChange", conduct: Conduct) -> None:
    from evsrep.jobs.group import with_pair_ids

    action = UPDATE if change.moves_pairs else RENAME
    if change.moves_pairs:
        found = with_pair_ids(app.cloud, found)
    pauses = _is_to_pause(app, action, found, conduct)
    known = Known(app, found)
    with known.kept():
        if pauses:
            _pause(known, conduct)
        goal = known.update(action, change)
        if conduct.syncs and change.moves_pairs and _keeps_pairs(found, change):
            goal = _sync_when_calm(known, conduct.patience)
        known.settle(goal, conduct.patience)
    known.show(goal)


@click.command(
    cls=Command,
    shape=GROUP,
    examples=("evsrep group delete shop", "evsrep group delete shop --yes --wait"),
)
@click.argument("group", metavar="GROUP", shell_complete=complete.groups)
@click.option("--pause", is_flag=True, help="Pause the group first, where it is not paused.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
@may_wait
@everywhere
@pass_app
def delete(app: App, group: str, pause: bool, yes: bool, force: bool, patience: Patience) -> None:
    """Delete a group that has no pairs any more.

    Its pairs are to be taken out first with 'evsrep group update --remove'; pairs and disks stay
    as they are. It asks on a terminal, and wants --yes elsewhere.
    """
    from evsrep.jobs.find import find_group

    check_can_ask(app, is_sure=yes)
    app.check_may_change(is_sure=yes)
    _delete(app, find_group(app.cloud, group), Conduct(patience, pause, False, yes, force))


def _delete(app: App, found: "Group", conduct: Conduct) -> None:
    pauses = _is_to_pause(app, DELETE, found, conduct)
    if not conduct.is_sure and not is_meant(app, found, DELETE.question):
        return
    known = Known(app, found)
    with known.kept():
        if pauses:
            _pause(known, conduct)
        goal = known.delete(DELETE)
        known.settle(goal, conduct.patience)
    known.show(goal)


def _check_texts(name: str | None, description: str | None) -> None:
    from evsrep.jobs.order import text_faults

    faults = list(text_faults(("--name", name), ("--description", description)))
    if faults:
        raise UsageFault("; ".join(faults))


def _check_words(*words: tuple[str, str | None]) -> None:
    for flag, word in words:
        if word is not None and not word.strip():
            raise UsageFault(f"{flag} is empty")


def _is_to_pause(app: App, action: Action, group: "Group", conduct: Conduct) -> bool:
    """Whether to pause first: where --pause says so, or whoever can be asked.

    Raises Refused where the group's state forbids the action, paused or not.
    """
    is_wanted = action is not RENAME and not _is_paused(group)
    if conduct.is_forced or not is_wanted:
        guard(app, action, group, is_forced=conduct.is_forced)
        return conduct.pauses and is_wanted
    guard(app, action, _as_if_paused(group))
    if conduct.pauses:
        return True
    may_ask = app.world.is_interactive and not conduct.is_sure
    if may_ask and is_meant(app, group, f"It is {group.replication_status}. Pause it first?"):
        return True
    guard(app, action, group)
    return False


def _is_paused(group: "Group") -> bool:
    return group.replication_status not in ("active", "copying")


def _as_if_paused(group: "Group") -> "Group":
    return group._replace(replication_status="active-stopped")


def _keeps_pairs(group: "Group", change: "GroupChange") -> bool:
    """Whether there is anything to sync after a change."""
    return bool({*(group.pair_ids or ()), *change.add} - {*change.remove})


def _pause(known: Known, conduct: Conduct) -> None:
    known.wait(known.act(PAUSE), conduct.patience.seconds)
    known.tell("the group is paused")
    known.goes_on_with("sync", "--wait")  # should what follows fail, it is to be protected again


def _sync_when_calm(known: Known, patience: Patience) -> "Goal":
    """Sync as soon as the group can be; returns what to wait for then."""
    known.goes_on_with("sync", "--wait")
    known.wait(GOALS["available"], patience.seconds)
    return known.act(SYNC)
