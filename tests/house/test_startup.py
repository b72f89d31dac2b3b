"""Nothing is imported that a command does not need: seen from outside, in new processes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import DR, PRODUCTION

ROOT = Path(__file__).parents[2]
HEAVY = {"httpx", "httpcore", "rich", "sqlite3", "ssl"}
CREATE = ("create", "-p", "sandbox", "--production-disk", PRODUCTION, "--dr-disk", DR)


class Process(NamedTuple):
    """What a Python process did, and what it imported."""

    exit_code: int
    stdout: str
    imported: set[str]


Evsrep = Callable[..., Process]


def python(home: Path, *words: str, **variables: str) -> Process:
    """Run Python with nothing of this process's environment but the path."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return Process(
        done.returncode, done.stdout, {line.rpartition("|")[2].strip() for line in lines}
    )


@pytest.fixture
def at_start(home: Path) -> set[str]:
    """What Python imports by itself here, such as what an installed package hooks in."""
    return python(home, "-c", "").imported


@pytest.fixture
def evsrep(home: Path, at_start: set[str]) -> Evsrep:
    """Run evsrep in a process of its own; what is imported is without what Python itself does."""

    def evsrep(*words: str, **variables: str) -> Process:
        done = python(home, "-m", "evsrep", *words, **variables)
        return done._replace(imported=done.imported - at_start)

    return evsrep


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        ([], 0),
        (["create", "--help"], 0),
        (["profile", "--help"], 0),
        (["sandbox", "serve", "--help"], 0),
        (["group", "failover", "--help"], 0),
        (["create"], 2),
        (["create", "-o", "json", "--no-such-option"], 2),
        (["craete"], 2),
        (["help", "create"], 0),
        (["help", "exit-codes", "-o", "json"], 0),
        (["help", "environment"], 0),
        (["completion", "bash"], 0),
    ],
)
def test_what_asks_no_cloud_starts_light(evsrep: Evsrep, words: list[str], exit_code: int) -> None:
    done = evsrep(*words)
    assert done.exit_code == exit_code
    assert "evsrep.cli.root" in done.imported
    assert done.imported & HEAVY == set()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("evsrep cr", "create"),
        ("evsrep create --prod", "--production-disk"),
        ("evsrep create -p sand", "sandbox"),
        ("evsrep create -c stat", "status"),
        ("evsrep wait --for act", "active"),
    ],
)
def test_completion_starts_light(evsrep: Evsrep, words: str, offered: str) -> None:
    done = evsrep(
        _EVSREP_COMPLETE="bash_complete",
        COMP_LINE=words,
    )
    assert f"plain,{offered}\n" in done.stdout
    assert done.imported & HEAVY == set()


@pytest.mark.parametrize("words", [["create"], ["profile", "init"]])
def test_help_says_the_same_both_ways(evsrep: Evsrep, words: list[str]) -> None:
    # in new processes: Click keeps the first help option that a command was asked for
    assert evsrep("help", *words).stdout == evsrep(*words, "-h").stdout


def test_create_for_a_script_starts_without_rich(evsrep: Evsrep) -> None:
    done = evsrep(*CREATE, "-o", "json")
    assert done.exit_code == 0
    assert '"status": "creating"' in done.stdout
    assert "httpx" in done.imported
    assert "rich" not in done.imported
    assert "pygments" not in done.imported
    assert "evsrep.library" not in done.imported
    jobs = {name for name in done.imported if name.startswith("evsrep.jobs.")}
    assert jobs.isdisjoint({"evsrep.jobs.apply", "evsrep.jobs.health", "evsrep.jobs.group_make"})


def test_a_program_that_connects_keeps_its_httpx_whole(home: Path) -> None:
    code = "import evsrep\nwith evsrep.connect('sandbox') as cloud: list(cloud.pairs())\n"
    done = python(home, "-c", code + "import httpx._main; print(httpx.main.name)")
    assert (done.exit_code, done.stdout) == (0, "main\n")


def test_a_dry_run_without_a_table_starts_without_rich(evsrep: Evsrep) -> None:
    done = evsrep(*CREATE, "--dry-run", "-o", "value", "-c", "method")
    assert done.stdout == "POST\n"
    assert "rich" not in done.imported


def test_the_sandbox_opens_its_store_late(home: Path) -> None:
    done = python(home, "-c", "import evsrep.sandbox")
    assert done.exit_code == 0
    assert "evsrep.sandbox" in done.imported
    assert "sqlite3" not in done.imported
