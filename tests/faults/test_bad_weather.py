"""Every fault at every request of a create: one pair or none, and the truth about it told."""

import json
import shlex

import pytest

from evsrep.errors import ExitCode
from tests.conftest import DR, PRODUCTION, Done
from tests.faults.conftest import Weather
from tests.weather.faults import (
    CLOSE,
    FAULTS,
    PROCESS_THEN_CLOSE,
    TLS_FAULTS,
    Fault,
    late,
    saying,
    status,
)
from tests.weather.server import ANY

REQUESTS = {
    "sign-in": ("POST", "/v3/auth/tokens"),
    "disk": ("GET", "/volumes/"),
    "pairs": ("GET", "/os-vendor-replications?"),
    "create": ("POST", "/os-vendor-replications"),
}
LOST = [name for name, fault in FAULTS.items() if fault.processed or not fault.answered]


def pairs_told(done: Done) -> list[str] | None:
    """The pairs that there are by what was said; None where it is said that nobody knows."""
    assert "Traceback" not in done.stderr
    if done.exit_code == ExitCode.DONE:
        return [done.json["id"]]
    assert done.error["exit_code"] == done.exit_code
    assert done.error["message"]
    assert len(done.stderr.splitlines()) == 1
    if done.exit_code == ExitCode.UNKNOWN:
        assert done.json["volume_ids"] == [PRODUCTION, DR]
        assert done.error["resume"].startswith("evsrep create ")
        return None
    assert done.stdout == ""
    return []


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_one_fault_and_then_fair_weather(weather: Weather, fault: Fault, request_name: str) -> None:
    method, path = REQUESTS[request_name]
    weather.play(method, path, fault)
    done = weather.create()
    pair_ids = weather.pair_ids()
    assert pairs_told(done) in (pair_ids, None)
    assert len(pair_ids) <= 1


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_create_that_fails_for_ever(weather: Weather, fault: Fault) -> None:
    weather.play("POST", "/os-vendor-replications", fault, times=50)
    done = weather.create("--retries", "1", "--no-check", "--priority-station", "az2.dc2")
    pair_ids = weather.pair_ids()
    assert pairs_told(done) in (pair_ids, None)
    assert len(pair_ids) <= 1


