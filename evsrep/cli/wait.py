"""`evsrep wait`: wait until a pair reaches a state."""

from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere, goal, wait_timeout
from evsrep.output.shapes import PAIR, WAITED

if TYPE_CHECKING:
    from evsrep.jobs.wait_many import WaitManyOptions


@click.command(
    cls=Command,
    shape=lambda params: PAIR if len(params["pairs"]) < 2 else WAITED,
    options="evsrep.jobs.wait_many:WaitManyOptions",
    examples=(
        "evsrep wait 91085433-9499-4a68-b2c6-35072467ccd2",
        "evsrep wait db-01 db-02 --for active",
        "evsrep wait db-01 --for active --wait-timeout 2h",
    ),
)
@click.argument("pairs", metavar="PAIR…", nargs=-1, required=True, shell_complete=complete.pairs)
@goal("available", "active", "deleted")
@wait_timeout
@everywhere
@pass_app
def wait(app: App, options: "WaitManyOptions") -> None:
    """Wait until pairs reach a state.

    PAIR is an ID, or the exact name of one pair in the project. The pair is printed when it is
    there; also when it ends in an error state (exit code 9) or the time is up (10). Of several a
    row each says how it ended.
    """
    if len(options.pairs) == 1:
        from evsrep.jobs.wait import WaitOptions, wait_for_pair

        alone = WaitOptions(options.pairs[0], options.goal, options.wait_timeout)
        with app.report(PAIR) as report:
            wait_for_pair(app.cloud, alone, report)
        return
    from evsrep.jobs.wait_many import wait_for_pairs

    with app.report(WAITED, is_many=True) as report:
        wait_for_pairs(app.cloud, options, report)
