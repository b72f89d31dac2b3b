"""`evsrep wait`: wait until a pair reaches a state."""

from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere, goal, wait_timeout
from evsrep.output.shapes import PAIR

if TYPE_CHECKING:
    from evsrep.jobs.wait import WaitOptions


@click.command(
    cls=Command,
    shape=PAIR,
    options="evsrep.jobs.wait:WaitOptions",
    examples=(
        "evsrep wait 91085433-9499-4a68-b2c6-35072467ccd2",
        "evsrep wait db-01 --for active --wait-timeout 2h",
    ),
)
@click.argument("pair", metavar="PAIR", shell_complete=complete.pairs)
@goal("available", "active", "deleted")
@wait_timeout
@everywhere
@pass_app
def wait(app: App, options: "WaitOptions") -> None:
    """Wait until a pair reaches a state.

    PAIR is an ID, or the exact name of one pair in the project. The pair is printed when it is
    there; also when it ends in an error state (exit code 9) or the time is up (10).
    """
    from evsrep.jobs.wait import wait_for_pair

    with app.report(PAIR) as report:
        wait_for_pair(app.cloud, options, report)
