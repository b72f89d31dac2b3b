"""`evsrep create --dr-zone`: the DR disk is made, once, and then paired."""

import json
import shlex
import sqlite3
from contextlib import closing
from typing import Any

import pytest

import evsrep
from evsrep.errors import ExitCode
from evsrep.sandbox.seed import SEEDED_AT
from tests.cli.conftest import ID, SandboxFile, requests_in, resume_of
from tests.conftest import FakeClock, Run
from tests.weather.faults import FAULTS, PROCESS_THEN_CLOSE, status
from tests.weather.server import BadServer

DB = ("--production-disk", "db-02-data", "--dr-zone", "az2.dc2")
POST_DISK, POST_PAIR = ("POST", "/volumes"), ("POST", "/os-vendor-replications")
NO_REPLICATION = status(404, body=b"<html>no such page</html>")


def disks_made(sandbox_file: SandboxFile) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(sandbox_file.path)) as file:
        file.row_factory = sqlite3.Row
        rows = file.execute("SELECT * FROM disks WHERE created_at > ? ORDER BY rowid", (SEEDED_AT,))
        return [dict(row) for row in rows]


def change(sandbox_file: SandboxFile, words: str, *values: object) -> None:
    with closing(sqlite3.connect(sandbox_file.path)) as file, file:
        file.execute(words, values)


def test_one_command_protects_a_disk(sandbox: Run, sandbox_file: SandboxFile) -> None:
    done = sandbox("create", *DB, "--yes", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    [disk] = disks_made(sandbox_file)
    assert done.json["status"] == "available"
    assert done.json["priority_station"] == "az1.dc1"
    assert done.json["volume_ids"][1] == disk["id"]
    assert (disk["name"], disk["zone"], disk["size_gb"], disk["type"], disk["is_shared"]) == (
        *("db-02-data-dr", "az2.dc2", 100, "SSD", 0),
    )


def test_sharing_name_and_encryption_are_taken_over(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    words = ("--dr-zone", "az2.dc2", "--yes")
    done = sandbox("create", "--production-disk", "shared-01-data", *words)
    assert done.exit_code == ExitCode.DONE, done.stderr
    sandbox("create", "--production-disk", "encrypted-data", *words, "--dr-disk-name", "tresor")
    shared, encrypted = disks_made(sandbox_file)
    assert shared["is_shared"] == 1
    assert encrypted["name"] == "tresor"
    metadata = json.loads(encrypted["metadata"])
    assert metadata["__system__encrypted"] == "1"
    assert metadata["__system__cmkid"]


def test_a_key_that_can_not_be_seen_is_a_reason(sandbox: Run, sandbox_file: SandboxFile) -> None:
    done = sandbox("create", "--production-disk", "sealed-data", *DB[2:], "--yes")
    assert done.exit_code == ExitCode.REFUSED
    assert "does not show with which key" in done.stderr
    assert disks_made(sandbox_file) == []


def test_a_long_name_stays_within_what_the_service_takes(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    sandbox("list")
    change(sandbox_file, "UPDATE disks SET name = ? WHERE name = 'db-02-data'", "ü" * 127)
    done = sandbox("create", "--production-disk", "ü" * 127, *DB[2:], "--yes")
    assert done.exit_code == ExitCode.DONE, done.stderr
    [disk] = disks_made(sandbox_file)
    assert disk["name"] == "ü" * 126 + "-dr"


# Asking first


def test_nobody_to_ask_is_exit_2_and_nothing_is_sent(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    done = sandbox("create", *DB)
    assert done.exit_code == ExitCode.USAGE
    assert "--yes" in done.stderr
    assert not sandbox_file.was_asked


@pytest.mark.parametrize(
    ("answer", "code", "count"), [("y\n", ExitCode.DONE, 1), ("n\n", ExitCode.INTERRUPTED, 0)]
)
def test_on_a_terminal_it_asks(
    sandbox: Run, sandbox_file: SandboxFile, answer: str, code: int, count: int
) -> None:
    done = sandbox("create", *DB, typed=answer)
    assert done.exit_code == code
    for word in ("db-02-data-dr", "100 GB SSD", "az2.dc2", "cost money", "Make this disk"):
        assert word in done.stderr
    assert len(disks_made(sandbox_file)) == count


def test_a_dry_run_shows_both_requests(sandbox: Run, sandbox_file: SandboxFile) -> None:
    done = sandbox("create", *DB, "--dry-run", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    volume = done.json["disk"]["body"]["volume"]
    assert (done.json["disk"]["method"], volume["size"]) == ("POST", 100)
    assert done.json["disk"]["url"].endswith("/volumes")
    assert list(volume) == [
        *("name", "size", "volume_type", "availability_zone", "multiattach", "metadata"),
    ]
    assert done.json["url"].endswith("/os-vendor-replications")
    assert done.json["body"]["replication"]["priority_station"] == "az1.dc1"
    assert all(check["ok"] for check in done.json["checks"])
    assert disks_made(sandbox_file) == []
    sandbox("create", *DB, "--yes")
    again = sandbox("create", *DB, "--dry-run", "-o", "json", "--if-not-exists")
    assert "disk" not in again.json


# What is wrong


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*DB, "--dr-disk", "x"), "--dr-zone does not go with --dr-disk"),
        ((*DB[:2], "--dr-zone", ""), "--dr-zone is empty"),
        ((*DB, "--priority-station", "az2.dc2"), "both are az2.dc2"),
        ((*DB[:2], "--dr-disk", "x", "--dr-disk-name", "y"), "it wants --dr-zone"),
        ((*DB, "--dr-disk-name", ""), "--dr-disk-name is empty"),
        ((*DB, "--dr-disk-name", "x" * 256), "--dr-disk-name has 256 bytes"),
        (("--volume-id", "a", "--volume-id", "b", *DB[2:]), "does not go with --volume-id"),
        (DB[2:], "--production-disk is missing or empty"),
    ],
)
def test_words_that_do_not_go_together(
    sandbox: Run, sandbox_file: SandboxFile, words: tuple[str, ...], message: str
) -> None:
    done = sandbox("create", *words, "--yes")
    assert done.exit_code == ExitCode.USAGE
    assert message in done.stderr
    assert not sandbox_file.was_asked


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("nope", "az2.dc2"), ExitCode.NOT_FOUND, "no disk is called 'nope'"),
        (("db-02-data", "az2"), ExitCode.REFUSED, "no availability zone 'az2'; did you mean"),
        (("db-02-data", "az1.dc1"), ExitCode.REFUSED, "both disks are in az1.dc1"),
        (("beyond-quota-data", "az2.dc2"), ExitCode.REFUSED, "Quota"),
    ],
)
def test_what_can_not_be_made_is_refused(
    sandbox: Run, sandbox_file: SandboxFile, words: tuple[str, str], code: int, message: str
) -> None:
    done = sandbox("create", "--production-disk", words[0], "--dr-zone", words[1], "--yes")
    assert done.exit_code == code
    assert message in done.stderr
    assert disks_made(sandbox_file) == []


