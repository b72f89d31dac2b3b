"""The scripts of tests/examples, run as they stand."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import ID, Serve
from tests.conftest import Run

EXAMPLES = Path(__file__).parents[1] / "examples"
SHEET = EXAMPLES / "spreadsheet.csv"

Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(home: Path, hurried: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run a program, `evsrep` being on its path and the sandbox its profile."""
    monkeypatch.chdir(home)

    def typed(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{hurried}:{os.environ['PATH']}"
        return subprocess.run(
            words,
            env={**os.environ, "PATH": path, "EVSREP_PROFILE": "sandbox", **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return typed


@pytest.mark.tools
def test_pair_and_wait(typed: Typed) -> None:
    words = (str(EXAMPLES / "pair-and-wait.sh"), "db-01-data", "db-01-data-dr", "db-01")
    first = typed(*words)
    assert (first.returncode, first.stderr) == (0, "")
    assert ID.fullmatch(first.stdout.strip())
    assert typed("evsrep", "show", "db-01", "-o", "value", "-c", "progress").stdout == "100\n"
    again = typed(*words)
    assert (again.returncode, again.stdout) == (0, first.stdout), "the same pair"


@pytest.mark.tools
@pytest.mark.parametrize(
    ("disks", "variables", "exit_code", "said"),
    [
        (("odd-size-data", "odd-size-data-dr"), {}, 6, "the disks' sizes differ"),
        (("nope", "odd-size-data-dr"), {}, 5, "no disk is called 'nope'"),
        (("link-down", "link-down-dr"), {}, 9, "37100043"),
        (("db-01-log", "db-01-log-dr"), {"WAIT": "0", "SLOW": "1"}, 10, "resume: evsrep wait"),
        (("db-01-log", "db-01-log-dr"), {"EVSREP_PROFILE": "nobody"}, 3, "no profile 'nobody'"),
        (("db-01-log", "db-01-log-dr"), {"LOST": "1"}, 8, "it makes no second one"),
    ],
)
def test_pair_and_wait_ends_with_the_code_of_what_happened(
    typed: Typed,
    hurried: Path,
    disks: tuple[str, str],
    variables: dict[str, str],
    exit_code: int,
    said: str,
) -> None:
    program = hurried / "evsrep"
    if variables.pop("SLOW", ""):
        program.write_text(program.read_text().replace("* 40", "* 1").replace("/ 40", "/ 1"))
    if variables.pop("LOST", ""):  # as evsrep ends where nobody knows: tests/faults has the weather
        program.write_text("#!/bin/sh\nexit 8\n")
    done = typed(str(EXAMPLES / "pair-and-wait.sh"), *disks, "db-01", **variables)
    assert done.returncode == exit_code, done.stderr
    assert said in done.stderr


def test_the_spreadsheet_is_one_as_spreadsheets_save_it() -> None:
    raw = SHEET.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfproduction_disk;")
    assert raw.count(b"\n") == raw.count(b"\r\n") == 3
    assert '"Orders; all of them"' in raw.decode()
    assert "Büro" in raw.decode()


def test_a_spreadsheet_can_be_applied_as_it_is(sandbox: Run) -> None:
    done = sandbox("apply", str(SHEET), "--wait", "-o", "json")
    assert done.exit_code == 0, done.stderr
    assert [row["line"] for row in done.json] == [2, 3]
    assert [row["result"] for row in done.json] == ["created", "created"]
    assert [row["description"] for row in done.json] == ["Orders; all of them", "Büro"]


@pytest.mark.tools
def test_apply_spreadsheet(typed: Typed, home: Path) -> None:
    script = str(EXAMPLES / "apply-spreadsheet.sh")
    first = typed(script, str(SHEET))
    assert (first.returncode, first.stdout, first.stderr) == (0, "2 created\n", "")
    again = typed(script, str(SHEET))
    assert (again.returncode, again.stdout, again.stderr) == (0, "2 exists\n", "")

    more = home / "more.csv"
    more.write_bytes(SHEET.read_bytes() + b"link-down;link-down-dr;x;y\r\n")
    third = typed(script, str(more))
    assert third.returncode == 11, "some of many failed"
    assert third.stdout == "2 exists\n1 failed\n"
    assert "\nline 4: failed: " in third.stderr
    assert "37100043" in third.stderr

    more.write_bytes(SHEET.read_bytes() + b"nope;link-down;x;y\r\n")
    fourth = typed(script, str(more))
    assert fourth.returncode != 0
    assert fourth.stdout == "", "nothing was begun"


@pytest.mark.tools
def test_health_cron(typed: Typed) -> None:
    script = str(EXAMPLES / "health-cron.sh")
    assert (typed(script).returncode, typed(script).stdout) == (0, "")
    typed(str(EXAMPLES / "pair-and-wait.sh"), "db-01-data", "db-01-data-dr", "db-01")
    assert (typed(script).returncode, typed(script).stdout) == (0, "")
    typed("evsrep", "sandbox", "break", "--az", "az1.dc1")
    broken = typed(script)
    assert broken.returncode == 2
    assert broken.stdout.startswith("EVSREP CRITICAL - 1 of 1 not protected")
    unknown = typed(script, EVSREP_PROFILE="nobody")
    assert unknown.returncode == 3
    assert unknown.stdout.startswith("EVSREP UNKNOWN - there is no profile 'nobody'")


# Ansible


def tasks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((EXAMPLES / "ansible-tasks.yml").read_text())
    return found


def test_the_tasks_say_what_changed() -> None:
    for task in tasks():
        assert "changed_when" in task
        assert task["ansible.builtin.command"]["cmd"].startswith("evsrep ")
        assert task["environment"] == {"EVSREP_PROFILE": "{{ evsrep_profile }}"}


@pytest.mark.tools
def test_ansible_changes_what_is_to_be_changed_once(typed: Typed, home: Path) -> None:
    pairs = [
        {"production_disk": "db-01-data", "dr_disk": "db-01-data-dr", "name": "db-01"},
        {"production_disk": "db-01-log", "dr_disk": "db-01-log-dr", "name": 'it\'s "it"'},
    ]
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"evsrep_profile": "sandbox", "evsrep_pairs": pairs},
        "tasks": tasks(),
    }
    (home / "play.yml").write_text(json.dumps([play]))  # which is YAML, too

    def played() -> tuple[int, str]:
        done = typed(
            "ansible-playbook", "-i", "localhost,", "play.yml",
            ANSIBLE_PYTHON_INTERPRETER=sys.executable,
            ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="0", LC_ALL="C.UTF-8",
        )  # fmt: skip
        return done.returncode, done.stdout

    code, first = played()
    assert code == 0, first
    assert "changed=1" in first
    assert "failed=0" in first
    code, again = played()
    assert code == 0, again
    assert "changed=0" in again
    pairs[0]["dr_disk"] = "odd-size-data"
    (home / "play.yml").write_text(json.dumps([play]))
    code, wrong = played()
    assert code == 2
    assert "failed=1" in wrong


# CI


@pytest.fixture
def job() -> dict[str, Any]:
    text = (EXAMPLES / "ci-job.yml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)["failover-rehearsal"]
    for variable in VARIABLES:
        assert variable in text
    return found


VARIABLES = ("OS_AUTH_URL", "OS_USERNAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_NAME", "OS_PASSWORD")


def test_the_ci_job_signs_in_from_the_environment_alone(
    run: Run, sandbox: Run, serve: Serve, home: Path, job: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    disks = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr")
    assert sandbox("create", *disks, "--name", "db-01", "--wait").exit_code == 0
    assert sandbox("group", "create", "--name", "shop", "--pair", "db-01", "--wait").exit_code == 0
    shutil.rmtree(home / ".config", ignore_errors=True)
    keys = ready_profile(serve())
    for variable in VARIABLES:
        monkeypatch.setenv(variable, keys[variable.removeprefix("OS_").lower()])
    lines = [line.split() for line in job["script"]]
    assert all(words[0] == "evsrep" for words in lines)
    for words in lines:
        done = run(*words[1:])
        assert done.exit_code == 0, (words, done.stderr)
    assert job["before_script"] == ["pip install evsrep-*.whl"]
    assert not (home / ".config").exists()
