"""`evsrep group expand`: both disks of a pair grow."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.group_known import Known, guard
from evsrep.cli.many import failure_of, with_error
from evsrep.cli.options import Command, Patience, everywhere, may_wait
from evsrep.errors import EvsrepError, Interrupted, UsageFault
from evsrep.jobs.actions import EXPAND, GOALS
from evsrep.output.shapes import EXPANSION

if TYPE_CHECKING:
    from evsrep.cloud.models import Group
    from evsrep.jobs.group import Growth


@click.command(
    cls=Command,
    shape=EXPANSION,
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
    help="The pair and its new size; may be given several times.",
)
@click.option("--yes", is_flag=True, help="Wanted where the profile is protected.")
@click.option("--force", is_flag=True, help="Send it even where the group's state forbids it.")
@may_wait
@everywhere
@pass_app
def expand(
    app: App, group: str, pairs: tuple[str, ...], yes: bool, force: bool, patience: Patience
) -> None:
    """Grow both disks of pairs.

    GB is the new size, larger than the old one. Each pair is a call of its own: of several in one
    the cloud gets the sizes wrong. One that fails does not stop the others; a row each says how it
    went. --wait waits until the disks have grown.
    """
    from evsrep.jobs.find import find_group
    from evsrep.jobs.group import find_growths

    growths = [_read_growth(text) for text in pairs]
    app.check_may_change(is_sure=yes)
    found = find_group(app.cloud, group)
    find_growths(app.cloud, growths, found)
    guard(app, EXPAND, found, is_forced=force)
    with _told(app, growths):
        for growth in growths:
            _expand(app, growth, found)
            if growth is not growths[-1] and not force:
                Known(app, found).wait(GOALS["available"], patience.seconds)
        if patience.waits:
            _wait(app, growths, found, patience.seconds)


def _expand(app: App, growth: "Growth", group: "Group") -> None:
    from evsrep.jobs.group import expand as grow

    console = app.console
    grow(app.cloud, growth, group, clock=app.clock, tell=Known(app, group).tell, warn=console.warn)


def _wait(app: App, growths: "Sequence[Growth]", group: "Group", seconds: float) -> None:
    from evsrep.jobs.group import wait_for_growths
    from evsrep.output.progress import progress

    console = app.console
    with progress(console.err, now=app.clock.now, is_shown=console.shows_progress) as update:

        def seen(left: int) -> None:
            update(f"group {group.name or group.id}: {left} of {len(growths)} to grow", None, None)

        wait_for_growths(app.cloud, growths, group, clock=app.clock, seconds=seconds, seen=seen)


def _read_growth(text: str) -> "Growth":
    from evsrep.jobs.group import Growth

    word, _, size = text.rpartition("=")
    if not word or not re.fullmatch(r"[1-9]\d{0,8}", size):
        raise UsageFault(f"--pair: '{text}' is not PAIR=GB, such as db-01=200")
    return Growth(word, int(size))


@contextmanager
def _told(app: App, growths: "Sequence[Growth]") -> Iterator[None]:
    """Whatever ends the block, print the rows; then raise what they come to."""
    error: EvsrepError | None = None
    try:
        yield
    except KeyboardInterrupt:
        error = Interrupted("interrupted; the rows say what was done")
    except EvsrepError as found:
        error = found
    app.console.show_all(EXPANSION, [_row(app, growth) for growth in growths])
    errors = [growth.error for growth in growths if growth.error]
    error = error or failure_of(errors, len(growths), deed="expanded")
    if error is not None:
        error.resume = _resume(app, growths)
        raise error


def _resume(app: App, growths: "Sequence[Growth]") -> str:
    """The command that shows a pair which may have grown; empty where all is known."""
    from evsrep.jobs.group import EXPANDING, UNKNOWN

    open_results = (UNKNOWN, EXPANDING)
    unknown = [each.pair.id for each in growths if each.pair and each.result in open_results]
    return app.command("show", unknown[0]) if unknown else ""


def _row(app: App, growth: "Growth") -> Mapping[str, Any]:
    pair = growth.pair
    known = {
        "result": growth.result,
        "id": pair.id if pair else None,
        "name": (pair.name if pair else growth.word) or None,
        "new_size": growth.size_gb,
    }
    return with_error(app, known, growth.error)
