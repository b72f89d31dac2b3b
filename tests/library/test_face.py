"""`import evsrep`: what programs may rely on."""

import ast
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

import evsrep
from evsrep.sandbox.profile import ready_profile
from tests.conftest import DR, EXAMPLE, PRODUCTION, FakeClock, Real, Run

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests/examples/program.py"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
FACE = {
    *("act", "connect", "create_pair", "delete_pair", "wait_for_pair", "wait_for_pairs"),
    *("apply_pairs", "create_group", "delete_group", "delete_pairs", "expand_pairs", "export"),
    *("list_groups", "list_pairs", "look_at_health", "plan_pair", "rehearse", "update_group"),
    *("wait_for_group", "Reporter", "ActOptions", "ApplyOptions", "CreateOptions"),
    *("DeleteOptions", "ExpandOptions", "ExportOptions", "GroupCreateOptions"),
    *("GroupDeleteOptions", "GroupListOptions", "GroupUpdateOptions", "GroupWaitOptions"),
    *("DiskListOptions", "DiskMatch", "ListedDisk", "MatchOptions", "Matching", "list_disks"),
    *("SdrsPlan", "SdrsPlanOptions", "plan_sdrs"),
    "match_disks",
    *(
        "DoctorOptions",
        "examine",
        "HealthOptions",
        "ListOptions",
        "ReadyOptions",
        "WaitManyOptions",
        "WaitOptions",
    ),
    *("find_disk", "find_group", "find_pair", "Cloud"),
    *(
        "Defaults",
        "Disk",
        "Group",
        "GroupChange",
        "GroupOrder",
        "Pair",
        "PairOrder",
        "Server",
        "Session",
    ),
    *("AuthError", "ConfigError", "EvsrepError", "ExitCode", "Failed", "InternalError"),
    *("Interrupted", "Partial"),
    *("NotFound", "NotOffered", "OutcomeUnknown", "PasscodeWanted", "Refused", "ServiceError"),
    *("Unavailable", "UsageFault", "WaitTimeout"),
}


def test_the_face_is_what_it_was() -> None:
    assert set(dir(evsrep)) >= FACE
    for name in FACE:
        assert getattr(evsrep, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = evsrep.no_such_name


def parsed(module: str) -> list[ast.stmt]:
    return ast.parse((ROOT / f"evsrep/{module}.py").read_text()).body


def test_type_checkers_see_the_same_names() -> None:
    (guarded,) = (node for node in parsed("__init__") if isinstance(node, ast.If))
    assert ast.unparse(guarded.body) == "from evsrep.library import *"
    seen = {
        alias.asname
        for node in parsed("library")
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == FACE


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys; import evsrep; print(*(m for m in sys.modules if 'evsrep' in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if not name.startswith("_")}
    assert loaded == {"evsrep"}


def program(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        timeout=30,
    )


def test_a_program_pairs_disks_over_loopback(home: Path, served_elsewhere: str, real: Real) -> None:
    keys = {**ready_profile(served_elsewhere)}
    keys["password_command"] = f"echo {keys.pop('password')}"
    flags = [f"--{key.replace('_', '-')}={value}" for key, value in keys.items()]
    assert real("profile", "init", "mine", "--no-test", *flags).returncode == 0
    done = program(home, "mine", "example-production", "example-dr")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first.endswith(" available")
    assert second == "1 pairs"
    again = program(home, "mine", PRODUCTION, DR)
    assert again.stdout == done.stdout


def test_what_goes_wrong_is_an_error_with_its_exit_code(home: Path) -> None:
    done = program(home, "sandbox", "scratch", "nope")
    assert done.returncode == evsrep.ExitCode.USAGE
    assert "scratch" in done.stderr
    done = program(home, "sandbox", "db-01-data", "archive-01-data-dr")
    assert done.returncode == evsrep.ExitCode.REFUSED
    assert "types differ" in done.stderr
    assert program(home, "nowhere", "a", "b").returncode == evsrep.ExitCode.CONFIG


@pytest.fixture
def paired(run: Run, home: Path) -> str:
    """A group 'shop' of one active pair 'data', made on the clock of the tests."""
    words = (*EXAMPLE, "--name", "data", "--wait")
    assert run("create", "-p", "sandbox", *words).exit_code == 0
    words = ("--name", "shop", "--pair", "data", "--wait")
    assert run("group", "create", "-p", "sandbox", *words).exit_code == 0
    return "shop"


def test_a_group_is_acted_on_as_its_state_allows(paired: str) -> None:
    with evsrep.connect("sandbox") as cloud:
        with pytest.raises(evsrep.Refused, match="its replication_status is active"):
            evsrep.act(cloud, paired, "reprotect")
        group = evsrep.act(cloud, paired, "pause", wait=True, wait_timeout=60)
        assert group.replication_status == "active-stopped"
        assert evsrep.find_group(cloud, paired).id == group.id
        with pytest.raises(evsrep.Refused, match="is in consistency group"):
            evsrep.delete_pair(cloud, "data")


def test_a_program_too_says_force_to_fail_over_what_is_well(paired: str) -> None:
    with evsrep.connect("sandbox") as cloud:
        for yes in (False, True):
            with pytest.raises(evsrep.Refused, match="shows no fault"):
                evsrep.act(cloud, paired, "failover", yes=yes)
        group = evsrep.act(cloud, paired, "failover", force=True, wait=True, wait_timeout=60)
        assert group.status == "failovered"
        assert evsrep.act(cloud, paired, "failover").id == group.id  # its end is reached


def test_faults_are_told_at_once_and_nothing_is_sent(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "evsrep"), evsrep.connect("sandbox") as cloud:
        with pytest.raises(evsrep.UsageFault) as caught:
            evsrep.create_pair(cloud, production_disk="", dr_disk="x", name="n" * 256)
        assert len(caught.value.faults) == 2
        assert not caplog.messages
        with pytest.raises(evsrep.NotFound):
            evsrep.find_pair(cloud, UNKNOWN)
    assert any(message.startswith("GET http://localhost/v2/") for message in caplog.messages)


def test_the_journal_knows_of_programs(run: Run, paired: str) -> None:
    with evsrep.connect("sandbox") as cloud:
        evsrep.act(cloud, paired, "pause")
    last = run("journal", "-o", "json").json[-1]
    assert last["command"] == "a program, by evsrep.connect"
    assert last["outcome"] == "done"


def test_the_readme_shows_what_works(
    home: Path,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("evsrep.wiring.RealClock", lambda: clock)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert re.fullmatch(r"[0-9a-f-]{36} available \('[0-9a-f-]{36}', '[0-9a-f-]{36}'\)\n", shown)


def test_the_readme_names_what_there_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## From Python")[2].partition("## ")[0]
    named = set(re.findall(r"`(\w+)`", table))
    functions = {name for name in FACE if name[0].islower()}
    assert functions <= named
