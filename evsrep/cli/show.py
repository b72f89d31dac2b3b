"""`evsrep show`: one pair."""

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.output.shapes import PAIR


@click.command(
    cls=Command,
    shape=PAIR,
    examples=("evsrep show 91085433-9499-4a68-b2c6-35072467ccd2", "evsrep show db-01 -o json"),
)
@click.argument("pair", metavar="PAIR", shell_complete=complete.pairs)
@everywhere
@pass_app
def show(app: App, pair: str) -> None:
    """Show one pair.

    PAIR is an ID, or the exact name of one pair in the project.
    """
    from evsrep.jobs.find import find_pair

    found = find_pair(app.cloud, pair)
    if not app.console.draws:
        app.console.show(PAIR, found.fields)
        return
    from evsrep.jobs.companions import portrait_of

    app.console.show(PAIR, portrait_of(app.cloud, found))
