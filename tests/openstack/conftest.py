"""A real Keystone and a real Cinder on loopback, started once and ended at the end."""

import json
import os
import shlex
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

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


@pytest.fixture(scope="session")
def short_lived() -> Iterator[dict[str, str]]:
    """A Keystone whose tokens end after three seconds."""
    environ = {"KS_PORT": free_port(), "KS_EXPIRY": "3"}
    found = {**environ, **start("keystone-up.sh", environ)}
    yield found
    stop("keystone-down.sh", found)


@pytest.fixture
def openrc(home: Path, keystone: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of an openrc file for that Keystone."""
    for name, value in keystone.items():
        if name.startswith("OS_"):
            monkeypatch.setenv(name, value)
    return keystone


@pytest.fixture
def cloud(run: Run, openrc: dict[str, str]) -> Run:
    """Type a command to the real services, on the real clock."""
    from evsrep.clock import RealClock

    real = RealClock()
    return lambda *words, **how: run(*words, clock=real, **how)


def make_disk(token: str, cinder: Mapping[str, str], **keys: object) -> str:
    """Make a disk in Cinder itself; its ID."""
    request = urllib.request.Request(
        f"{cinder['CINDER_V2']}/volumes",
        json.dumps({"volume": keys}).encode(),
        {"X-Auth-Token": token, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: str = json.load(answer)["volume"]["id"]
        return found


def project_of(done: Done) -> str:
    found: str = done.json["project_id"]
    return found
