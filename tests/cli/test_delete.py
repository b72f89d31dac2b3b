"""`evsrep delete`."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import pytest

from evsrep.cloud.wire import pair_from_wire
from evsrep.errors import ExitCode, Refused
from evsrep.jobs.delete import raise_if_kept
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import UNKNOWN, Serve, WriteProfiles, requests_in, resume_of
from tests.conftest import DR, PRODUCTION, FakeClock, Run, press_ctrl_c
from tests.weather.faults import CLOSE, PROCESS_THEN_CLOSE, status
from tests.weather.messages import Request
from tests.weather.server import BadServer

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

DISKS = {
    "one": ("33f6d2a1-7b6b-49e7-93c8-ed05a19492de", "5ac231a6-77fb-49e0-898a-3ba330912e4d"),
    "three": (PRODUCTION, DR),
    "two": ("1aac3b9d-9476-4095-8d9b-2eee9618402c", "e103894c-947b-4aec-b2dc-8d7414eb77ea"),
}
Make = Callable[[str], str]


@pytest.fixture
def make(sandbox: Run, clock: FakeClock) -> Make:
    """Make a pair that is available; its ID."""

    def make(name: str) -> str:
        production, dr = DISKS[name]
        words = ("--production-disk", production, "--dr-disk", dr, "--name", name)
        done = sandbox("create", *words, "--wait", "-o", "value", "-c", "id")
        assert done.exit_code == 0, done.stderr
        return done.stdout.strip()

    return make


def deletes(server: BadServer) -> int:
    return sum(request.method == "DELETE" for request in server.requests)


def test_delete_says_that_it_is_under_way(sandbox: Run, make: Make) -> None:
    pair_id = make("one")
    done = sandbox("delete", pair_id, "--yes", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert [(row["id"], row["result"], row["status"]) for row in done.json] == [
        (pair_id, "deleting", "deleting")
    ]
    assert sandbox("show", pair_id, "-o", "value", "-c", "status").stdout == "deleting\n"


def test_delete_waits_until_it_is_gone(sandbox: Run, make: Make) -> None:
    make("one")
    done = sandbox("delete", "one", "--yes", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json[0]["result"] == "deleted"
    assert sandbox("show", "one").exit_code == ExitCode.NOT_FOUND


def test_without_a_terminal_nobody_is_asked_and_nothing_sent(sandbox: Run, make: Make) -> None:
    make("one")
    done = sandbox("delete", "one", "--debug")
    assert done.exit_code == ExitCode.USAGE
    assert "say --yes" in done.stderr
    assert requests_in(done.stderr) == []


def test_on_a_terminal_it_shows_and_asks(sandbox: Run, make: Make) -> None:
    pair_id = make("one")
    done = sandbox("delete", "one", typed="n\n")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert f"pair 'one' {pair_id}, available" in done.stderr
    assert "Delete it?" in done.stderr
    assert "nothing was done" in done.stderr
    assert sandbox("show", "one").exit_code == ExitCode.DONE
    assert sandbox("delete", "one", typed="y\n").exit_code == ExitCode.DONE
    assert sandbox("show", "one", "-o", "value", "-c", "status").stdout == "deleting\n"


def test_a_pair_that_is_being_made_is_refused_before_sending(sandbox: Run, pair_id: str) -> None:
    done = sandbox("delete", pair_id, "--yes", "--debug", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    assert done.error["kind"] == "refused"
    assert "'creating'" in done.error["message"]
    assert not any(request.startswith("DELETE") for request in requests_in(done.stderr))


def test_a_pair_that_goes_already_is_refused_unless_missing_ones_are_ignored(
    sandbox: Run, make: Make
) -> None:
    make("one")
    sandbox("delete", "one", "--yes")
    assert sandbox("delete", "one", "--yes").exit_code == ExitCode.REFUSED
    done = sandbox("delete", "one", "--yes", "--ignore-missing", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json[0]["result"] == "deleted"


def test_what_is_not_there_is_an_error_or_ignored(sandbox: Run) -> None:
    assert sandbox("delete", UNKNOWN, "--yes").exit_code == ExitCode.NOT_FOUND
    done = sandbox("delete", UNKNOWN, "nope", "--yes", "--ignore-missing", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json == [
        {"result": "missing", "id": UNKNOWN},
        {"result": "missing", "name": "nope"},
    ]


def test_one_that_fails_does_not_stop_the_others(sandbox: Run, make: Make) -> None:
    make("one")
    make("two")
    done = sandbox("delete", "one", "nope", "two", "--yes", "-o", "json")
    assert done.exit_code == ExitCode.PARTIAL
    assert [row["result"] for row in done.json] == ["deleting", "failed", "deleting"]
    assert done.json[1]["error"]["kind"] == "not_found"
    assert done.error["message"].startswith("1 of 3 pairs could not be deleted")


def test_failures_that_are_alike_have_their_own_code(sandbox: Run, make: Make) -> None:
    done = sandbox("delete", UNKNOWN, "nope", "--yes", "-o", "json")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert len(done.json) == 2


def test_a_pair_that_is_named_twice_goes_once(sandbox: Run, make: Make) -> None:
    pair_id = make("one")
    done = sandbox("delete", "one", pair_id, "one", "--yes", "-o", "value", "-c", "id")
    assert done.exit_code == ExitCode.DONE
    assert done.stdout == f"{pair_id}\n"


def test_a_protected_profile_wants_it_in_full(
    run: Run, make: Make, weather: BadServer, write_profiles: WriteProfiles
) -> None:
    make("one")
    write_profiles(**ready_profile(weather.url), read_only=True)
    assert run("delete", "one", "--yes", "-p", "served").exit_code == ExitCode.REFUSED
    assert deletes(weather) == 0


def test_a_lost_answer_to_a_delete_that_took_effect(
    run: Run, make: Make, weather: BadServer
) -> None:
    make("one")
    weather.play("DELETE", "", PROCESS_THEN_CLOSE)
    done = run("delete", "one", "--yes", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json[0]["result"] == "deleting"
    assert deletes(weather) == 1


def test_a_lost_delete_that_took_no_effect_is_sent_again(
    run: Run, make: Make, weather: BadServer, clock: FakeClock
) -> None:
    make("one")
    weather.play("DELETE", "", CLOSE)
    before = clock.moment
    done = run("delete", "one", "--yes", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert deletes(weather) == 2
    assert clock.moment - before >= 10


@pytest.mark.parametrize(("took_effect", "exit_code"), [(True, 0), (False, ExitCode.UNKNOWN)])
def test_a_delete_that_comes_late_is_met_by_the_next(
    run: Run, make: Make, weather: BadServer, took_effect: bool, exit_code: int
) -> None:
    pair_id = make("one")
    weather.play("DELETE", "", CLOSE)
    weather.play("DELETE", "", status(409, body=b'{"message": "busy"}', processed=took_effect))
    done = run("delete", pair_id, "--yes", "-p", "served", "-o", "json")
    assert done.exit_code == exit_code
    assert done.json[0]["result"] == ("deleting" if took_effect else "unknown")
    assert deletes(weather) == 2


@pytest.mark.parametrize("processed", [True, False])
def test_deleted_is_said_only_of_what_a_look_confirmed(
    run: Run, make: Make, weather: BadServer, processed: bool
) -> None:
    make("one")
    gone = status(404, body=b'{"itemNotFound": {"message": "gone"}}', processed=processed)
    weather.play("DELETE", "", gone)
    words = ("delete", "one", "--yes", "-p", "served", "-o", "json")
    done = run(*words, "--wait", "--wait-timeout", "1m")
    result, exit_code = done.json[0]["result"], done.exit_code
    assert (result, exit_code) == ("deleted", ExitCode.DONE)
    # where a stale replica, or a proxy, said so, the pair was there: it was asked for again
    assert deletes(weather) == (1 if processed else 2)
    assert run("show", "one", "-p", "served").exit_code == ExitCode.NOT_FOUND


@pytest.mark.parametrize(("refusal", "sent"), [(401, 2), (403, 2)])
def test_who_may_not_delete_is_told_so_of_each(
    run: Run, make: Make, weather: BadServer, refusal: int, sent: int
) -> None:
    make("one")
    make("two")
    weather.play("DELETE", "", status(refusal, body=b'{"message": "no"}'), times=9)
    done = run("delete", "one", "two", "--yes", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.AUTH
    assert [row["error"]["status"] for row in done.json] == [refusal, refusal]
    assert deletes(weather) == sent  # 401: once more with a new token, and then no more


def test_ctrl_c_while_deleting_tells_of_every_row(run: Run, make: Make, weather: BadServer) -> None:
    pair_ids = [make("one"), make("two")]

    def interrupt(request: Request) -> None:
        if request.method == "DELETE":
            press_ctrl_c()

    weather.weather = interrupt
    done = run("delete", *pair_ids, "--yes", "-p", "served")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["unknown", pair_ids[0]], ["not_run", pair_ids[1]],
    ]  # fmt: skip
    assert resume_of(done.stderr).startswith(f"delete {' '.join(pair_ids)} --yes")


def test_a_lost_delete_is_not_sent_again_for_ever(run: Run, make: Make, weather: BadServer) -> None:
    make("one")
    weather.play("DELETE", "", status(504), times=9)
    done = run("delete", "one", "--yes", "-p", "served", "--retries", "2")
    assert done.exit_code == ExitCode.UNKNOWN  # it may show late: nothing is claimed
    assert deletes(weather) == 3


def test_what_can_not_be_found_out_is_unknown_with_the_command_that_tells(
    run: Run, make: Make, weather: BadServer
) -> None:
    pair_id = make("one")
    weather.play("DELETE", "", PROCESS_THEN_CLOSE)
    weather.play("GET", pair_id, status(503), times=99, after=1)
    done = run("delete", pair_id, "--yes", "-p", "served", "--retries", "0")
    assert done.exit_code == ExitCode.UNKNOWN
    assert "unknown" in done.stdout
    assert resume_of(done.stderr) == f"delete {pair_id} --yes --ignore-missing -p served"


def test_several_are_waited_for_by_listing(run: Run, make: Make, weather: BadServer) -> None:
    make("one")
    make("two")
    done = run("delete", "one", "two", "--yes", "--wait", "-p", "served", "-o", "json")
    assert [row["result"] for row in done.json] == ["deleted", "deleted"]


def test_who_may_not_look_while_waiting_is_told_of_each(
    run: Run, make: Make, weather: BadServer
) -> None:
    pair_ids = {make("one"), make("two")}
    forbidden = status(403, body=b'{"forbidden": {"message": "no"}}')
    weather.play("GET", "/os-vendor-replications?", forbidden, times=9)
    done = run("delete", *pair_ids, "--yes", "--wait", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.AUTH
    assert {(row["id"], row["result"]) for row in done.json} == {
        (pair_id, "deleting") for pair_id in pair_ids
    }


def test_time_that_runs_out_is_told(sandbox: Run, make: Make) -> None:
    make("one")
    done = sandbox("delete", "one", "--yes", "--wait", "--wait-timeout", "1", "-o", "json")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert done.json[0]["result"] == "deleting"
    assert done.error["resume"].startswith("evsrep delete ")


def test_a_pair_in_a_group_is_refused_with_the_reason() -> None:
    pair = pair_from_wire(
        {"id": "x", "status": "available", "replication_consistency_group_id": "g"}
    )
    with pytest.raises(Refused, match="pair x is in consistency group g"):
        raise_if_kept(pair)


def test_many_go_side_by_side_and_the_rows_come_as_they_were_named(
    run: Run, make: Make, serve: Serve, write_profiles: WriteProfiles
) -> None:
    pair_ids = [make(name) for name in ("one", "two", "three")]
    together = threading.Barrier(2)  # passed by none, unless two come at once

    def meeting(app: "WSGIApplication") -> "WSGIApplication":
        def meet(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            is_first = environ["PATH_INFO"].endswith(pair_ids[2])
            if environ["REQUEST_METHOD"] == "DELETE" and not is_first:
                together.wait(timeout=5)
            return app(environ, start)

        return meet

    write_profiles(**ready_profile(serve(meeting)))
    named = (pair_ids[2], *pair_ids[:2])
    done = run("delete", *named, "--yes", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [row["id"] for row in done.json] == list(named)
    assert not together.broken
    assert done.stderr.splitlines()[-1] == "3 deleting"


@pytest.mark.parametrize("jobs", ["0", "65", "-1"])
def test_how_many_at_once_has_bounds(sandbox: Run, jobs: str) -> None:
    for words in (("delete", "one", "--yes"), ("apply", "pairs.csv")):
        done = sandbox(*words, "--jobs", jobs)
        assert done.exit_code == ExitCode.USAGE
        assert f"--jobs is {jobs}: 1 to 64 go at once" in done.stderr


@pytest.mark.parametrize(("jobs", "is_told"), [("32", False), ("33", True), ("64", True)])
def test_more_at_once_than_helps_is_told(sandbox: Run, jobs: str, is_told: bool) -> None:
    for words in (("delete", "one", "--yes"), ("apply", "pairs.csv")):
        done = sandbox(*words, "--jobs", jobs)
        warning = f"warning: {jobs} requests at once go no quicker than 32"
        assert (warning in done.stderr) == is_told


def test_ctrl_c_while_many_are_deleted_waits_for_what_is_in_flight(
    run: Run, make: Make, weather: BadServer
) -> None:
    pair_ids = [make(name) for name in ("one", "two", "three")]

    def interrupt(request: Request) -> None:
        if request.method == "DELETE" and pair_ids[1] in request.path:
            press_ctrl_c()
            time.sleep(0.4)  # until it has heard of it

    weather.weather = interrupt
    done = run("delete", *pair_ids, "--yes", "-p", "served", "--jobs", "1", "-o", "json")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert [row["result"] for row in done.json] == ["deleting", "deleting", "not_run"]
    assert done.error["resume"].startswith(f"evsrep delete {pair_ids[2]} --yes --ignore-missing")
    assert "--jobs 1" in done.error["resume"]
