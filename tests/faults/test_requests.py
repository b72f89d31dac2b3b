"""What a command costs: requests, connections and TLS contexts; what is done side by side."""

import shutil
import ssl
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from tests.conftest import DR, EXAMPLE, PRODUCTION, Done
from tests.faults.conftest import Weather, write_profile
from tests.weather.faults import slow
from tests.weather.server import BadServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NEW = ("--production-disk", "db-01-log", "--dr-disk", "db-01-log-dr")
SIGN_IN = "POST tokens"
LIST, GROUPS = "GET os-vendor-replications", "GET os-vendor-replication-consistency-groups"
LOOK = ["GET detail", "GET detail", LIST, LIST]  # two disks, and whether they are in a pair


def signed_in(cloud: Weather) -> Weather:
    """With a token kept by an earlier command."""
    assert cloud.run("auth", "check").exit_code == ExitCode.DONE
    return cloud


def cost(cloud: Weather, *words: str) -> tuple[list[str], int]:
    """The requests of a command, by method and last word of the path, and its connections."""
    requests, connections = len(cloud.server.requests), cloud.server.connections
    done = cloud.run(*words, "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    sent = [f"{each.method} {last_word(each.path)}" for each in cloud.server.requests[requests:]]
    return sent, cloud.server.connections - connections


def last_word(path: str) -> str:
    """The last part of a path, IDs left out: that of a member is `ID`."""
    word = path.rpartition("/")[2]
    return "ID" if word.count("-") == 4 and len(word) == 36 else word


def test_create_without_checks_is_one_request_on_one_connection(weather: Weather) -> None:
    words = ("create", *EXAMPLE, "--priority-station", "az2.dc2", "--no-check")
    assert cost(signed_in(weather), *words) == (["POST os-vendor-replications"], 1)


def test_the_first_command_signs_in_on_the_same_connection(weather: Weather) -> None:
    words = ("create", *EXAMPLE, "--priority-station", "az2.dc2", "--no-check")
    assert cost(weather, *words) == ([SIGN_IN, "POST os-vendor-replications"], 1)


def test_a_checked_create_looks_once_at_each_thing_on_two_connections(grouped: Weather) -> None:
    cloud = signed_in(grouped)
    cloud.play("GET", "/volumes/detail", slow(0.2))  # until the other one has begun as well
    sent, connections = cost(cloud, "create", *NEW)
    assert (sorted(sent[:-1]), sent[-1]) == (LOOK, "POST os-vendor-replications")
    assert connections == 2


@pytest.mark.parametrize(("command", "sent"), [
    ("list", [LIST]),
    ("show lone", [LIST]),
    ("wait lone", [LIST, "GET ID"]),
    ("delete lone --yes", [LIST, "DELETE ID"]),
    ("health", [GROUPS, LIST]),
    ("export", ["GET detail", "GET detail", LIST]),  # ten disks and more: is that all?
    ("group list", [GROUPS]),
    ("group show shop", [GROUPS]),
    ("group ready shop --for failover", [GROUPS]),
    ("group pause shop", [GROUPS, "POST action", "GET ID"]),
    ("auth check", []),
])  # fmt: skip
def test_a_command_asks_no_more_than_it_needs(
    grouped: Weather, command: str, sent: list[str]
) -> None:
    assert cost(signed_in(grouped), *command.split()) == (sent, 1 if sent else 0)


def test_a_wait_asks_again_on_the_same_connection(grouped: Weather) -> None:
    sent, connections = cost(signed_in(grouped), "create", *NEW, "--no-check", "--wait",
                             "--priority-station", "az1.dc1")  # fmt: skip
    assert sent.count("GET ID") > 1
    assert connections <= 2  # the two disks are named, and looked up side by side


@pytest.mark.parametrize(("words", "contexts"), [
    (("list",), 1),
    (("create", *NEW), 1),  # two connections
    (("doctor",), 1),
])  # fmt: skip
def test_tls_is_set_up_once(
    tls_weather: Weather, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], contexts: int
) -> None:
    made = contexts_made(monkeypatch)
    assert tls_weather.run(*words).exit_code == ExitCode.DONE
    assert len(made) == contexts


def test_plain_http_needs_no_tls(weather: Weather, monkeypatch: pytest.MonkeyPatch) -> None:
    made = contexts_made(monkeypatch)
    assert weather.run("create", *NEW).exit_code == ExitCode.DONE
    assert made == []


def contexts_made(monkeypatch: pytest.MonkeyPatch) -> list[ssl.SSLContext]:
    """Contexts that are made from here on."""
    made: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def counted(*args: Any, **more: Any) -> ssl.SSLContext:
        made.append(create(*args, **more))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", counted)
    return made


@pytest.fixture
def database(home: Path, seeded: Path) -> Path:
    """A new sandbox's file."""
    return Path(shutil.copy(seeded, home / "cloud.db"))


class Meeting:
    """Answers requests of one kind only when as many as were expected are there."""

    def __init__(self, app: Sandbox, method: str, word: str, expected: int) -> None:
        self._app = app
        self._kind = method, word
        self._barrier = threading.Barrier(expected, timeout=5.0)
        self.met = 0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer as the cloud does."""
        method, word = self._kind
        if environ["REQUEST_METHOD"] == method and word in environ["PATH_INFO"]:
            self._barrier.wait()
            self.met += 1
        return self._app(environ, start_response)


def run_to(meeting: Meeting, home: Path, database: Path, *words: str) -> Done:
    with BadServer(meeting) as server:
        write_profile(home, ready_profile(server.url))
        return Weather(server, database).run(*words)


@pytest.mark.parametrize("disks", [EXAMPLE, NEW], ids=["by ID", "by name"])
def test_the_two_disks_are_looked_up_side_by_side(
    home: Path, database: Path, disks: tuple[str, ...]
) -> None:
    meeting = Meeting(Sandbox(database), "GET", "/volumes/", 2)
    done = run_to(meeting, home, database, "create", *disks)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert meeting.met == 2


def test_apply_sends_as_many_at_once_as_it_has_jobs(home: Path, database: Path) -> None:
    sheet = home / "pairs.csv"
    sheet.write_text(f"production_disk,dr_disk\ndb-01-log,db-01-log-dr\n{PRODUCTION},{DR}\n")
    meeting = Meeting(Sandbox(database), "POST", "/os-vendor-replications", 2)
    done = run_to(meeting, home, database, "apply", str(sheet), "--jobs", "2")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert meeting.met == 2


def test_apply_of_one_job_sends_one_after_the_other(home: Path, database: Path) -> None:
    sheet = home / "pairs.csv"
    sheet.write_text(f"production_disk,dr_disk\ndb-01-log,db-01-log-dr\n{PRODUCTION},{DR}\n")
    meeting = Meeting(Sandbox(database), "POST", "/os-vendor-replications", 1)
    with BadServer(meeting) as server:
        write_profile(home, ready_profile(server.url))
        done = Weather(server, database).run("apply", str(sheet), "--jobs", "1")
        assert server.connections <= 3  # that of the sign-in, and one more for what is listed
    assert done.exit_code == ExitCode.DONE, done.stderr
