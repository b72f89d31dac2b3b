"""The commands that print a secret, such as `pass show otc`."""

from collections.abc import Mapping

from evsrep.errors import ConfigError
from evsrep.settings.declarations import SECRET_VARIABLES, SHELLS_SECRETS

_MOST_SECONDS = 120
_NOT_FOR_CHILDREN = SHELLS_SECRETS | set(SECRET_VARIABLES)


def first_line_of(command: str, key: str, environ: Mapping[str, str]) -> str:
    """Run the command of a key without a shell, and return its first line.

    What it prints is never shown, and secrets of ours are not handed to it. Raises ConfigError
    where it can't be run, fails or prints nothing.
    """
    import shlex
    import subprocess

    child = {name: value for name, value in environ.items() if name not in _NOT_FOR_CHILDREN}
    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603 -- the user's own command, split, without a shell
            words, stdout=subprocess.PIPE, timeout=_MOST_SECONDS, env=child, check=False
        )
    except (ValueError, IndexError):
        raise ConfigError(f"{key} is not a command: its quotes do not match") from None
    except subprocess.TimeoutExpired:
        message = f"{key} did not end within {_MOST_SECONDS} s"
        raise ConfigError(message, hint="run it by hand") from None
    except OSError as error:
        raise ConfigError(
            f"{key} can't be run: {error.strerror or error}", hint="check the command's name"
        ) from None
    if done.returncode != 0:
        message = f"{key} failed (exit code {done.returncode})"
        raise ConfigError(message, hint="run it by hand to see why")
    lines = done.stdout.decode(errors="replace").splitlines()
    if not lines or not lines[0].strip():
        raise ConfigError(f"{key} printed nothing", hint="its first line is to be the secret")
    return lines[0].strip()
