"""`evsrep group sync | pause | failover | switchover | reprotect`: one command for each row."""

import inspect
from typing import TYPE_CHECKING, Any

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
        help="Do not ask." if action.asks else "Wanted where the profile is protected.",
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
        _act(app, action, group, expect_primary, is_sure=yes, is_forced=force, patience=patience)

    return command


def _act(
    app: App,
    action: Action,
    word: str,
    expected: str | None,
    *,
    is_sure: bool,
    is_forced: bool,
    patience: Patience,
) -> None:
    from evsrep.jobs.find import find_group

    if action.asks:
        check_can_ask(app, is_sure=is_sure)
    app.check_may_change(is_sure=is_sure)
    found = find_group(app.cloud, word)
    if expected is not None and found.priority_station != expected:
        raise Refused(
            f"the primary zone of group {found.label} is {found.priority_station}, not {expected}",
            hint="nothing was sent; it may have switched over already",
        )
    known = Known(app, found)
    if not is_forced and not action.asks and is_done_already(action, found):
        app.console.note(f"nothing was sent: group {found.label} is {found.replication_status}")
        known.show()
        return
    if patience.waits and found.status in action.passing:
        found = _calm(known, patience)
    if not is_forced:
        guard(app, action, found)
    if action.asks and not is_sure and not is_meant(app, found, f"Do the {action.name}?"):
        return
    with known.kept():
        goal = known.act(action)
        known.settle(goal, patience)
    known.show(goal)


def _calm(known: Known, patience: Patience) -> "Group":
    """The group, when what is under way with it has passed."""
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
