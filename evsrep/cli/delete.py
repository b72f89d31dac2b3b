"""`evsrep delete`: delete pairs."""

from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, changes, everywhere, many_at_once, may_wait
from evsrep.output.shapes import DELETION

if TYPE_CHECKING:
    from evsrep.jobs.delete import DeleteOptions


@click.command(
    cls=Command,
    shape=DELETION,
    options="evsrep.jobs.delete:DeleteOptions",
    examples=(
        "evsrep delete db-01",
        "evsrep delete db-01 db-02 --yes --wait",
        "evsrep list --status error -o value -c id | xargs -r evsrep delete --yes",
    ),
)
@click.argument("pairs", metavar="PAIR…", nargs=-1, required=True, shell_complete=complete.pairs)
@changes(asks=True)
@click.option("--ignore-missing", is_flag=True, help="A pair that is not there is success.")
@many_at_once
@may_wait
@everywhere
@pass_app
def delete(app: App, options: "DeleteOptions") -> None:
    """Delete pairs.

    PAIR is an ID, or the exact name of one pair in the project. The two disks of a pair stay as
    they are. It asks on a terminal, and wants --yes elsewhere.

    Each pair is looked up first: only one that is available or error, and in no consistency group,
    can be deleted. Several are deleted side by side, and one that fails does not stop the others;
    a row each says how it went. Ctrl-C hands out no new work and waits for what is in flight; a
    second one stops at once.
    """
    from evsrep.jobs.delete import delete_pairs

    with app.report(DELETION, is_many=True) as report:
        delete_pairs(app.cloud, options, report)
