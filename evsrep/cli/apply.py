"""`evsrep apply`: make the pairs of a file exist, many at once."""

import dataclasses
import io
from typing import TYPE_CHECKING, BinaryIO, TextIO

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, changes, everywhere, many_at_once, may_skip_checks, may_wait
from evsrep.output.shapes import APPLIED

if TYPE_CHECKING:
    from evsrep.jobs.apply import ApplyOptions


@click.command(
    cls=Command,
    what="What to apply",
    shape=APPLIED,
    options="evsrep.jobs.apply:ApplyOptions",
    examples=(
        "evsrep apply pairs.csv --dry-run",
        "evsrep apply pairs.csv --wait",
        "evsrep apply - --format jsonl -o jsonl < pairs.jsonl",
    ),
)
@click.argument("file", metavar="FILE", shell_complete=complete.files)
@click.option(
    "--format",
    type=click.Choice(("csv", "jsonl", "toml")),
    help="What FILE is.  [default: by its ending]",
)
@many_at_once
@may_skip_checks
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@changes(about="Do not ask before disks are made; wanted where the profile is protected.")
@may_wait
@everywhere
@pass_app
def apply(app: App, /, options: "ApplyOptions") -> None:
    """Make the pairs of a file exist.

    FILE is CSV with a line of headings, JSON Lines, or TOML ([[pair]]); '-' is standard input. The
    keys are those of 'create': production_disk, dr_disk (or dr_zone, where a DR disk is to be made;
    or volume_ids with priority_station), name, description, priority_station, replication_model.

    The whole file is checked before anything is sent. Pairs that are there already are left alone,
    so that the same file can be applied again, also to finish what was interrupted. Ctrl-C hands
    out no new work and waits for what is in flight; a second one stops at once.
    """
    from evsrep.jobs.apply import apply_pairs

    if options.file == "-":
        options = dataclasses.replace(options, file=_bytes_of(app.environment.stdin))
    with app.report(APPLIED, is_many=True) as report:
        apply_pairs(app.cloud, options, report)


def _bytes_of(stdin: TextIO) -> BinaryIO:
    return getattr(stdin, "buffer", None) or io.BytesIO(stdin.read().encode())
