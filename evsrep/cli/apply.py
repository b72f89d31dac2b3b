"""`evsrep apply`: make the pairs of a file exist, many at once."""

import io
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.many import with_error
from evsrep.cli.options import Command, Patience, everywhere, may_wait
from evsrep.errors import EvsrepError, Interrupted, Partial, UsageFault, WaitTimeout
from evsrep.output.shapes import APPLIED

if TYPE_CHECKING:
    from evsrep.jobs.apply import Plan, Row
    from evsrep.jobs.sheet import Sheet

_FORMS = ("csv", "jsonl", "toml")
_MOST_TOLD = 20


@click.command(
    cls=Command,
    what="What to apply",
    shape=APPLIED,
    examples=(
        "evsrep apply pairs.csv --dry-run",
        "evsrep apply pairs.csv --wait",
        "evsrep apply - --format jsonl -o jsonl < pairs.jsonl",
    ),
)
@click.argument("file", metavar="FILE")
@click.option(
    "--format", "form", type=click.Choice(_FORMS), help="What FILE is.  [default: by its ending]"
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=8,
    metavar="N",
    help="Requests at once.  [default: 8]",
)
@click.option(
    "--check/--no-check",
    default=True,
    help="Look the constraints up before sending.  [default: check]",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@click.option("--yes", is_flag=True, help="Wanted where the profile is protected.")
@may_wait
@everywhere
@pass_app
def apply(
    app: App,
    /,
    file: str,
    form: str | None,
    jobs: int,
    check: bool,
    dry_run: bool,
    yes: bool,
    patience: Patience,
) -> None:
    """Make the pairs of a file exist.

    FILE is CSV with a line of headings, JSON Lines, or TOML ([[pair]]); '-' is standard input. The
    keys are those of 'create': production_disk, dr_disk (or volume_ids with priority_station),
    name, description, priority_station, replication_model.

    The whole file is checked before anything is sent. Pairs that are there already are left alone,
    so that the same file can be applied again, also to finish what was interrupted. Ctrl-C hands
    out no new work and waits for what is in flight; a second one stops at once.
    """
    from evsrep.jobs.apply import Plan

    with closing(_read(app, file, form, checks=check)) as sheet:
        if not dry_run:
            app.check_may_change(is_sure=yes)
        plan = Plan(jobs, check, dry_run, patience.seconds if patience.waits else None)
        tally = _apply(app, sheet, plan)
    failure = tally.failure()
    if failure is None or not app.console.is_json:  # else stderr is for programs
        app.console.note(tally.words)
    if failure is not None:
        if file != "-" and tally.is_unfinished:
            failure.resume = app.command(*_same_again(file, form, check, patience))
        raise failure


def _read(app: App, file: str, form: str | None, *, checks: bool) -> "Sheet":
    """The file, found to be right; the profile has the defaults that it has for `create`."""
    from evsrep.jobs.order import MODELS
    from evsrep.jobs.sheet import form_of, read_sheet

    known = form_of("standard input" if file == "-" else file, form)
    profile = app.profile
    with _opened(app, file) as source:
        return read_sheet(
            source,
            known,
            station=None if checks else profile.text("priority_station") or None,
            model=profile.text("replication_model") or MODELS[0],
        )


@contextmanager
def _opened(app: App, file: str) -> Iterator[BinaryIO]:
    """The file, or standard input, as bytes."""
    if file == "-":
        stdin = app.world.stdin
        yield getattr(stdin, "buffer", None) or io.BytesIO(stdin.read().encode())
        return
    try:
        with Path(file).open("rb") as source:
            yield source
    except (OSError, ValueError) as error:  # a path with a NUL in it is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageFault(f"the file {file} can't be read: {reason}") from error


def _apply(app: App, sheet: "Sheet", plan: "Plan") -> "_Counts":
    from evsrep.jobs.apply import Applying, not_run
    from evsrep.jobs.stock import take_stock

    console, counts = app.console, _Counts(plan.is_dry_run)
    try:
        stock = take_stock(app.cloud, sheet, checks=plan.checks)
    except KeyboardInterrupt:
        counts.is_interrupted = True
        _show(app, map(counts.add, map(not_run, sheet)))
        return counts
    for warning in stock.warnings:
        console.warn(warning)
    applying = Applying(app.cloud, sheet, stock, plan, clock=app.clock, tell=console.verbose)
    with closing(stock), _bar(app, sheet.count) as update, _signals(applying.interrupt):

        def rows() -> "Iterator[Row]":
            for number, row in enumerate(applying.rows(), start=1):
                update(number)
                yield counts.add(row)

        _show(app, rows() if console.streams else sorted(rows(), key=lambda row: row.line))
    for warning in applying.warnings:
        console.warn(warning)
    counts.is_interrupted = applying.interrupts > 0
    return counts


def _show(app: App, rows: "Iterable[Row]") -> None:
    def fields(row: "Row") -> Mapping[str, Any]:
        return with_error(app, {"line": row.line, "result": row.result, **row.fields}, row.error)

    app.console.show_all(APPLIED, map(fields, rows))


def _bar(app: App, total: int) -> AbstractContextManager[Callable[[int], None]]:
    from evsrep.output.progress import bar

    console = app.console
    # rows on the same terminal would be drawn over
    is_shown = console.shows_progress and not (console.streams and console.out.isatty())
    return bar(console.err, total, now=app.clock.now, is_shown=is_shown, report=console.verbose)


@contextmanager
def _signals(act: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C, and the requests to end, do something else than break off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: act())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _same_again(file: str, form: str | None, checks: bool, patience: Patience) -> list[str]:
    words = ["apply", file]
    if form:
        words += ["--format", form]
    return [*words, *([] if checks else ["--no-check"]), *(["--wait"] if patience.waits else [])]


class _Counts:
    """What has become of how many, and what that comes to."""

    def __init__(self, is_dry_run: bool) -> None:
        self.is_interrupted = False
        self._is_dry_run = is_dry_run
        self._results: Counter[str] = Counter()
        self._failures = 0
        self._late: WaitTimeout | None = None
        self._told: list[tuple[int, str]] = []  # lines, and what is wrong with them

    def add(self, row: "Row") -> "Row":
        """Count a row, and pass it on."""
        self._results[row.result] += 1
        if isinstance(row.error, WaitTimeout):
            self._late = row.error
        elif not row.is_as_asked:
            self._failures += 1
            if row.error is not None and len(self._told) < _MOST_TOLD:
                self._told.append((row.line, row.error.full_message))
        return row

    @property
    def words(self) -> str:
        """The results in a line, in their own order."""
        from evsrep.jobs.apply import RESULTS

        found = [f"{self._results[each]} {each}" for each in RESULTS if self._results[each]]
        return ("dry run, nothing was sent: " if self._is_dry_run else "") + ", ".join(found)

    @property
    def is_unfinished(self) -> bool:
        """Whether applying the same file again goes on with it."""
        from evsrep.jobs.apply import NOT_RUN, UNKNOWN

        is_open = self._results[NOT_RUN] or self._results[UNKNOWN] or self._late
        return bool(self.is_interrupted or is_open)

    def failure(self) -> EvsrepError | None:
        if self.is_interrupted:
            return Interrupted("interrupted; the rows say what was done")
        if self._failures:
            more = self._failures - len(self._told)
            rest = [f"and {more} more"] if more else []
            messages = [f"line {line}: {message}" for line, message in sorted(self._told)]
            return Partial(
                f"{self._failures} of {self._results.total()} pairs are not as asked",
                hint="the rows say which; the same file can be applied again",
                faults=(*messages, *rest),
            )
        return self._late