def test_a_zone_that_is_down_is_no_place_for_a_disk(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    sandbox("sandbox", "break", "--az", "az2.dc2")
    done = sandbox("create", *DB, "--yes")
    assert (done.exit_code, disks_made(sandbox_file)) == (ExitCode.REFUSED, [])
    assert "az2.dc2 is down" in done.stderr


def test_a_production_disk_in_another_pair_makes_no_disk(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    sandbox("create", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr")
    done = sandbox("create", "--production-disk", "db-01-data", "--dr-zone", "az3.dc3", "--yes")
    assert done.exit_code == ExitCode.REFUSED
    assert "in another pair" in done.stderr
    assert disks_made(sandbox_file) == []


def test_of_two_disks_of_one_name_the_zones_tell(sandbox: Run, sandbox_file: SandboxFile) -> None:
    twins = ("create", "--production-disk", "scratch", "--yes")
    ambiguous = sandbox(*twins, "--dr-zone", "az2.dc2")
    assert ambiguous.exit_code == ExitCode.USAGE
    assert "2 disks are called 'scratch'" in ambiguous.stderr
    done = sandbox(*twins, "--dr-zone", "az3.dc3", "-o", "json")
    assert (done.exit_code, done.json["priority_station"]) == (ExitCode.DONE, "az1.dc1")
    station = ("--dr-zone", "az2.dc2", "--priority-station", "az3.dc3")
    done = sandbox(*twins, *station, "-o", "json")
    assert (done.exit_code, done.json["priority_station"]) == (ExitCode.DONE, "az3.dc3")
    assert len(disks_made(sandbox_file)) == 2


def test_a_read_only_profile_makes_no_disk(run: Run, weather: BadServer) -> None:
    run("profile", "set", "served", "read_only=true")
    done = run("create", *DB, "--yes", "-p", "served")
    assert done.exit_code == ExitCode.REFUSED
    assert not [each for each in weather.requests if each.method == "POST" and "vol" in each.path]


# Once


def test_a_second_run_finds_the_disk_of_the_first(run: Run, weather: BadServer,
                                                  sandbox_file: SandboxFile) -> None:  # fmt: skip
    weather.play(*POST_PAIR, FAULTS["403"])
    done = run("create", *DB, "--yes", "-p", "served", "--name", "it's")
    assert done.exit_code == ExitCode.AUTH
    [disk] = disks_made(sandbox_file)
    assert f"disk 'db-02-data-dr' ({disk['id']}), 100 GB, in az2.dc2 is made, and in no pair" in (
        done.stderr
    )
    assert "pair it by the command below, or delete it in the cloud's console" in done.stderr
    again = run("create", *DB, "--yes", "-p", "served", "-o", "json")
    assert again.json["volume_ids"][1] == disk["id"]
    assert len(disks_made(sandbox_file)) == 1


def test_the_way_on_after_a_failed_pair_pairs_that_disk(
    run: Run, weather: BadServer, sandbox_file: SandboxFile
) -> None:
    weather.play(*POST_PAIR, FAULTS["400"])
    done = run("create", *DB, "--yes", "-p", "served", "--name", "it's")
    [disk] = disks_made(sandbox_file)
    resume = resume_of(done.stderr)
    assert disk["id"] in resume
    on = run(*shlex.split(resume), "-o", "json")
    assert on.exit_code == ExitCode.DONE, on.stderr
    assert (on.json["name"], on.json["volume_ids"][1]) == ("it's", disk["id"])


def test_a_cloud_without_replication_is_found_out_before_a_disk_is_made(
    run: Run, weather: BadServer, sandbox_file: SandboxFile
) -> None:
    weather.play("GET", "/os-vendor-replications", NO_REPLICATION, times=9)
    weather.play(*POST_PAIR, NO_REPLICATION)
    done = run("create", *DB, "--yes", "-p", "served", "-o", "json")
    assert (done.exit_code, disks_made(sandbox_file)) == (ExitCode.NOT_FOUND, [])
    unchecked = run("create", *DB, "--yes", "-p", "served", "-o", "json", "--no-check")
    assert unchecked.error["kind"] == "not_offered"
    [disk] = disks_made(sandbox_file)
    assert disk["id"] in unchecked.error["message"]
    assert disk["id"] in unchecked.error["resume"]


def test_a_lost_answer_is_settled_by_the_key(sandbox: Run, sandbox_file: SandboxFile) -> None:
    words = ("--production-disk", "lost-answer-data", "--dr-zone", "az2.dc2")
    done = sandbox("create", *words, "--yes", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    [disk] = disks_made(sandbox_file)
    assert done.json["volume_ids"][1] == disk["id"]
    assert "found by its key" in done.stderr


def test_a_lost_answer_that_nobody_can_ask_about_is_exit_8_and_goes_on(
    run: Run, weather: BadServer, sandbox_file: SandboxFile
) -> None:
    weather.play(*POST_DISK, PROCESS_THEN_CLOSE)
    weather.play("GET", "/volumes/detail", FAULTS["500"], after=3, times=99)
    words = ("create", *DB, "--yes", "-p", "served", "--name", "data")
    done = run(*words, "-o", "json", "--retries", "0")
    assert done.exit_code == ExitCode.UNKNOWN, done.stderr
    assert "may have taken effect" in done.error["message"]
    assert done.json["dr_zone"] == "az2.dc2"
    assert len(disks_made(sandbox_file)) == 1
    assert done.error["resume"].endswith("--yes -p served")


def test_a_request_that_never_came_is_not_sent_again_by_itself(
    run: Run, weather: BadServer, sandbox_file: SandboxFile
) -> None:
    weather.play(*POST_DISK, FAULTS["close"])
    done = run("create", *DB, "--yes", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.UNKNOWN
    assert disks_made(sandbox_file) == []
    on = run(*shlex.split(done.error["resume"])[1:], "-o", "json")
    assert on.exit_code == ExitCode.DONE, on.stderr
    assert len(disks_made(sandbox_file)) == 1


def test_a_disk_that_shows_late_is_waited_for_by_the_next_run(
    run: Run, weather: BadServer, sandbox_file: SandboxFile
) -> None:
    weather.play(*POST_PAIR, FAULTS["403"])
    assert run("create", *DB, "--yes", "-p", "served").exit_code == ExitCode.AUTH
    nothing = status(200, body=b'{"volumes": []}')
    weather.play("GET", "availability_zone=az2.dc2", nothing, times=4)
    again = run("create", *DB, "--yes", "-p", "served", "-o", "json")
    assert again.exit_code == ExitCode.DONE, again.stderr
    assert len(disks_made(sandbox_file)) == 1


def test_a_disk_that_ends_in_error_is_told_and_not_made_again(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    words = ("create", "--production-disk", "rare-type-data", "--dr-zone", "az3.dc3", "--yes")
    for _ in range(2):
        done = sandbox(*words)
        assert done.exit_code == ExitCode.FAILED
        [disk] = disks_made(sandbox_file)
        assert disk["id"] in done.stderr
        assert "evsrep never deletes a disk" in done.stderr
        assert resume_of(done.stderr) == "disks --zone az3.dc3 -p sandbox"
    change(sandbox_file, "DELETE FROM disks WHERE id = ?", disk["id"])
    assert sandbox(*words[:3], "--dr-zone", "az2.dc2", "--yes").exit_code == ExitCode.DONE


def test_time_that_runs_out_is_exit_10_and_the_same_command_goes_on(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    done = sandbox("create", *DB, "--yes", "--wait-timeout", "1s", "--no-check", "-o", "json")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    [disk] = disks_made(sandbox_file)
    assert disk["id"] in done.error["message"]
    assert "still 'creating'" in done.error["message"]
    on = sandbox(*shlex.split(done.error["resume"])[1:-2], "-o", "json", "--wait-timeout", "9s")
    assert on.json["volume_ids"][1] == disk["id"]
    assert len(disks_made(sandbox_file)) == 1


def test_a_pair_that_fails_leaves_the_disk_and_says_so(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    words = ("--production-disk", "pool-unhealthy", "--dr-zone", "az2.dc2", "--yes", "--wait")
    done = sandbox("create", *words)
    assert done.exit_code == ExitCode.FAILED
    [disk] = disks_made(sandbox_file)
    assert f"({disk['id']}), 10 GB, in az2.dc2 stays, and costs money" in done.stderr
    assert resume_of(done.stderr).startswith("show ")


def test_a_pair_that_is_there_is_success_if_that_was_asked_for(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    first = sandbox("create", *DB, "--yes", "-o", "json")
    refused = sandbox("create", *DB, "--yes")
    assert refused.exit_code == ExitCode.REFUSED
    same = sandbox("create", *DB, "--yes", "--if-not-exists", "-o", "json")
    assert (same.exit_code, same.json["id"]) == (ExitCode.DONE, first.json["id"])
    sandbox("create", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr")
    by_hand = ("--production-disk", "db-01-data", "--dr-zone", "az2.dc2", "--if-not-exists")
    assert sandbox("create", *by_hand, "--yes").exit_code == ExitCode.DONE
    assert len(disks_made(sandbox_file)) == 1


def test_two_changes_are_sent_and_no_more(sandbox: Run) -> None:
    done = sandbox("create", *DB, "--yes", "--debug", "-o", "json")
    sent = [ID.sub("ID", each.partition("?")[0]) for each in requests_in(done.stderr)]
    changes = [each for each in sent if each.startswith("POST") and "/auth/" not in each]
    assert [each.rpartition("/")[2] for each in changes] == ["volumes", "os-vendor-replications"]


# Programs


def test_programs_have_the_same(
    sandbox: Run, sandbox_file: SandboxFile, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evsrep.wiring.RealClock", lambda: clock)
    sandbox("list")
    with evsrep.connect("sandbox") as cloud:
        words = {"production_disk": "db-02-data", "dr_zone": "az2.dc2"}
        plan = evsrep.plan_pair(cloud, **words)
        assert plan["disk"]["body"]["volume"]["name"] == "db-02-data-dr"
        pair = evsrep.create_pair(cloud, **words, wait=True)
        [disk] = disks_made(sandbox_file)
        assert (pair.status, pair.disks[1]) == ("available", disk["id"])
        with pytest.raises(evsrep.UsageFault, match="does not go with"):
            evsrep.create_pair(cloud, **words, dr_disk="x")
