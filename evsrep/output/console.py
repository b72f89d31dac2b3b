"""Where results go, and where all else goes that is reported."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from evsrep.errors import EvsrepError
from evsrep.output.failures import error_fields, service_line
from evsrep.output.shapes import Shape, Thing
from evsrep.output.streams import watched
from evsrep.output.styles import BAD, LESS, STRONG, Paint, painted, styled, unpainted
from evsrep.output.terminal import TERMINAL, Terminal
from evsrep.output.text import as_cell, as_json, harmless
from evsrep.secrets import Secrets

if TYPE_CHECKING:
    from evsrep.output.layout import Column


class Console:
    """Prints results on `out` and reports on `err`; `secrets` are starred out of all reports.

    Whatever prints a result raises OutputClosed where its reader has gone away, OutputFailed where
    it can't be written.
    """

    def __init__(
        self,
        *,
        out: TextIO,
        err: TextIO,
        form: str = "table",
        columns: tuple[str, ...] = (),
        terminal: Terminal = TERMINAL,
        is_quiet: bool = False,
        is_verbose: bool = False,
        is_debugging: bool = False,
    ) -> None:
        self.out = out
        self.err = err
        self.form = form
        self.columns = columns
        self.terminal = terminal
        self.is_quiet = is_quiet
        self.is_verbose = is_verbose
        self.is_debugging = is_debugging
        self.secrets = Secrets()
        self._has_shown_checks = False
        self._erase = ""  # takes away what is drawn on stderr just now

    @property
    def is_json(self) -> bool:
        """Whether a program reads this."""
        return self.form in ("json", "jsonl")

    @property
    def streams(self) -> bool:
        """Whether each object of a list is printed as it comes."""
        return self.form in ("jsonl", "value")

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches who wants to."""
        return self.err.isatty() and self.terminal.can_redraw and not self.is_quiet

    # The result

    def show(self, shape: Shape, thing: Thing) -> None:
        """Print one object."""
        if self.is_json:
            indent = 2 if self.form == "json" and self.out.isatty() else None
            self._write(as_json(self._chosen(thing), indent=indent) + "\n")
        elif self.form == "value":
            self._write(self._value_line(shape, thing))
        else:
            if self.draws and thing.get("checks"):
                self._write_lines([*self._checks(thing["checks"], self._paint), ""])
                thing = {name: value for name, value in thing.items() if name != "checks"}
                self._has_shown_checks = True
            if self.draws and shape.noun in ("pair", "group"):
                self.show_facts(shape, thing)
                return
            self._show_fields(thing, self.columns or _present(shape, thing))

    def show_all(
        self,
        shape: Shape,
        things: Iterable[Thing],
        *,
        summary: Callable[[Sequence[Thing]], str] | None = None,
    ) -> None:
        """Print a list of objects; `jsonl` and `value` as they come, the others at the end.

        To a person `summary` says what they come to.
        """
        if self.form == "jsonl":
            for thing in things:
                self._write(as_json(self._chosen(thing)) + "\n")
        elif self.form == "value":
            for thing in things:
                self._write(self._value_line(shape, thing))
        elif self.form == "json":
            self._write(as_json([self._chosen(thing) for thing in things]) + "\n")
        else:
            rows = list(things)
            self._show_rows(shape, rows)
            if summary is not None:
                self.note(summary(rows))

    @property
    def draws(self) -> bool:
        """Whether a person looks at a terminal, and has named no columns."""
        return self.form == "table" and not self.columns and self.out.isatty()

    def draw_health(self, things: Sequence[Thing]) -> None:
        """Draw a line for each state of health, its reason beside it and what helps below."""
        from evsrep.output.lists import health_columns

        self._draw_rows(health_columns(things))

    @property
    def redraws(self) -> bool:
        """Whether the result goes to a terminal that can be cleared."""
        return self.out.isatty() and self.terminal.can_redraw

    def print_line(self, text: str) -> None:
        """Print a line that has data in it."""
        self._write(harmless(text) + "\n")

    def print(self, text: str) -> None:
        """Print text that is a result by itself, such as a help page."""
        self._write(text)

    def print_file_line(self, line: str) -> None:
        """Print a line of a file, with its end; on a terminal nothing in it is obeyed."""
        self._write(harmless(line.removesuffix("\n")) + "\n" if self.out.isatty() else line)

    def print_page(self, text: str) -> None:
        """Print a text for people; on a terminal no word of it is broken."""
        if not self.out.isatty():
            self._write(text)
            return
        from evsrep.output.layout import reflowed

        self._write_lines(reflowed(text, self.width))

    # What is reported

    def note(self, text: str) -> None:
        """Report what a person would want to know."""
        if not self.is_quiet:
            self._report(text)

    def warn(self, text: str) -> None:
        """Report what may be wrong, also to those who want no notes."""
        self._label("warning:", LESS, text)

    def step(self, text: str) -> None:
        """Report what is going on; with json, stderr is for programs too: an error or nothing."""
        if self.is_json:
            self.verbose(text)
        elif not self.is_quiet:
            self._label("", "", text)

    def verbose(self, text: str) -> None:
        """Report what is done, to those who asked for it."""
        if self.is_verbose or self.is_debugging:
            self._report(text)

    def debug(self, *lines: str) -> None:
        """Report what goes over the wire, to those who asked for it."""
        if self.is_debugging:
            self._report("\n".join(harmless(line) for line in lines), is_safe=True)

    def fail(self, error: EvsrepError, *, exit_code: int | None = None) -> None:
        """Report what went wrong, what helps, and what to go on with.

        `exit_code` is that of a command which has its own.
        """
        if self.is_json:
            own = {} if exit_code is None else {"exit_code": exit_code}
            self._report(as_json({"error": {**error_fields(error), **own}}), is_safe=True)
            return
        self._label("error:", BAD, error.message)
        if error.checks and self.err.isatty():
            if not self._has_shown_checks:
                for line in self._checks(error.checks, self._paint_err):
                    self._report(line, is_safe=True)
        else:
            for fault in error.faults:
                self._label("  -", "", fault)
        self._label("help:", STRONG, error.hint)
        self._label("cloud:", STRONG, service_line(error))
        if error.resume:
            self.resume(error.resume)

    def resume(self, command: str) -> None:
        """Report the command to go on with."""
        self._report(f"resume: {command}")

    def error_cell(self, error: EvsrepError) -> Any:
        """Return an error as a row has it: an object for a program, its message for a person."""
        return error_fields(error) if self.is_json else error.full_message

    # Within

    def show_facts(self, shape: Shape, thing: Thing, *, indent: int = 0) -> None:
        """Draw one pair or group on a terminal as a person knows it."""
        from evsrep.output import layout
        from evsrep.output.portraits import PORTRAITS

        facts = PORTRAITS[shape.noun](thing)
        lines = layout.fields(facts, self.width - indent, paint=self._paint)
        self._write_lines(" " * indent + line for line in lines)

    def _show_fields(self, thing: Thing, names: Sequence[str]) -> None:
        from evsrep.output import layout
        from evsrep.output.text import cell_of

        is_terminal = self.out.isatty()
        between = ", " if is_terminal else ","
        pairs = [(name, cell_of(thing, name, none="-", between=between)) for name in names]
        width = self.width if is_terminal else layout.UNBOUNDED
        self._write_lines(layout.fields(pairs, width, paint=self._paint))

    def _show_rows(self, shape: Shape, things: Sequence[Thing]) -> None:
        from evsrep.output import layout, lists

        is_terminal = self.out.isatty()
        if is_terminal and not things:
            return  # headings alone say nothing
        width = self.width if is_terminal else layout.UNBOUNDED
        columns = (
            lists.columns_of(shape, things, self.columns, width)
            if is_terminal
            else lists.plain_columns(things, self.columns or shape.columns)
        )
        self._draw_rows(columns, width)

    def _draw_rows(self, columns: "Sequence[Column]", width: int | None = None) -> None:
        from evsrep.output import layout

        room = self.width if width is None else width
        more = self.terminal.ellipsis
        self._write_lines(layout.rows(columns, room, paint=self._paint, more=more))

    def _write_lines(self, lines: Iterable[str]) -> None:
        self._write("".join(f"{line}\n" for line in lines))

    @property
    def width(self) -> int:
        """The columns of the terminal."""
        import shutil

        return shutil.get_terminal_size().columns

    @property
    def _paint(self) -> Paint:
        return painted if self._has_color(self.out) else unpainted

    @property
    def _paint_err(self) -> Paint:
        return painted if self._has_color(self.err) else unpainted

    def _has_color(self, stream: TextIO) -> bool:
        terminal = self.terminal
        return terminal.forces_color or (terminal.allows_color and stream.isatty())

    def _checks(self, checks: Sequence[Thing], paint: Paint) -> Iterator[str]:
        from evsrep.output.checks import check_lines

        return check_lines(checks, self.width, paint=paint, more=self.terminal.ellipsis)

    def _chosen(self, thing: Thing) -> Thing:
        return {name: thing.get(name) for name in self.columns} if self.columns else thing

    def _value_line(self, shape: Shape, thing: Thing) -> str:
        columns = self.columns or shape.columns
        return "\t".join(as_cell(thing.get(name)) for name in columns) + "\n"

    def _write(self, text: str) -> None:
        with watched(self.out) as out:
            out.write(text)

    def _label(self, label: str, style: str, text: str) -> None:
        """Report a sentence, if there is one, behind what it is; on a terminal whole words a line.

        Secrets are starred out before it is broken up.
        """
        if not text:
            return
        line = self.secrets.hide(f"{label} {harmless(text)}" if label else harmless(text))
        lines = [line]
        if self.err.isatty() and len(line) * 2 > self.width:  # a character takes two cells at most
            from evsrep.output.layout import sentence

            lines = sentence(line, self.width)
        first = lines[0].removeprefix(label)
        self._report("\n".join((self._styled(label, style) + first, *lines[1:])), is_safe=True)

    @contextmanager
    def moving(self, is_shown: bool) -> Iterator[None]:
        """While the block lasts, the cursor on stderr is behind a line that is drawn anew."""
        self._erase = "\r\x1b[2K" if is_shown else ""
        try:
            yield
        finally:
            self._erase = ""

    def _report(self, text: str, *, is_safe: bool = False) -> None:
        shown = self.secrets.hide(text if is_safe else harmless(text))
        try:
            self.err.write(f"{self._erase}{shown}\n")
            self.err.flush()
        except (OSError, ValueError):
            pass  # nobody reads it: the exit code still says it

    def _styled(self, text: str, style: str) -> str:
        return styled(text, style) if self._has_color(self.err) else text


def _present(shape: Shape, thing: Thing) -> tuple[str, ...]:
    """Return the known fields that the object has, in our order, then those never heard of."""
    known = [name for name in shape.fields if name in thing]
    return (*known, *(name for name in thing if name not in shape.fields))
