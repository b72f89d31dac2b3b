"""The README's failover drill, and the wrong steps on its way."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from tests.conftest import Run

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## A failover drill in ten commands\n")[2].partition("\n## ")[0]
BLOCKS = [block.strip() for block in re.findall(r"^```sh\n(.*?)^```$", SECTION, re.M | re.S)]
AFRESH, *STEPS, CLEANED_UP = BLOCKS

# Before the step of that number: a wrong one, its exit code, and what is said of it.
WRONG = {
    1: [("group create --name shop --pair data", 5, "no pair is called 'data'")],
    2: [
        ("group create --name shop --pair data --priority-station az1.dc1", 6, "not az1.dc1"),
        ("group failover shop --yes", 5, "no group is called 'shop'"),
    ],
    3: [
        ("group failover shop", 2, "nobody is there to ask"),
        ("group reprotect shop --yes", 6, "nothing is to be done: the group is protected"),
        ("group switchover shop --expect-primary az1.dc1 --yes", 6, "is az2.dc2, not az1.dc1"),
        ("group update shop --remove data", 6, "pause it first"),
        ("group delete shop --yes", 6, "take its pairs out first"),
        ("delete data --yes", 6, "is in consistency group"),
        ("group ready shop --for reprotect", 6, "no reprotect of group 'shop'"),
        ("sandbox break --az az9", 2, "there is no zone 'az9'"),
    ],
    5: [
        ("health shop", 2, ""),
        ("group switchover shop --yes", 6, "fail over: evsrep group failover shop"),
        ("group ready shop --for switchover", 6, "its fault_level is 2"),
    ],
    6: [
        ("group failover shop --yes", 0, "is failovered already"),
        ("group reprotect shop --yes", 6, "its fault_level is 5"),
        ("group switchover shop --yes", 6, "its status is failovered"),
    ],
    7: [
        ("group sync shop", 6, "reprotect it first: evsrep group reprotect shop"),
        ("group update shop --remove data --pause", 6, "its status is failovered"),
        ("health shop", 1, ""),
    ],
    8: [("group switchover shop --expect-primary az2.dc2 --yes", 6, "is az1.dc1, not az2.dc2")],
    9: [
        ("group switchover shop --expect-primary az1.dc1 --yes", 6, "is az2.dc2, not az1.dc1"),
        ("group delete shop --yes --pause", 6, "take its pairs out first"),
    ],
    10: [("group switchover shop --yes", 6, "its replication_status is inactive")],
}


@pytest.fixture(params=["sandbox", "served"])
def drilled(request: pytest.FixtureRequest, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type commands in-process, and over loopback."""
    if request.param == "served":
        request.getfixturevalue("served")
    monkeypatch.setenv("EVSREP_PROFILE", request.param)
    return run


def test_the_drill_has_ten_commands() -> None:
    assert len(STEPS) == 10
    assert all(step.startswith("evsrep ") and "\n" not in step for step in BLOCKS)
    assert AFRESH == "evsrep sandbox reset"


def test_the_drill_runs_and_each_wrong_step_is_refused(drilled: Run) -> None:
    for number, step in enumerate(STEPS, 1):
        for words, exit_code, said in WRONG.get(number, []):
            done = drilled(*shlex.split(words))
            assert done.exit_code == exit_code, (words, done)
            assert said in done.stderr, words
        done = drilled(*shlex.split(step)[1:])
        assert done.exit_code == ExitCode.DONE, (step, done.stderr)
    assert drilled("group", "list", "-o", "json").json == []
    [pair] = drilled("list", "-o", "json").json
    assert pair["replication_consistency_group_id"] is None
    assert "group create --name data --pair data" in drilled("health", "-o", "json").json[0]["hint"]
    assert drilled(*shlex.split(CLEANED_UP)[1:]).exit_code == ExitCode.DONE
    assert drilled("list", "-o", "json").json == []
    assert drilled("health").exit_code == ExitCode.DONE


def test_the_drill_can_be_done_again_and_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "sandbox")
    for step in (*BLOCKS[:6], *BLOCKS):
        done = run(*shlex.split(step)[1:])
        assert done.exit_code == ExitCode.DONE, (step, done.stderr)


def test_where_each_step_leads(drilled: Run) -> None:
    state: Callable[[], list[str]] = lambda: (  # noqa: E731
        drilled("group", "show", "shop", "-o", "value", "-c",
                "status,replication_status,priority_station").stdout.split()
    )  # fmt: skip
    ends = {
        2: ["available", "active", "az2.dc2"],
        5: ["failovered", "active-stopped", "az1.dc1"],
        7: ["available", "active", "az1.dc1"],
        8: ["available", "active", "az2.dc2"],
    }
    for number, step in enumerate(STEPS[:8], 1):
        drilled(*shlex.split(step)[1:])
        if number in ends:
            assert state() == ends[number], step
