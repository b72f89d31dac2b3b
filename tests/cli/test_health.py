"""`evsrep health`."""

from collections.abc import Callable
from typing import Any

import pytest

from evsrep.cloud.wire import pair_from_wire
from evsrep.jobs.health import judge, worst
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import Serve, WriteProfiles, Wsgi
from tests.conftest import FakeClock, Run


def test_nothing_there_is_all_right(sandbox: Run) -> None:
    done = sandbox("health", "-o", "json")
    assert done.exit_code == 0
    assert done.json == []


def test_a_pair_is_degraded_while_it_copies_and_protected_then(
    sandbox: Run, pair_id: str, clock: FakeClock
) -> None:
    assert sandbox("health").exit_code == 1
    clock.sleep(3)
    done = sandbox("health", "-o", "json")
    assert done.exit_code == 1
    assert done.json[0]["health"] == "degraded"
    assert done.json[0]["reason"] == "data is being synchronised (replication status 'copying')"
    clock.sleep(10)
    done = sandbox("health", "-o", "value", "-c", "id,health")
    assert done.exit_code == 0
    assert done.stdout == f"{pair_id}\tprotected\n"


def test_a_pair_that_failed_is_critical(sandbox: Run, clock: FakeClock) -> None:
    words = ("--production-disk", "link-down", "--dr-disk", "link-down-dr", "--name", "a|b\nc")
    sandbox("create", *words)
    clock.sleep(10)
    done = sandbox("health", "--nagios")
    assert done.exit_code == 2
    [line] = done.stdout.splitlines()
    said, figures = line.split(" | ")
    assert said.startswith("EVSREP CRITICAL - 1 of 1 not protected; pair a/b\\nc ")
    assert "is critical: the creation failed" in said
    assert figures == "protected=0 degraded=0 critical=1 unknown=0"


def test_nagios_gets_one_line_however_many_are_bad_and_the_worst_first(
    sandbox: Run, clock: FakeClock
) -> None:
    for name in ("example", "db-01-data", "db-01-log", "archive-01-data", "web-01-data"):
        stem = name.removesuffix("-production")
        first = "example-production" if name == "example" else name
        words = ("--production-disk", first, "--dr-disk", f"{stem}-dr", "--name", stem)
        assert sandbox("create", *words, "--no-check").exit_code == 0
    words = ("--production-disk", "link-down", "--dr-disk", "link-down-dr", "--name", "bad")
    sandbox("create", *words)
    clock.sleep(3)
    [line] = sandbox("health", "--nagios").stdout.splitlines()
    assert line.startswith("EVSREP CRITICAL - 6 of 6 not protected; pair bad ")
    assert line.count(" is degraded: ") == 4
    assert "; and 1 more | protected=0 degraded=5 critical=1 unknown=0" in line


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_it_is_a_line_each_and_below_it_what_is_wrong(
    sandbox: Run, pair_id: str, clock: FakeClock, width: int
) -> None:
    done = sandbox("health", terminal=True, width=width)
    assert done.exit_code == 1
    assert f"({pair_id})" in done.stdout
    assert done.stdout.startswith("degraded: pair 'my replication'")
    assert "wait for it with 'evsrep wait'" in done.stdout
    clock.sleep(20)
    done = sandbox("health", terminal=True, width=80)
    assert done.stdout == f"protected: pair 'my replication' ({pair_id})\n"


def test_on_a_terminal_nothing_is_said_to_be_nothing(sandbox: Run) -> None:
    done = sandbox("health", terminal=True)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "there is nothing to protect" in done.stderr


def test_what_can_not_be_found_out_is_unknown(run: Run) -> None:
    done = run("health", "--nagios", "-p", "nope", "-o", "json")
    assert done.exit_code == 3
    assert done.stdout == "EVSREP UNKNOWN - there is no profile 'nope'\n"
    assert done.error["exit_code"] == 3


@pytest.mark.parametrize(
    "words",
    [
        "health --nagios --nope",
        "health --nagios --timeout soon",
        "health --nagios=1",
        "health --nagios -c nope -p sandbox",
        "health --nagios -p nope",
        "health --nagios",
        "health --nagios -o nope",
        "health nope --nagios -p sandbox",
        "--nope health --nagios",
        "--retries -1 health --nagios",
    ],
)
def test_a_mistake_in_the_call_is_unknown_to_nagios(run: Run, words: str) -> None:
    done = run(*words.split())
    assert done.exit_code == 3
    [line] = done.stdout.splitlines()
    assert line.startswith("EVSREP UNKNOWN - ")
    assert done.stderr


def test_the_timeout_bounds_the_whole_run_for_nagios(
    run: Run, serve: Serve, write_profiles: WriteProfiles, clock: FakeClock
) -> None:
    def busy(app: Wsgi) -> Wsgi:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if "os-vendor" in environ["PATH_INFO"]:
                clock.sleep(3)
                start_response("503 Busy", [("Content-Length", "0")])
                return [b""]
            return app(environ, start_response)

        return answer

    write_profiles(**ready_profile(serve(busy)))
    words = ("health", "--nagios", "-p", "served", "--timeout", "5")
    began = clock.now()
    done = run(*words, "--retries", "9")
    assert (done.exit_code, done.stdout.count("\n")) == (3, 1)
    assert clock.now() - began <= 5 + 3  # the last request was on its way


@pytest.mark.parametrize("value", [{"EVSREP_TIMEOUT": "soon"}, {"EVSREP_OUTPUT": "nope"}])
def test_a_mistake_in_a_variable_is_unknown_to_nagios(
    run: Run, monkeypatch: pytest.MonkeyPatch, value: dict[str, str]
) -> None:
    for name, text in value.items():
        monkeypatch.setenv(name, text)
    done = run("health", "--nagios", "-p", "sandbox")
    assert (done.exit_code, done.stdout.count("\n")) == (3, 1)


def test_a_wrong_word_is_a_usage_fault_as_everywhere(run: Run) -> None:
    assert run("health", "--nope").exit_code == 2


@pytest.mark.parametrize(
    ("fields", "health"),
    [
        ({"status": "available", "replication_status": "active"}, "protected"),
        ({"status": "available", "replication_status": "active", "fault_level": 0}, "protected"),
        ({"status": "available", "replication_status": "active", "fault_level": "2"}, "critical"),
        ({"status": "available", "replication_status": "active", "fault_level": "5"}, "critical"),
        ({"status": "available", "replication_status": "active", "fault_level": "7"}, "unknown"),
        ({"status": "available", "replication_status": "inactive"}, "degraded"),
        ({"status": "available", "replication_status": "active-stopped"}, "degraded"),
        ({"status": "available", "replication_status": "error"}, "critical"),
        ({"status": "available", "replication_status": "novel"}, "unknown"),
        ({"status": "novel", "replication_status": "active"}, "unknown"),
        ({"status": "error_deleting"}, "critical"),
    ],
)
def test_how_a_pair_is_judged(fields: dict[str, Any], health: str) -> None:
    assert judge(pair_from_wire({"id": "x", **fields})).health == health


def test_what_is_known_to_be_bad_beats_what_is_not_known() -> None:
    assert worst({"protected", "unknown", "degraded"}) == "degraded"
    assert worst({"protected", "unknown"}) == "unknown"
    assert worst(set()) == "protected"
