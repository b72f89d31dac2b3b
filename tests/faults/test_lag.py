"""A cloud that shows late what it did: it is found and told once, and never claimed twice."""

import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

import evsrep
from evsrep.errors import ExitCode
from evsrep.jobs.once import LAG_SECONDS
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import UNKNOWN
from tests.conftest import DR, EXAMPLE, PRODUCTION, Done, FakeClock, Run
from tests.faults.conftest import write_profile
from tests.weather.faults import FAULTS, PROCESS_THEN_CLOSE, Fault, status
from tests.weather.server import BadServer

PAIRS = "/os-vendor-replications"
GROUPS = "/os-vendor-replication-consistency-groups"
LAGS = (3.0, 9.0, 12.0, 15.0, 30.0, 60.0)
IN_A_PAIR = status(409, body=b'{"error": {"code": "EVS.5400", "message": "a disk is in a pair"}}')


class LateCloud:
    """A cloud that shows late what it did, on the clock of the commands, behind a bad server."""

    def __init__(self, run: Run, server: BadServer, database: Path) -> None:
        self._run = run
        self._database = database
        self.server = server
        self.play = server.play

    def run(self, *words: str, **how: Any) -> Done:
        return self._run(*words, "-o", "json", **how)

    def create(self, *more: str, **how: Any) -> Done:
        return self.run("create", *EXAMPLE, *more, **how)

    def resume(self, done: Done) -> Done:
        return self.run(*shlex.split(done.error["resume"])[1:])

    def books(self) -> dict[str, str]:
        """What became of each pair that the cloud has: what failed, and what is good."""
        with closing(sqlite3.connect(self._database)) as file:
            rows = file.execute("SELECT id, deed FROM pairs ORDER BY rowid")
            return {pair_id: "error" if deed == "fail" else deed for pair_id, deed in rows}

    @property
    def good(self) -> str:
        [pair_id] = [key for key, deed in self.books().items() if deed != "error"]
        return pair_id

    def posts(self) -> int:
        sent = [r for r in self.server.requests if r.method == "POST" and r.path.endswith(PAIRS)]
        return len(sent)


Late = Callable[..., LateCloud]


@pytest.fixture
def late(home: Path, seeded: Path, run: Run, clock: FakeClock) -> Iterator[Late]:
    """Have a cloud whose replicas lag: `late(15.0)`, `late(15.0, 0.0)`."""
    database = home / "cloud.db"
    shutil.copy(seeded, database)
    with ExitStack() as stack:

        def late(*lags: float) -> LateCloud:
            app = Sandbox(database, now=clock.time, lags=lags)
            server = stack.enter_context(BadServer(app))
            write_profile(home, ready_profile(server.url))
            return LateCloud(run, server, database)

        yield late


Library = Callable[[], evsrep.Cloud]


