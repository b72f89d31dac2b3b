"""`evsrep group expand`."""

from typing import Any

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import MakePair, SandboxFile, Sent, Serve, WriteProfiles
from tests.conftest import FakeClock, Run
from tests.weather.shy import answering

JSON = ("-o", "json")


@pytest.fixture
def two(grouped: Run, pair: MakePair) -> list[str]:
    """A group 'db' of two pairs."""
    ids = [pair("db-01-data"), pair("db-01-log")]
    words = ("--pair", "db-01-data", "--pair", "db-01-log")
    assert grouped("group", "create", "--name", "db", *words, "--wait").exit_code == 0
    return ids


def results(done: Any) -> list[str]:
    return [row["result"] for row in done.json]


def test_each_pair_has_its_call_and_its_row(grouped: Run, sent: Sent, two: list[str]) -> None:
    words = ("--pair", "db-01-data=500", "--pair", "db-01-log=600", "--wait")
    done = grouped("group", "expand", "db", *words, *JSON)
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [row["id"] for row in done.json] == two
    assert results(done) == ["expanded", "expanded"]
    assert sent.words == ["POST", "sync", "expand", "expand"]


def test_one_that_fails_does_not_stop_the_other(grouped: Run, sent: Sent, two: list[str]) -> None:
    words = ("--pair", "db-01-data=1", "--pair", "db-01-log=600")
    done = grouped("group", "expand", "db", *words, *JSON)
    assert done.exit_code == ExitCode.PARTIAL
    assert results(done) == ["failed", "expanding"]
    assert "can only grow" in done.json[0]["error"]["message"]
    assert sent.words == ["POST", "sync", "expand"]
    words = ("--pair", "db-01-data=1", "--pair", "db-01-log=2")
    done = grouped("group", "expand", "db", *words, *JSON)
    assert done.exit_code == ExitCode.REFUSED
    assert sent.words == ["POST", "sync", "expand"]


def test_a_pair_that_is_named_twice_or_is_elsewhere_is_told(
    grouped: Run, sent: Sent, two: list[str], pair: MakePair
) -> None:
    twice = ("--pair", "db-01-data=500", "--pair", f"{two[0]}=600")
    assert grouped("group", "expand", "db", *twice).exit_code == ExitCode.USAGE
    pair("example-production")
    done = grouped("group", "expand", "db", "--pair", "example=500")
    assert done.exit_code == ExitCode.REFUSED
    assert "is not in group 'db'" in done.stderr
    assert sent.words == ["POST", "sync"]


def test_a_half_grown_pair_grows_on(
    grouped: Run, sent: Sent, two: list[str], sandbox_file: SandboxFile
) -> None:
    sandbox_file.resize_disk("db-01-data-dr", 500)
    done = grouped("group", "expand", "db", "--pair", "db-01-data=500", "--wait", *JSON)
    assert done.exit_code == ExitCode.DONE, done.error
    again = grouped("group", "expand", "db", "--pair", "db-01-data=500", *JSON)
    assert again.exit_code == ExitCode.REFUSED
    assert sent.words == ["POST", "sync", "expand"]


def test_between_two_calls_the_group_comes_to_rest(
    grouped: Run, sent: Sent, two: list[str], sandbox_file: SandboxFile, clock: FakeClock
) -> None:
    group_id = grouped("group", "show", "db", *JSON).json["id"]
    sent.meanwhile = [
        lambda: sandbox_file.change_group(group_id, deed="update", since=clock.time())
    ]
    words = ("--pair", "db-01-data=500", "--pair", "db-01-log=600")
    done = grouped("group", "expand", "db", *words, *JSON)
    assert done.exit_code == ExitCode.DONE, done.error
    assert sum(clock.slept[-4:]) >= 2


def test_a_group_that_breaks_between_two_calls_ends_it(
    grouped: Run, sent: Sent, two: list[str], sandbox_file: SandboxFile
) -> None:
    group_id = grouped("group", "show", "db", *JSON).json["id"]
    sent.meanwhile = [
        lambda: sandbox_file.change_group(group_id, deed="fail-expand", failure="37100041")
    ]
    words = ("--pair", "db-01-data=500", "--pair", "db-01-log=600")
    done = grouped("group", "expand", "db", *words, *JSON)
    assert done.exit_code == ExitCode.FAILED
    assert results(done) == ["expanding", "not_run"]
    assert "37100041" in done.error["message"]
    assert done.error["resume"] == f"evsrep show {two[0]} -p served"


@pytest.fixture
def blind(run: Run, serve: Serve, write_profiles: WriteProfiles, sent: Sent, two: list[str]) -> Run:
    write_profiles(
        **ready_profile(serve(lambda app: answering(sent.around(app), "403 No", path="/volumes")))
    )
    return lambda *words, **how: run(*words, "-p", "served", **how)


def test_sizes_that_can_not_be_seen_are_a_warning(blind: Run, sent: Sent, two: list[str]) -> None:
    done = blind("group", "expand", "db", "--pair", "db-01-data=500", *JSON)
    assert done.exit_code == ExitCode.DONE
    assert results(done) == ["expanding"]
    assert "warning: the sizes of pair" in done.stderr
    waited = blind("group", "expand", "db", "--pair", "db-01-log=600", "--wait", *JSON)
    assert waited.exit_code == ExitCode.AUTH
    assert results(waited) == ["expanding"]
    assert sent.words == ["POST", "sync", "expand", "expand"]


def test_disks_that_do_not_grow_in_time_are_told(
    run: Run, serve: Serve, write_profiles: WriteProfiles, sent: Sent, two: list[str]
) -> None:
    write_profiles(**ready_profile(serve(lambda app: answering(app, "200 OK", path="/action"))))
    words = ("--pair", "db-01-data=500", "--wait", "--wait-timeout", "30s", *JSON)
    done = run("group", "expand", "db", *words, "-p", "served")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert results(done) == ["expanding"]
    assert done.error["resume"] == f"evsrep show {two[0]} -p served"


def test_a_group_that_breaks_while_its_disks_grow_ends_the_wait(
    run: Run, serve: Serve, write_profiles: WriteProfiles, two: list[str], sandbox_file: SandboxFile
) -> None:
    write_profiles(**ready_profile(serve(lambda app: answering(app, "200 OK", path="/action"))))
    group_id = run("group", "show", "db", "-p", "served", *JSON).json["id"]

    class BreakingClock(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            sandbox_file.change_group(group_id, deed="fail-expand", failure="37100041")

    words = ("group", "expand", "db", "--pair", "db-01-data=500", "--wait", *JSON)
    done = run(*words, "-p", "served", clock=BreakingClock())
    assert done.exit_code == ExitCode.FAILED
    assert results(done) == ["failed"]
    assert "the capacities of the two disks differ (code 37100041)" in done.error["message"]


def test_ctrl_c_between_two_calls_tells_what_was_not_run(
    grouped: Run, sent: Sent, two: list[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    class Impatient(FakeClock):
        def now(self) -> float:
            if sent.words[-1] == "expand":
                interrupt()
            return super().now()

    words = ("--pair", "db-01-data=500", "--pair", "db-01-log=600")
    done = grouped("group", "expand", "db", *words, *JSON, clock=Impatient())
    assert done.exit_code == ExitCode.INTERRUPTED
    assert results(done)[1] == "not_run"
    assert sent.words[-1] == "expand"
    assert done.error["resume"] == f"evsrep show {two[0]} -p served"
