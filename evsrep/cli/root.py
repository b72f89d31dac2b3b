"""The program: its commands, and the one place where failures become words and exit codes."""

import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from evsrep.cli.app import App, World
from evsrep.cli.groups import LazyGroup
from evsrep.cli.options import everywhere
from evsrep.errors import (
    ConfigError,
    EvsrepError,
    ExitCode,
    InternalError,
    Interrupted,
    OutputClosed,
    OutputFailed,
    UsageFault,
)
from evsrep.settings.declarations import FORMS

COMMANDS = {
    "Pairs": {
        "create": "evsrep.cli.create",
        "apply": "evsrep.cli.apply",
        "export": "evsrep.cli.export",
        "list": "evsrep.cli.list:list_",
        "show": "evsrep.cli.show",
        "delete": "evsrep.cli.delete",
        "wait": "evsrep.cli.wait",
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
        "help": "evsrep.cli.help",
    },
}
_OUTPUT_OPTION = re.compile(r"(?:--output=?|-[qv]*o=?)(.*)")  # `-qojson` is one, too
_SETTINGS: Mapping[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    cls=LazyGroup,
    modules=COMMANDS,
    context_settings=dict(_SETTINGS),
    epilog="Without an account: -p sandbox. Deprecated in favour of SDRS: evsrep help api",
)
@everywhere
def cli() -> None:
    """The command line for EVS replication.
    \f

    evsrep pairs a production disk with a disaster-recovery disk in another availability zone, and
    keeps an eye on the pair. It checks before it sends, never creates a pair twice, never loses an
    ID, and says what happened. To try it without an account: evsrep create -p sandbox …

    The API behind it is deprecated in favour of SDRS; this is for the clouds that still offer it.
    """


def run() -> None:
    """The entry point: act, and end the process."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    # in a locale such as C, Python takes the bytes of UTF-8 text for something else
    words = [os.fsencode(word).decode(errors="surrogateescape") for word in sys.argv[1:]]
    code = main(words)
    if code == ExitCode.INTERRUPTED:
        from evsrep.output.console import abandon

        # nobody reads what is still unwritten, or the interrupt could not have met it; Python
        # would write it once more, and wait for ever
        for stream in (sys.stdout, sys.stderr):
            abandon(stream)
    sys.exit(code)


def main(words: Sequence[str], world: World | None = None) -> int:
    """Run one command and return its exit code; never raises."""
    app = App(world or World(), words)
    with app.at_end:
        return _run(app, words)


def _run(app: App, words: Sequence[str]) -> int:
    try:
        try:
            ended = cli.main(list(words), prog_name="evsrep", standalone_mode=False, obj=app)
        except EvsrepError as error:
            return _told(app, words, error)
        except (click.exceptions.Abort, KeyboardInterrupt):
            return _told(app, words, Interrupted("interrupted"))
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.ClickException as error:
            return _told(app, words, _usage(error))
        except (OutputClosed, BrokenPipeError):
            return ExitCode.DONE
        except OutputFailed as error:
            return _told(app, words, InternalError(f"stdout can't be written to: {error}"))
        except Exception as error:
            return _told(app, words, _bug(app, error))
    except KeyboardInterrupt:  # a second Ctrl-C, while the first was being told of
        return ExitCode.INTERRUPTED
    # a command that has exit codes of its own ends with a number; the others with nothing
    return ended if isinstance(ended, int) else ExitCode.DONE


def _told(app: App, words: Sequence[str], error: EvsrepError) -> int:
    """Say what went wrong, in the form that was asked for, as far as that can be told."""
    from evsrep.output.console import Console

    try:
        console = app.console
    except Exception:
        console = Console(out=app.world.out, err=app.world.err)
    if app.given("output") is None:
        console.form = _form_in(words, app.world.environ) or console.form
    console.fail(error)
    return error.exit_code


def _form_in(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """The form that the words ask for: Click stops at the first fault, perhaps before `-o`."""
    found = environ.get("EVSREP_OUTPUT", "")
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option = _OUTPUT_OPTION.fullmatch(word)
        if option is not None:
            found = option[1] or following
    return found if found in FORMS else ""


def _usage(error: click.ClickException) -> EvsrepError:
    """Click's complaint in our words."""
    ctx = getattr(error, "ctx", None)
    command = ctx.command_path if ctx else "evsrep"
    if isinstance(error, click.BadParameter) and (variable := _variable_of(error)):
        error.param_hint = variable
    message = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.FileError):
        return ConfigError(message)
    if isinstance(error, click.NoSuchOption):
        message = _no_such_option(error)
    return UsageFault(message[:1].lower() + message[1:], hint=f"see '{command} --help'")


def _variable_of(error: click.BadParameter) -> str:
    """The environment's variable that a bad value came from; nothing where it was typed."""
    if error.ctx is None or error.param is None or error.param.name is None:
        return ""
    source = error.ctx.get_parameter_source(error.param.name)
    is_environment = source is click.core.ParameterSource.ENVIRONMENT
    return str(error.param.envvar) if is_environment else ""


def _no_such_option(error: click.NoSuchOption) -> str:
    """One word that was probably meant: Click names several, in the order of the alphabet."""
    from evsrep.settings.spelling import nearest

    near = nearest(error.option_name, error.possibilities or ())
    meant = f"; did you mean '{near}'?" if near else ""
    return f"no such option '{error.option_name}'{meant}"


def _bug(app: App, error: Exception) -> EvsrepError:
    """An error that nobody foresaw; its traceback only for who asked for it."""
    import traceback

    from evsrep.secrets import without_secrets

    if app.given("debug"):
        trace = "".join(traceback.format_exception(error))
        app.world.err.write(without_secrets(trace, app.console.secrets))
    return InternalError(
        f"evsrep met something unforeseen: {type(error).__name__}: {error}",
        hint="this is a bug; --debug shows where. What was done up to here is not undone",
    )


def _interrupt(number: int, frame: object) -> None:
    del number, frame
    raise KeyboardInterrupt
