"""The program: its commands, and the one place where failures become words and exit codes."""

import gc
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from evsrep.cli.app import App, Environment
from evsrep.cli.groups import LazyGroup
from evsrep.cli.options import everywhere
from evsrep.cli.signals import be_deaf, end_in_peace, listen, was_interrupt
from evsrep.errors import (
    EvsrepError,
    ExitCode,
    InternalError,
    Interrupted,
    OutputClosed,
    OutputFailed,
)
from evsrep.settings.declarations import FORMS
from evsrep.settings.environment import environment

COMMANDS = {
    "Pairs": {
        "create": "evsrep.cli.create",
        "apply": "evsrep.cli.apply",
        "export": "evsrep.cli.export",
        "list": "evsrep.cli.list:list_",
        "show": "evsrep.cli.show",
        "delete": "evsrep.cli.delete",
        "wait": "evsrep.cli.wait",
        "disks": "evsrep.cli.disks",
    },
    "Groups": {"group": "evsrep.cli.group"},
    "Watch": {"health": "evsrep.cli.health", "journal": "evsrep.cli.journal"},
    "Set up": {
        "profile": "evsrep.cli.profile",
        "auth": "evsrep.cli.auth",
        "completion": "evsrep.cli.completion",
        "doctor": "evsrep.cli.doctor",
    },
    "Learn": {
        "sandbox": "evsrep.cli.sandbox",
        "explain": "evsrep.cli.explain",
        "sdrs": "evsrep.cli.sdrs",
        "help": "evsrep.cli.help",
    },
}
_OUTPUT_OPTION = r"(?:--output=?|-[qv]*o=?)(.*)"  # `-qojson` is one, too
_SETTINGS: Mapping[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


_ABOUT = """The command line for EVS replication.
\f

evsrep pairs a production disk with a disaster-recovery disk in another availability zone, and
keeps an eye on the pair. It checks before it sends, never creates a pair twice, never loses an
ID, and says what happened. To try it without an account: evsrep create -p sandbox …

The API behind it is deprecated; this is for the clouds that still offer it. Its successor, SDRS,
protects servers with DR servers and disks of their own, does not fail over when a zone is lost, is
in one region of Open Telekom Cloud, and closed to new customers on Huawei Cloud: evsrep help sdrs
"""


@click.group(
    cls=LazyGroup,
    modules=COMMANDS,
    in_short=("Set up", "Learn"),
    start=(
        "evsrep create -p sandbox --production-disk db-01-data --dr-disk db-01-data-dr",
        "evsrep list -p sandbox",
        "evsrep health -p sandbox",
    ),
    subcommand_metavar="COMMAND …",
    options_metavar="",
    context_settings=dict(_SETTINGS),
    help=_ABOUT,
    epilog="Options: evsrep help options. The API is deprecated; SDRS: evsrep help sdrs",
)
@everywhere
def cli() -> None:
    """Lead to the commands."""


def run() -> None:
    """Be the program: act on the words of the command line, and end the process."""
    # httpx also imports its own command line, and with it rich and pygments: a third of its
    # start-up. It does so under `except ImportError`, which is what None leads to here.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    # next to nothing of what is made while a command starts is garbage: a tenth of its time
    gc.set_threshold(100_000, 50, 50)
    listen()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    # in a locale such as C, Python takes the bytes of UTF-8 text for something else
    words = [os.fsencode(word).decode(errors="surrogateescape") for word in sys.argv[1:]]
    if "_EVSREP_COMPLETE" in environment():
        from evsrep.cli.shells import register

        register()
    with _exit_code(App(Environment(), words)) as code:
        code.returned = cli.main(words, "evsrep", standalone_mode=False, obj=code.app)
    be_deaf()
    if code.value == ExitCode.INTERRUPTED:
        from evsrep.output.streams import abandon

        # nobody reads what is still unwritten, or the interrupt could not have met it; Python
        # would write it once more, and wait for ever
        for stream in (sys.stdout, sys.stderr):
            abandon(stream)
    gc.freeze()  # or Python, at its end, goes through all that was ever imported
    sys.exit(code.value)


def main(words: Sequence[str], environment: Environment | None = None) -> int:
    """Run one command and return its exit code; never raises."""
    with _exit_code(App(environment or Environment(), words)) as code:
        code.returned = cli.main(list(words), "evsrep", standalone_mode=False, obj=code.app)
    return code.value


class _ExitCode:
    """What a run ends with."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.returned: Any = None  # a command that has exit codes of its own returns a number
        self.failed: int | None = None

    @property
    def value(self) -> int:
        """The exit code."""
        if self.failed is not None:
            return self.failed
        return self.returned if isinstance(self.returned, int) else ExitCode.DONE

    def end(self, error: BaseException) -> None:
        """Keep what the run ended with, and tell it, unless that was tried before."""
        if self.failed is not None:
            return
        self.failed = ExitCode.INTERRUPTED  # should it meet another one
        self.failed = _reported(self.app, error)


@contextmanager
def _exit_code(app: App) -> Iterator[_ExitCode]:
    """Turn whatever ends the block into words and an exit code."""
    code = _ExitCode(app)
    try:
        try:
            yield code
            end_in_peace()
        except BaseException as error:
            end_in_peace()
            code.end(error)
        app.at_end.close()
    except KeyboardInterrupt as error:  # it met the lines above, or nobody takes what is told
        end_in_peace()
        code.end(error)
        app.at_end.close()


def _reported(app: App, error: BaseException) -> int:
    """Turn what ended a run into words and an exit code."""
    try:
        app.conclude(error)  # a request to stop may have met the very end of a command
    except (Exception, KeyboardInterrupt) as concluded:
        error = concluded
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case OutputClosed() | BrokenPipeError():
            return ExitCode.DONE
        case Exception() | KeyboardInterrupt():
            return _report(app, _failure(app, error))
        case _:
            raise error


def _failure(app: App, error: BaseException) -> EvsrepError:
    """Return the error of ours that something stands for."""
    match error:
        case EvsrepError():
            return error
        case click.exceptions.Abort() | KeyboardInterrupt():
            return Interrupted("interrupted")
        case click.ClickException():
            from evsrep.cli.mistakes import usage_of

            return usage_of(error)
        case _ if was_interrupt(error):
            return Interrupted("interrupted")
        case OutputFailed():
            return InternalError(f"stdout can't be written to: {error}")
        case _:
            return _bug(app, error)


def _report(app: App, error: EvsrepError) -> int:
    """Say what went wrong, in the form that was asked for, as far as that can be told."""
    from evsrep.cli.health import is_for_nagios, tell_nagios_of
    from evsrep.output.console import Console

    try:
        console = app.console
    except Exception:
        console = Console(out=app.environment.out, err=app.environment.err)
    if app.given("output") is None:
        console.form = _form_in(app.words, app.environment.environ) or console.form
    if not isinstance(error, Interrupted) and is_for_nagios(app.words):
        return tell_nagios_of(error, console)
    console.fail(error)
    return error.exit_code


def _form_in(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the form that the words ask for: Click may stop at a fault before `-o`."""
    found = environ.get("EVSREP_OUTPUT", "")
    for word, following in zip(words, [*words, ""][1:], strict=True):
        option = re.fullmatch(_OUTPUT_OPTION, word)
        if option is not None:
            found = option[1] or following
    return found if found in FORMS else ""


def _bug(app: App, error: BaseException) -> EvsrepError:
    """Return the error of what nobody foresaw; its traceback only for who asked for it."""
    import traceback

    if app.given("debug"):
        trace = "".join(traceback.format_exception(error))
        app.environment.err.write(app.console.secrets.hide(trace))
    return InternalError.unforeseen(error, resume=app.resume)
