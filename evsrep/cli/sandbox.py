"""`evsrep sandbox`: the built-in cloud to try things on."""

import signal
from typing import TYPE_CHECKING

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.groups import Group
from evsrep.cli.options import Command, Seconds, everywhere
from evsrep.errors import ConfigError, UsageFault
from evsrep.output.shapes import DISK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evsrep.output.shapes import Thing


@click.group(cls=Group)
@everywhere
def sandbox() -> None:
    """Try things on a cloud of your own.

    The sandbox is the whole API on this machine, with its own users, disks and servers. Every
    command works on it with '-p sandbox', without an account and without a network.
    """


@sandbox.command(cls=Command, shape=DISK, examples=("evsrep sandbox disks",))
@everywhere
@pass_app
def disks(app: App) -> None:
    """List the sandbox's disks.

    Their names tell what they are good for.
    """
    from evsrep.builtin import sandbox_profile

    cloud = app.open_cloud(sandbox_profile("sandbox disks"))
    found = sorted(cloud.disks(), key=lambda disk: disk.name)
    app.console.show_all(DISK, (disk.fields for disk in found), summary=_counted)


def _counted(disks: "Sequence[Thing]") -> str:
    return f"{len(disks)} disks; their names tell what they are good for"


@sandbox.command(cls=Command, examples=("evsrep sandbox seed --disks 2000",))
@click.option(
    "--disks",
    type=click.IntRange(1, 100_000),
    default=1000,
    metavar="N",
    help="How many to add.  [default: 1000]",
)
@everywhere
@pass_app
def seed(app: App, disks: int) -> None:
    """Add many disks to try things on.

    They are couples to be paired, such as bulk-00001 and bulk-00001-dr.
    """
    from evsrep.builtin import as_config_error, sandbox_path
    from evsrep.sandbox.bulk import seed_more

    with as_config_error():
        seed_more(sandbox_path(app.environment.environ), disks)
    app.console.note(f"the sandbox has {disks} more disk{'' if disks == 1 else 's'}")


@sandbox.command(cls=Command, examples=("evsrep sandbox reset",))
@everywhere
@pass_app
def reset(app: App) -> None:
    """Start afresh, without asking.

    The sandbox's pairs are gone, and its disks are as they were.
    """
    from evsrep.builtin import as_config_error, sandbox_path
    from evsrep.sandbox.store import reset as start_afresh

    with as_config_error():
        start_afresh(sandbox_path(app.environment.environ))
    app.console.note("the sandbox is as new")


@sandbox.command(
    "break",
    cls=Command,
    examples=("evsrep sandbox break --az az2.dc2", "evsrep sandbox break --link"),
)
@click.option("--az", metavar="AZ", help="Take this availability zone down, with its servers.")
@click.option("--link", is_flag=True, help="Cut the zones off from each other.")
@everywhere
@pass_app
def break_(app: App, az: str | None, link: bool) -> None:
    """Break something, to rehearse a disaster.

    What is broken stays so until 'evsrep sandbox mend'.
    """
    from evsrep.builtin import as_config_error, open_sandbox, sandbox_path
    from evsrep.sandbox.trouble import break_link, break_zone

    if bool(az) == link:
        raise UsageFault("give --az AZ or --link, one of them")
    open_sandbox(app.environment.environ, app.clock)
    with as_config_error():
        if link:
            break_link(sandbox_path(app.environment.environ))
            app.console.note("the link between the zones is down")
            return
        try:
            break_zone(sandbox_path(app.environment.environ), az or "", now=app.clock.time)
        except ValueError as error:
            raise UsageFault(f"--az: {error}") from error
        app.console.note(f"zone {az} is down, and its servers with it")


@sandbox.command(cls=Command, examples=("evsrep sandbox mend",))
@everywhere
@pass_app
def mend(app: App) -> None:
    """Mend whatever is broken.

    Servers that went down with a zone stay stopped.
    """
    from evsrep.builtin import as_config_error, open_sandbox, sandbox_path
    from evsrep.sandbox.trouble import mend as make_whole

    open_sandbox(app.environment.environ, app.clock)
    with as_config_error():
        mended = make_whole(sandbox_path(app.environment.environ), now=app.clock.time)
    app.console.note(f"mended: {', '.join(mended)}" if mended else "nothing was broken")


@sandbox.command(
    cls=Command,
    examples=("evsrep sandbox serve --port 8776 --lag 15s",),
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Which port.  [default: a free one]",
)
@click.option(
    "--lag",
    "lags",
    type=Seconds(allows_zero=True),
    multiple=True,
    metavar="DURATION",
    help="How late pairs, groups and new disks show; of several, each look takes the next in turn.",
)
@everywhere
@pass_app
def serve(app: App, port: int, lags: tuple[float, ...]) -> None:
    """Offer the sandbox over HTTP on loopback.

    The first line on stdout is its URL; a ready profile for it follows on stderr. It ends with
    Ctrl-C or SIGTERM.
    """
    from evsrep.builtin import open_sandbox
    from evsrep.sandbox.profile import ready_profile
    from evsrep.sandbox.server import Server
    from evsrep.settings.profiles import profile_text

    try:
        server = Server(open_sandbox(app.environment.environ, app.clock, lags), port)
    except OSError as error:
        raise ConfigError(
            f"port {port} can't be used: {error.strerror or error}",
            hint="give another one, or --port 0 for a free one",
        ) from error
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.stop())
    app.console.print(f"{server.url}\n")
    for line in profile_text("served", ready_profile(server.url)).splitlines():
        app.console.note(line)
    server.run()
