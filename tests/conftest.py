"""What the tests share: a temporary home, a clock that only moves when someone sleeps, `run`."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pexpect
import pytest

from evsrep.cli.app import Environment
from evsrep.cli.root import main
from evsrep.clock import Clock

# A shell that starts something in the background has it ignore Ctrl-C, which tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)
hypothesis.settings.register_profile("patient", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("patient")

PRODUCTION = "18aa67ea-c7cb-4826-800d-50e67f0de75b"
DR = "375d23be-3658-498f-8b50-d3b950a890ec"
EXAMPLE = ("--production-disk", PRODUCTION, "--dr-disk", DR)  # the API reference's own


class FakeClock:
    """Time that passes only when someone sleeps."""

    def __init__(self) -> None:
        self.moment = 1_700_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.moment

    def time(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += seconds


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def error(self) -> dict[str, Any]:
        """The error object: the last line of stderr with `-o json`."""
        error: dict[str, Any] = json.loads(self.stderr.splitlines()[-1])["error"]
        return error


Run = Callable[..., Done]


def press_ctrl_c(number: int = signal.SIGINT) -> None:
    """Ask evsrep, which runs in the main thread, to stop: the system may choose another one."""
    signal.pthread_kill(threading.main_thread().ident or 0, number)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and none of the variables that evsrep reads."""
    for name in list(os.environ):
        if name.startswith(("EVSREP_", "OS_", "XDG_", "SSL_CERT_")) or name.lower().endswith(
            "_proxy"
        ):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm-256color")
    return tmp_path


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def run(home: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type a command, in this process: `run("show", "nope")`.

    `terminal=True` makes stdout and stderr terminals `width` columns wide; `typed` is what is
    typed on standard input, which is a terminal then too; `stdin` is what comes in by a pipe.
    """

    own_clock = clock

    def run(
        *words: str,
        terminal: bool = False,
        width: int = 80,
        typed: str | None = None,
        stdin: str = "",
        clock: Clock = own_clock,
    ) -> Done:
        kind = Terminal if terminal or typed is not None else io.StringIO
        out, err = kind(), kind()
        source = io.StringIO(stdin) if typed is None else Terminal(typed)
        if terminal:
            monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr("sys.stdin", source)
        environment = Environment(clock=clock, stdin=source, out=out, err=err)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words, environment)
        return Done(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def sandbox(run: Run) -> Run:
    """Type a command to the sandbox: `sandbox("show", ID)`."""
    return lambda *words, **how: run(*words, "-p", "sandbox", **how)


@pytest.fixture
def pair_id(sandbox: Run) -> str:
    """The ID of the documented example's pair, just created."""
    done = sandbox("create", *EXAMPLE, "--name", "my replication", "-o", "json")
    assert done.exit_code == 0, done.stderr
    pair_id: str = done.json["id"]
    return pair_id


_HURRIED = """\
#!{python}
import sys, time
from evsrep.cli.app import Environment
from evsrep.cli.root import main


class Clock:
    def now(self):
        return {began} + (time.time() - {began}) * 40

    time = now

    def sleep(self, seconds):
        time.sleep(seconds / 40)


sys.exit(main(sys.argv[1:], Environment(clock=Clock())))
"""


@pytest.fixture
def hurried(home: Path) -> Path:
    """A folder of programs with an `evsrep` in it for which a minute is over in a second."""
    program = home / "programs" / "evsrep"
    program.parent.mkdir()
    program.write_text(_HURRIED.format(python=sys.executable, began=time.time()))
    program.chmod(0o755)
    return program.parent


# Real processes

Real = Callable[..., subprocess.CompletedProcess[str]]
Spawn = Callable[..., pexpect.spawn]


@pytest.fixture(scope="session")
def ending() -> Iterator[list[threading.Thread]]:
    """Servers that were told to stop: each takes a moment, which nobody needs to wait for."""
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join()


@pytest.fixture
def real(home: Path) -> Real:
    """Run evsrep as a process of its own: `real("show", "nope")`."""

    def real(*words: str, **how: Any) -> subprocess.CompletedProcess[str]:
        how = {"capture_output": True, "text": True, "encoding": "utf-8", **how}
        how["env"] = {**os.environ, **how.get("env", {})}
        command = [sys.executable, "-m", "evsrep", *words]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, timeout=20, check=False, cwd=home, **how
        )

    return real


@pytest.fixture
def spawn(home: Path, ending: list[threading.Thread]) -> Iterator[Spawn]:
    """Run evsrep on a terminal of its own: `spawn("show", "nope", columns=40)`."""
    for thread in ending:
        thread.join()  # a process with threads is not to be forked
    children: list[pexpect.spawn] = []

    def spawn(*words: str, columns: int = 80, **env: str) -> pexpect.spawn:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "evsrep", *words],
            env={**os.environ, **env},
            dimensions=(40, columns),
            encoding="utf-8",
            timeout=15,
            cwd=str(home),
        )
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.close(force=True)


@pytest.fixture
def served_elsewhere(home: Path) -> Iterator[str]:
    """`evsrep sandbox serve` as a process; its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "evsrep", "sandbox", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=home,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        process.stdout.close()


def answer_prompts(child: pexpect.spawn, answers: Mapping[str, str]) -> str:
    """Type an answer to each prompt as it comes, and wait for the end; what the screen showed."""
    left, seen = dict(answers), ""
    while True:
        asked = list(left)
        prompts = [rf"{re.escape(key)} ?[(\[:][^\n]*: ?$" for key in asked]
        number = child.expect([*prompts, pexpect.EOF])
        seen += child.before + (child.after if isinstance(child.after, str) else "")
        if number == len(asked):
            child.wait()
            return seen
        if asked[number] in ("password", "secret_key", "token"):
            child.waitnoecho()
        child.sendline(left.pop(asked[number]))
