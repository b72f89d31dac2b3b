"""The commands that print a secret, such as `pass show otc`."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from evsrep.errors import ConfigError
from evsrep.settings.declarations import SECRET_VARIABLES, SHELLS_SECRETS

if TYPE_CHECKING:
    import subprocess

_MOST_SECONDS = 120
_GRACE_SECONDS = 1.0
_MOST_BYTES = 65536
_CREDENTIALS = ("access_key", "secret_key", "security_token", "token")
_NOT_FOR_CHILDREN = SHELLS_SECRETS | set(SECRET_VARIABLES)


def first_line_of(command: str, key: str, environ: Mapping[str, str]) -> str:
    """Run the command of a key without a shell, and return its first line.

    What it prints is never shown, and secrets of ours are not handed to it. Raises ConfigError
    where it can't be run, fails or prints nothing.
    """
    line = "".join(_output_of(command, key, environ).splitlines()[:1]).strip()
    if not line:
        raise ConfigError(f"{key} printed nothing", hint="its first line is to be the secret")
    return line


def credentials_of(command: str, key: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Run the command of a key as `first_line_of` does, and return the credentials it prints.

    They are an object in JSON with `access_key`, `secret_key` and, for temporary keys,
    `security_token`, or with `token`; what else is in it is left out. Raises ConfigError where
    they are not.
    """
    hint = "it is to print a JSON object with access_key, secret_key, security_token, or token"
    try:
        printed = json.loads(_output_of(command, key, environ))
    except (ValueError, RecursionError):
        raise ConfigError(f"{key} printed no JSON", hint=hint) from None
    fields = printed if isinstance(printed, dict) else {}
    found = {name: fields[name] for name in _CREDENTIALS if fields.get(name)}
    if not all(isinstance(text, str) for text in found.values()):
        raise ConfigError(f"{key} printed a value that is not plain text", hint=hint)
    if not ("token" in found or {"access_key", "secret_key"} <= set(found)):
        missing = next((name for name in _CREDENTIALS[:2] if name not in found), "")
        lacking = f"no {missing}" if found else "no credentials"
        raise ConfigError(f"{key} printed {lacking}", hint=hint)
    return found


def _output_of(command: str, key: str, environ: Mapping[str, str]) -> str:
    import shlex
    import subprocess

    child = {name: value for name, value in environ.items() if name not in _NOT_FOR_CHILDREN}
    try:
        words = shlex.split(command)
        process = subprocess.Popen(  # noqa: S603 -- the user's own command, without a shell
            words, stdout=subprocess.PIPE, env=child
        )
        printed = _read_aside(process)
        try:
            process.wait(_MOST_SECONDS)
        finally:
            process.kill()
            process.wait()
    except (ValueError, IndexError):
        raise ConfigError(f"{key} is not a command: its quotes do not match") from None
    except subprocess.TimeoutExpired:
        message = f"{key} did not end within {_MOST_SECONDS} s"
        raise ConfigError(message, hint="run it by hand") from None
    except OSError as error:
        raise ConfigError(
            f"{key} can't be run: {error.strerror or error}", hint="check the command's name"
        ) from None
    if process.returncode != 0:
        message = f"{key} failed (exit code {process.returncode})"
        raise ConfigError(message, hint="run it by hand to see why")
    return printed()


def _read_aside(process: "subprocess.Popen[bytes]") -> Callable[[], str]:
    """Read what a command prints while it runs; return what gives that once it has ended.

    A child of it may keep the pipe open for ever: what was printed by then has to do.
    """
    import os

    from evsrep.threads import start_thread

    printed = bytearray()

    def read() -> None:
        assert process.stdout is not None  # noqa: S101 -- for the type checker
        with process.stdout as pipe:
            while part := os.read(pipe.fileno(), _MOST_BYTES):
                printed.extend(part[: _MOST_BYTES - len(printed)])

    thread = start_thread(read)

    def text() -> str:
        thread.join(_GRACE_SECONDS)
        return bytes(printed).decode(errors="replace")

    return text
