"""Answers to actions on a group are lost: a toggle is sent once, and the truth is told."""

import json
from typing import Any

import pytest

from evsrep.errors import ExitCode
from tests.faults.conftest import Weather
from tests.weather.faults import FAULTS, PROCESS_THEN_CLOSE, STALL, Fault

GROUPS = "/os-vendor-replication-consistency-groups"
LOST = {name: fault for name, fault in FAULTS.items() if fault.processed or not fault.answered}
A, B = "az2.dc2", "az1.dc1"


def act(weather: Weather, *words: str) -> tuple[int, Any, dict[str, Any]]:
    """Type a command of the group: its exit code, what it printed, and its error."""
    done = weather.run("group", *words, "-o", "json")
    error = done.error if done.exit_code else {}
    return done.exit_code, json.loads(done.stdout) if done.stdout else None, error


def truth(weather: Weather) -> dict[str, Any]:
    """The group as it is when everything has calmed down."""
    weather.server.settle()
    exit_code, matching, error = act(weather, "wait", "shop")
    assert exit_code == 0, error
    assert isinstance(matching, dict)
    return matching


def sent(weather: Weather, word: str) -> int:
    """How many requests that a word stands in may have reached the cloud."""
    matching = [r for r in weather.server.requests if word.encode() in r.body]
    return len(matching)


@pytest.mark.parametrize("name", LOST)
def test_a_switchover_whose_answer_is_lost_is_never_sent_twice(grouped: Weather, name: str) -> None:
    grouped.play("POST", "/action", LOST[name])
    exit_code, told, error = act(grouped, "switchover", "shop", "--yes", "--wait")
    primary = truth(grouped)["priority_station"]
    processed = [r for r in grouped.server.requests if b"os-reverse" in r.body and r.processed]
    assert len(processed) <= 1
    if exit_code == ExitCode.DONE:
        assert told["priority_station"] == primary == B
    else:
        assert exit_code == ExitCode.UNKNOWN, error
        assert told["id"]
        assert error["resume"].startswith("evsrep group show ")
        assert sent(grouped, "os-reverse") <= 1


def test_a_group_that_can_not_be_seen_is_not_acted_on(grouped: Weather) -> None:
    grouped.play("GET", GROUPS, FAULTS["500"], times=50)
    exit_code, told, _ = act(grouped, "switchover", "shop", "--yes")
    assert (exit_code, told) == (ExitCode.UNAVAILABLE, None)
    assert sent(grouped, "os-reverse") == 0


def test_a_switchover_is_unknown_where_its_group_can_not_be_seen(grouped: Weather) -> None:
    grouped.play("POST", "/action", PROCESS_THEN_CLOSE)
    grouped.play("GET", GROUPS + "/", FAULTS["500"], times=50)  # the list still answers
    exit_code, told, error = act(grouped, "switchover", "shop", "--yes")
    assert exit_code == ExitCode.UNKNOWN
    assert told["name"] == "shop"
    assert error["resume"] == f"evsrep group show {told['id']}"
    assert sent(grouped, "os-reverse") == 1


def test_a_switchover_that_shows_nothing_is_unknown(grouped: Weather) -> None:
    grouped.play("POST", "/action", STALL)
    exit_code, _, error = act(grouped, "switchover", "shop", "--yes")
    assert exit_code == ExitCode.UNKNOWN
    assert "may have taken effect" in error["message"]
    assert sent(grouped, "os-reverse") == 1
    assert truth(grouped)["priority_station"] == A


@pytest.mark.parametrize("verb", ["pause", "failover"])
@pytest.mark.parametrize("fault", [PROCESS_THEN_CLOSE, STALL], ids=["done", "not-done"])
def test_another_action_is_found_out_and_sent_again_only_if_it_took_no_effect(
    grouped: Weather, verb: str, fault: Fault
) -> None:
    grouped.play("POST", "/action", fault)
    exit_code, told, error = act(grouped, verb, "shop", "--yes", "--force", "--wait")
    assert exit_code == ExitCode.DONE, error
    assert told["replication_status"] == "active-stopped"
    assert grouped.sent("POST", "/action") == (1 if fault.processed else 2)


