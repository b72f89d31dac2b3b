"""`evsrep apply`."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Pair, PairOrder
from evsrep.errors import ExitCode
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import SandboxFile, WriteProfiles, requests_in, resume_of
from tests.conftest import DR, PRODUCTION, FakeClock, Run, press_ctrl_c
from tests.weather.faults import CLOSE, PROCESS_THEN_CLOSE, status
from tests.weather.messages import Request
from tests.weather.server import BadServer

HEAD = "production_disk,dr_disk,name\n"
GOOD = HEAD + (
    "db-01-data,db-01-data-dr,db\n"
    f"{PRODUCTION},{DR},example\n"
    "1aac3b9d-9476-4095-8d9b-2eee9618402c,e103894c-947b-4aec-b2dc-8d7414eb77ea,log\n"
)
IDS = HEAD + (
    f"{PRODUCTION},{DR},example\n"
    "33f6d2a1-7b6b-49e7-93c8-ed05a19492de,5ac231a6-77fb-49e0-898a-3ba330912e4d,db\n"
    "1aac3b9d-9476-4095-8d9b-2eee9618402c,e103894c-947b-4aec-b2dc-8d7414eb77ea,log\n"
    "b5343d65-8f0e-4f90-8ae0-030f185b1cf4,2309a89b-1d61-4391-a93c-8dcc2370061d,archive\n"
)
Write = Callable[..., str]


@pytest.fixture
def write(home: Path) -> Write:
    """Write a file of pairs; its path."""

    def write(text: str, name: str = "pairs.csv") -> str:
        path = home / name
        path.write_text(text)
        return str(path)

    return write


def results(stdout: str) -> list[tuple[int, str]]:
    return [(row["line"], row["result"]) for row in json.loads(stdout)]


def posts(server: BadServer) -> int:
    return sum(
        request.method == "POST" and "replications" in request.path for request in server.requests
    )


def test_apply_makes_the_pairs_and_a_second_time_changes_nothing(
    sandbox: Run, sandbox_file: SandboxFile, write: Write
) -> None:
    file = write(GOOD)
    done = sandbox("apply", file, "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert results(done.stdout) == [(2, "created"), (3, "created"), (4, "created")]
    assert [row["name"] for row in done.json] == ["db", "example", "log"]
    before = sandbox_file.pair_ids()
    again = sandbox("apply", file, "-o", "json")
    assert again.exit_code == ExitCode.DONE
    assert results(again.stdout) == [(2, "exists"), (3, "exists"), (4, "exists")]
    assert {row["id"] for row in again.json} == set(before)
    assert sandbox_file.pair_ids() == before


def test_another_name_or_description_of_what_is_there_is_told(sandbox: Run, write: Write) -> None:
    sandbox("apply", write(GOOD))
    done = sandbox("apply", write(GOOD.replace("-dr,db\n", "-dr,other\n")), "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert [row["result"] for row in done.json] == ["exists"] * 3
    assert [row.get("difference") for row in done.json] == [
        "its name is 'db', not 'other'",
        *[None] * 2,
    ]
    assert (
        f"warning: line 2: pair {done.json[0]['id']} is there, but its name is 'db'" in done.stderr
    )


@pytest.mark.parametrize("words", [[], ["--no-check"]])
def test_what_is_there_is_seen_by_listing(sandbox: Run, write: Write, words: list[str]) -> None:
    done = sandbox("apply", write(IDS), "--debug", *words)
    asked = requests_in(done.stderr)
    listed = [
        request.partition("?")[0].rpartition("/")[2]
        for request in asked
        if request.startswith("GET")
    ]
    # a page of disks that may be short for a limit of the cloud's own is followed by one more
    assert sorted(listed) == sorted(["os-vendor-replications", "detail", "detail"])
    assert sum("POST" in request and "replications" in request for request in asked) == 4


def test_disks_that_may_not_be_listed_are_a_warning(
    run: Run, weather: BadServer, write: Write
) -> None:
    weather.play("GET", "/volumes/", status(403, body=b'{"forbidden": {"message": "no"}}'))
    text = HEAD.replace("name", "priority_station") + f"{PRODUCTION},{DR},az2.dc2\n"
    done = run("apply", write(text), "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stdout
    assert results(done.stdout) == [(2, "created")]
    assert "warning: the disks could not be checked: no permission" in done.stderr
    weather.play("GET", "/volumes/", status(403, body=b'{"forbidden": {"message": "no"}}'))
    done = run("apply", write(GOOD), "-p", "served", "-o", "json")  # by name: they must be
    assert done.exit_code == ExitCode.AUTH


def test_a_server_that_may_not_be_looked_at_is_a_warning(
    run: Run, weather: BadServer, write: Write
) -> None:
    weather.play("GET", "/servers/", status(403, body=b'{"forbidden": {"message": "no"}}'))
    row = "92829596-db7d-404d-bb2a-b014ab647e04,761aaa37-151b-46a0-a0e5-620a9c46991f,mail\n"
    done = run("apply", write(HEAD + row), "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert results(done.stdout) == [(2, "created")]
    assert "warning: line 2: whether server " in done.stderr


def test_without_checks_and_with_zones_only_the_pairs_are_listed(
    sandbox: Run, write: Write
) -> None:
    text = f"volume_ids,priority_station\n{PRODUCTION} {DR},az2.dc2\n"
    done = sandbox("apply", write(text), "--no-check", "--debug")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert "volumes/detail" not in done.stderr


def test_json_lines_have_a_row_each(sandbox: Run, write: Write) -> None:
    done = sandbox("apply", write(GOOD), "-o", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(row["line"] for row in rows) == [2, 3, 4]


def test_standard_input_wants_its_form(sandbox: Run) -> None:
    done = sandbox("apply", "-", typed="")
    assert done.exit_code == ExitCode.USAGE
    assert "--format" in done.stderr
    row = json.dumps({"production_disk": PRODUCTION, "dr_disk": DR})
    done = sandbox("apply", "-", "--format", "jsonl", "-o", "json", typed=row)
    assert results(done.stdout) == [(1, "created")]


def test_toml(sandbox: Run, write: Write) -> None:
    text = f'[[pair]]\nproduction_disk = "{PRODUCTION}"\ndr_disk = "{DR}"\n'
    assert results(sandbox("apply", write(text, "p.toml"), "-o", "json").stdout) == [(1, "created")]


def test_bad_input_is_told_by_line_and_nothing_is_sent(
    sandbox: Run, sandbox_file: SandboxFile, write: Write
) -> None:
    done = sandbox("apply", write(HEAD + "a,a,x\nb,,y\n"))
    assert done.exit_code == ExitCode.USAGE
    assert "line 2: the two disks must be different" in done.stderr
    assert "line 3: dr_disk is missing or empty" in done.stderr
    assert not sandbox_file.was_asked


def test_a_file_that_is_not_there(sandbox: Run, home: Path) -> None:
    done = sandbox("apply", str(home / "none.csv"))
    assert done.exit_code == ExitCode.USAGE
    assert "can't be read: No such file" in done.stderr


def test_a_disk_by_name_and_by_id_is_the_same(
    sandbox: Run, sandbox_file: SandboxFile, write: Write
) -> None:
    text = HEAD + f"example-production,{DR},x\n{PRODUCTION},db-01-data-dr,y\n"
    done = sandbox("apply", write(text))
    assert done.exit_code == ExitCode.USAGE
    assert f"line 3: disk {PRODUCTION} is in line 2 as well" in done.stderr
    assert sandbox_file.pair_ids() == []


def test_what_can_not_be_is_told_in_its_row(
    sandbox: Run, sandbox_file: SandboxFile, write: Write
) -> None:
    text = HEAD + (
        "odd-size-data,odd-size-data-dr,a\nnope,mail-01-data,b\nscratch,db-01-data-dr,c\n"
        f"{PRODUCTION},{DR},d\nweb-01-data,mail-01-data-dr-running,e\n"
    )
    done = sandbox("apply", write(text), "-o", "json")
    assert done.exit_code == ExitCode.PARTIAL
    kinds = [(row["result"], row.get("error", {}).get("kind")) for row in done.json]
    assert kinds == [
        ("failed", "refused"), ("failed", "not_found"), ("failed", "usage"), ("created", None),
        ("failed", "refused"),
    ]  # fmt: skip
    assert len(sandbox_file.pair_ids()) == 1


def test_a_row_tells_all_that_is_wrong_to_a_person_too(sandbox: Run, write: Write) -> None:
    done = sandbox("apply", write(HEAD + "odd-size-data,odd-size-data-dr,a\nnope,none,b\n"))
    [_, odd, missing] = done.stdout.splitlines()
    assert "sizes differ" in odd
    for word in ("nope", "none"):
        assert f"no disk is called '{word}'" in missing
        assert f"no disk is called '{word}'" in done.stderr


def test_for_a_program_a_failure_is_one_object_on_stderr(sandbox: Run, write: Write) -> None:
    done = sandbox("apply", write(HEAD + "nope,none,b\n"), "-o", "json")
    assert json.loads(done.stderr)["error"]["kind"] == "partial"


def test_what_is_there_but_differs_is_a_conflict(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, write: Write
) -> None:
    swapped = HEAD + f"{DR},{PRODUCTION},x\n"
    done = sandbox("apply", write(swapped), "-o", "json")
    assert done.exit_code == ExitCode.PARTIAL
    [row] = done.json
    assert row["result"] == "conflict"
    assert row["id"] == pair_id
    taken = HEAD + f"{PRODUCTION},archive-01-data-dr,x\n"
    for words in ([], ["--no-check"]):
        done = sandbox("apply", write(taken), "-o", "json", *words)
        assert [row["result"] for row in done.json] == ["conflict"]
        assert f"is in another pair: {pair_id}" in done.json[0]["error"]["message"]
    assert sandbox_file.pair_ids() == [pair_id]


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    sandbox: Run, sandbox_file: SandboxFile, write: Write
) -> None:
    done = sandbox("apply", write(GOOD), "--dry-run", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert results(done.stdout) == [(2, "created"), (3, "created"), (4, "created")]
    assert "dry run, nothing was sent" in done.stderr
    assert sandbox_file.pair_ids() == []
    bad = GOOD + "odd-size-data,odd-size-data-dr,odd\n"
    assert sandbox("apply", write(bad), "--dry-run").exit_code == ExitCode.PARTIAL


def test_wait_waits_for_all(sandbox: Run, write: Write) -> None:
    done = sandbox("apply", write(GOOD), "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert {row["status"] for row in done.json} == {"available"}


def test_who_may_not_look_while_waiting_keeps_every_id(
    run: Run, weather: BadServer, sandbox_file: SandboxFile, write: Write
) -> None:
    forbidden = status(403, body=b'{"forbidden": {"message": "no"}}')
    weather.play("GET", "/os-vendor-replications", forbidden, times=9, after=1)
    done = run("apply", write(GOOD), "-p", "served", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.PARTIAL
    assert {row["id"] for row in done.json} == set(sandbox_file.pair_ids())
    assert {(row["result"], row["error"]["kind"]) for row in done.json} == {("created", "auth")}


def test_wait_tells_the_pair_that_failed_and_the_time_that_ran_out(
    sandbox: Run, write: Write
) -> None:
    text = HEAD + f"{PRODUCTION},{DR},x\nlink-down,link-down-dr,y\n"
    done = sandbox("apply", write(text), "--wait", "-o", "json")
    assert done.exit_code == ExitCode.PARTIAL
    assert results(done.stdout) == [(2, "created"), (3, "failed")]
    assert done.json[1]["failure_detail"] == "37100043"
    late = sandbox("apply", write(GOOD), "--wait", "--wait-timeout", "0", "-o", "json")
    assert late.exit_code == ExitCode.WAIT_TIMEOUT
    assert late.error["resume"].startswith("evsrep apply ")


def test_a_lost_answer_makes_no_second_pair(
    run: Run, weather: BadServer, sandbox_file: SandboxFile, write: Write
) -> None:
    weather.play("POST", "replications", PROCESS_THEN_CLOSE)
    weather.play("POST", "replications", CLOSE)
    done = run("apply", write(IDS), "-p", "served", "-o", "json", "--jobs", "2")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [row["result"] for row in done.json] == ["created"] * 4
    assert len(sandbox_file.pair_ids()) == 4


def test_what_can_not_be_found_out_is_unknown(run: Run, weather: BadServer, write: Write) -> None:
    weather.play("POST", "replications", PROCESS_THEN_CLOSE)
    weather.play("GET", "volume_id=", status(503), times=99)
    done = run("apply", write(IDS), "-p", "served", "--retries", "0", "-o", "json", "--jobs", "1")
    assert done.exit_code == ExitCode.PARTIAL
    assert [row["result"] for row in done.json] == ["unknown", "created", "created", "created"]
    assert done.error["resume"].startswith("evsrep apply ")


@pytest.mark.parametrize("bug", [RuntimeError("nobody foresaw this"), MemoryError()])
def test_a_row_that_meets_a_bug_is_unknown_and_all_are_told(
    run: Run, weather: BadServer, write: Write, monkeypatch: pytest.MonkeyPatch, bug: Exception
) -> None:
    create_pair = Cloud.create_pair

    def create_pair_but_log(cloud: Cloud, order: PairOrder) -> Pair:
        pair = create_pair(cloud, order)
        if order.name == "log":
            raise bug
        return pair

    monkeypatch.setattr(Cloud, "create_pair", create_pair_but_log)
    done = run("apply", write(IDS), "-p", "served", "-o", "json", "--jobs", "4")
    assert done.exit_code == ExitCode.PARTIAL
    by_line = sorted(results(done.stdout))
    assert [result for _, result in by_line] == ["created", "created", "unknown", "created"]
    assert done.error["resume"].startswith("evsrep apply ")
    assert posts(weather) == 4


def test_refused_credentials_end_it(run: Run, weather: BadServer, write: Write) -> None:
    weather.play("POST", "replications", status(403), times=99)
    done = run("apply", write(IDS), "-p", "served", "-o", "json", "--jobs", "1")
    assert done.exit_code == ExitCode.PARTIAL
    assert done.json[0]["result"] == "failed"
    assert done.json[-1]["result"] == "not_run"
    assert posts(weather) < 4


def test_a_rate_limit_is_everybodys(
    run: Run, weather: BadServer, clock: FakeClock, write: Write
) -> None:
    weather.play("POST", "replications", status(429, headers={"Retry-After": "7"}))
    before = clock.moment
    done = run("apply", write(IDS), "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert clock.moment - before >= 7


def test_ctrl_c_hands_out_no_new_work_and_tells_of_every_row(
    run: Run, weather: BadServer, sandbox_file: SandboxFile, write: Write
) -> None:
    def interrupt(request: Request) -> None:
        if request.method == "POST" and "replications" in request.path:
            press_ctrl_c()
            time.sleep(0.4)  # the answer comes after evsrep's main thread has heard of it

    weather.weather = interrupt
    done = run("apply", write(IDS), "-p", "served", "-o", "json", "--jobs", "1")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert results(done.stdout) == [
        (2, "created"), (3, "not_run"), (4, "not_run"), (5, "not_run"),
    ]  # fmt: skip
    assert len(sandbox_file.pair_ids()) == 1
    assert done.error["resume"].startswith("evsrep apply ")
    assert done.error["kind"] == "interrupted"


def test_a_second_ctrl_c_stops_at_once(run: Run, weather: BadServer, write: Write) -> None:
    ended = threading.Event()

    def interrupt(request: Request) -> None:
        if request.method == "POST" and "replications" in request.path:
            press_ctrl_c()
            press_ctrl_c(signal.SIGTERM)  # two of one number may be heard as one
            ended.wait(10)  # no answer: what comes after this row is never begun

    weather.weather = interrupt
    done = run("apply", write(IDS), "-p", "served", "--jobs", "1")
    ended.set()
    assert done.exit_code == ExitCode.INTERRUPTED
    assert done.stdout.count("unknown") == 1
    assert done.stdout.count("not_run") == 3
    assert resume_of(done.stderr).startswith("apply ")


def test_ctrl_c_while_looking_tells_of_every_row(
    run: Run, weather: BadServer, write: Write
) -> None:
    def interrupt(request: Request) -> None:
        if request.method == "GET" and "volumes" in request.path:
            press_ctrl_c()

    weather.weather = interrupt
    done = run("apply", write(GOOD), "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert results(done.stdout) == [(2, "not_run"), (3, "not_run"), (4, "not_run")]
    assert done.error["resume"].startswith("evsrep apply ")


def test_a_profile_that_may_only_read(
    run: Run, served: str, write_profiles: WriteProfiles, write: Write
) -> None:
    write_profiles(**ready_profile(served), read_only=True)
    assert run("apply", write(IDS), "-p", "served").exit_code == ExitCode.REFUSED
    assert run("apply", write(IDS), "-p", "served", "--dry-run").exit_code == ExitCode.DONE


def test_on_a_terminal_there_is_a_bar(sandbox: Run, write: Write) -> None:
    done = sandbox("apply", write(GOOD), terminal=True, width=200)
    assert done.exit_code == ExitCode.DONE
    assert "3 of 3" in done.stderr


def test_a_run_that_is_killed_and_run_again_makes_every_pair_once(
    sandbox_file: SandboxFile,
    hurried: Path,
    write_profiles: WriteProfiles,
    write: Write,
    home: Path,
) -> None:
    running: list[subprocess.Popen[bytes]] = []
    began = time.time()

    def now() -> float:  # whether the last create was taken or not, what it leads to is waited for
        return began + (time.time() - began) * 40

    def kill(request: Request) -> None:
        is_create = request.method == "POST" and "replications" in request.path
        if is_create and len(sandbox_file.pair_ids()) == 2:
            running[0].kill()  # the second time it is dead already

    command = [hurried / "evsrep", "apply", write(IDS), "-p", "served", "-o", "jsonl"]
    with BadServer(Sandbox(sandbox_file.path, now=now), weather=kill) as server:
        write_profiles(**ready_profile(server.url))
        running.append(subprocess.Popen([*command, "--jobs", "1"], stdout=subprocess.PIPE))
        running[0].communicate(timeout=20)
        assert running[0].returncode == -signal.SIGKILL
        server.settle()
        again = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert again.returncode == ExitCode.DONE, again.stderr
    outcomes = {json.loads(line)["result"] for line in again.stdout.splitlines()}
    assert outcomes == {"exists", "created"}
    assert len(sandbox_file.pair_ids()) == 4


def test_many_disks_of_a_seeded_sandbox_are_paired(sandbox: Run, run: Run, write: Write) -> None:
    assert run("sandbox", "seed", "--disks", "100").exit_code == ExitCode.DONE
    rows = [f"bulk-{number:05},bulk-{number:05}-dr,b{number}\n" for number in range(1, 51)]
    done = sandbox("apply", write(HEAD + "".join(rows)), "-o", "json", "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert [row["result"] for row in done.json] == ["created"] * 50
    assert sandbox("list", "-o", "value", "-c", "name").stdout.count("\n") == 50
