"""`evsrep disks`: the project's disks, which are free, and what could be paired with what."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.errors import UsageFault
from evsrep.output.shapes import FITTING_DISK, LISTED_DISK, MATCH, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evsrep.cli.summing import Summary
    from evsrep.jobs.disks import DiskListOptions, ListedDisk
    from evsrep.output.shapes import Thing

_FORMATS = ("csv", "jsonl")
_ONLY_WITH_MATCH = {"dr_server": "DR-SERVER", "dr_zone": "--dr-zone", "format_": "--format"}


def _shape(params: Mapping[str, Any]) -> Shape:
    if params.get("match"):
        return MATCH
    return FITTING_DISK if params.get("fits") else LISTED_DISK


@click.command(
    cls=Command,
    what="Which disks",
    shape=_shape,
    options="evsrep.jobs.disks:DiskListOptions",
    examples=(
        "evsrep disks --unpaired --zone az1.dc1",
        "evsrep disks --fits db-01-data",
        "evsrep disks --match shop-01 shop-01-dr --format csv",
    ),
)
@click.option(
    "--zone", metavar="AZ", shell_complete=complete.zones, help="In this availability zone."
)
@click.option("--unpaired", is_flag=True, help="In no pair.")
@click.option("--server", metavar="SERVER", help="Of this server: its ID or exact name.")
@click.option(
    "--fits",
    metavar="DISK",
    shell_complete=complete.disks,
    help="What could be the DR disk of this one: its ID or exact name.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.option(
    "--match",
    metavar="SERVER",
    help="Match its disks with those of DR-SERVER, or with new ones in --dr-zone.",
)
@click.option(
    "--dr-zone",
    metavar="AZ",
    shell_complete=complete.zones,
    help="With --match, instead of DR-SERVER: where 'apply' is to make the DR disks.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    metavar="FORM",
    help="With --match: print a file for 'evsrep apply', csv or jsonl.",
)
@click.argument("dr_server", metavar="[DR-SERVER]", required=False)
@everywhere
@pass_app
def disks(
    app: App,
    /,
    options: "DiskListOptions",
    match: str | None,
    dr_zone: str | None,
    format_: str | None,
    dr_server: str | None,
) -> None:
    """List the project's disks, and what could be paired.

    Each has its zone, size, type, pair and server.

    With --fits it is the disks that could be the DR disk of the one named: in another zone, of the
    same type, size and sharing, in no pair. What still stands against each is said, such as a
    server that is not stopped.

    With --match the disks of two servers are put side by side, by the order of their devices, type
    and size. Nothing is guessed: what is left over or ambiguous is told on stderr, with exit code
    6. As a file for 'apply' it pairs them all.
    """
    if match is None:
        given = {"dr_server": dr_server, "dr_zone": dr_zone, "format_": format_}
        alone = [_ONLY_WITH_MATCH[name] for name, value in given.items() if value is not None]
        if alone:
            raise UsageFault(f"{' and '.join(alone)} without --match", hint="see its --help")
        _list(app, options)
        return
    if not options.is_whole:
        raise UsageFault("--match does not go with what narrows the list", hint="leave that out")
    _match(app, match, dr_server or "", dr_zone or "", format_)


def _list(app: App, options: "DiskListOptions") -> None:
    from evsrep.jobs.disks import list_disks

    shape = FITTING_DISK if options.fits else LISTED_DISK
    found = list_disks(app.cloud, options, app.report(shape))
    shown = complete.remembered(app, found, "disks", _marks_of, is_whole=options.is_whole)
    app.console.show_all(shape, (disk.fields for disk in shown), summary=_summary(app, options))


def _summary(app: App, options: "DiskListOptions") -> "Summary":
    from evsrep.cli.summing import summary_of

    if options.fits:
        make = app.command("create", "--production-disk", options.fits, "--dr-zone", "AZ")
        return lambda found: _fitting(found, options.fits or "", make)
    narrowing = ("zone", "unpaired", "server")
    return summary_of(
        app,
        "disk",
        kind=lambda disk: "in pairs" if disk["pair_id"] else "in no pair",
        hint="disks are made in the cloud's console",
        conditions={field: getattr(options, field) for field in narrowing},
    )


def _fitting(found: "Sequence[Thing]", disk: str, make: str) -> str:
    if not found:
        return f"no disk could be the DR disk of {disk}; have one made: {make}"
    ready = sum(not each["against"] for each in found)
    return f"{len(found)} could be the DR disk of {disk}, {ready} as they are"


def _match(app: App, server: str, dr_server: str, dr_zone: str, format_: str | None) -> None:
    from evsrep.jobs.disk_match import MatchOptions, match_disks

    options = MatchOptions(server, dr_server, dr_zone)
    options.validate({"match": "--match", "dr_zone": "--dr-zone"}.__getitem__)
    matching = match_disks(app.cloud, options, app.report(MATCH))
    if format_ is None:
        app.console.show_all(MATCH, (match.fields for match in matching.matches))
    else:
        for line in matching.lines(format_):
            app.console.print_file_line(line)
    failure = matching.failure()
    if failure is not None:
        raise failure


def _marks_of(listed: "ListedDisk") -> tuple[str, str, str]:
    return listed.disk.id, listed.disk.name, listed.disk.availability_zone