@pytest.mark.parametrize("fault", [PROCESS_THEN_CLOSE, STALL], ids=["done", "not-done"])
def test_update_and_delete_and_create_happen_once(grouped: Weather, fault: Fault) -> None:
    grouped.play("PUT", GROUPS, fault)
    words = ("update", "shop", "--remove", "data", "--pause", "--wait")
    assert act(grouped, *words)[0] == ExitCode.DONE
    grouped.play("DELETE", GROUPS, fault)
    assert act(grouped, "delete", "shop", "--yes", "--wait")[0] == ExitCode.DONE
    assert act(grouped, "list")[1] == []
    grouped.play("POST", GROUPS, fault)
    exit_code, told, error = act(grouped, "create", "--pair", "data", "--wait")
    assert exit_code == ExitCode.DONE, error
    assert [pair["id"] for pair in act(grouped, "list")[1]] == [told["id"]]


@pytest.mark.parametrize("fault", [PROCESS_THEN_CLOSE, STALL], ids=["done", "not-done"])
def test_pairs_that_a_group_does_not_tell_are_looked_for_in_the_pairs(
    shy: Weather, fault: Fault
) -> None:
    times = 1 if fault.processed else 2
    shy.play("PUT", GROUPS, fault)
    exit_code, _, error = act(shy, "update", "shop", "--remove", "data", "--pause", "--wait")
    assert exit_code == ExitCode.DONE, error
    assert shy.sent("PUT", GROUPS) == times
    pair = json.loads(shy.run("show", "data", "-o", "json").stdout)
    assert pair["replication_consistency_group_id"] is None
    shy.play("POST", GROUPS, fault)
    exit_code, told, error = act(shy, "create", "--pair", "data", "--name", "new", "--no-sync")
    assert exit_code == ExitCode.DONE, error
    [new] = [group for group in act(shy, "list")[1] if group["name"] == "new"]
    assert told["id"] == new["id"]
    assert sent(shy, '"replication_ids"') == times


@pytest.mark.parametrize("fault", [PROCESS_THEN_CLOSE, STALL], ids=["done", "not-done"])
def test_an_expansion_is_sent_once_and_the_truth_is_told(grouped: Weather, fault: Fault) -> None:
    grouped.play("POST", "/action", fault)
    exit_code, [row], error = act(grouped, "expand", "shop", "--pair", "data=20")
    pair = json.loads(grouped.run("show", row["id"], "-o", "json").stdout)
    assert sent(grouped, "os-extend") == 1
    if fault.processed:
        assert (exit_code, row["result"]) == (ExitCode.DONE, "expanding"), error
        assert pair["record_metadata"]["volume_size"] == 20
    else:
        assert (exit_code, row["result"]) == (ExitCode.UNKNOWN, "unknown")
        assert pair["record_metadata"]["volume_size"] == 10
        assert error["resume"] == f"evsrep show {row['id']}"


@pytest.mark.parametrize("verb", ["sync", "failover"])
def test_an_action_whose_group_can_not_be_seen_afterwards_is_unknown(
    grouped: Weather, verb: str
) -> None:
    act(grouped, "pause", "shop", "--wait")
    grouped.play("POST", "/action", PROCESS_THEN_CLOSE)
    grouped.play("GET", GROUPS + "/", FAULTS["500"], times=50)
    exit_code, told, error = act(grouped, verb, "shop", "--yes", "--force")
    assert exit_code == ExitCode.UNKNOWN
    assert told["name"] == "shop"
    assert error["resume"].startswith("evsrep group show ")
    assert grouped.sent("POST", "/action") == 2  # the pause, and this


def test_nothing_is_claimed_of_an_action_that_never_comes_through(grouped: Weather) -> None:
    grouped.play("POST", "/action", STALL, times=9)
    exit_code, told, error = act(grouped, "pause", "shop", "--retries", "1")
    assert exit_code == ExitCode.UNKNOWN
    assert "took no effect" not in error["message"]
    assert (told["name"], grouped.sent("POST", "/action")) == ("shop", 2)


def test_a_group_is_acted_on_though_it_can_not_be_seen_just_then(grouped: Weather) -> None:
    grouped.play("GET", GROUPS + "/", FAULTS["500"])
    exit_code, told, error = act(grouped, "pause", "shop")
    assert exit_code == ExitCode.DONE, error
    assert told["name"] == "shop"
