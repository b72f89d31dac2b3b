"""`evsrep group`: look, bundle, act."""

import re

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.trouble import break_zone
from tests.cli.conftest import (
    ID,
    UNKNOWN,
    MakePair,
    SandboxFile,
    Sent,
    next_of,
    requests_in,
    resume_of,
)
from tests.conftest import DR, PRODUCTION, FakeClock, Run

A, B = "az2.dc2", "az1.dc1"


def test_create_takes_the_zone_of_its_pairs_and_syncs(
    grouped: Run, sent: Sent, pair: MakePair
) -> None:
    pair_id = pair("example-production")
    done = grouped("group", "create", "--name", "shop", "--pair", "example", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["priority_station"] == A
    assert done.json["replication_ids"] == [pair_id]
    assert done.json["replication_status"] == "active"
    assert "priority_staion" not in done.json
    assert sent.words == ["POST", "sync"]


def test_create_without_a_sync_sends_none(grouped: Run, sent: Sent, pair: MakePair) -> None:
    pair("example-production")
    done = grouped("group", "create", "--pair", "example", "--no-sync")
    assert done.exit_code == ExitCode.DONE
    assert next_of(done.stderr).startswith("group wait ")
    assert sent.words == ["POST"]


def test_pairs_of_two_zones_are_no_group(grouped: Run, sent: Sent, pair: MakePair) -> None:
    pair("example-production")
    grouped(
        "create", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr", "--name", "d"
    )
    done = grouped("group", "create", "--pair", "example", "--pair", "d", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    assert "is creating, not available" in done.error["message"]
    assert "az1.dc1, not az2.dc2" in done.error["message"]
    assert grouped("group", "list", "-o", "json").json == []


@pytest.mark.parametrize("width", [50, 60, 80, 120, 200])
def test_show_on_a_terminal_has_the_pairs_and_both_disks_of_each(
    grouped: Run, group_id: str, width: int
) -> None:
    done = grouped("group", "show", "shop", terminal=True, width=width)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert max(map(len, plain.splitlines())) <= width
    assert {group_id, PRODUCTION, DR} <= set(ID.findall(plain))
    assert re.search(r"^name +shop$", plain, re.MULTILINE)
    assert re.search(r"^  name +example$", plain, re.MULTILINE)
    words = " ".join(plain.split())
    for role, name, zone, disk in (
        ("production", "example-production", "az2.dc2", PRODUCTION),
        ("DR", "example-dr", "az1.dc1", DR),
    ):
        assert f"{role} {name}, {zone}, 10 GB SAS, available, {disk}" in words


def test_show_elsewhere_is_the_group_alone(grouped: Run, group_id: str) -> None:
    assert grouped("group", "show", "shop", "-o", "json").json["id"] == group_id
    plain = grouped("group", "show", group_id).stdout
    assert "priority_station    az2.dc2" in plain
    assert "└──" not in plain


def test_list_filters_on_this_side_too(grouped: Run, group_id: str) -> None:
    ids = grouped("group", "list", "-o", "value", "-c", "id").stdout
    assert ids == f"{group_id}\n"
    assert grouped("group", "list", "--name", "other", "-o", "json").json == []


@pytest.mark.parametrize("verb", ["show", "sync", "wait"])
def test_an_unknown_group_is_not_found(grouped: Run, sent: Sent, verb: str) -> None:
    for word in ("nope", UNKNOWN):
        done = grouped("group", verb, word)
        assert done.exit_code == ExitCode.NOT_FOUND
        assert word in done.stderr


@pytest.mark.parametrize("verb", ["failover", "switchover", "reprotect", "delete"])
def test_where_nobody_can_be_asked_yes_is_wanted(
    grouped: Run, sent: Sent, group_id: str, verb: str
) -> None:
    before = list(sent.words)
    done = grouped("group", verb, "shop")
    assert done.exit_code == ExitCode.USAGE
    assert "--yes" in done.stderr
    assert sent.words == before


def test_on_a_terminal_the_state_is_shown_and_asked(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    done = grouped("group", "switchover", "shop", typed="n\n")
    assert done.exit_code == ExitCode.INTERRUPTED
    shown = [line.split(maxsplit=1) for line in done.stderr.splitlines()[1:]]
    assert shown[:2] == [["status", "available"], ["replication", "active"]]
    assert "  primary zone  az2.dc2\n  fault level   0: no fault\n  pairs         1" in done.stderr
    assert "nothing was done" in done.stderr
    assert sent.words == ["POST", "sync"]
    assert grouped("group", "switchover", "shop", typed="y\n").exit_code == ExitCode.DONE
    assert sent.words == ["POST", "sync", "switchover"]


def test_switchover_waits_until_the_other_zone_is_primary(grouped: Run, group_id: str) -> None:
    done = grouped("group", "switchover", "shop", "--yes", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert (done.json["priority_station"], done.json["status"]) == (B, "available")


def test_an_expected_primary_makes_a_switchover_safe_to_repeat(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    words = ("group", "switchover", "shop", "--expect-primary", A, "--yes", "--wait")
    assert grouped(*words).exit_code == ExitCode.DONE
    again = grouped(*words)
    assert again.exit_code == ExitCode.REFUSED
    assert "is az1.dc1, not az2.dc2" in again.stderr
    assert sent.words.count("switchover") == 1


def test_servers_that_run_on_production_forbid_a_switchover(grouped: Run, pair: MakePair) -> None:
    words = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr", "--name", "db-01")
    grouped("create", *words, "--wait")
    grouped("group", "create", "--name", "db", "--pair", "db-01", "--wait")
    done = grouped("group", "switchover", "db", "--yes")
    assert done.exit_code == ExitCode.REFUSED
    assert "stop them first: db-01" in done.stderr


def test_a_paused_group_neither_switches_nor_fails_over_unless_forced(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    grouped("group", "pause", "shop", "--wait")
    for verb in ("switchover", "failover"):
        done = grouped("group", verb, "shop", "--yes")
        assert done.exit_code == ExitCode.REFUSED
        assert "its replication_status is active-stopped" in done.stderr
        assert "sync it first" in done.stderr
    assert sent.words == ["POST", "sync", "pause"]
    assert grouped("group", "failover", "shop", "--yes", "--force").exit_code == ExitCode.DONE
    assert sent.words[-1] == "failover"


def test_what_is_so_already_is_not_sent(grouped: Run, sent: Sent, group_id: str) -> None:
    for verb in ("pause", "failover"):
        words = ("group", verb, "shop", "--yes")
        grouped(*words, "--wait", *(["--force"] if verb == "failover" else []))
        before = list(sent.words)
        done = grouped(*words)
        assert done.exit_code == ExitCode.DONE
        assert "nothing was sent" in done.stderr
        assert sent.words == before
    assert "failovered already" in grouped("group", "failover", "shop", typed="").stderr


def test_a_failover_of_a_group_that_is_well_wants_its_name_typed(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    for typed in ("y\n", "Shop\n", "\n"):
        done = grouped("group", "failover", "shop", typed=typed)
        assert done.exit_code == ExitCode.INTERRUPTED
        assert "shows no fault" in done.stderr
        words = " ".join(done.stderr.split())  # however it is wrapped
        assert "What is planned is a switchover: evsrep group switchover shop" in words
        assert "Type the group's name" in done.stderr
        assert "  fault level   0: no fault" in done.stderr
    assert grouped("group", "failover", "shop", "--yes", typed="\n").exit_code == 130
    assert "failover" not in sent.words
    assert grouped("group", "failover", "shop", typed="shop\n").exit_code == ExitCode.DONE
    assert sent.words[-1] == "failover"


def test_where_nobody_is_there_a_failover_of_a_group_that_is_well_wants_force_beside_yes(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    done = grouped("group", "failover", "shop", "--yes", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    assert done.stdout == ""
    assert "shows no fault" in done.error["message"]
    assert "--force" in done.error["hint"]
    assert grouped("group", "failover", "shop", "--force").exit_code == ExitCode.USAGE
    assert "failover" not in sent.words
    done = grouped("group", "failover", "shop", "--yes", "--force")
    assert done.exit_code == ExitCode.DONE
    assert "warning: group 'shop'" in done.stderr
    assert "evsrep group switchover shop" in done.stderr


def test_a_failover_from_a_zone_that_is_down_wants_a_yes_alone(
    grouped: Run, sandbox_file: SandboxFile, clock: FakeClock, group_id: str
) -> None:
    break_zone(sandbox_file.path, A, now=clock.time)
    done = grouped("group", "failover", "shop", "--wait", typed="y\n")
    assert done.exit_code == ExitCode.DONE
    assert "shows no fault" not in done.stderr
    assert "Fail over to the other zone? [y/N]" in done.stderr


def test_after_a_failover_it_is_said_what_remains_to_be_done(
    grouped: Run, sandbox_file: SandboxFile, clock: FakeClock, group_id: str
) -> None:
    break_zone(sandbox_file.path, A, now=clock.time)
    words = ("group", "failover", "shop", "--yes", "--wait")
    for done, zone in ((grouped(*words), A), (grouped(*words), "the failed zone")):
        servers, reprotect = done.stderr.splitlines()[-2:]
        assert servers.startswith("next: start the servers that have the DR disks")
        assert reprotect.startswith(f"next: when {zone} is back and its servers are stopped: ")
        assert reprotect.endswith(": evsrep group reprotect shop -p served")
    assert "next:" not in grouped(*words, "-q").stderr
    assert "next:" not in grouped(*words, "-o", "json").stderr


def test_a_sync_is_always_sent(grouped: Run, sent: Sent, group_id: str) -> None:
    assert grouped("group", "sync", "shop", "--wait").exit_code == ExitCode.DONE
    assert sent.words == ["POST", "sync", "sync"]


def test_a_failed_action_ends_the_wait_with_what_its_code_means(
    grouped: Run, sandbox_file: SandboxFile, clock: FakeClock, group_id: str
) -> None:
    break_zone(sandbox_file.path, A, now=clock.time)
    words = ("group", "switchover", "shop", "--yes", "--wait", "-o", "json")
    assert grouped(*words).exit_code == ExitCode.REFUSED
    done = grouped(*words, "--force")
    assert done.exit_code == ExitCode.FAILED
    assert done.json["status"] == "error_reversing"
    assert "the peer availability zone can't be reached (code 37100043)" in done.error["message"]
    assert "support" in done.error["hint"]


def test_when_the_time_is_up_the_group_and_the_way_on_are_told(
    grouped: Run, run: Run, group_id: str
) -> None:
    words = ("group", "failover", "shop", "--yes", "--force")
    done = grouped(*words, "--wait", "--wait-timeout", "1s")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert group_id in done.stdout
    words = resume_of(done.stderr).split()
    assert words[:5] == ["group", "wait", group_id, "--for", "failovered"]
    assert run(*words).exit_code == ExitCode.DONE


def test_ready_shows_each_rule_and_sends_nothing(grouped: Run, sent: Sent, group_id: str) -> None:
    done = grouped("group", "ready", "shop", "--for", "switchover", "-o", "json", "--debug")
    assert done.exit_code == ExitCode.DONE
    assert {row["rule"]: row["ok"] for row in done.json} == {
        "status": True, "replication_status": True, "fault_level": True,
        "servers in the primary zone": True,
    }  # fmt: skip
    assert {request.split()[0] for request in requests_in(done.stderr) if "/v2/" in request} == {
        "GET"
    }
    done = grouped("group", "ready", "shop", "--for", "update", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    assert [row["ok"] for row in done.json] == [True, False]
    assert "pause it first" in done.error["hint"]


def test_update_pauses_where_it_is_told_to_and_syncs_afterwards(
    grouped: Run, sent: Sent, pair: MakePair
) -> None:
    ids = [pair("db-01-data"), pair("db-01-log")]
    grouped("group", "create", "--name", "db", "--pair", "db-01-data", "--wait")
    refused = grouped("group", "update", "db", "--add", "db-01-log")
    assert refused.exit_code == ExitCode.REFUSED
    assert "or add --pause" in refused.stderr
    words = ("group", "update", "db", "--add", "db-01-log", "--pause", "--wait", "-o", "json")
    done = grouped(*words)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert set(done.json["replication_ids"]) == set(ids)
    assert done.json["replication_status"] == "active"
    assert sent.words == ["POST", "sync", "pause", "PUT", "sync"]


def test_a_new_name_needs_no_pause(grouped: Run, sent: Sent, group_id: str) -> None:
    done = grouped("group", "update", "shop", "--name", "web", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["name"] == "web"
    assert sent.words == ["POST", "sync", "PUT"]


def test_a_group_with_pairs_is_not_deleted(grouped: Run, sent: Sent, group_id: str) -> None:
    done = grouped("group", "delete", "shop", "--yes", "--pause")
    assert done.exit_code == ExitCode.REFUSED
    assert "take its pairs out first" in done.stderr
    assert sent.words == ["POST", "sync"]
    grouped("group", "update", "shop", "--remove", "example", "--pause", "--wait")
    assert grouped("group", "delete", "shop", "--yes", "--wait").exit_code == ExitCode.DONE
    assert grouped("group", "list", "-o", "json").json == []


def test_expand_sends_one_call_for_each_pair(grouped: Run, sent: Sent, group_id: str) -> None:
    done = grouped("group", "expand", "shop", "--pair", "example=20", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert [(row["result"], row["new_size"]) for row in done.json] == [("expanded", 20)]
    assert sent.words == ["POST", "sync", "expand"]
    small = grouped("group", "expand", "shop", "--pair", "example=10", "-o", "json")
    assert small.exit_code == ExitCode.REFUSED
    assert "can only grow" in small.error["message"]


@pytest.mark.parametrize("text", ["example", "example=", "=20", "example=0", "example=2x"])
def test_a_size_that_is_none_is_told(grouped: Run, sent: Sent, text: str) -> None:
    assert grouped("group", "expand", "shop", "--pair", text).exit_code == ExitCode.USAGE


def test_health_has_a_line_for_the_group_and_none_for_its_pairs(
    grouped: Run, sandbox_file: SandboxFile, clock: FakeClock, group_id: str
) -> None:
    done = grouped("health", "-o", "json")
    assert done.exit_code == 0
    assert [(row["kind"], row["health"]) for row in done.json] == [("group", "protected")]
    grouped("group", "pause", "shop", "--wait")
    assert grouped("health", "shop").exit_code == 1
    grouped("group", "sync", "shop", "--wait")
    break_zone(sandbox_file.path, A, now=clock.time)
    lost = grouped("health", "shop", "--nagios")
    assert lost.exit_code == 2
    assert lost.stdout.startswith("EVSREP CRITICAL - 1 of 1 not protected")
    assert grouped("health", "nope").exit_code == 3


def test_a_usage_fault_is_one_line(run: Run) -> None:
    done = run("group", "ready", "shop")
    assert done.exit_code == ExitCode.USAGE
    first, _ = done.stderr.splitlines()
    assert first.endswith(
        "'--for'. Choose from: failover, switchover, reprotect, update, delete, expand"
    )
