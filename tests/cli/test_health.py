"""`evsrep health`."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from evsrep.cloud.wire import group_from_wire, pair_from_wire
from evsrep.jobs.health import judge, judge_group, worst
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
    assert "is critical: could not be created: the peer availability zone can" in said
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


def plain(screen: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", screen)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_it_is_a_line_each_and_below_it_what_helps(
    sandbox: Run, pair_id: str, clock: FakeClock, width: int
) -> None:
    done = sandbox("health", terminal=True, width=width)
    assert done.exit_code == 1
    counted, *lines = plain(done.stdout).splitlines()
    assert counted == "0 of 1 protected"
    assert lines[0].startswith("degraded  pair my replication  the pair is being created")
    helps = " ".join(
        line.strip() for line in lines if line.startswith("    ") and "status" not in line
    )
    assert helps.endswith(f"wait for it with evsrep wait {pair_id} -p sandbox")
    assert max(map(len, (counted, *lines))) <= width
    clock.sleep(20)
    done = sandbox("health", terminal=True, width=80)
    assert plain(done.stdout).splitlines()[0] == "1 of 1 protected"
    assert "protected  pair my replication" in plain(done.stdout)


def test_of_many_the_protected_are_counted_and_the_worst_comes_last(
    sandbox: Run, clock: FakeClock
) -> None:
    sandbox("sandbox", "seed", "--disks", "40")
    for number in range(1, 13):
        disk = f"bulk-{number:05}"
        sandbox("create", "--production-disk", disk, "--dr-disk", f"{disk}-dr", "--name", disk)
    sandbox("create", "--production-disk", "link-down", "--dr-disk", "link-down-dr",
            "--name", "broken")  # fmt: skip
    clock.sleep(60)
    words = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr", "--name", "db")
    sandbox("create", *words)
    done = sandbox("health", terminal=True, width=120)
    assert done.exit_code == 2
    lines = plain(done.stdout).splitlines()
    assert lines[0] == "12 of 14 protected"
    assert "protected " not in "".join(lines[1:])
    first = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    assert first == ["degraded", "critical"]
    assert "could not be created: " in lines[-2]
    assert lines[-1].endswith("evsrep delete broken -p sandbox")


def test_a_failover_that_was_done_beats_the_fault_that_led_to_it() -> None:
    body = {
        "id": "g1", "name": "shop", "status": "failovered", "replication_status": "active-stopped",
        "fault_level": "5", "replication_ids": ["p1"],
    }  # fmt: skip
    verdict = judge_group(group_from_wire(body), [])
    assert verdict.health == "degraded"
    assert "the group has failed over" in verdict.reason
    assert verdict.hint == "when the failed zone is back, 'evsrep group reprotect shop'"


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        (
            {"replication_status": "active-stopped"},
            "nothing starts a pair again that is in no group; bundle it: "
            "'evsrep group create --name data --pair data --wait'",
        ),
        ({"replication_status": "copying"}, "wait with 'evsrep wait data --for active'"),
        ({"fault_level": "2"}, "only a group can fail over; bundle it: "
         "'evsrep group create --name data --pair data --wait'"),
        ({"fault_level": "5"}, "contact the cloud's support"),
        (
            {"status": "error", "failure_detail": "37100041"},
            "make them equal, then pair again; then: 'evsrep delete data'",
        ),
        (
            {"status": "error", "failure_detail": "37100041", "name": "$(touch x)"},
            "make them equal, then pair again; then: 'evsrep delete p1'",
        ),
    ],
)  # fmt: skip
def test_what_helps_a_lone_pair_can_be_done(changes: dict[str, str], hint: str) -> None:
    body = {
        "id": "p1", "name": "data", "status": "available", "replication_status": "active",
        "volume_ids": "a,b",
    }  # fmt: skip
    assert judge(pair_from_wire({**body, **changes})).hint == hint


def test_a_pair_taken_out_of_a_group_can_be_started_again_as_it_says(
    grouped: Run, group_id: str
) -> None:
    grouped("group", "update", "shop", "--remove", "example", "--pause", "--wait")
    grouped("group", "delete", "shop", "--yes", "--wait")
    [state] = grouped("health", "-o", "json").json
    command = re.search(r"'evsrep (.*)'", state["hint"])
    assert command is not None
    assert grouped(*command[1].split()).exit_code == 0
    assert grouped("health").exit_code == 0


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
