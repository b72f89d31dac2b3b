"""`evsrep delete`: delete pairs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.ask import agrees, check_can_ask
from evsrep.cli.many import failure_of, with_error
from evsrep.cli.options import Command, Patience, everywhere, may_wait
from evsrep.errors import EvsrepError, Interrupted
from evsrep.output.shapes import DELETION

if TYPE_CHECKING:
    from evsrep.jobs.delete import Case


@click.command(
    cls=Command,
    shape=DELETION,
    examples=(
        "evsrep delete db-01",
        "evsrep delete db-01 db-02 --yes --wait",
        "evsrep list --status error -o value -c id | xargs -r evsrep delete --yes",
    ),
)
@click.argument("pairs", metavar="PAIR…", nargs=-1, required=True, shell_complete=complete.pairs)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--ignore-missing", is_flag=True, help="A pair that is not there is success.")
@may_wait
@everywhere
@pass_app
def delete(
    app: App, pairs: tuple[str, ...], yes: bool, ignore_missing: bool, patience: Patience
) -> None:
    """Delete pairs.

    PAIR is an ID, or the exact name of one pair in the project. The two disks of a pair stay as
    they are. It asks on a terminal, and wants --yes elsewhere.

    Each pair is looked up first: only one that is available or error, and in no consistency group,
    can be deleted. Of several, one that fails does not stop the others; a row each says how it
    went.
    """
    from evsrep.jobs.delete import look_up

    check_can_ask(app, is_sure=yes)
    app.check_may_change(is_sure=yes)
    cases = look_up(app.cloud, pairs, takes_missing=ignore_missing)
    todo = [case for case in cases if case.is_open]
    if todo and not yes and not _is_meant(app, todo):
        app.console.note("nothing is deleted")
        return
    with _told(app, cases, patience):
        _delete(app, cases, patience)


def _is_meant(app: App, todo: "Sequence[Case]") -> bool:
    for case in todo:
        pair = case.pair
        if pair is not None:
            name = f"'{pair.name}' " if pair.name else ""
            disks = " and ".join(pair.disks)
            app.console.note(f"pair {name}{pair.id}, {pair.status}, of disks {disks}")
    return agrees(app, "Delete it?" if len(todo) == 1 else f"Delete these {len(todo)} pairs?")


def _delete(app: App, cases: "Sequence[Case]", patience: Patience) -> None:
    from evsrep.jobs.delete import send_all

    send_all(app.cloud, cases, clock=app.clock, tell=app.console.verbose)
    if patience.waits:
        _wait(app, cases, patience.seconds)


def _wait(app: App, cases: "Sequence[Case]", seconds: float) -> None:
    from evsrep.errors import Failed
    from evsrep.jobs.delete import DELETED, DELETING, FAILED
    from evsrep.jobs.wait import GOALS, Watch
    from evsrep.output.progress import progress

    going = {case.pair.id: case for case in cases if case.pair and case.result == DELETING}
    watch = Watch(app.cloud, GOALS["deleted"], clock=app.clock, seconds=seconds)
    for pair_id in going:
        watch.add(pair_id)
    console = app.console
    with progress(console.err, now=app.clock.now, is_shown=console.shows_progress) as update:
        update(f"{len(going)} to go", None, None)
        for settled in watch.rest():
            case = going.pop(settled.pair_id)
            case.error = settled.error
            if not settled.error:
                case.result = DELETED
            elif isinstance(settled.error, Failed):
                case.result = FAILED  # of whatever else the deletion goes on
            update(f"{len(going)} to go", None, None)


@contextmanager
def _told(app: App, cases: "Sequence[Case]", patience: Patience) -> Iterator[None]:
    """Whatever ends the block, print the rows; then raise what they come to."""
    error: EvsrepError | None = None
    try:
        yield
    except KeyboardInterrupt:
        error = Interrupted("interrupted; the rows say what was done")
    app.console.show_all(DELETION, [_row(app, case) for case in cases])
    errors = [case.error for case in cases if case.error]
    error = error or failure_of(errors, len(cases), deed="deleted")
    if error is None:
        return
    words = _unfinished(cases, waits=patience.waits)
    if words:
        wait = ["--wait"] if patience.waits else []
        error.resume = app.command("delete", *words, "--yes", "--ignore-missing", *wait)
    raise error


def _unfinished(cases: "Sequence[Case]", *, waits: bool) -> list[str]:
    """The pairs whose deletion is to be gone on with."""
    from evsrep.jobs.delete import DELETING, NOT_RUN, UNKNOWN

    open_results = (NOT_RUN, UNKNOWN, *([DELETING] if waits else []))
    found = [case for case in cases if case.result in open_results]
    return [case.pair.id if case.pair else case.word for case in found]


def _row(app: App, case: "Case") -> Mapping[str, Any]:
    from evsrep.jobs.delete import DELETED, DELETING
    from evsrep.jobs.find import is_id

    if case.pair is None:
        known: dict[str, Any] = {"id" if is_id(case.word) else "name": case.word}
    else:
        known = dict(case.pair.fields)
        if case.result in (DELETED, DELETING):
            known["status"] = case.result  # it was looked at before
    return with_error(app, {"result": case.result, **known}, case.error)
