"""`evsrep export`: what there is, as what makes it."""

from typing import TYPE_CHECKING

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.output.shapes import PAIR

if TYPE_CHECKING:
    from evsrep.jobs.export import ExportOptions

_FORMATS = ("csv", "jsonl")


@click.command(
    cls=Command,
    options="evsrep.jobs.export:ExportOptions",
    examples=("evsrep export > pairs.csv", "evsrep export --groups > groups.sh"),
)
@click.option(
    "--format",
    type=click.Choice(_FORMATS),
    metavar="FORM",
    default="csv",
    help=f"{' or '.join(_FORMATS)}.  [default: csv]",
)
@click.option(
    "--excel", is_flag=True, help="CSV that a spreadsheet opens as it is, and computes nothing of."
)
@click.option("--groups", is_flag=True, help="The groups, as 'evsrep group create' commands.")
@everywhere
@pass_app
def export(app: App, /, options: "ExportOptions") -> None:
    """Print the pairs as a file for 'evsrep apply'.

    Applied to the same project, the file changes nothing: every pair exists. Pairs that are being
    deleted are left out, and failed ones whose disk another pair has. Which disk is production
    follows from the zones of the disks; where these can't be seen, a pair has its 'volume_ids'
    instead.

    With --excel a cell that would be a formula has an apostrophe before it, and the file a mark
    that it is UTF-8: 'apply' reads both back.

    With --groups it is the consistency groups, each as the command that makes it: a script to run
    when the pairs are there.
    """
    from evsrep.jobs.export import export as lines_of

    with app.report(PAIR) as report:
        for line in lines_of(app.cloud, options, report):
            app.console.print_file_line(line)
