"""`evsrep group expand`: both disks of a pair grow."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.group_known import guard
from evsrep.cli.many import failure_of, with_error
from evsrep.cli.options import Command, everywhere
from evsrep.errors import EvsrepError, Interrupted, UsageFault
from evsrep.jobs.actions import EXPAND
from evsrep.output.shapes import EXPANSION

if TYPE_CHECKING:
    from evsrep.jobs.group import Growth


@click.command(
    cls=Command,
    shape=EXPANSION,
    examples=("evsrep group expand shop --pair db-01=200 --pair db-02=80",),
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
@everywhere
@pass_app
def expand(app: App, group: str, pairs: tuple[str, ...], yes: bool, force: bool) -> None:
    """Grow both disks of pairs.

    GB is the new size, larger than the old one. Each pair is a call of its own: of several in one
    the cloud gets the sizes wrong. One that fails does not stop the others; a row each says how it
    went.
    """
    from evsrep.jobs.find import find_group
    from evsrep.jobs.group import expand as grow
    from evsrep.jobs.group import find_growths

    growths = [_read_growth(text) for text in pairs]
    app.check_may_change(is_sure=yes)
    found = find_group(app.cloud, group)
    find_growths(app.cloud, growths, found)
    if not force:
        guard(app, EXPAND, found)
    with _told(app, growths):
        for growth in growths:
            grow(app.cloud, growth, found, clock=app.clock, tell=app.console.verbose)


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
    app.console.show_all(EXPANSION, [_row(app, growth) for growth in growths])
    errors = [growth.error for growth in growths if growth.error]
    error = error or failure_of(errors, len(growths), deed="expanded")
    if error is not None:
        error.resume = _resume(app, growths)
        raise error


def _resume(app: App, growths: "Sequence[Growth]") -> str:
    """The command that shows a pair of which nothing is known; empty where all is."""
    from evsrep.jobs.group import UNKNOWN

    unknown = [each.pair.id for each in growths if each.pair and each.result == UNKNOWN]
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
