"""`evsrep apply` of rows with `dr_zone`: their DR disks are made, each once."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

import evsrep
from evsrep.errors import ExitCode
from tests.cli.conftest import SandboxFile, requests_in
from tests.cli.test_dr_zone import disks_made
from tests.conftest import Done, FakeClock, Run
from tests.weather.faults import FAULTS
from tests.weather.server import BadServer

HEADINGS = "production_disk,dr_zone,name\n"
TWO = HEADINGS + "db-02-data,az2.dc2,data\ndb-02-log,az2.dc2,log\n"


@pytest.fixture
def write(home: Path) -> Any:
    """Write a file of pairs, and return its path as a word."""

    def write(text: str, name: str = "pairs.csv") -> str:
        (home / name).write_text(text)
        return str(home / name)

    return write


def results(done: Done) -> list[str]:
    return [row["result"] for row in rows(done)]


def rows(done: Done) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return sorted(found, key=lambda row: int(row["line"]))


def test_disks_are_made_and_paired_and_then_exist(
    sandbox: Run, sandbox_file: SandboxFile, write: Any
) -> None:
    words = ("apply", write(TWO), "--yes", "--wait", "-o", "jsonl")
    first = sandbox(*words)
    assert (first.exit_code, results(first)) == (ExitCode.DONE, ["created"] * 2), first.stderr
    made = {disk["name"]: disk["id"] for disk in disks_made(sandbox_file)}
    assert made.keys() == {"db-02-data-dr", "db-02-log-dr"}
    assert rows(first)[0]["volume_ids"][1] == made["db-02-data-dr"]
    assert results(sandbox(*words)) == ["exists"] * 2
    assert len(disks_made(sandbox_file)) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"production_disk": "db-02-data", "dr_zone": "az2.dc2"}\n'),
        ("a.toml", '[[pair]]\nproduction_disk = "db-02-data"\ndr_zone = "az2.dc2"\n'),
        (
            "a.csv",
            "production_disk,dr_disk,dr_zone\ndb-02-data,,az2.dc2\nweb-01-data,web-01-data-dr,\n",
        ),
    ],
)
def test_every_form_of_file_may_have_it(
    sandbox: Run, sandbox_file: SandboxFile, write: Any, name: str, text: str
) -> None:
    done = sandbox("apply", write(text, name), "--yes", "-o", "jsonl")
    assert set(results(done)) == {"created"}, done.stderr
    assert len(disks_made(sandbox_file)) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("db-02-data,az2.dc2,az2.dc2", "line 2: dr_zone does not go with dr_disk"),
        ("db-02-data,,", "line 2: dr_disk is missing or empty"),
        (",,az2.dc2", "line 2: production_disk is missing or empty"),
        ("db-02-data,,az2.dc2\ndb-02-data,,az3.dc3", "line 3: disk db-02-data is named in line 2"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(
    sandbox: Run, sandbox_file: SandboxFile, write: Any, row: str, message: str
) -> None:
    done = sandbox("apply", write(f"production_disk,dr_disk,dr_zone\n{row}\n"), "--yes")
    assert done.exit_code == ExitCode.USAGE
    assert message in done.stderr
    assert not sandbox_file.was_asked


def test_nobody_to_ask_is_exit_2(sandbox: Run, sandbox_file: SandboxFile, write: Any) -> None:
    done = sandbox("apply", write(TWO))
    assert done.exit_code == ExitCode.USAGE
    assert "--yes" in done.stderr
    assert not sandbox_file.was_asked


@pytest.mark.parametrize(("answer", "count"), [("y\n", 2), ("n\n", 0)])
def test_on_a_terminal_it_asks_once_for_all(
    sandbox: Run, sandbox_file: SandboxFile, write: Any, answer: str, count: int
) -> None:
    done = sandbox("apply", write(TWO), typed=answer)
    assert done.exit_code == (ExitCode.DONE if count else ExitCode.INTERRUPTED), done.stderr
    assert done.stderr.count("Make these 2 disks?") == 1
    assert "140 GB that cost money" in done.stderr
    assert len(disks_made(sandbox_file)) == count
    again = sandbox("apply", write(TWO), typed="n\n")
    assert ("Make these" in again.stderr) == (count == 0)


def test_a_dry_run_makes_nothing(sandbox: Run, sandbox_file: SandboxFile, write: Any) -> None:
    done = sandbox("apply", write(TWO), "--dry-run", "-o", "jsonl")
    assert (done.exit_code, results(done)) == (ExitCode.DONE, ["created"] * 2)
    assert rows(done)[0]["dr_zone"] == "az2.dc2"
    assert disks_made(sandbox_file) == []


def test_one_that_can_not_be_made_stops_no_other(
    sandbox: Run, sandbox_file: SandboxFile, write: Any
) -> None:
    bad = (
        "beyond-quota-data,az2.dc2,a\nsealed-data,az2.dc2,b\nencrypted-data,nowhere,c\n"
        "rare-type-data,az3.dc3,d\nnope,az2.dc2,e\nscratch,az2.dc2,f\n"
    )
    done = sandbox("apply", write(TWO + bad), "--yes", "-o", "jsonl")
    assert done.exit_code == ExitCode.PARTIAL
    assert results(done) == ["created"] * 2 + ["failed"] * 6
    messages = [row["error"]["message"] for row in rows(done)[2:]]
    for message, words in zip(
        messages,
        ("Quota", "with which key", "no availability zone", "is 'error'", "no disk is", "2 disks"),
        strict=True,
    ):
        assert words in message
    assert len(disks_made(sandbox_file)) == 3  # one of them in error


def test_a_disk_whose_pair_fails_is_told_in_its_row_and_found_again(
    run: Run, weather: BadServer, sandbox_file: SandboxFile, write: Any
) -> None:
    weather.play("POST", "/os-vendor-replications", FAULTS["400"])
    words = ("apply", write(HEADINGS + "db-02-data,az2.dc2,data\n"), "--yes", "-p", "served")
    done = run(*words, "-o", "jsonl")
    [row] = rows(done)
    [disk] = disks_made(sandbox_file)
    assert (row["result"], row["volume_ids"][1]) == ("failed", disk["id"])
    assert f"({disk['id']}), 100 GB, in az2.dc2 is made, and in no pair" in row["error"]["message"]
    assert "pair it with the same file, or delete it" in row["error"]["hint"]
    assert results(run(*words, "-o", "jsonl")) == ["created"]
    assert len(disks_made(sandbox_file)) == 1


def test_a_lost_answer_is_unknown_and_the_same_file_goes_on(
    run: Run, weather: BadServer, sandbox_file: SandboxFile, write: Any
) -> None:
    weather.play("POST", "/volumes", FAULTS["close"])
    path = write(HEADINGS + "db-02-data,az2.dc2,data\n")
    done = run("apply", path, "--yes", "-p", "served", "-o", "jsonl")
    assert results(done) == ["unknown"]
    resume = shlex.split(done.error["resume"])[1:]
    assert "--yes" in resume
    assert results(run(*resume, "-o", "jsonl")) == ["created"]
    assert len(disks_made(sandbox_file)) == 1


def test_another_pair_of_the_production_disk_is_a_conflict(
    sandbox: Run, sandbox_file: SandboxFile, write: Any
) -> None:
    sandbox("create", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr")
    elsewhere = sandbox("apply", write(HEADINGS + "db-01-data,az3.dc3,x\n"), "--yes", "-o", "jsonl")
    assert results(elsewhere) == ["conflict"]
    there = sandbox("apply", write(HEADINGS + "db-01-data,az2.dc2,x\n"), "--yes", "-o", "jsonl")
    assert results(there) == ["exists"]
    assert disks_made(sandbox_file) == []


def test_a_whole_server_is_protected_by_two_commands(
    sandbox: Run, sandbox_file: SandboxFile, write: Any
) -> None:
    words = ("disks", "--match", "db-02", "--dr-zone", "az3.dc3", "--format")
    file = write(sandbox(*words, "csv").stdout)
    done = sandbox("apply", file, "--yes", "-o", "jsonl")
    assert results(done) == ["created"] * 2
    assert [row["name"] for row in rows(done)] == ["db-02-data", "db-02-log"]
    lines = sandbox(*words, "jsonl").stdout.splitlines()
    assert json.loads(lines[0])["dr_zone"] == "az3.dc3"
    elsewhere = sandbox("disks", "--match", "db-02", "--dr-zone", "az2.dc2")
    assert elsewhere.exit_code == ExitCode.REFUSED
    assert "with a disk in another zone" in elsewhere.stderr
    home = sandbox("disks", "--match", "db-01", "--dr-zone", "az1.dc1")
    assert "it is in az1.dc1 itself" in home.stderr
    assert len(disks_made(sandbox_file)) == 2


def test_the_disks_are_seen_in_one_listing(
    sandbox: Run, sandbox_file: SandboxFile, write: Any
) -> None:
    sandbox("apply", write(TWO), "--yes")
    again = sandbox("apply", write(TWO), "--yes", "--debug", "-o", "jsonl")
    shown = [each for each in requests_in(again.stderr) if "/volumes/" in each]
    assert all("/volumes/detail" in each for each in shown), shown
    assert len(disks_made(sandbox_file)) == 2


def test_programs_have_the_same(
    sandbox: Run,
    sandbox_file: SandboxFile,
    write: Any,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evsrep.wiring.RealClock", lambda: clock)
    sandbox("list")
    with evsrep.connect("sandbox") as cloud:
        evsrep.apply_pairs(cloud, file=write(TWO))
    assert len(disks_made(sandbox_file)) == 2
