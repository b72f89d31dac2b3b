"""What is known, told whatever ends a command: the one reporter of all commands.

The result goes to stdout, and the command to go on with to stderr or into the error.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from evsrep.cli.signals import end_in_peace, heard_later, on_interrupt
from evsrep.errors import (
    AuthError,
    EvsrepError,
    InternalError,
    Interrupted,
    NotFound,
    OutcomeUnknown,
    OutputClosed,
    OutputFailed,
)
from evsrep.jobs.report import Bar, Progress, Reporter, Row, Thing, Words
from evsrep.output.shapes import Shape

if TYPE_CHECKING:
    from evsrep.cli.app import App


class Report(Reporter):
    """The reporter of one command: `with app.report(PAIR) as report`."""

    wants_yes = True

    def __init__(self, app: "App", shape: Shape, *, is_many: bool = False) -> None:
        """`is_many` is for commands that print a row for each of many."""
        self.can_ask = app.environment.is_interactive
        self._app = app
        self._console = app.console
        self._shape = shape
        self._is_many = is_many
        self._rows: list[Mapping[str, Any]] = []
        self._summary = ""
        self._next_steps: list[str] = []
        self._named: Mapping[str, Any] | None = None
        self._asked: Mapping[str, Any] | None = None  # what may be there: it was sent
        self._known: Mapping[str, Any] | None = None
        self._is_over = True
        self._resume: Words = ()
        self._was_sent = self._was_shown = self._is_concluded = False
        self._kept: Words = ()
        self._unwritten: OutputClosed | OutputFailed | None = None  # what kept a row from stdout

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Print what is known, and add to the error how to go on."""
        end_in_peace()
        self.conclude(error)

    def conclude(self, error: BaseException | None) -> None:
        """Print what is known, once, and raise what is to be told instead of the error."""
        if self._is_concluded:
            return
        self._is_concluded = True
        if isinstance(error, KeyboardInterrupt):
            message = self._interrupted()
            if message:
                raise self._with_resume(Interrupted(message)) from None
        elif isinstance(error, EvsrepError):
            self._with_resume(error)
            if isinstance(self._unwritten, OutputFailed):
                error.faults = (_unwritten(self._unwritten), *error.faults)
        elif error is None:
            self.finish()
        elif isinstance(error, Exception):  # a bug: what is known is told all the same
            self._app.resume = self._with_resume(InternalError("")).resume

    # What a verb says

    def verbose(self, text: str) -> None:
        """Tell what is done, to those who want the details."""
        self._console.verbose(text)

    def step(self, text: str) -> None:
        """Tell what is going on; of many, only to those who want the details."""
        (self._console.verbose if self._is_many else self._console.step)(text)

    def note(self, text: str) -> None:
        """Tell what a person would want to know."""
        self._console.note(text)

    def warn(self, text: str) -> None:
        """Tell what may be wrong."""
        self._console.warn(text)

    def ask(self, question: str, facts: Iterable[str], answer: str = "") -> bool:
        """Show the facts, and ask on the terminal; raises Interrupted on Ctrl-C."""
        for fact in facts:
            self._console.note(fact)
        try:
            if answer:
                typed = click.prompt(question, default="", show_default=False, err=True)
                return str(typed).strip() == answer.strip()
            return click.confirm(question, err=True)
        except click.Abort:
            self._console.note("")  # the cursor stands behind the question
            raise Interrupted("interrupted; nothing was done") from None

    def command(self, *words: str) -> str:
        """Return a command of evsrep as a shell takes it, in the profile of this run."""
        return self._app.command(*words)

    def next_step(self, text: str) -> None:
        """Keep what remains to be done, to be told at the end if all goes well."""
        self._next_steps.append(text)

    def sending(self, fields: Mapping[str, Any], resume: Words) -> None:
        """Keep what was asked for, and what finds it again: from now on it may be there."""
        self._asked, self._resume, self._was_sent = fields, resume, True

    def keep(self, resume: Words) -> None:
        """Keep how to go on with what is made and stays, whatever becomes of all that follows."""
        self._kept = resume

    def resume_with(self, resume: Words, fields: Mapping[str, Any] | None = None) -> None:
        """Keep how to go on, and with what, should nothing be known that says it better."""
        self._resume, self._named = resume, fields

    def observe(self, thing: Thing, resume: Words = (), *, is_over: bool = False) -> None:
        """Keep how a thing is now, and how to go on from here."""
        self._known, self._resume, self._is_over = thing.fields, resume, is_over
        self._asked = None

    def row(self, row: Row) -> None:
        """Print the row as soon as it is there, where the form allows that."""
        fields = {**row.fields}
        if row.error is not None:
            fields["error"] = self._console.error_cell(row.error)
        if not self._console.streams:
            self._rows.append(fields)
            return
        try:
            with heard_later():
                self._console.show_all(self._shape, [fields])
        except (OutputClosed, OutputFailed) as error:
            self._unwritten = error
            self.has_reader = False

    def sum_up(self, text: str) -> None:
        """Keep the line that goes below the rows."""
        self._summary = text

    def on_interrupt(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """Have Ctrl-C, and the requests to end, do something else than break off."""
        return on_interrupt(act)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show a line that is kept current, to those who watch; report now and then elsewhere."""
        from evsrep.output.progress import progress

        console, now = self._console, self._app.clock.now
        is_shown = console.shows_progress
        signs = console.terminal.has_unicode
        shown = progress(
            console.err, now=now, is_shown=is_shown, report=console.step, has_unicode=signs
        )
        with console.moving(is_shown), shown as update:
            yield update

    @contextmanager
    def bar(self, total: int) -> Iterator[Bar]:
        """Show a bar, unless rows go to the same terminal as they come."""
        from evsrep.output.progress import bar

        console, now = self._console, self._app.clock.now
        is_shown = console.shows_progress and not (console.streams and console.out.isatty())
        counts, states = console.verbose, console.step
        signs = console.terminal.has_unicode
        shown = bar(
            *(console.err, total),
            now=now,
            is_shown=is_shown,
            report=counts,
            tell=states,
            has_unicode=signs,
        )
        with console.moving(is_shown), shown as update:
            yield update

    # The end

    def finish(self) -> None:
        """Print what is known, and what to go on with where something is under way.

        Raises InternalError where stdout takes nothing, with the command that goes on.
        """
        try:
            if self._unwritten is not None:
                raise self._unwritten
            self._show()
        except OutputFailed as error:
            raise InternalError(_unwritten(error), resume=self._command) from None
        except OutputClosed:
            if self._summary:
                self._console.note(self._summary)
            if self._resume:
                self._console.resume(self._command)  # nobody got the ID from stdout
            raise
        except KeyboardInterrupt:
            raise self._with_resume(
                Interrupted("interrupted; what was asked for is done")
            ) from None
        if not self._is_over and self._resume and not self._console.is_json:
            self._console.note(f"next: {self._command}")
        for text in [] if self._console.is_json else self._next_steps:
            self._console.note(f"next: {text}")

    def _with_resume(self, error: EvsrepError) -> EvsrepError:
        if self._goes_on(error):
            error.resume = self._command
        elif self._known is None:
            error.resume = self.command(*self._kept) if self._kept else ""
            return error
        # where stdout takes nothing, the error has the command, and the command has the ID
        with suppress(OutputClosed, OutputFailed, KeyboardInterrupt):
            self._show()
        if self._console.draws and self._console.err.isatty() and any(map(_has_error, self._rows)):
            # what went wrong is below the rows, on the same screen
            error.faults = ()
            error.hint = error.hint.removeprefix("the rows say which").removeprefix("; ")
        return error

    def _goes_on(self, error: EvsrepError) -> bool:
        """Whether there is anything to tell: not where nothing was sent, or surely for nothing."""
        if self._is_many:
            return bool(self._rows or self._resume)
        if self._known is not None:
            return self._was_sent or not self._is_over
        if self._asked is not None:
            return isinstance(error, OutcomeUnknown | Interrupted | InternalError)
        return bool(self._resume) and not isinstance(error, NotFound | AuthError)

    def _interrupted(self) -> str:
        """Return what to say of an interrupt; nothing where nothing is under way."""
        if self._is_many:
            return "interrupted; the rows say what was done" if self._was_sent else ""
        if self._asked is not None:
            return "interrupted; what was sent may have taken effect"
        if self._known is not None or self._resume:
            return "interrupted; what is under way goes on without us"
        return ""

    def _show(self) -> None:
        if self._was_shown:
            return
        self._was_shown = True
        known = next((it for it in (self._known, self._asked, self._named) if it is not None), None)
        if self._is_many:
            if not self._console.streams:
                rows = sorted(self._rows, key=lambda row: row.get("line") or 0)
                self._console.show_all(self._shape, rows)
            if self._summary:
                self._console.note(self._summary)
        elif known is not None:
            self._console.show(self._shape, known)

    @property
    def _command(self) -> str:
        return self.command(*self._resume) if self._resume else ""


def _unwritten(error: OutputFailed) -> str:
    return f"stdout can't be written to: {error}"


def _has_error(row: Mapping[str, Any]) -> bool:
    return bool(row.get("error"))
