"""Each `resume:` and `next:` line, pasted into bash as it stands, goes on with what was begun."""

import json
import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import DR, PRODUCTION, Done
from tests.faults.conftest import Weather
from tests.weather.faults import CLOSE, PROCESS_THEN_CLOSE, Fault, status
from tests.weather.messages import Request

PROFILE = "it's $HOME; prod"
NAME = "a\nb 'c' $(touch ran) `touch ran` \"*\" \\n ü\u00a0! -- "
PAIRS = "/os-vendor-replications"
LOG = ("--production-disk", "db-01-log", "--dr-disk", "db-01-log-dr", "--name", NAME)
DOWN = status(503)

Trouble = Callable[[Weather], object]


@dataclass(frozen=True)
class Case:
    """What is typed, what it meets, its exit code, and those of the line that it leads to."""

    words: tuple[str, ...]
    exit_code: int
    trouble: Trouble = lambda _: None
    label: str = "resume"
    pasted: tuple[int, ...] = (0,)


SHORT = ("--wait", "--wait-timeout", "0.2s")
GROUP = "/os-vendor-replication-consistency-groups"


def blind(method: str, path: str) -> Trouble:
    """The answer to the first such change is lost, and from then on nobody can look."""

    def trouble(weather: Weather) -> None:
        was_sent = threading.Event()

        def strike(request: Request) -> Fault | None:
            if request.method == method and path in request.path and not was_sent.is_set():
                was_sent.set()
                return PROCESS_THEN_CLOSE
            return DOWN if request.method == "GET" and was_sent.is_set() else None

        weather.server.weather = strike

    return trouble


def down(weather: Weather) -> None:
    """Nobody can look at a pair or a group."""
    weather.play("GET", "/os-vendor-replication", DOWN, times=200)


CASES = {
    "create, accepted": Case(("create", *LOG), 0, label="next"),
    "create, not awaited": Case(("create", *LOG, *SHORT), 10),
    "create, unknown": Case(("create", *LOG, "--wait"), 8, blind("POST", PAIRS)),
    "create, of a new disk": Case(
        ("create", *LOG[:2], "--dr-zone", "az3.dc3", "--dr-disk-name", NAME, "--name", NAME),
        8,
        blind("POST", PAIRS),
    ),
    "apply, not awaited": Case(("apply", "my file's $x.csv", *SHORT, "--jobs", "2"), 10),
    "apply, unknown": Case(("apply", "my file's $x.csv"), 11, blind("POST", PAIRS)),
    "delete, not awaited": Case(("delete", "lone", *SHORT), 10),
    "delete, unknown": Case(("delete", "lone"), 8, blind("DELETE", PAIRS)),
    "wait": Case(("wait", "lone", "--for", "active", *SHORT[1:]), 7, down),
    "wait for several": Case(("wait", "lone", "data", "--for", "active", *SHORT[1:]), 7, down),
    "group create, not synced": Case(
        ("group", "create", "--pair", "lone", "--name", NAME),
        8,
        lambda weather: weather.play("POST", "/action", CLOSE, times=9),
    ),
    "group create, unknown": Case(
        ("group", "create", "--pair", "lone", "--name", NAME), 8, blind("POST", GROUP)
    ),
    "group sync, not awaited": Case(("group", "sync", "shop", *SHORT), 10),
    "group failover, unknown": Case(
        ("group", "failover", "shop", "--force"), 8, blind("POST", "/action")
    ),
    "group failover, not awaited": Case(("group", "failover", "shop", "--force", *SHORT), 10),
    "group wait": Case(("group", "wait", "shop", "--for", "active", *SHORT[1:]), 7, down),
    "group update": Case(
        ("group", "update", "shop", "--remove", "data", "--pause"), 8, blind("PUT", GROUP)
    ),
    "group expand": Case(
        ("group", "expand", "shop", "--pair", "data=20"), 8, blind("POST", "/action")
    ),
}


@pytest.fixture
def typed(grouped: Weather, home: Path) -> Callable[..., Done]:
    """Type a command in a protected profile of an odd name, in a file of an odd name."""
    config = home / "it's a $file" / "config.toml"
    config.parent.mkdir()
    keys = (home / ".config/evsrep/config.toml").read_text().partition("[profiles.w]")[2]
    config.write_text(f"[profiles.{json.dumps(PROFILE)}]{keys}protected = true\n")
    config.chmod(0o600)
    (home / "my file's $x.csv").write_text(
        f"production_disk,dr_disk,name\ndb-01-log,db-01-log-dr,log\n{PRODUCTION},{DR},data\n"
    )
    return lambda *words: grouped.run(*words, "-p", PROFILE, "--config", str(config))


@pytest.mark.parametrize("case", CASES)
def test_a_line_goes_on_as_it_stands(
    case: str,
    typed: Callable[..., Done],
    grouped: Weather,
    hurried: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(home)
    it = CASES[case]
    it.trouble(grouped)
    waits = "wait" in it.words[:2]
    done = typed(*it.words, *(() if waits else ("--yes",)))
    assert done.exit_code == it.exit_code, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"{it.label}: evsrep "), done.stderr
    grouped.server.clear_up()
    grouped.server.weather = None
    env = {**os.environ, "PATH": f"{hurried}:{os.environ['PATH']}"}
    command = ["bash", "-c", last.removeprefix(f"{it.label}: ")]
    pasted = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, env=env, cwd=home
    )
    assert pasted.returncode in it.pasted, pasted.stderr
    assert not (home / "ran").exists()
