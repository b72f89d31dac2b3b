"""Secrets come by standard input: what stands on a command line can be read by everybody there."""

from collections.abc import Callable, Iterable, Mapping

import click

from evsrep.cli.app import App
from evsrep.errors import Interrupted, UsageFault
from evsrep.settings.declarations import KEYS_BY_NAME, is_secret

FROM_STDIN = "-"


def read_secrets(
    app: App, values: Mapping[str, str], spell: Callable[[str], str]
) -> dict[str, str]:
    """Return the secrets for which `-` was given, by key: a line each, unseen on a terminal.

    `spell` is how the user writes a key. Raises UsageFault where anything else was given, which is
    not repeated, or a line is missing; Interrupted on Ctrl-C.
    """
    keys = [key for key in values if key in KEYS_BY_NAME and is_secret(key)]
    _check_is_dash((spell(key) for key in keys if values[key] != FROM_STDIN), spell("password"))
    return {key: _read(app, key) for key in keys}


def _check_is_dash(wrong: Iterable[str], example: str) -> None:
    faults = [
        f"the value of {name} is no word of a command line: others can read it" for name in wrong
    ]
    if faults:
        joint = " " if example.startswith("-") else "="
        hint = (
            f"give {example}{joint}- and it is read from standard input, unseen on a terminal; or "
            "take a command that prints it, such as password_command"
        )
        raise UsageFault.of(faults, hint=hint)


def _read(app: App, key: str) -> str:
    about, stdin = KEYS_BY_NAME[key].about, app.environment.stdin
    if stdin.isatty():
        try:
            return str(click.prompt(f"{key} ({about})", hide_input=True, err=True))
        except click.Abort:
            raise Interrupted("interrupted; nothing was done") from None
    line = stdin.readline()
    if not line.strip("\r\n"):
        raise UsageFault(f"standard input has no line for {key}", hint="one line for each '-'")
    return line.rstrip("\r\n")
