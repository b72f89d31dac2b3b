"""`evsrep create`: pair two disks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, changes, everywhere, may_skip_checks, may_wait, texts
from evsrep.output.shapes import PAIR, REQUEST, Shape

if TYPE_CHECKING:
    from evsrep.jobs.create import CreateOptions


def _shape(params: Mapping[str, Any]) -> Shape:
    return REQUEST if params.get("dry_run") else PAIR


def _models(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from evsrep.jobs.pair_request import MODELS

    return [model for model in MODELS if model.startswith(incomplete)]


@click.command(
    cls=Command,
    what="What to pair",
    shape=_shape,
    options="evsrep.jobs.create:CreateOptions",
    examples=(
        "evsrep create --production-disk db-01-data --dr-disk db-01-data-dr --wait",
        "evsrep create --production-disk db-02-data --dr-zone az2.dc2 --yes --wait",
        "id=$(evsrep create --production-disk $A --dr-disk $B -o value -c id)",
        "evsrep create --volume-id $A --volume-id $B --priority-station $AZ --dry-run",
    ),
)
@click.option(
    "--production-disk",
    metavar="DISK",
    default="",
    shell_complete=complete.disks,
    help="ID or exact name.",
)
@click.option(
    "--dr-disk",
    metavar="DISK",
    default="",
    shell_complete=complete.disks,
    help="ID or exact name.",
)
@click.option(
    "--dr-zone",
    metavar="AZ",
    shell_complete=complete.zones,
    help="Instead of --dr-disk: make the DR disk there, first.",
)
@click.option(
    "--dr-disk-name",
    metavar="TEXT",
    help="What the disk to be made is called.  [default: as production, with -dr]",
)
@click.option(
    "--volume-id",
    "volume_ids",
    metavar="ID",
    multiple=True,
    help="Instead of the disks' roles, given twice: the order is kept.",
)
@texts
@click.option(
    "--priority-station",
    metavar="AZ",
    shell_complete=complete.zones,
    help="The primary availability zone.  [default: the production disk's own]",
)
@click.option(
    "--replication-model",
    metavar="MODEL",
    shell_complete=_models,
    help="The only one there is: hypermetro.",
)
@may_skip_checks
@click.option("--dry-run", is_flag=True, help="Print the request instead of sending it.")
@click.option(
    "--if-not-exists", is_flag=True, help="A pair of these two disks that is there is success."
)
@changes(about="Do not ask before a disk is made; wanted where the profile is protected.")
@may_wait
@everywhere
@pass_app
def create(app: App, /, options: "CreateOptions", dry_run: bool) -> None:
    """Pair two disks.

    The DR disk becomes a copy of the production disk, in another availability zone, and is kept
    identical to it. What the DR disk held before is lost.

    Both disks must have the same type and size, be in no other pair, and lie in different zones;
    the server of the DR disk must be stopped. All that is checked before anything is sent.

    With --dr-zone the DR disk is made first: of the production disk's type, size and sharing,
    encrypted with the same key. It costs money, so evsrep asks, or wants --yes where nobody can be
    asked. A disk that is made once is found again by the same command: there are never two. Should
    the pair fail, the disk stays, and is named.

    If the answer of the cloud is lost on the way, the pair is looked up by its two disks before
    anything else is done: it is never created twice.
    """
    from evsrep.jobs.create import create_pair, plan_pair

    if dry_run:
        with app.report(REQUEST) as report:
            plan_pair(app.cloud, options, report)
        return
    with app.report(PAIR) as report:
        create_pair(app.cloud, options, report)
