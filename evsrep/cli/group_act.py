"""`evsrep group sync | pause | failover | switchover | reprotect`: one command for each row."""

import inspect
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, changes, everywhere, may_wait
from evsrep.jobs.actions import FAILOVER, PAUSE, REPROTECT, SWITCHOVER, SYNC, Action
from evsrep.output.shapes import GROUP

if TYPE_CHECKING:
    from evsrep.jobs.act import ActOptions


def command_for(action: Action) -> click.Command:
    """Return the command of one row of the table of actions."""

    @click.command(
        action.name,
        cls=Command,
        shape=GROUP,
        options="evsrep.jobs.act:ActOptions",
        preset={"action": action.name},
        help=inspect.cleandoc(action.about),
        examples=action.examples,
    )
    @click.argument("group", metavar="GROUP", shell_complete=complete.groups)
    @changes(asks=bool(action.question))
    @click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
    @may_wait
    @everywhere
    @pass_app
    def command(app: App, /, options: "ActOptions") -> None:
        from evsrep.jobs.act import act

        with app.report(GROUP) as report:
            act(app.cloud, options, report)

    return command


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
