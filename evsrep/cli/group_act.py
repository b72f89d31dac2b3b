"""`evsrep group sync | pause | failover | switchover | reprotect`: one command for each row."""

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.ask import check_can_ask
from evsrep.cli.group_known import Known, guard, is_meant
from evsrep.cli.options import Command, Patience, everywhere, may_wait
from evsrep.errors import Refused
from evsrep.jobs.actions import (
    FAILOVER,
    GOALS,
    PAUSE,
    REPROTECT,
    SWITCHOVER,
    SYNC,
    Action,
    is_done_already,
)
from evsrep.output.shapes import GROUP

if TYPE_CHECKING:
    from evsrep.cloud.models import Group


class Conduct(NamedTuple):
    """How to go about it."""

    is_sure: bool
    is_forced: bool
    patience: Patience


def command_for(action: Action) -> click.Command:
    """The command of one row of the table of actions."""

    @click.command(
        action.name,
        cls=Command,
        shape=GROUP,
        help=inspect.cleandoc(action.about),
        examples=action.examples,
    )
    @click.argument("group", metavar="GROUP", shell_complete=complete.groups)
    @click.option(
        "--yes",
        is_flag=True,
        help="Do not ask." if action.question else "Wanted where the profile is protected.",
    )
    @click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
    @may_wait
    @everywhere
    @pass_app
    def command(
        app: App,
        /,
        group: str,
        yes: bool,
        force: bool,
        patience: Patience,
        expect_primary: str | None = None,
    ) -> None:
        from evsrep.jobs.find import find_group

        if action.question:
            check_can_ask(app, is_sure=yes)
        app.check_may_change(is_sure=yes)
        found = find_group(app.cloud, group)
        _check_primary(found, expect_primary)
        _act(app, action, found, Conduct(yes, force, patience))

    return command


def _check_primary(group: "Group", expected: str | None) -> None:
    if expected is not None and group.priority_station != expected:
        raise Refused(
            f"the primary zone of group {group.label} is {group.priority_station}, not {expected}",
            hint="nothing was sent; it may have switched over already",
        )


def _act(app: App, action: Action, found: "Group", conduct: Conduct) -> None:
    known = Known(app, found)
    if not conduct.is_forced and not action.question and is_done_already(action, found):
        app.console.note(f"nothing was sent: group {found.label} is {found.replication_status}")
        known.show()
        return
    if found.status in action.passing and not conduct.is_forced:
        found = _rate_limit(app, found, conduct.patience)
        known = Known(app, found)
    guard(app, action, found, is_forced=conduct.is_forced)
    if action.question and not conduct.is_sure and not is_meant(app, found, action.question):
        return
    with known.kept():
        goal = known.act(action)
        known.settle(goal, conduct.patience)
    known.show(goal)


def _rate_limit(app: App, group: "Group", patience: Patience) -> "Group":
    """The group, when what is under way with it has passed."""
    known = Known(app, group)
    known.tell(f"group {group.label} is {group.status}; waiting for the end of that")
    with known.kept():
        return known.wait(GOALS["available"], patience.seconds)


def _with_expectation(command: click.Command) -> click.Command:
    option: Any = click.Option(
        ["--expect-primary"],
        metavar="AZ",
        shell_complete=complete.zones,
        help="Send nothing where the primary zone is another.",
    )
    command.params.insert(1, option)
    return command


sync = command_for(SYNC)
pause = command_for(PAUSE)
failover = command_for(FAILOVER)
switchover = _with_expectation(command_for(SWITCHOVER))
reprotect = command_for(REPROTECT)
