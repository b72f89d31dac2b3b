"""A cloud that misbehaves, and a hurried clock: the sandbox behind a server that plays faults."""

import contextlib
import io
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evsrep.cli.app import Environment
from evsrep.cli.root import main
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from tests.conftest import EXAMPLE, Done
from tests.weather.server import BadServer
from tests.weather.shy import without
from tests.weather.tls import Tls

HURRY = 40.0


class HurriedClock:
    """A clock on which a minute takes a second: pauses are kept, only shorter."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def now(self) -> float:
        return (time.monotonic() - self._started) * HURRY

    def time(self) -> float:
        return hurried_now()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / HURRY)


def run_hurried(*words: str) -> Done:
    """Type a command, in this process, on a hurried clock; several may be side by side."""
    out, err = io.StringIO(), io.StringIO()
    environment = Environment(clock=HurriedClock(), stdin=io.StringIO(), out=out, err=err)
    code = main(words, environment)
    return Done(code, out.getvalue(), err.getvalue())


class Weather:
    """A fresh cloud behind a server that plays faults, and commands typed to it."""

    def __init__(self, server: BadServer, database: Path) -> None:
        self.server = server
        self.play = server.play
        self._database = database

    def run(self, *words: str) -> Done:
        """Type a command, in this process, with a moment for each request."""
        return run_hurried(*words, "--timeout", "0.7s")

    def create(self, *more: str) -> Done:
        """Type the documented example's create."""
        return self.run("create", *EXAMPLE, "-o", "json", *more)

    def pair_ids(self) -> list[str]:
        """The pairs that the cloud really has, late requests included."""
        self.server.settle()
        with contextlib.closing(sqlite3.connect(self._database)) as connection:
            return [row[0] for row in connection.execute("SELECT id FROM pairs")]

    def sent(self, method: str, path: str = "") -> int:
        """How many requests of a method, to a path that contains these words, came in."""
        matching = [r for r in self.server.requests if r.method == method and path in r.path]
        return len(matching)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new sandbox's file, to copy: seeding takes longer than copying."""
    path = tmp_path_factory.mktemp("seeded") / "sandbox.db"
    Sandbox(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def weather(home: Path, seeded: Path) -> Iterator[Weather]:
    """A cloud that misbehaves as it is told, and the profile that leads to it."""
    database = home / "cloud.db"
    shutil.copy(seeded, database)
    with BadServer(Sandbox(database, now=hurried_now)) as server:
        write_profile(home, ready_profile(server.url))
        yield Weather(server, database)


@pytest.fixture
def tls_weather(home: Path, seeded: Path) -> Iterator[Weather]:
    """The same over TLS, with a certificate that the profile trusts."""
    database = home / "cloud.db"
    shutil.copy(seeded, database)
    tls = Tls.good(home)
    with BadServer(Sandbox(database, now=hurried_now), tls=tls) as server:
        write_profile(home, ready_profile(server.url), ca_bundle=str(tls.ca_path))
        yield Weather(server, database)


@pytest.fixture(scope="session")
def prefilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a cloud with a pair and an active group is kept once it was made."""
    return tmp_path_factory.mktemp("grouped") / "cloud.db"


@pytest.fixture
def grouped(home: Path, seeded: Path, prefilled: Path) -> Iterator[Weather]:
    """A cloud with pair 'data' in an active group 'shop', and a pair 'lone'."""
    with a_grouped_cloud(home, seeded, prefilled) as weather:
        yield weather


@pytest.fixture
def shy(home: Path, seeded: Path, prefilled: Path) -> Iterator[Weather]:
    """The same, but it does not say what pairs a group has."""
    with a_grouped_cloud(home, seeded, prefilled, "replication_ids") as weather:
        yield weather


def write_profile(home: Path, keys: dict[str, str], **more: str | bool | int) -> Path:
    """A profile file with one profile, the default one."""
    path = home / ".config" / "evsrep" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**keys, **more}.items()]
    path.write_text("\n".join(['default_profile = "w"', "[profiles.w]", *lines, ""]))
    path.chmod(0o600)
    return path


_STARTED = time.time()


def hurried_now() -> float:
    """A wall clock for the cloud that goes as fast as the one of the commands."""
    return _STARTED + (time.time() - _STARTED) * HURRY


@contextlib.contextmanager
def a_grouped_cloud(home: Path, seeded: Path, prefilled: Path, *untold: str) -> Iterator[Weather]:
    """Have a cloud with a group, whose answers lack the untold fields, in a home of its own."""
    if not prefilled.exists():
        _fill(prefilled, seeded, home)
    database = home / "cloud.db"
    shutil.copy(prefilled, database)
    with BadServer(without(Sandbox(database, now=hurried_now), *untold)) as server:
        write_profile(home, ready_profile(server.url))
        yield Weather(server, database)


def _fill(prefilled: Path, seeded: Path, home: Path) -> None:
    """Put a cloud with a group there, for every test to copy: making it takes longer."""
    database = home / "first.db"
    shutil.copy(seeded, database)
    with BadServer(Sandbox(database, now=hurried_now)) as server:
        config = write_profile(home, ready_profile(server.url))
        _make_group(Weather(server, database), config)
    with contextlib.closing(sqlite3.connect(database)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.rename(prefilled)


def _make_group(weather: Weather, config: Path) -> None:
    others = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr")
    for words in (
        ("create", *others, "--name", "lone", "--wait"),
        ("create", *EXAMPLE, "--name", "data", "--wait"),
        ("group", "create", "--name", "shop", "--pair", "data", "--wait"),
        ("auth", "logout"),
    ):
        done = weather.run(*words, "--config", str(config))
        assert done.exit_code == 0, done.stderr
