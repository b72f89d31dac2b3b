"""`evsrep group expand`: both disks of a pair grow."""

import re
from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, changes, everywhere, may_wait
from evsrep.errors import UsageFault
from evsrep.output.shapes import EXPANSION

if TYPE_CHECKING:
    from evsrep.jobs.expand import ExpandOptions


def _sizes(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    del ctx, param
    return tuple(map(_size, values))


def _size(text: str) -> tuple[str, int]:
    name_or_id, _, size = text.rpartition("=")
    if not name_or_id or not re.fullmatch(r"[1-9]\d{0,8}", size):
        raise UsageFault(f"--pair: '{text}' is not PAIR=GB, such as db-01=200")
    return name_or_id, int(size)


@click.command(
    cls=Command,
    shape=EXPANSION,
    options="evsrep.jobs.expand:ExpandOptions",
    examples=("evsrep group expand shop --pair db-01=200 --pair db-02=80 --wait",),
)
@click.argument("group", metavar="GROUP", shell_complete=complete.groups)
@click.option(
    "--pair",
    "pairs",
    metavar="PAIR=GB",
    multiple=True,
    required=True,
    shell_complete=complete.pairs,
    callback=_sizes,
    help="The pair and its new size; may be given several times.",
)
@changes()
@click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
@may_wait
@everywhere
@pass_app
def expand(app: App, /, options: "ExpandOptions") -> None:
    """Grow both disks of pairs.

    GB is the new size, larger than the old one. Each pair is a call of its own: of several in one
    the cloud gets the sizes wrong. One that fails does not stop the others; a row each says how it
    went. --wait waits until the disks have grown.
    """
    from evsrep.jobs.expand import expand_pairs

    with app.report(EXPANSION, is_many=True) as report:
        expand_pairs(app.cloud, options, report)
