"""`evsrep wait`: wait until a pair reaches a state."""

from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere, wait_timeout
from evsrep.cli.waiting import wait_for
from evsrep.errors import AuthError, EvsrepError, Interrupted, NotFound
from evsrep.output.shapes import PAIR

if TYPE_CHECKING:
    from evsrep.cloud.models import Pair
    from evsrep.jobs.wait import Goal

_GOALS = ("available", "active", "deleted")


@click.command(
    cls=Command,
    shape=PAIR,
    examples=(
        "evsrep wait 91085433-9499-4a68-b2c6-35072467ccd2",
        "evsrep wait db-01 --for active --wait-timeout 2h",
    ),
)
@click.argument("pair", metavar="PAIR", shell_complete=complete.pairs)
@click.option(
    "--for",
    "goal",
    type=click.Choice(_GOALS),
    metavar="STATE",
    default="available",
    help=f"One of {', '.join(_GOALS)}.  [default: available]",
)
@wait_timeout
@everywhere
@pass_app
def wait(app: App, pair: str, goal: str, wait_timeout: float) -> None:
    """Wait until a pair reaches a state.

    PAIR is an ID, or the exact name of one pair in the project. The pair is printed when it is
    there; also when it ends in an error state (exit code 9) or the time is up (10).
    """
    from evsrep.jobs.find import find_pair, is_id
    from evsrep.jobs.wait import GOALS

    pair_id = pair if is_id(pair) else find_pair(app.cloud, pair).id
    found = _wait(app, pair_id, GOALS[goal], wait_timeout)
    app.console.show(PAIR, found.fields if found else {"id": pair_id, "status": "deleted"})


def _wait(app: App, pair_id: str, goal: "Goal", seconds: float) -> "Pair | None":
    """Wait; whatever ends it, what is known is printed, with the command to go on with."""
    seen: list[Pair] = []
    try:
        return wait_for(app, pair_id, goal, seconds=seconds, learn=seen.append)
    except KeyboardInterrupt:
        error: EvsrepError = Interrupted("interrupted; what is under way goes on without us")
    except EvsrepError as found:
        error = found
    if seen:
        app.console.show(PAIR, seen[-1].fields)
    elif isinstance(error, NotFound | AuthError):
        raise error  # waiting on would not help
    error.resume = app.command(
        "wait", pair_id, *([] if goal.name == "available" else ["--for", goal.name])
    )
    raise error
