"""Ctrl-C and its kin, in a real process, at each moment of a create: nothing known is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from tests.conftest import DR, EXAMPLE, PRODUCTION
from tests.faults.conftest import Weather
from tests.weather.faults import FAULTS, PROCESS_THEN_STALL, STALL

CREATE = ("create", *EXAMPLE, "-o", "json")


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.Popen(
        [sys.executable, "-m", "evsrep", *words],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("fault", "pairs"), [(STALL, 0), (PROCESS_THEN_STALL, 1)])
def test_during_the_post_what_is_known_is_told(
    weather: Weather, home: Path, number: signal.Signals, fault: object, pairs: int
) -> None:
    weather.play("POST", "/os-vendor-replications", fault)  # type: ignore[arg-type]
    process = start(home, *CREATE)
    wait_until(lambda: weather.sent("POST", "/os-vendor-replications") == 1)
    time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    assert json.loads(out)["volume_ids"] == [PRODUCTION, DR]
    error = json.loads(err)["error"]
    assert error["kind"] == "interrupted"
    assert "may have taken effect" in error["message"]
    assert "--if-not-exists" in error["resume"]
    assert len(weather.pair_ids()) == pairs


def test_the_resume_command_finds_out_the_rest(weather: Weather, home: Path) -> None:
    weather.play("POST", "/os-vendor-replications", PROCESS_THEN_STALL)
    process = start(home, *CREATE)
    wait_until(lambda: weather.sent("POST", "/os-vendor-replications") == 1)
    weather.server.settle()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=5)
    resume = json.loads(err)["error"]["resume"].split()
    done = weather.run(*resume[1:], "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert [done.json["id"]] == weather.pair_ids()


def test_before_the_post_nothing_was_sent_and_nothing_is_claimed(
    weather: Weather, home: Path
) -> None:
    weather.play("GET", "/volumes/", STALL, times=2)
    process = start(home, *CREATE)
    wait_until(lambda: weather.sent("GET", "/volumes/") == 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    assert out == ""
    assert "resume" not in json.loads(err)["error"]
    assert weather.pair_ids() == []


def test_while_waiting_the_pair_is_on_stdout(weather: Weather, home: Path) -> None:
    process = start(home, *CREATE, "--wait")
    weather.play("GET", "/os-vendor-replications/", FAULTS["503"], times=99)
    wait_until(lambda: weather.sent("GET", "/os-vendor-replications/") >= 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    assert [json.loads(out)["id"]] == weather.pair_ids()
    assert json.loads(err)["error"]["resume"].startswith(f"evsrep wait {json.loads(out)['id']}")


@pytest.mark.parametrize("seed", range(6))
def test_at_any_moment_the_truth_is_told(weather: Weather, home: Path, seed: int) -> None:
    weather.play("GET", "", FAULTS["slow"], times=4)
    weather.play("POST", "", FAULTS["slow"], times=2)
    process = start(home, *CREATE)
    time.sleep(random.Random(seed).uniform(0.15, 0.9))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=5)
    pair_ids = weather.pair_ids()
    assert "Traceback" not in err or "import" in err  # Python itself was still starting
    if process.returncode == ExitCode.DONE:
        assert [json.loads(out)["id"]] == pair_ids
    elif out:
        assert json.loads(out)["volume_ids"] == [PRODUCTION, DR]
    else:
        assert pair_ids == []


ROWS = "production_disk,dr_disk\n" + "".join(
    f"db-01-{kind},db-01-{kind}-dr\n" for kind in ("data", "log")
)


def test_a_reader_that_goes_away_is_told_how_far_it_came(weather: Weather, home: Path) -> None:
    weather.play("POST", "/os-vendor-replications", FAULTS["slow"], times=9)
    (home / "pairs.csv").write_text(ROWS)
    process = start(home, "apply", str(home / "pairs.csv"), "-o", "jsonl", "--jobs", "1")
    assert process.stdout is not None
    process.stdout.close()
    process.wait(20)
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    made = len(weather.pair_ids())
    if made == 2:
        assert "2 created" in err
    else:
        assert process.returncode == ExitCode.PARTIAL
        error = json.loads(err.splitlines()[-1])["error"]
        assert error["resume"].startswith("evsrep apply ")
        assert "1 of 2" in error["message"]


@pytest.mark.parametrize("where", ["callback", "enum"])
def test_a_signal_that_meets_an_import_is_heard(home: Path, where: str) -> None:
    met = {
        "callback": "class A:\n pass\na = A(); r = weakref.ref(a, lambda _: kill()); del a",
        "enum": "class D:\n def __set_name__(self, *_): kill()\nclass B:\n d = D()",
    }[where]
    code = f"""
import os, signal, sys, time, weakref
from evsrep.cli import root
def kill():
    os.kill(os.getpid(), signal.SIGTERM); time.sleep(0)
def meet(*_, **__):
    exec({met!r}, globals())
    time.sleep(5)
root.cli.main = meet
root.run()
"""
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=10
    )
    assert done.returncode == ExitCode.INTERRUPTED, done.stderr
    assert "Traceback" not in done.stderr
