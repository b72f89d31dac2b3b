"""A real Keystone and a real Cinder on loopback, started once and ended at the end."""

import json
import os
import shlex
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Done, Run

HERE = Path(__file__).parent


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def start(script: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Run an up-script; what it exports."""
    done = subprocess.run(
        [HERE / script],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    words = shlex.split(done.stdout)
    return dict(word.split("=", 1) for word in words if "=" in word)


def stop(script: str, environ: Mapping[str, str]) -> None:
    subprocess.run([HERE / script], env={**os.environ, **environ}, check=True)


@pytest.fixture(scope="session")
def keystone() -> Iterator[dict[str, str]]:
    """A Keystone whose catalog leads to the Cinder to come."""
    environ = {"KS_PORT": free_port(), "CINDER_PORT": free_port(), "NOVA_PORT": free_port()}
    found = {**environ, **start("keystone-up.sh", environ)}
    yield found
    stop("keystone-down.sh", found)


@pytest.fixture(scope="session")
def cinder(keystone: dict[str, str]) -> Iterator[dict[str, str]]:
    """A Cinder behind that Keystone, with pages of two disks."""
    environ = {**keystone, "CINDER_MAX_LIMIT": "2"}
    yield {**environ, **start("cinder-up.sh", environ)}
    stop("cinder-down.sh", environ)


@contextmanager
def keystone_with(**variables: str) -> Iterator[dict[str, str]]:
    """One more Keystone, with its up-script's variables set."""
    environ = {"KS_PORT": free_port(), **variables}
    try:
        yield {**environ, **start("keystone-up.sh", environ)}
    finally:
        stop("keystone-down.sh", environ)


@pytest.fixture(scope="session")
def short_lived() -> Iterator[dict[str, str]]:
    """A Keystone whose tokens end after three seconds; more where seeding it takes longer."""
    with ExitStack() as running:
        for seconds in ("3", "6", "12"):
            with suppress(subprocess.CalledProcessError):  # its seeding's own token had ended
                found = running.enter_context(keystone_with(KS_EXPIRY=seconds))
                break
        else:
            pytest.fail("Keystone can't be seeded before its tokens end")
        yield found


def source(found: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables of an openrc file for a Keystone."""
    for name, value in found.items():
        if name.startswith("OS_"):
            monkeypatch.setenv(name, value)


@pytest.fixture
def openrc(home: Path, keystone: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of an openrc file for that Keystone, set."""
    source(keystone, monkeypatch)
    return keystone


@pytest.fixture
def cloud(run: Run, openrc: dict[str, str]) -> Run:
    """Type a command to the real services, on the real clock."""
    from evsrep.clock import RealClock

    real = RealClock()
    return lambda *words, **how: run(*words, clock=real, **how)


def make_disk(token: str, cinder: Mapping[str, str], **keys: object) -> str:
    """Make a disk in Cinder itself; its ID."""
    found: str = ask(token, f"{cinder['CINDER_V2']}/volumes", volume=keys)["volume"]["id"]
    return found


def ask(token: str, url: str, method: str = "POST", **body: object) -> Any:
    """What a service answers to who has a token, without evsrep."""
    request = urllib.request.Request(
        url,
        json.dumps(body).encode() if body else None,
        {"X-Auth-Token": token, "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def project_of(done: Done) -> str:
    found: str = done.json["project_id"]
    return found