def test_the_way_on_keeps_the_roles_that_the_zone_gave(weather: Weather) -> None:
    weather.play("POST", "/os-vendor-replications", FAULTS["500"])
    weather.play("GET", "/os-vendor-replications", FAULTS["500"], times=7)
    words = (
        "--volume-id", DR, "--volume-id", PRODUCTION, "--priority-station", "az2.dc2",
        "--name", "it's", "--description", "\u00e9",
    )  # fmt: skip
    lost = weather.run("create", *words, "--no-check", "-o", "json")
    assert lost.exit_code == ExitCode.UNKNOWN
    assert weather.server.pending == ()
    done = weather.run(*shlex.split(lost.error["resume"])[1:], "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [done.json["id"]] == weather.pair_ids()


@pytest.mark.parametrize("name", LOST)
def test_a_lost_answer_that_nobody_can_ask_about_is_exit_8(weather: Weather, name: str) -> None:
    weather.play("POST", "/os-vendor-replications", FAULTS[name], times=50)
    weather.play("GET", "/os-vendor-replications", FAULTS["500"], times=50)
    done = weather.create("--no-check", "--priority-station", "az2.dc2")
    pair_ids = weather.pair_ids()
    if FAULTS[name].strikes == 0:  # refused before anything was read: evsrep knows that much
        assert done.exit_code in (ExitCode.UNKNOWN, ExitCode.UNAVAILABLE)
        assert pair_ids == []
        return
    if done.exit_code == ExitCode.DONE:  # answered well, only slowly
        assert len(pair_ids) == 1
        return
    assert done.exit_code == ExitCode.UNKNOWN
    assert weather.sent("POST", "/os-vendor-replications") == 1
    assert json.loads(done.stdout)["volume_ids"] == [PRODUCTION, DR]
    assert "--if-not-exists" in done.error["resume"]


@pytest.mark.parametrize("connection", range(6))
@pytest.mark.parametrize("fault", TLS_FAULTS.values(), ids=TLS_FAULTS.keys())
def test_a_fault_inside_the_handshake(tls_weather: Weather, fault: Fault, connection: int) -> None:
    tls_weather.play(ANY, "", fault, after=connection)
    done = tls_weather.create()
    assert pairs_told(done) == tls_weather.pair_ids()
    assert done.exit_code == ExitCode.DONE  # the connection was never made: sent again


@pytest.mark.parametrize("fault", [FAULTS["refuse"], FAULTS["reset"]], ids=["refuse", "reset"])
@pytest.mark.parametrize("connection", range(3))
def test_a_connection_that_is_cut_before_anything_is_read(
    weather: Weather, fault: Fault, connection: int
) -> None:
    weather.play(ANY, "", fault, after=connection)
    done = weather.create()
    pair_ids = weather.pair_ids()
    assert pairs_told(done) in (pair_ids, None)
    assert len(pair_ids) <= 1
    assert done.exit_code == ExitCode.DONE


def test_a_pair_whose_answer_was_lost_is_found_and_told(weather: Weather) -> None:
    weather.play("POST", "/os-vendor-replications", PROCESS_THEN_CLOSE)
    done = weather.create()
    assert done.exit_code == ExitCode.DONE
    assert [done.json["id"]] == weather.pair_ids()
    assert "the answer to the create had been lost" in done.stderr
    assert weather.sent("POST", "/os-vendor-replications") == 1


def test_a_request_that_was_never_processed_is_sent_again(weather: Weather) -> None:
    weather.play("POST", "/os-vendor-replications", FAULTS["close"])
    done = weather.create()
    assert done.exit_code == ExitCode.DONE
    assert [done.json["id"]] == weather.pair_ids()
    assert weather.sent("POST", "/os-vendor-replications") == 2


def test_a_request_that_is_processed_late_is_waited_for(weather: Weather) -> None:
    weather.play("POST", "/os-vendor-replications", late(3 / 60))  # three seconds on its clock
    done = weather.create()
    assert done.exit_code == ExitCode.DONE
    assert [done.json["id"]] == weather.pair_ids()
    assert weather.sent("POST", "/os-vendor-replications") == 1


def test_a_create_that_comes_late_is_met_by_the_next(weather: Weather) -> None:
    weather.play("POST", "/os-vendor-replications", CLOSE)
    met = status(409, body=b'{"message": "the disks are a pair"}', processed=True)
    weather.play("POST", "/os-vendor-replications", met)
    done = weather.create()
    assert done.exit_code == ExitCode.DONE
    assert [done.json["id"]] == weather.pair_ids()
    assert "had been lost" in done.stderr


def test_without_retries_nothing_is_claimed_of_a_create_that_does_not_show(
    weather: Weather,
) -> None:
    weather.play("POST", "/os-vendor-replications", FAULTS["close"])
    done = weather.create("--retries", "0")
    assert done.exit_code == ExitCode.UNKNOWN
    assert "took no effect" not in done.error["message"]
    assert "--if-not-exists" in done.error["resume"]
    assert weather.pair_ids() == []


def test_a_401_on_our_own_token_signs_in_once_more(weather: Weather) -> None:
    weather.play("POST", "/os-vendor-replications", FAULTS["401"])
    done = weather.create()
    assert done.exit_code == ExitCode.DONE
    assert weather.sent("POST", "/auth/tokens") == 2
    weather.play("POST", "/os-vendor-replications", FAULTS["401"], times=9)
    again = weather.create("--no-check", "--priority-station", "az2.dc2")
    assert again.exit_code == ExitCode.AUTH
    assert weather.sent("POST", "/auth/tokens") == 3


def test_looking_things_up_is_done_side_by_side(weather: Weather) -> None:
    weather.play("GET", "", FAULTS["slow"], times=4)  # a tenth of a second each
    done = weather.create()
    assert done.exit_code == ExitCode.DONE
    assert weather.sent("GET") == 4
    assert weather.server.connections >= 4


def test_a_status_that_only_the_cloud_knows_is_looked_for(weather: Weather) -> None:
    pair = {"id": DR, "name": "x", "status": "migrating", "volume_ids": f"{PRODUCTION},{DR}"}
    body = json.dumps({"replications": [pair]}).encode()
    weather.play("GET", "/os-vendor-replications", saying("migrating", body))
    done = weather.run("list", "--status", "migrating", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [each["status"] for each in done.json] == ["migrating"]
    done = weather.run("list", "--status", "migrating", "-o", "json")
    assert (done.exit_code, done.stdout) == (ExitCode.USAGE, "")
