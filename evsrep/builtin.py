"""The built-in profile: the sandbox, with its state in one file on this machine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evsrep.clock import Clock
from evsrep.errors import ConfigError
from evsrep.settings.paths import state_folder
from evsrep.settings.profile import SANDBOX, Profile

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication as Wsgi

    from evsrep.sandbox.app import Sandbox

_IN_PROCESS_URL = "http://localhost"  # nothing listens: the transport calls the sandbox itself


def sandbox_profile(chosen_by: str) -> Profile:
    """Return the built-in profile, which no variable changes."""
    from evsrep.sandbox.profile import ready_profile

    keys = ready_profile(_IN_PROCESS_URL)
    return Profile.of(SANDBOX, keys, chosen_by=chosen_by, origin="built in")


def open_sandbox(environ: Mapping[str, str], clock: Clock, lags: Sequence[float] = ()) -> "Sandbox":
    """Return the sandbox over its file, on this clock; it is made and seeded where there is none.

    Raises ConfigError where the file can't be used, or there is no home folder.
    """
    from evsrep.sandbox.app import Sandbox

    with as_config_error():
        return Sandbox(sandbox_path(environ), now=clock.time, lags=lags)


def sandbox_app(environ: Mapping[str, str], clock: Clock) -> "Wsgi":
    """Return the sandbox as a WSGI application that is opened by its first request.

    That request raises what `open_sandbox` raises.
    """
    open_once = cache(lambda: open_sandbox(environ, clock))

    def app(request: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        return open_once()(request, start_response)

    return app


def sandbox_path(environ: Mapping[str, str]) -> Path:
    """Return where the sandbox keeps its state.

    Raises ConfigError where there is no home folder.
    """
    return state_folder(environ) / "sandbox.db"


@contextmanager
def as_config_error() -> Iterator[None]:
    """Raise ConfigError, with what helps, for a sandbox that can't be used."""
    from evsrep.sandbox.store import SandboxBroken

    try:
        yield
    except SandboxBroken as error:
        raise ConfigError(str(error), hint="start afresh with 'evsrep sandbox reset'") from error
