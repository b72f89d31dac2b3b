"""Where results go, and where the talk goes."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from evsrep.errors import EvsrepError, OutputClosed, OutputFailed
from evsrep.output.shapes import Branch, Shape
from evsrep.output.text import as_cell, as_json, harmless
from evsrep.secrets import Secrets

_RED, _YELLOW, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"

_NARROWEST_TREE = 60  # an ID below a branch below a branch

Thing = Mapping[str, Any]


class Console:
    """Prints results on `out` and talk on `err`; `secrets` are starred out of all talk."""

    def __init__(
        self,
        *,
        out: TextIO,
        err: TextIO,
        form: str = "table",
        columns: tuple[str, ...] = (),
        allows_color: bool = True,
        is_quiet: bool = False,
        is_verbose: bool = False,
        is_debugging: bool = False,
    ) -> None:
        self.out = out
        self.err = err
        self.form = form
        self.columns = columns
        self.allows_color = allows_color
        self.is_quiet = is_quiet
        self.is_verbose = is_verbose
        self.is_debugging = is_debugging
        self.secrets = Secrets()

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
        return self.err.isatty() and not self.is_quiet

    # The result

    def show(self, shape: Shape, thing: Thing) -> None:
        """Print one object."""
        if self.is_json:
            indent = 2 if self.form == "json" and self.out.isatty() else None
            self._write(as_json(self._chosen(thing), indent=indent) + "\n")
        elif self.form == "value":
            self._write(self._value_line(shape, thing))
        else:
            self._show_table([thing], self.columns or _present(shape, thing), is_one=True)

    def show_all(self, shape: Shape, things: Iterable[Thing]) -> None:
        """Print a list of objects; `jsonl` and `value` as they come, the others at the end."""
        if self.form == "jsonl":
            for thing in things:
                self._write(as_json(self._chosen(thing)) + "\n")
        elif self.form == "value":
            for thing in things:
                self._write(self._value_line(shape, thing))
        elif self.form == "json":
            self._write(as_json([self._chosen(thing) for thing in things]) + "\n")
        else:
            self._show_table(list(things), self.columns or shape.columns, is_one=False)

    @property
    def draws_trees(self) -> bool:
        """Whether a person looks at a terminal wide enough for IDs, and has named no columns."""
        import shutil

        is_wide = shutil.get_terminal_size().columns >= _NARROWEST_TREE
        return self.form == "table" and not self.columns and self.out.isatty() and is_wide

    def show_tree(self, branch: Branch) -> None:
        """Draw what is below what, on a terminal."""
        import shutil

        from evsrep.output import tree  # rich is slow to import

        width = shutil.get_terminal_size().columns
        with _WatchedStream(self.out) as out:
            tree.print_tree(branch, out, width=width, color=self.allows_color)

    def print(self, text: str) -> None:
        """Print text that is a result by itself, such as a help page."""
        self._write(text)

    # The talk

    def note(self, text: str) -> None:
        """Tell what a person would want to know."""
        if not self.is_quiet:
            self._say(text)

    def warn(self, text: str) -> None:
        """Tell what may be wrong; also to who wants no notes."""
        self._say(f"{self._styled('warning:', _YELLOW)} {harmless(text)}", is_safe=True)

    def verbose(self, text: str) -> None:
        """Tell what is done, to who asked for it."""
        if self.is_verbose or self.is_debugging:
            self._say(text)

    def debug(self, *lines: str) -> None:
        """Tell what goes over the wire, to who asked for it."""
        if self.is_debugging:
            self._say("\n".join(harmless(line) for line in lines), is_safe=True)

    def fail(self, error: EvsrepError, *, exit_code: int | None = None) -> None:
        """Tell what went wrong, what helps, and what to go on with.

        `exit_code` is that of a command which has its own.
        """
        if self.is_json:
            own = {} if exit_code is None else {"exit_code": exit_code}
            self._say(as_json({"error": {**error_fields(error), **own}}), is_safe=True)
            return
        self._say(f"{self._styled('error:', _RED)} {harmless(error.message)}", is_safe=True)
        for fault in error.faults:
            self._say(f"  - {fault}")
        if error.hint:
            self._say(f"{self._styled('help:', _BOLD)} {harmless(error.hint)}", is_safe=True)
        if service_error := _service_error(error):
            self._say(f"{self._styled('cloud:', _BOLD)} {harmless(service_error)}", is_safe=True)
        if error.resume:
            self.resume(error.resume)

    def resume(self, command: str) -> None:
        """Tell the command to go on with."""
        self._say(f"resume: {command}")

    # Within

    def _show_table(self, things: list[Thing], columns: Sequence[str], *, is_one: bool) -> None:
        if self.out.isatty() and self._show_boxed(things, columns, is_one=is_one):
            return
        from evsrep.output import plain

        text = plain.plain_one(things[0], columns) if is_one else plain.plain_many(things, columns)
        self._write(text)

    def _show_boxed(self, things: list[Thing], columns: Sequence[str], *, is_one: bool) -> bool:
        """Draw a table for a terminal; False where none would fit."""
        import shutil

        from evsrep.output import table  # rich is slow to import, and only terminals need it

        width = shutil.get_terminal_size().columns
        boxed = table.boxed(things, columns, is_one=is_one, width=width)
        if boxed is None:
            return False
        with _WatchedStream(self.out) as out:
            table.print_boxed(boxed, out, width=width, color=self.allows_color)
        return True

    def _chosen(self, thing: Thing) -> Thing:
        return {name: thing.get(name) for name in self.columns} if self.columns else thing

    def _value_line(self, shape: Shape, thing: Thing) -> str:
        columns = self.columns or shape.columns
        return "\t".join(as_cell(thing.get(name)) for name in columns) + "\n"

    def _write(self, text: str) -> None:
        with _WatchedStream(self.out) as out:
            out.write(text)

    def _say(self, text: str, *, is_safe: bool = False) -> None:
        shown = self.secrets.hide(text if is_safe else harmless(text))
        try:
            self.err.write(shown + "\n")
            self.err.flush()
        except (OSError, ValueError):
            pass  # nobody to talk to: the exit code still tells

    def _styled(self, text: str, style: str) -> str:
        is_colored = self.allows_color and self.err.isatty()
        return f"{style}{text}{_PLAIN}" if is_colored else text


def error_fields(error: EvsrepError) -> dict[str, Any]:
    """An error as JSON has it; what has no value is left out."""
    service_error = error.service_error
    words = (
        service_error.message
        if service_error and service_error.message not in error.full_message
        else ""
    )
    fields = {
        "kind": error.kind,
        "message": error.full_message + (f'; the cloud says: "{words}"' if words else ""),
        "hint": error.hint,
        "status": service_error.status if service_error else None,
        "code": service_error.code if service_error else "",
        "request_id": service_error.request_id if service_error else "",
        "exit_code": int(error.exit_code),
        "resume": error.resume,
    }
    return {key: value for key, value in fields.items() if value not in (None, "")}


class _WatchedStream:
    """Turns trouble with stdout into words of ours, and keeps Python from complaining once more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> TextIO:
        return self._stream

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._stream.flush()
                return
        except OSError as found:
            error = found
        if isinstance(error, OSError):
            abandon(self._stream)
            if isinstance(error, BrokenPipeError):
                raise OutputClosed from None
            raise OutputFailed(error.strerror or str(error)) from None


def abandon(stream: TextIO | None) -> None:
    """Send what is left in the stream's buffer nowhere: at exit Python flushes it once more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass


def _present(shape: Shape, thing: Thing) -> tuple[str, ...]:
    """The known fields that the object has, in our order, then those we have never heard of."""
    known = [name for name in shape.fields if name in thing]
    return (*known, *(name for name in thing if name not in shape.fields))


def _service_error(error: EvsrepError) -> str:
    service_error = error.service_error
    if service_error is None:
        return ""
    words = (
        f'"{service_error.message}"'
        if service_error.message and service_error.message not in error.message
        else ""
    )
    request = f"request {service_error.request_id}" if service_error.request_id else ""
    status = f"HTTP {service_error.status}" if service_error.status else ""
    return ", ".join(part for part in (status, service_error.code, request, words) if part)
