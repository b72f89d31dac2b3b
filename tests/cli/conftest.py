"""What the tests of commands share: the sandbox's file, the sandbox on loopback, real processes."""

import io
import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.server import Server
from tests.conftest import FakeClock, Run
from tests.weather.server import BadServer

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Serve = Callable[..., str]
WriteProfiles = Callable[..., Path]
MakePair = Callable[[str], str]


def resume_of(stderr: str, label: str = "resume") -> str:
    """The command on the last line of stderr."""
    last = stderr.splitlines()[-1]
    assert last.startswith(f"{label}: evsrep "), stderr
    return last.removeprefix(f"{label}: evsrep ")


def next_of(stderr: str) -> str:
    """What the last line of stderr says to do after success."""
    return resume_of(stderr, "next")


def requests_in(stderr: str) -> list[str]:
    """The requests that `--debug` tells of, as `POST /v2/…`."""
    requests = re.findall(r"^> ([A-Z]+) https?://[^/\s]+(\S*)$", stderr, re.MULTILINE)
    return [f"{method} {path}" for method, path in requests]


class SandboxFile:
    """The sandbox's file, looked into past every command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def was_asked(self) -> bool:
        """Whether anything was ever sent to the sandbox."""
        return self.path.exists()

    def pair_ids(self) -> list[str]:
        """The pairs, oldest first."""
        if not self.was_asked:
            return []
        with closing(sqlite3.connect(self.path)) as file:
            return [row[0] for row in file.execute("SELECT id FROM pairs ORDER BY rowid")]

    def change_group(self, group_id: str, **columns: object) -> None:
        """Do to a group what the cloud, or somebody else, may do."""
        named = ", ".join(f"{name}=?" for name in columns)
        with closing(sqlite3.connect(self.path)) as file, file:
            values = (*columns.values(), group_id)
            file.execute(f"UPDATE groups SET {named} WHERE id=?", values)

    def resize_disk(self, name: str, size_gb: int) -> None:
        """Give a disk another size."""
        with closing(sqlite3.connect(self.path)) as file, file:
            file.execute("UPDATE disks SET size_gb=? WHERE name=?", (size_gb, name))

    def begin_to_delete(self, pair_id: str, now: float) -> None:
        """Do to a pair what the cloud's DELETE does."""
        with closing(sqlite3.connect(self.path)) as file, file:
            file.execute("UPDATE pairs SET deed='delete', since=? WHERE id=?", (now, pair_id))


@pytest.fixture
def sandbox_file(home: Path) -> SandboxFile:
    return SandboxFile(home / ".local/state/evsrep/sandbox.db")


@pytest.fixture
def serve(
    sandbox_file: SandboxFile, clock: FakeClock, ending: list[threading.Thread]
) -> Iterator[Serve]:
    """Offer the sandbox on loopback: `serve()` is its URL. `around` may answer in its stead."""
    running: list[Server] = []

    def serve(around: Callable[[Wsgi], Wsgi] = lambda app: app) -> str:
        server = Server(around(Sandbox(sandbox_file.path, now=clock.time)))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append(server)
        ending.append(thread)
        return server.url

    yield serve
    for server in running:
        server.stop()


@pytest.fixture
def write_profiles(home: Path) -> WriteProfiles:
    """Write the profile file: text as it stands, or one profile 'served' of the keys given."""

    def write(text: str = "", **keys: Any) -> Path:
        path = home / ".config/evsrep/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        if keys:
            import tomli_w

            text += tomli_w.dumps({"profiles": {"served": keys}})
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def served(serve: Serve, write_profiles: WriteProfiles) -> str:
    """The sandbox over HTTP, with a profile 'served' for it; its URL."""
    url = serve()
    write_profiles(**ready_profile(url))
    return url


@pytest.fixture
def weather(
    sandbox_file: SandboxFile, clock: FakeClock, write_profiles: WriteProfiles
) -> Iterator[BadServer]:
    """The sandbox behind a server that misbehaves; the profile is 'served'."""
    with BadServer(Sandbox(sandbox_file.path, now=clock.time)) as server:
        write_profiles(**ready_profile(server.url))
        yield server


# Groups

_ACTIONS = {
    "os-sync-replication-consistency-group": "sync",
    "os-stop-replication-consistency-group": "pause",
    "os-failover-replication-consistency-group": "failover",
    "os-reverse-replication-consistency-group": "switchover",
    "os-reprotect-replication-consistency-group": "reprotect",
    "os-extend-replication-volumes": "expand",
}


class Sent:
    """What was sent to change a group, as a user would call it.

    `meanwhile` is what others do just before somebody looks at one group, one change for each look.
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self.meanwhile: list[Callable[[], object]] = []

    def around(self, app: Wsgi) -> Wsgi:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            if "consistency-groups/" in path and method == "GET" and self.meanwhile:
                self.meanwhile.pop(0)()
            if "consistency-groups" in path and method != "GET":
                body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                environ = {**environ, "wsgi.input": io.BytesIO(body)}
                is_action = path.endswith("/action")
                self.words.append(_ACTIONS[next(iter(json.loads(body)))] if is_action else method)
            return app(environ, start_response)

        return answer


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def grouped(run: Run, serve: Serve, write_profiles: WriteProfiles, sent: Sent) -> Run:
    """Type a command to the sandbox on loopback: `grouped("group", "list")`."""
    write_profiles(**ready_profile(serve(sent.around)))
    return lambda *words, **how: run(*words, "-p", "served", **how)


@pytest.fixture
def pair(grouped: Run) -> MakePair:
    """Make a pair of a production disk and its DR disk, and wait until it is active."""

    def pair(disk: str) -> str:
        stem = disk.removesuffix("-production")
        words = ("--production-disk", disk, "--dr-disk", f"{stem}-dr", "--name", stem)
        done = grouped("create", *words, "-o", "json")
        assert done.exit_code == 0, done.stderr
        grouped("wait", stem, "--for", "active")
        return str(done.json["id"])

    return pair


@pytest.fixture
def group_id(grouped: Run, pair: MakePair) -> str:
    """An active group 'shop' of the documented example's pair."""
    pair("example-production")
    done = grouped("group", "create", "--name", "shop", "--pair", "example", "--wait", "-o", "json")
    assert done.exit_code == 0, done.stderr
    return str(done.json["id"])
