"""What long work says while it lasts, elsewhere than on a terminal."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import Serve, WriteProfiles
from tests.conftest import EXAMPLE, FakeClock, Run
from tests.weather.shy import answering

ROWS = "production_disk,dr_disk\ndb-01-data,db-01-data-dr\ndb-01-log,db-01-log-dr\n"
COMMANDS: dict[str, Callable[[Run, str, Path], str]] = {
    "wait": lambda run, pair_id, _: run("wait", pair_id, "-o", "value").stderr,
    "create": lambda run, _, __: (
        run(
            "create", "--production-disk", "db-01-log", "--dr-disk", "db-01-log-dr", "--wait"
        ).stderr
    ),
    "delete": lambda run, pair_id, _: run("delete", pair_id, "--yes", "--wait").stderr,
    "apply": lambda run, _, home: run("apply", str(home / "pairs.csv"), "--wait").stderr,
    "group wait": lambda run, pair_id, _: (
        run("group", "create", "--name", "shop", "--pair", pair_id).stderr
        + run("group", "wait", "shop", "--for", "active").stderr
    ),
}
ELAPSED = re.compile(r"  (\d+ min )?\d+ s$", re.MULTILINE)


@pytest.fixture(autouse=True)
def file(home: Path) -> None:
    (home / "pairs.csv").write_text(ROWS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_line_says_how_it_is_and_how_long_it_has_been(
    sandbox: Run, pair_id: str, home: Path, clock: FakeClock, command: str
) -> None:
    if command in ("delete", "group wait"):
        clock.sleep(600)  # the pair is made by then
    assert ELAPSED.search(COMMANDS[command](sandbox, pair_id, home))


@pytest.mark.parametrize("words", [("-q",), ("-o", "json"), ("-o", "jsonl")])
@pytest.mark.parametrize("command", COMMANDS)
def test_who_asked_for_quiet_and_programs_get_no_such_line(
    sandbox: Run, pair_id: str, home: Path, clock: FakeClock, command: str, words: tuple[str, ...]
) -> None:
    def quiet(*typed: str) -> object:
        return sandbox(*(word for word in typed if word not in ("-o", "value")), *words)

    clock.sleep(600 if command == "group wait" else 0)
    assert not ELAPSED.search(COMMANDS[command](quiet, pair_id, home))  # type: ignore[arg-type]


def test_each_change_of_state_and_each_minute_is_a_line(sandbox: Run, pair_id: str) -> None:
    done = sandbox("wait", pair_id, "--for", "deleted", "--wait-timeout", "10m")
    lines = [line for line in done.stderr.splitlines() if line.startswith("pair my replication:")]
    assert "creating" in lines[0]
    assert "available" in lines[1]
    assert 10 <= len(lines) <= 11
    assert lines[-1].endswith("min 0 s") or " min " in lines[-1]


@pytest.mark.parametrize("words", [(), ("-q",), ("-o", "json")])
def test_a_rate_limit_is_told_while_it_lasts(
    run: Run, pair_id: str, serve: Serve, write_profiles: WriteProfiles, words: tuple[str, ...]
) -> None:
    limited = lambda app: answering(app, "429 Too Many Requests", path=pair_id, times=2)  # noqa: E731
    write_profiles(**ready_profile(serve(limited)))
    done = run("show", pair_id, "-p", "served", *words)
    assert done.exit_code == ExitCode.DONE
    lines = [line for line in done.stderr.splitlines() if "too many requests: trying" in line]
    assert len(lines) == (0 if words else 2)


@pytest.mark.parametrize("goal", ["available", "deleted"])
def test_an_outage_is_told_while_it_is_waited(
    run: Run, pair_id: str, serve: Serve, write_profiles: WriteProfiles, goal: str
) -> None:
    down = lambda app: answering(app, "503 Service Unavailable", path="ons", times=30)  # noqa: E731
    write_profiles(**ready_profile(serve(down)))
    done = run("wait", pair_id, "--for", goal, "-p", "served", "--wait-timeout", "60s")
    assert "can't answer now (HTTP 503)" in done.stderr


def test_create_is_as_quiet_as_before_without_a_wait(sandbox: Run) -> None:
    assert not ELAPSED.search(sandbox("create", *EXAMPLE).stderr)
