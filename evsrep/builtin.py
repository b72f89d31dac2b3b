"""The built-in profile: the sandbox, with its state in one file on this machine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evsrep.clock import Clock
from evsrep.errors import ConfigError
from evsrep.settings.paths import state_folder
from evsrep.settings.resolve import SANDBOX, Profile, built_in

if TYPE_CHECKING:
    from evsrep.sandbox.app import Sandbox

_IN_PROCESS_URL = "http://localhost"  # nothing listens: the transport calls the sandbox itself


def sandbox_profile(chosen_by: str) -> Profile:
    """The built-in profile."""
    from evsrep.sandbox.profile import ready_profile

    return built_in(SANDBOX, chosen_by, ready_profile(_IN_PROCESS_URL))


def open_sandbox(environ: Mapping[str, str], clock: Clock) -> "Sandbox":
    """The sandbox over its file, on this clock; made and seeded where there is none."""
    from evsrep.sandbox.app import Sandbox

    with told_if_broken():
        return Sandbox(sandbox_path(environ), now=clock.time)


def sandbox_path(environ: Mapping[str, str]) -> Path:
    """Where the sandbox keeps its state."""
    return state_folder(environ) / "sandbox.db"


@contextmanager
def told_if_broken() -> Iterator[None]:
    """Say of a sandbox that can't be used what helps."""
    from evsrep.sandbox.store import SandboxBroken

    try:
        yield
    except SandboxBroken as error:
        raise ConfigError(str(error), hint="start afresh with 'evsrep sandbox reset'") from error
