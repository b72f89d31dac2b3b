"""`evsrep export`: what there is, as what makes it."""

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere

_FORMS = ("csv", "jsonl")


@click.command(
    cls=Command,
    examples=("evsrep export > pairs.csv", "evsrep export --groups > groups.sh"),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    metavar="FORM",
    default="csv",
    help=f"{' or '.join(_FORMS)}.  [default: csv]",
)
@click.option("--groups", is_flag=True, help="The groups, as 'evsrep group create' commands.")
@everywhere
@pass_app
def export(app: App, form: str, groups: bool) -> None:
    """Print the pairs as a file for 'evsrep apply'.

    Applied to the same project, the file changes nothing: every pair exists. Pairs that are being
    deleted are left out. Which disk is production follows from the zones of the disks; where these
    can't be seen, a pair has its 'volume_ids' instead.

    With --groups it is the consistency groups, each as the command that makes it: a script to run
    when the pairs are there.
    """
    from evsrep.jobs.export import group_commands, sheet_lines

    for line in group_commands(app.cloud) if groups else sheet_lines(app.cloud, form):
        app.console.print(line)
