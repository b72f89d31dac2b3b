"""Ctrl-C and its kin in real processes, in the middle of every command: nothing known is lost."""

import fcntl
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from evsrep.errors import ExitCode
from tests.conftest import EXAMPLE
from tests.faults.commands import (
    CHANGES,
    READS,
    changes_of,
    is_sign_in,
    strike_changes,
    write_files,
)
from tests.faults.conftest import Weather, a_grouped_cloud
from tests.faults.test_interrupts import start, wait_until
from tests.weather.faults import PROCESS_THEN_STALL, STALL

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SMALL_PIPE = 4096


class Begun(NamedTuple):
    """A command in a process of its own, and when it is in the middle of things."""

    command: str
    process: subprocess.Popen[str]
    is_midway: Callable[[], bool]

    def interrupt(self, number: signal.Signals) -> tuple[str, dict[str, Any]]:
        """Send it a signal when it is midway; what stdout and the error say in the end."""
        wait_until(self.is_midway)
        time.sleep(0.05)
        self.process.send_signal(number)
        if self.command == "apply":  # the first one waits for what is in flight
            time.sleep(0.1)
            assert self.process.poll() is None
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=5)
        assert self.process.returncode == ExitCode.INTERRUPTED, self.command + err
        error: dict[str, Any] = json.loads(err.splitlines()[-1])["error"]
        assert "Traceback" not in err
        return out, error


def test_in_the_middle_of_a_change_what_is_known_is_told(
    home: Path, seeded: Path, prefilled: Path
) -> None:
    with ExitStack() as stack:
        begun = []
        for command, words in CHANGES.items():
            folder = home / command
            folder.mkdir()
            cloud = stack.enter_context(a_grouped_cloud(folder, seeded, prefilled))
            begun.append(begin_change(cloud, folder, command, *words))
        for number, each in enumerate(begun):
            out, error = each.interrupt(SIGNALS[number % len(SIGNALS)])
            assert json.loads(out), each.command
            assert shlex.split(error["resume"])[0] == "evsrep", each.command


def begin_change(cloud: Weather, folder: Path, command: str, *words: str) -> Begun:
    write_files(cloud.server.url, folder)
    before = len(changes_of(cloud))
    strike_changes(cloud, PROCESS_THEN_STALL, for_good=True)
    config = str(folder / ".config/evsrep/config.toml")
    typed = [str(folder / word) if word == "pairs.csv" else word for word in words]
    process = start(folder, *command.split(), *typed, "--config", config, "-o", "json")
    return Begun(command, process, lambda: len(changes_of(cloud)) > before)


def test_where_nothing_is_changed_nothing_is_claimed(grouped: Weather, home: Path) -> None:
    assert grouped.run("auth", "check").exit_code == ExitCode.DONE  # the token is kept
    single = re.compile(r"/[0-9a-f-]{36}$")
    for number, command in enumerate(("list", "show", "health", "wait", "group wait")):
        is_patient = command.endswith("wait")
        seen: list[object] = []

        def weather(request: Any, seen: list[object] = seen, by_id: bool = is_patient) -> Any:
            if is_sign_in(request) or (by_id and not single.search(request.path)):
                return None
            seen.append(request)
            return STALL

        grouped.server.weather = weather
        process = start(home, *command.split(), *READS[command], "-o", "json")
        out, error = Begun(command, process, lambda seen=seen: bool(seen)).interrupt(
            SIGNALS[number % len(SIGNALS)]
        )
        assert bool(error.get("resume")) == is_patient, command
        assert out == "" or is_patient


# Readers that do not read


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """The end to write to of a pipe that takes nothing more."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SMALL_PIPE)
    os.write(writer, b"." * SMALL_PIPE)
    yield writer
    os.close(reader)
    os.close(writer)


def start_stuck(home: Path, stdout: int, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "evsrep", *words],
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_writing(process: subprocess.Popen[str]) -> bool:
    """Whether the process waits for room in a pipe."""
    return "pipe" in Path(f"/proc/{process.pid}/wchan").read_text()


@pytest.mark.parametrize("form", ["jsonl", "json", "table"])
def test_one_signal_ends_it_though_nobody_reads(home: Path, full_pipe: int, form: str) -> None:
    process = start_stuck(home, full_pipe, "sandbox", "disks", "-o", form)
    wait_until(lambda: is_writing(process))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "interrupted" in err
    assert "Exception" not in err


@pytest.mark.parametrize("number", SIGNALS)
def test_the_id_of_a_new_pair_is_not_lost_though_nobody_reads(
    weather: Weather, home: Path, full_pipe: int, number: signal.Signals
) -> None:
    process = start_stuck(home, full_pipe, "create", *EXAMPLE)
    wait_until(lambda: is_writing(process))
    process.send_signal(number)
    _, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    [pair_id] = weather.pair_ids()
    assert err.splitlines()[-1] == f"resume: evsrep wait {pair_id}"


def test_the_second_signal_ends_what_the_first_one_left_waiting(
    weather: Weather, home: Path, full_pipe: int
) -> None:
    weather.play("POST", "/os-vendor-replications", PROCESS_THEN_STALL)
    process = start_stuck(home, full_pipe, "create", *EXAMPLE)
    wait_until(lambda: weather.sent("POST", "/os-vendor-replications") == 1)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    wait_until(lambda: is_writing(process))  # what is known
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "--if-not-exists" in err.splitlines()[-1]


def test_who_asked_not_to_be_hung_up_on_is_not(weather: Weather, home: Path) -> None:
    weather.play("GET", "/os-vendor-replications", STALL)
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    command = ["nohup", sys.executable, "-m", "evsrep", "list"]
    process = subprocess.Popen(command, env=environ, stdout=-1, stderr=-1, stdin=-3)
    wait_until(lambda: weather.sent("GET", "/os-vendor-replications") == 1)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=5)
    assert process.returncode == ExitCode.INTERRUPTED


# Files


@pytest.mark.parametrize("seed", range(4))
def test_a_profile_that_is_being_written_is_the_old_one_or_the_new(
    weather: Weather, home: Path, seed: int
) -> None:
    path = home / ".config/evsrep/config.toml"
    before = path.read_text()
    process = start(home, "profile", "set", "w", "region=eu-nl")
    time.sleep(random.Random(seed).uniform(0.1, 0.3))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=5)
    found = path.read_text()
    assert found == before or 'region = "eu-nl"' in found
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208
