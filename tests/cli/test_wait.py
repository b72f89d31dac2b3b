"""`evsrep wait`."""

import itertools
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import (
    UNKNOWN,
    SandboxFile,
    Serve,
    WriteProfiles,
    Wsgi,
    requests_in,
    resume_of,
)
from tests.conftest import EXAMPLE, FakeClock, Run
from tests.weather.faults import status
from tests.weather.server import BadServer
from tests.weather.shy import answering, changing


@pytest.fixture
def broken_id(sandbox: Run) -> str:
    """A pair that will end in an error."""
    words = ("--production-disk", "internal-error", "--dr-disk", "internal-error-dr")
    found: str = sandbox("create", *words, "--no-check", "-o", "json").json["id"]
    return found


def test_wait_ends_when_the_pair_is_available(sandbox: Run, pair_id: str, clock: FakeClock) -> None:
    done = sandbox("wait", pair_id, "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert (done.json["id"], done.json["status"]) == (pair_id, "available")
    assert done.stderr == ""
    assert 2 <= sum(clock.slept) < 10


def test_wait_takes_the_exact_name(sandbox: Run, pair_id: str) -> None:
    done = sandbox("wait", "my replication", "-o", "value", "-c", "id,status")
    assert done.stdout == f"{pair_id}\tavailable\n"


def test_a_pair_that_is_there_already_needs_no_waiting(
    sandbox: Run, pair_id: str, clock: FakeClock
) -> None:
    clock.sleep(60)
    clock.slept.clear()
    assert sandbox("wait", pair_id).exit_code == ExitCode.DONE
    assert clock.slept == []


def test_wait_looks_often_at_first_and_slower_later(
    sandbox: Run, pair_id: str, clock: FakeClock
) -> None:
    sandbox("wait", pair_id, "--for", "deleted", "--wait-timeout", "10m")
    pauses = clock.slept[:-1]  # the last one ends with the time
    assert pauses == sorted(pauses)
    assert pauses[0] <= 1
    assert pauses[-1] > pauses[0]


def test_wait_for_active_is_for_all_data(sandbox: Run, pair_id: str, clock: FakeClock) -> None:
    done = sandbox("wait", pair_id, "--for", "active", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["replication_status"] == "active"
    assert done.json["progress"] == 100
    assert sum(clock.slept) >= 6


@pytest.mark.parametrize("form", ["table", "json", "value"])
def test_wait_for_deleted_ends_when_the_pair_is_gone(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, clock: FakeClock, form: str
) -> None:
    sandbox_file.begin_to_delete(pair_id, clock.time())
    done = sandbox("wait", pair_id, "--for", "deleted", "-o", form)
    assert done.exit_code == ExitCode.DONE
    assert pair_id in done.stdout
    assert sum(clock.slept) >= 2


def test_a_pair_that_fails_ends_the_wait_with_its_reason(sandbox: Run, broken_id: str) -> None:
    for goal in ("available", "active"):
        done = sandbox("wait", broken_id, "--for", goal, "-o", "json")
        assert done.exit_code == ExitCode.FAILED
        assert done.json["status"] == "error"
        assert "37000212" in done.error["message"]
        assert "support" in done.error["hint"]


def test_a_pair_that_is_going_does_not_become_available(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, clock: FakeClock
) -> None:
    sandbox_file.begin_to_delete(pair_id, clock.time())
    started = clock.now()
    done = sandbox("wait", pair_id)
    assert done.exit_code != ExitCode.DONE
    assert clock.now() - started < 10


@pytest.mark.parametrize("goal", ["available", "active", "deleted"])
def test_when_the_time_is_up_the_way_on_asks_for_the_same(
    sandbox: Run, run: Run, pair_id: str, goal: str
) -> None:
    done = sandbox("wait", pair_id, "--for", goal, "--wait-timeout", "1s")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert pair_id in done.stdout
    words = shlex.split(resume_of(done.stderr))
    assert words[:2] == ["wait", pair_id]
    assert (goal in words) is (goal != "available")
    if goal != "deleted":
        assert run(*words).exit_code == ExitCode.DONE


@pytest.mark.parametrize(("given", "least", "most"), [("10m", 120, 130), ("20s", 20, 21)])
def test_an_unknown_pair_is_looked_for_as_long_as_it_may_show_late(
    sandbox: Run, clock: FakeClock, given: str, least: int, most: int
) -> None:
    started = clock.now()
    done = sandbox("wait", UNKNOWN, "-o", "json", "--wait-timeout", given)
    assert done.exit_code == ExitCode.NOT_FOUND
    assert done.stdout == ""
    assert least <= clock.now() - started <= most


def test_an_unknown_name_is_not_waited_for(sandbox: Run, clock: FakeClock) -> None:
    done = sandbox("wait", "nope")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert "'nope'" in done.stderr
    gone = sandbox("wait", "nope", "--for", "deleted", "-o", "json")
    assert (gone.exit_code, gone.json) == (0, {"name": "nope", "status": "deleted"})
    assert clock.slept == []


def test_a_name_that_two_pairs_have_lists_them(sandbox: Run, pair_id: str) -> None:
    words = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr")
    other = sandbox("create", *words, "--name", "my replication", "-o", "json").json["id"]
    for verb in ("wait", "show"):
        done = sandbox(verb, "my replication")
        assert done.exit_code == ExitCode.USAGE
        assert pair_id in done.stderr
        assert other in done.stderr


def missing_looks(pair_id: str, status: str, times: int) -> Callable[[Wsgi], Wsgi]:
    """The sandbox, which answers the first looks at a pair so."""
    return lambda app: answering(app, status, path=pair_id, times=times)


def looks_in(stderr: str, pair_id: str) -> int:
    """How often a pair was looked at, as `--debug` tells."""
    return sum(pair_id in request for request in requests_in(stderr))


def test_a_failed_look_is_a_missed_look_and_not_the_end(
    run: Run, pair_id: str, serve: Serve, write_profiles: WriteProfiles
) -> None:
    write_profiles(**ready_profile(serve(missing_looks(pair_id, "503 Service Unavailable", 3))))
    done = run("wait", pair_id, "-p", "served", "-o", "json", "--debug")
    assert done.exit_code == ExitCode.DONE
    assert done.json["status"] == "available"
    assert looks_in(done.stderr, pair_id) >= 4


@pytest.mark.parametrize(("times", "exit_code"), [(2, ExitCode.DONE), (9, ExitCode.REFUSED)])
def test_a_refused_look_is_a_missed_look_unless_it_stays_so(
    run: Run, pair_id: str, serve: Serve, write_profiles: WriteProfiles, times: int, exit_code: int
) -> None:
    write_profiles(**ready_profile(serve(missing_looks(pair_id, "409 Conflict", times))))
    done = run("wait", pair_id, "-p", "served", "--debug")
    assert done.exit_code == exit_code
    assert looks_in(done.stderr, pair_id) >= 3


GONE = {"nothing": b"", "HTML": b"<html>gone</html>", "a number": b'{"code": 404, "message": "-"}'}


@pytest.mark.parametrize("body", GONE.values(), ids=list(GONE))
def test_a_404_in_words_that_tell_nothing_is_asked_of_the_collection(
    run: Run, pair_id: str, serve: Serve, write_profiles: WriteProfiles, body: bytes
) -> None:
    url = serve(lambda app: answering(app, "404 Not Found", path=pair_id, body=body))
    write_profiles(**ready_profile(url))
    assert run("wait", pair_id, "--for", "deleted", "-p", "served").exit_code == ExitCode.DONE
    shown = run("show", pair_id, "-p", "served", "-o", "json")
    assert shown.error["kind"] == "not_found"
    assert shown.error["status"] == 404


def test_ctrl_c_tells_what_is_known_and_the_way_on(
    sandbox: Run, pair_id: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "sleep", interrupt)
    done = sandbox("wait", pair_id, "--for", "active")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert pair_id in done.stdout
    assert resume_of(done.stderr).startswith(f"wait {pair_id} --for active")


@pytest.mark.parametrize("words", [
    ("wait",), ("wait", "x", "--for", "ready"),
    ("wait", "x", "--wait-timeout", "soon"), ("wait", "x", "--wait-timeout", "-1"),
])  # fmt: skip
def test_a_fault_of_the_input_is_told_before_anything_is_sent(
    sandbox: Run, sandbox_file: SandboxFile, words: tuple[str, ...]
) -> None:
    assert sandbox(*words).exit_code == ExitCode.USAGE
    assert not sandbox_file.was_asked


@pytest.fixture
def two(sandbox: Run, pair_id: str) -> list[str]:
    """Two pairs that are being created; their IDs."""
    words = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr", "--name", "db-01")
    return [pair_id, sandbox("create", *words, "-o", "json").json["id"]]


def test_several_are_waited_for_at_once(sandbox: Run, two: list[str], clock: FakeClock) -> None:
    done = sandbox("wait", two[0], "db-01", "--for", "active", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [row["id"] for row in done.json] == two
    assert {row["replication_status"] for row in done.json} == {"active"}
    assert sum(clock.slept) < 30
    assert sandbox("wait", *two, "-o", "value", "-c", "status").stdout == "available\n" * 2


def test_of_several_one_that_fails_does_not_stop_the_others(
    sandbox: Run, two: list[str], broken_id: str
) -> None:
    done = sandbox("wait", broken_id, *two, "nope", "-o", "json")
    assert done.exit_code == ExitCode.PARTIAL
    assert [row.get("status") for row in done.json] == ["error", "available", "available", None]
    assert done.json[0]["error"]["exit_code"] == ExitCode.FAILED
    assert done.json[3]["error"]["exit_code"] == ExitCode.NOT_FOUND
    assert "resume" not in done.error


def test_several_whose_time_is_up_go_on_by_the_resume_line(sandbox: Run, two: list[str]) -> None:
    done = sandbox("wait", *two, "--for", "active", "--wait-timeout", "1s")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    words = shlex.split(resume_of(done.stderr))
    assert words[:5] == ["wait", *two, "--for", "active"]
    assert sandbox(*words).exit_code == ExitCode.DONE


def test_several_that_are_gone_are_as_they_should_be(sandbox: Run, two: list[str]) -> None:
    done = sandbox("wait", "nope", UNKNOWN, "--for", "deleted", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json == [
        {"name": "nope", "status": "deleted"}, {"id": UNKNOWN, "status": "deleted"},
    ]  # fmt: skip


@pytest.mark.parametrize("names", [("my replication",), ("my replication", "other")])
def test_a_name_that_can_not_be_looked_up_is_a_missed_look(
    run: Run, weather: BadServer, names: tuple[str, ...], clock: FakeClock
) -> None:
    for name, stem in zip(
        names, ("example-production example-dr", "db-01-data db-01-data-dr"), strict=False
    ):
        production, dr = stem.split()
        words = ("--production-disk", production, "--dr-disk", dr, "--name", name)
        assert run("create", *words, "-p", "served").exit_code == ExitCode.DONE
    weather.play("GET", "/os-vendor-replications", status(503), times=9)
    began = clock.moment
    done = run("wait", *names, "-p", "served")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert clock.moment - began > 5
    assert "can't be looked up" in done.stderr


@pytest.mark.parametrize("words", [("wait", "web"), ("group", "wait", "web"), ("wait", "a", "b")])
def test_a_name_that_is_not_looked_up_in_time_is_waited_for_by_the_resume_line(
    run: Run, weather: BadServer, words: tuple[str, ...], clock: FakeClock
) -> None:
    weather.play("GET", "/os-vendor-replication", status(503), times=99)
    began = clock.moment
    done = run(*words, "--wait-timeout", "20s", "-p", "served")
    assert done.exit_code == ExitCode.UNAVAILABLE
    assert 20 <= clock.moment - began <= 21
    assert "could not be looked up in 20 s: the cloud can't answer now (HTTP 503)" in done.stderr
    assert resume_of(done.stderr) == f"{' '.join(words)} -p served"


@pytest.mark.parametrize(
    "percents",
    [
        ("5e-324", "1e-323"), ("1", "1e308"), ("-1e308", "1e308"), ("0", "2.5e-309"),
        ("NaN", "-5"), ("99", "1e999"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("terminal", [True, False])
def test_percents_of_any_size_are_no_end_of_a_wait(
    run: Run, serve: Serve, write_profiles: WriteProfiles, percents: tuple[str, str], terminal: bool
) -> None:
    told = itertools.chain(percents, itertools.repeat(percents[-1]))

    def change(fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "progress": next(told)} if "progress" in fields else fields

    write_profiles(**ready_profile(serve(lambda app: changing(app, "replications/", change))))
    done = run("create", "-p", "served", *EXAMPLE, "--wait", terminal=terminal)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert "0" * 40 not in done.stderr