@pytest.fixture
def library(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Open the cloud as programs do, on the test's clock."""
    monkeypatch.setattr("evsrep.wiring.RealClock", lambda: clock)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(evsrep.connect())


# A create whose answer is lost


@pytest.mark.parametrize("lag", LAGS)
def test_a_create_that_shows_late_is_found_and_told(late: Late, lag: float) -> None:
    cloud = late(lag)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    done = cloud.create()
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["id"] == cloud.good
    for pair_id, deed in cloud.books().items():
        if deed == "error":  # a second request failed for the first
            assert f"evsrep delete {pair_id}" in done.stderr
    if lag < 10:
        assert cloud.posts() == 1


@pytest.mark.parametrize("lag", [15.0, 60.0])
def test_a_program_is_told_the_same(
    late: Late, library: Library, lag: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "evsrep")
    cloud = late(lag)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    pair = evsrep.create_pair(library(), production_disk=PRODUCTION, dr_disk=DR)
    assert pair.id == cloud.good
    [failed] = [key for key, deed in cloud.books().items() if deed == "error"]
    assert f"evsrep delete {failed}" in caplog.text


@pytest.mark.parametrize("lag", LAGS)
def test_a_second_create_that_is_refused_proves_the_first(late: Late, lag: float) -> None:
    cloud = late(lag)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    cloud.play("POST", PAIRS, IN_A_PAIR)
    done = cloud.create()
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [done.json["id"]] == list(cloud.books())
    assert "had been lost" in done.stderr


AFTER_THE_LOOK = {
    name: FAULTS[name] for name in ("403", "503", "429", "404", "500", "close", "429-retry-after")
}


@pytest.mark.parametrize("lag", [12.0, 30.0, 60.0])
@pytest.mark.parametrize("fault", AFTER_THE_LOOK.values(), ids=AFTER_THE_LOOK.keys())
def test_no_later_error_says_that_it_took_no_effect(late: Late, fault: Fault, lag: float) -> None:
    cloud = late(lag)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    cloud.play("POST", PAIRS, fault, times=50)
    done = cloud.create()
    if done.exit_code != ExitCode.DONE:
        assert done.exit_code == ExitCode.UNKNOWN, done.stderr
        assert "took no effect" not in done.stderr
        done = cloud.resume(done)
    if done.exit_code == ExitCode.UNKNOWN:
        done = cloud.resume(done)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [done.json["id"]] == list(cloud.books())


def test_where_no_connection_can_be_made_any_more_the_outcome_is_unknown(late: Late) -> None:
    cloud = late(12.0)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    cloud.play("*", "os-vendor", FAULTS["503"], times=200)
    done = cloud.create("--no-check", "--priority-station", "az2.dc2")
    assert done.exit_code == ExitCode.UNKNOWN
    assert done.error["resume"].startswith("evsrep create ")


def test_a_create_is_unknown_where_the_time_is_up(late: Late, clock: FakeClock) -> None:
    cloud = late(600.0)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    cloud.play("POST", PAIRS, IN_A_PAIR)
    began = clock.now()
    done = cloud.create()
    assert done.exit_code == ExitCode.UNKNOWN
    assert "--if-not-exists" in done.error["resume"]
    assert 120 < clock.now() - began < 180


@pytest.mark.parametrize("lag", [3.0, 12.0, 30.0, 60.0])
def test_without_retries_it_is_found_or_unknown(late: Late, lag: float) -> None:
    cloud = late(lag)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    done = cloud.create("--retries", "0")
    assert cloud.posts() == 1
    if lag > 10:
        assert done.exit_code == ExitCode.UNKNOWN
        assert "took no effect" not in done.stderr
        done = cloud.resume(done)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["id"] == cloud.good


def test_a_create_that_never_arrived_is_settled_within_half_a_minute(
    late: Late, clock: FakeClock
) -> None:
    cloud = late()
    cloud.play("POST", PAIRS, FAULTS["close"])
    began = clock.now()
    done = cloud.create()
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert list(cloud.books()) == [done.json["id"]]
    assert clock.now() - began < 30


# Somebody else


Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def meanwhile(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Have something happen the next time that somebody sleeps."""

    def happen(act: Callable[[], object]) -> None:
        sleep = clock.sleep

        def once(seconds: float) -> None:
            monkeypatch.setattr(clock, "sleep", sleep)
            act()
            sleep(seconds)

        monkeypatch.setattr(clock, "sleep", once)

    return happen


def test_a_pair_that_somebody_else_made_meanwhile_is_told_as_that(
    late: Late, meanwhile: Meanwhile
) -> None:
    cloud = late()
    cloud.play("POST", PAIRS, FAULTS["close"])
    meanwhile(lambda: cloud.create("--name", "theirs"))
    done = cloud.create("--name", "mine")
    assert done.exit_code == ExitCode.REFUSED
    assert "somebody else" in done.error["message"]
    assert "theirs" in done.error["message"]
    assert done.json["id"] == cloud.good


def test_it_is_success_for_who_wants_a_pair_whoever_makes_it(
    late: Late, meanwhile: Meanwhile
) -> None:
    cloud = late()
    cloud.play("POST", PAIRS, FAULTS["close"])
    meanwhile(lambda: cloud.create("--name", "theirs"))
    done = cloud.create("--name", "mine", "--if-not-exists")
    assert done.exit_code == ExitCode.DONE
    assert "is there already" in done.stderr
    assert "the answer to the create had been lost" not in done.stderr
    assert done.json["id"] == cloud.good


def test_a_pair_that_stands_the_other_way_round_is_told_as_that(
    late: Late, meanwhile: Meanwhile
) -> None:
    cloud = late()
    cloud.play("POST", PAIRS, FAULTS["close"])
    reversed_ = ("--production-disk", DR, "--dr-disk", PRODUCTION, "--no-check")
    meanwhile(lambda: cloud.run("create", *reversed_))
    done = cloud.create()
    assert done.exit_code == ExitCode.REFUSED
    assert "az1.dc1, not az2.dc2" in done.error["message"]
    assert done.json["id"] == cloud.good


def test_a_program_is_told_of_somebody_else(
    late: Late, library: Library, meanwhile: Meanwhile
) -> None:
    cloud = late()
    cloud.play("POST", PAIRS, FAULTS["close"])
    meanwhile(lambda: cloud.create("--name", "theirs"))
    disks = {"production_disk": PRODUCTION, "dr_disk": DR}
    with pytest.raises(evsrep.Refused, match="somebody else"):
        evsrep.create_pair(library(), **disks, name="mine")
    assert evsrep.create_pair(library(), **disks, if_not_exists=True).id == cloud.good


# What a 2xx has just named is there


REPLICAS = {"late": (3.0,), "alternating": (15.0, 0.0), "later": (40.0,)}


@pytest.fixture(params=REPLICAS)
def lagging(request: pytest.FixtureRequest, late: Late) -> LateCloud:
    """A cloud of each kind that shows late."""
    return late(*REPLICAS[request.param])


def test_create_waits_for_what_it_made(lagging: LateCloud) -> None:
    done = lagging.create("--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert (done.json["id"], done.json["status"]) == (lagging.good, "available")


def test_wait_is_patient_with_an_id(lagging: LateCloud) -> None:
    pair_id = lagging.create().json["id"]
    done = lagging.run("wait", pair_id)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["status"] == "available"


def test_wait_says_of_what_never_shows_that_there_is_none(late: Late, clock: FakeClock) -> None:
    cloud = late()
    began = clock.now()
    done = cloud.run("wait", "00000000-0000-4000-8000-000000000000")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert "gone" not in done.stderr
    assert 100 < clock.now() - began < 150


def manifest(home: Path, *couples: str) -> Path:
    lines = [f"{stem}-production,{stem}-dr" for stem in couples]
    path = home / "pairs.csv"
    path.write_text("\n".join(["production_disk,dr_disk", *lines, ""]))
    return path


def test_apply_waits_for_what_it_made(lagging: LateCloud, home: Path) -> None:
    done = lagging.run("apply", str(manifest(home, "example")), "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    [row] = done.json
    assert (row["id"], row["result"], row["status"]) == (lagging.good, "created", "available")


def test_group_create_waits_for_its_sync(lagging: LateCloud, clock: FakeClock) -> None:
    pair_id = lagging.create("--wait").json["id"]
    clock.sleep(15)
    done = lagging.run("group", "create", "--pair", pair_id, "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["replication_status"] == "active"
    synced = [r for r in lagging.server.requests if b"os-sync" in r.body]
    assert len(synced) == 1


def test_programs_wait_as_patiently(lagging: LateCloud, library: Library, clock: FakeClock) -> None:
    cloud = library()
    disks = {"production_disk": PRODUCTION, "dr_disk": DR}
    pair = evsrep.create_pair(cloud, **disks, wait=True)
    assert (pair.id, pair.status) == (lagging.good, "available")
    clock.sleep(15)
    group = evsrep.create_group(cloud, pairs=[pair.id], wait=True)
    assert group.replication_status == "active"


# Deletes


def shown_deleted(done: Done) -> str:
    [row] = done.json
    return str(row["result"])


@pytest.mark.parametrize(
    "words",
    [
        ("show", "{id}"),
        ("delete", "{id}", "--yes", "--ignore-missing"),
        ("group", "create", "--pair", "{id}", "--no-sync"),
    ],
)
def test_what_was_told_to_be_there_is_looked_for_until_it_shows(
    lagging: LateCloud, words: tuple[str, ...], clock: FakeClock
) -> None:
    pair_id = lagging.create().json["id"]
    clock.moment += 2 if words[0] == "show" else 0
    began = clock.moment
    done = lagging.run(*(word.format(id=pair_id) for word in words))
    assert done.exit_code in (ExitCode.DONE, ExitCode.REFUSED), done.stderr  # it is creating yet
    assert "no pair" not in done.stdout + done.stderr
    assert "missing" not in done.stdout
    assert clock.moment - began < LAG_SECONDS


def test_what_nobody_made_or_was_deleted_is_missing_at_once(late: Late, clock: FakeClock) -> None:
    cloud = late(0.0)
    made = cloud.create("--wait").json["id"]
    assert cloud.run("delete", made, "--yes", "--wait").exit_code == ExitCode.DONE
    for pair_id in (made, UNKNOWN):
        began = clock.moment
        assert cloud.run("show", pair_id).exit_code == ExitCode.NOT_FOUND
        assert clock.moment == began


def test_deleted_is_what_a_look_confirms(lagging: LateCloud, clock: FakeClock) -> None:
    pair_id = lagging.create("--wait").json["id"]
    clock.sleep(15)
    done = lagging.run("delete", pair_id, "--yes")
    assert (done.exit_code, shown_deleted(done)) == (ExitCode.DONE, "deleting")
    done = lagging.run("wait", pair_id, "--for", "deleted")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert lagging.run("show", pair_id).exit_code == ExitCode.NOT_FOUND


HTML = FAULTS["404"]
ITEM = status(404, body=b'{"itemNotFound": {"message": "could not be found", "code": 404}}')


@pytest.mark.parametrize("fault", [HTML, ITEM], ids=["html", "json"])
@pytest.mark.parametrize("wait", [(), ("--wait",)], ids=["at-once", "waiting"])
def test_a_delete_answered_404_is_not_told_as_deleted_while_the_pair_is_there(
    late: Late, fault: Fault, wait: tuple[str, ...], clock: FakeClock
) -> None:
    cloud = late()
    pair_id = cloud.create("--wait").json["id"]
    cloud.play("DELETE", PAIRS, fault)
    done = cloud.run("delete", pair_id, "--yes", *wait)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert shown_deleted(done) == ("deleted" if wait else "deleting")
    assert cloud.books() == {pair_id: "delete"}
    clock.sleep(60)
    assert cloud.run("show", pair_id).exit_code == ExitCode.NOT_FOUND


@pytest.mark.parametrize("fault", [HTML, ITEM], ids=["html", "json"])
def test_a_delete_that_is_always_answered_404_is_unknown(late: Late, fault: Fault) -> None:
    cloud = late()
    pair_id = cloud.create("--wait").json["id"]
    cloud.play("DELETE", PAIRS, fault, times=50)
    done = cloud.run("delete", pair_id, "--yes")
    assert done.exit_code == ExitCode.UNKNOWN, done.stderr
    assert shown_deleted(done) == "unknown"
    assert cloud.books() == {pair_id: "create"}


def test_a_program_hears_no_deleted_of_what_is_there(late: Late, library: Library) -> None:
    cloud = late()
    pair_id = cloud.create("--wait").json["id"]
    cloud.play("DELETE", PAIRS, ITEM, times=50)
    with pytest.raises(evsrep.OutcomeUnknown):
        evsrep.delete_pair(library(), pair_id)
    assert cloud.books() == {pair_id: "create"}


@pytest.mark.parametrize("lag", [3.0, 15.0, 60.0])
def test_a_delete_that_is_lost_and_shows_late_is_found(
    late: Late, lag: float, clock: FakeClock
) -> None:
    cloud = late(lag)
    pair_id = cloud.create("--wait").json["id"]
    clock.sleep(60)
    cloud.play("DELETE", PAIRS, PROCESS_THEN_CLOSE)
    done = cloud.run("delete", pair_id, "--yes", "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert shown_deleted(done) == "deleted"


# Groups


@pytest.fixture
def grouped_late(late: Late, clock: FakeClock) -> LateCloud:
    """A cloud that is 15 s late, with pair 'data' in an active group 'shop'."""
    cloud = late(15.0)
    assert cloud.create("--name", "data", "--wait").exit_code == ExitCode.DONE
    done = cloud.run("group", "create", "--name", "shop", "--pair", "data", "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    clock.sleep(60)
    return cloud


@pytest.mark.parametrize("action", ["failover", "switchover", "pause", "sync"])
def test_an_action_that_is_lost_and_shows_late_is_told(
    grouped_late: LateCloud, action: str, clock: FakeClock
) -> None:
    cloud = grouped_late
    cloud.play("POST", "/action", PROCESS_THEN_CLOSE)
    done = cloud.run("group", action, "shop", "--yes", "--force")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["name"] == "shop"
    done = cloud.run("group", action, "shop", "--yes", "--force", "--wait")
    sent = [r for r in cloud.server.requests if r.path.endswith("/action") and r.processed]
    assert len([r for r in sent if b"os-reverse" in r.body]) <= 2


def test_a_failover_and_a_reprotect_that_are_lost_are_done(
    grouped_late: LateCloud, clock: FakeClock
) -> None:
    cloud = grouped_late
    for action, state in (("failover", "failovered"), ("reprotect", "available")):
        cloud.play("POST", "/action", PROCESS_THEN_CLOSE)
        done = cloud.run("group", action, "shop", "--yes", "--force", "--wait")
        assert done.exit_code == ExitCode.DONE, done.stderr
        assert done.json["status"] == state
        clock.sleep(60)
    assert done.json["replication_status"] == "active"


def test_a_switchover_that_is_lost_is_sent_once_and_told(
    grouped_late: LateCloud, library: Library, clock: FakeClock
) -> None:
    cloud = grouped_late
    cloud.play("POST", "/action", PROCESS_THEN_CLOSE)
    group = evsrep.act(library(), "shop", "switchover", wait=True)
    assert group.priority_station == "az1.dc1"
    assert len([r for r in cloud.server.requests if b"os-reverse" in r.body]) == 1


def test_an_expansion_that_is_lost_is_told(grouped_late: LateCloud) -> None:
    cloud = grouped_late
    cloud.play("POST", "/action", PROCESS_THEN_CLOSE)
    done = cloud.run("group", "expand", "shop", "--pair", "data=20")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [row["result"] for row in done.json] == ["expanding"]


def test_a_group_that_is_lost_and_shows_late_is_found(late: Late, clock: FakeClock) -> None:
    cloud = late(15.0)
    cloud.create("--name", "data", "--wait")
    clock.sleep(60)
    cloud.play("POST", GROUPS, PROCESS_THEN_CLOSE)
    done = cloud.run("group", "create", "--pair", "data", "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    clock.sleep(60)
    assert [group["id"] for group in cloud.run("group", "list").json] == [done.json["id"]]


def test_a_group_delete_answered_404_is_not_told_as_deleted(
    grouped_late: LateCloud, clock: FakeClock
) -> None:
    cloud = grouped_late
    done = cloud.run("group", "update", "shop", "--remove", "data", "--pause", "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    clock.sleep(60)
    cloud.play("DELETE", GROUPS, ITEM)
    done = cloud.run("group", "delete", "shop", "--yes", "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    clock.sleep(60)
    assert cloud.run("group", "list").json == []


# Resuming


@pytest.mark.parametrize("lag", [5.0, 30.0])
def test_what_was_interrupted_is_taken_up_and_never_made_twice(
    late: Late, lag: float, meanwhile: Meanwhile
) -> None:
    cloud = late(lag)
    cloud.play("POST", PAIRS, PROCESS_THEN_CLOSE)
    meanwhile(_interrupt)
    stopped = cloud.create("--name", "mine")
    assert stopped.exit_code == ExitCode.INTERRUPTED
    assert "--if-not-exists" in stopped.error["resume"]
    done = cloud.resume(stopped)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["id"] == cloud.good
    if lag < 10:
        assert len(cloud.books()) == 1


def test_a_pair_that_was_answered_is_not_made_again(late: Late) -> None:
    cloud = late(5.0)
    pair_id = cloud.create().json["id"]
    done = cloud.create("--if-not-exists")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["id"] == pair_id
    assert "is there already" in done.stderr
    assert list(cloud.books()) == [pair_id]


@pytest.mark.parametrize("lag", [5.0, 30.0])
def test_apply_again_at_once_makes_nothing_twice(late: Late, home: Path, lag: float) -> None:
    cloud = late(lag)
    path = str(manifest(home, "example"))
    [first] = cloud.run("apply", path).json
    done = cloud.run("apply", path)
    assert done.exit_code == ExitCode.DONE, done.stderr
    [again] = done.json
    assert (again["id"], again["result"]) == (first["id"], "exists")
    assert first["id"] == cloud.good


def test_programs_resume_as_well(late: Late, library: Library) -> None:
    cloud = late(5.0)
    disks = {"production_disk": PRODUCTION, "dr_disk": DR}
    pair = evsrep.create_pair(library(), **disks)
    assert evsrep.create_pair(library(), **disks, if_not_exists=True) == pair
    assert list(cloud.books()) == [pair.id]


def test_a_first_create_if_not_exists_is_quick(late: Late, clock: FakeClock) -> None:
    cloud = late(5.0)
    others = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr")
    assert cloud.run("create", *others).exit_code == ExitCode.DONE
    began = clock.now()
    assert cloud.create("--if-not-exists").exit_code == ExitCode.DONE
    assert clock.now() == began


def test_long_after_a_create_nobody_looks_for_it_first(late: Late, clock: FakeClock) -> None:
    cloud = late()
    pair_id = cloud.create("--wait").json["id"]
    cloud.run("delete", pair_id, "--yes", "--wait")
    clock.sleep(150)
    began = clock.now()
    assert cloud.create("--if-not-exists").exit_code == ExitCode.DONE
    assert clock.now() == began


def _interrupt() -> None:
    raise KeyboardInterrupt
