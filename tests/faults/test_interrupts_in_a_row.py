"""Several requests to stop within milliseconds, and at the very beginning and end of a run."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from tests.conftest import DR, EXAMPLE, PRODUCTION
from tests.faults.conftest import Weather, run_hurried
from tests.faults.test_interrupts import ROWS, start, wait_until
from tests.weather.faults import FAULTS, PROCESS_THEN_STALL

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # two of one number may be heard as one


def send_all(process: subprocess.Popen[str]) -> None:
    for number in ALL:
        process.send_signal(number)


def test_a_create_tells_what_it_knows(weather: Weather, home: Path) -> None:
    weather.play("POST", "/os-vendor-replications", PROCESS_THEN_STALL)
    process = start(home, "create", *EXAMPLE, "-o", "json")
    wait_until(lambda: weather.sent("POST", "/os-vendor-replications") == 1)
    send_all(process)
    out, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    assert json.loads(out)["volume_ids"] == [PRODUCTION, DR]
    assert "--if-not-exists" in json.loads(err)["error"]["resume"]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_an_apply_tells_every_row(weather: Weather, home: Path, form: str) -> None:
    weather.play("POST", "/os-vendor-replications", PROCESS_THEN_STALL, times=9)
    (home / "pairs.csv").write_text(ROWS)
    process = start(home, "apply", str(home / "pairs.csv"), "-o", form, "--jobs", "1")
    wait_until(lambda: weather.sent("POST", "/os-vendor-replications") == 1)
    send_all(process)
    out, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    rows = json.loads(out) if form == "json" else [json.loads(line) for line in out.splitlines()]
    assert sorted((row["line"], row["result"]) for row in rows) == [(2, "unknown"), (3, "not_run")]
    assert json.loads(err.splitlines()[-1])["error"]["resume"].startswith("evsrep apply ")


def test_a_delete_tells_every_row(weather: Weather, home: Path) -> None:
    (home / "pairs.csv").write_text(ROWS)
    assert weather.run("apply", str(home / "pairs.csv"), "--wait").exit_code == ExitCode.DONE
    pair_ids = weather.pair_ids()
    weather.play("DELETE", "/os-vendor-replications", PROCESS_THEN_STALL, times=9)
    process = start(home, "delete", *pair_ids, "--yes", "-o", "json")
    wait_until(lambda: weather.sent("DELETE", "/os-vendor-replications") == 1)
    send_all(process)
    out, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    assert [row["result"] for row in json.loads(out)] == ["unknown", "not_run"]
    assert json.loads(err)["error"]["resume"].startswith(f"evsrep delete {' '.join(pair_ids)}")


@pytest.mark.parametrize("seed", range(6))
def test_at_any_moment_nothing_is_lost(weather: Weather, home: Path, seed: int) -> None:
    weather.play("", "", FAULTS["slow"], times=3)
    (home / "pairs.csv").write_text(ROWS)
    process = start(home, "apply", str(home / "pairs.csv"), "-o", "json", "--jobs", "2")
    chance = random.Random(seed)
    wait_until(lambda: bool(weather.server.requests))  # Python itself has started
    time.sleep(chance.uniform(0.0, 0.8))
    for number in chance.sample(ALL, 3):
        process.send_signal(number)
        time.sleep(chance.choice((0, 0, 0.001, 0.01)))
    out, err = process.communicate(timeout=10)
    assert process.returncode in (ExitCode.INTERRUPTED, ExitCode.DONE), err
    assert "Traceback" not in err
    told = {row["line"]: row["result"] for row in json.loads(out)} if out else {}
    assert len(told) in (0, 2)
    made = len(weather.pair_ids())
    sure = list(told.values()).count("created")
    assert sure <= made <= sure + list(told.values()).count("unknown")


def run_code(home: Path, code: str) -> subprocess.CompletedProcess[str]:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", KILL + code]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=10)


KILL = """
import os, signal, sys, time
def kill():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        os.kill(os.getpid(), number)
"""


@pytest.mark.parametrize("module", ["click", "evsrep.cli.root", "json", "evsrep.cli.explain"])
def test_those_that_meet_the_imports_end_it_with_a_word(home: Path, module: str) -> None:
    done = run_code(
        home,
        f"""
class Finder:
    def find_spec(self, name, *_):
        if name == {module!r}:
            kill()
sys.modules.pop({module!r}, None)
sys.meta_path.insert(0, Finder())
from evsrep.cli.start import run
sys.argv = ["evsrep", "explain", "403", "-o", "json"]
run()
""",
    )
    assert done.returncode == ExitCode.INTERRUPTED
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr


def test_those_that_meet_the_end_of_a_run_change_nothing(weather: Weather, home: Path) -> None:
    done = run_code(
        home,
        f"""
from evsrep.cli import app, root
begin = app.App.__init__
def beginning(self, *more):
    begin(self, *more)
    self.at_end.callback(kill)
app.App.__init__ = beginning
sys.argv = ["evsrep", "create", *{EXAMPLE!r}, "-o", "json"]
root.run()
""",
    )
    assert done.returncode == ExitCode.DONE, done.stderr
    assert [json.loads(done.stdout)["id"]] == weather.pair_ids()
    assert "Traceback" not in done.stderr


def test_a_bug_in_one_row_of_an_apply_leaves_all_rows_told(
    weather: Weather, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evsrep.cloud.client import Cloud

    create = Cloud.create_pair

    def breaks(self: Cloud, order: object) -> object:
        pair = create(self, order)  # type: ignore[arg-type]
        if len(weather.pair_ids()) == 2:
            raise MemoryError
        return pair

    monkeypatch.setattr(Cloud, "create_pair", breaks)
    (home / "pairs.csv").write_text(ROWS)
    done = run_hurried("apply", str(home / "pairs.csv"), "-o", "json", "--jobs", "1")
    assert done.exit_code == ExitCode.PARTIAL
    assert [row["result"] for row in done.json] == ["created", "unknown"]
    assert "MemoryError" in done.json[1]["error"]["message"]
    assert done.error["resume"].startswith("evsrep apply ")
