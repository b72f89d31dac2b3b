"""`evsrep journal`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from evsrep.settings.journal import MOST_BYTES, Journal, read_journal
from tests.cli.conftest import UNKNOWN, Serve, WriteProfiles, Wsgi
from tests.conftest import EXAMPLE, FakeClock, Real, Run

CREATE = ("create", "-p", "sandbox", *EXAMPLE)
FIELDS = (
    "time profile project_id command method path outcome status id request_id".split()  # noqa: SIM905
)


@pytest.fixture
def file(home: Path) -> Path:
    return home / ".local/state/evsrep/journal.jsonl"


def test_a_change_is_kept_with_what_came_of_it(run: Run, file: Path) -> None:
    pair_id = run(*CREATE, "-o", "json").json["id"]
    (entry,) = run("journal", "-o", "json").json
    assert list(entry) == FIELDS
    assert entry["time"] == "2023-11-14T22:13:20.000+00:00"
    assert (entry["profile"], entry["outcome"], entry["status"]) == ("sandbox", "done", 202)
    assert entry["id"] == pair_id
    assert entry["command"].startswith("evsrep create -p sandbox --production-disk")
    assert (entry["method"], entry["path"].rpartition("/")[2]) == ("POST", "os-vendor-replications")
    assert entry["project_id"] in entry["path"]
    assert entry["request_id"].startswith("req-")
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_changes_nothing_is_not_kept(run: Run, file: Path) -> None:
    run(*CREATE, "--dry-run")
    run("list", "-p", "sandbox")
    run("auth", "check", "-p", "sandbox")
    assert not file.exists()
    done = run("journal", "-o", "json")
    assert (done.exit_code, done.json) == (ExitCode.DONE, [])


def test_a_refusal_is_kept_too(run: Run, serve: Serve, write_profiles: WriteProfiles) -> None:
    def refusing(app: Wsgi) -> Wsgi:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if environ["REQUEST_METHOD"] == "POST" and "vendor" in environ["PATH_INFO"]:
                headers = [("Content-Length", "0"), ("X-Request-Id", "req-7")]
                start_response("409 Conflict", headers)
                return [b""]
            return app(environ, start_response)

        return answer

    write_profiles(**ready_profile(serve(refusing)))
    assert run(*CREATE[:1], "-p", "served", *CREATE[3:]).exit_code == ExitCode.REFUSED
    (entry,) = run("journal", "-o", "json").json
    assert (entry["outcome"], entry["status"], entry["id"]) == ("refused", 409, None)
    assert entry["request_id"] == "req-7"


def test_since_is_a_duration_or_a_time(run: Run, clock: FakeClock) -> None:
    run(*CREATE)
    clock.sleep(7200)
    run("delete", "-p", "sandbox", UNKNOWN, "--yes", "--ignore-missing")
    run("group", "delete", "-p", "sandbox", UNKNOWN, "--yes")

    def count(since: str) -> int:
        return len(run("journal", "--since", since, "-o", "json").json)

    assert count("1d") == count("2023-11-14") == count("2023-11-14T23:13:20+01:00") == 1
    assert count("90m") == count("2023-11-14T22:14") == 0


@pytest.mark.parametrize("since", ["yesterday", "-1h", "9999999d", "999999d", ""])
def test_what_is_no_moment_is_told(run: Run, since: str) -> None:
    done = run("journal", f"--since={since}")
    assert done.exit_code == (ExitCode.USAGE if since else ExitCode.DONE)


def test_a_profile_may_keep_none(run: Run, served: str, file: Path) -> None:
    run("profile", "set", "served", "journal=false")
    done = run(*CREATE[:1], "-p", "served", *CREATE[3:])
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert not file.exists()


def test_lines_that_are_none_are_passed_over(run: Run, file: Path) -> None:
    run(*CREATE)
    with file.open("ab") as journal:
        journal.write(b'\xff\n[]\n{"key": 1}\n{"key": "half", "ti\n\n')
    assert len(run("journal", "-o", "json").json) == 1


def test_a_journal_that_can_not_be_written_is_told_once_and_done_without(
    run: Run, file: Path
) -> None:
    file.mkdir(parents=True)
    done = run(*CREATE)
    assert done.exit_code == ExitCode.DONE
    assert done.stderr.count("warning: the journal can't be written: Is a directory") == 1
    assert run("journal").exit_code == ExitCode.CONFIG


def test_a_request_that_was_under_way_when_evsrep_was_killed_is_unknown(
    real: Real, home: Path, write_profiles: WriteProfiles
) -> None:
    server = subprocess.Popen([sys.executable, "-c", SILENT], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    write_profiles(endpoint=url, project_id="p", token="a token", compute_endpoint=url)
    command = [sys.executable, "-m", "evsrep", "delete", "-p", "served", UNKNOWN, "--yes"]
    evsrep = subprocess.Popen(command, cwd=home, stderr=subprocess.DEVNULL)
    assert server.stdout.readline() == "DELETE\n"
    os.kill(evsrep.pid, signal.SIGKILL)
    evsrep.wait()
    server.kill()
    server.wait()
    server.stdout.close()
    (entry,) = json.loads(real("journal", "-o", "json").stdout)
    assert (entry["method"], entry["outcome"], entry["status"]) == ("DELETE", "unknown", None)


SILENT = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    peer, _ = listener.accept()
    heard = peer.recv(65536).split()[0].decode()
    if heard == "GET":
        body = b'{"replication": {"id": "%s", "status": "available", "volume_ids": "a,b"}}'
        body = body % b"00000000-0000-4000-8000-000000000000"
        peer.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n" + body)
        peer.close()
    else:
        print(heard, flush=True)
"""


# The file


def journal_at(path: Path) -> Journal:
    return Journal(
        path, profile="p", command="evsrep create", warn=pytest.fail, verbose=pytest.fail
    )


def test_many_at_once_mix_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    journals = [journal_at(path) for _ in range(4)]

    def write(number: int) -> None:
        journal = journals[number % 4]
        journal.end(journal.begin(0.0, "POST", f"/v2/p/{number}"), outcome="done", id=str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(400)))
    for journal in journals:
        journal.close()
    entries = list(read_journal(path))
    assert {entry.id for entry in entries} == {str(number) for number in range(400)}
    assert all(entry.path == f"/v2/p/{entry.id}" for entry in entries)


def test_a_long_journal_is_laid_beside_and_still_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for number in range(3):
        journal = journal_at(path)
        journal.begin(float(number), "POST", "/" + "x" * MOST_BYTES)
        journal.close()
    assert path.stat().st_size < MOST_BYTES + 1000
    times = [entry.time[17:19] for entry in read_journal(path)]
    assert times == ["01", "02"]


def test_what_may_have_been_made_lately_is_known_by_its_disks(file: Path) -> None:
    journal = Journal(file, profile="p", command="c", warn=pytest.fail, verbose=pytest.fail)
    outcomes = {"a": "done", "b": "refused", "c": "unknown", "d": None}
    for disk, outcome in outcomes.items():
        key = journal.begin(1000.0, "POST", "/v2/x/pairs", (disk, "dr"))
        if outcome:
            journal.end(key, outcome=outcome)
    Journal(file, profile="q", command="c", warn=pytest.fail, verbose=pytest.fail).begin(
        1000.0, "POST", "", ("e", "f")
    )
    with file.open("ab") as raw:
        raw.write(b'{"key": "k", "about": 7, "time": "2030", "profile": "p"}\n[]\nnonsense\n')
    assert journal.asked_since(990.0) == {frozenset({disk, "dr"}) for disk in "acd"}
    assert journal.asked_since(1001.0) == set()
    nowhere = Journal(
        file.parent / "none", profile="p", command="c", warn=pytest.fail, verbose=pytest.fail
    )
    assert nowhere.asked_since(0.0) == set()


def test_a_delete_by_name_is_told_with_the_id_of_what_went(
    sandbox: Run, pair_id: str, clock: FakeClock
) -> None:
    clock.sleep(20)
    assert sandbox("delete", "my replication", "--yes").exit_code == 0
    change = sandbox("journal", "-o", "json").json[-1]
    assert (change["method"], change["id"]) == ("DELETE", pair_id)
    screen = sandbox("journal", terminal=True, width=80).stdout
    assert screen.count(pair_id) == 2


def test_on_a_terminal_a_change_is_a_line(sandbox: Run, pair_id: str) -> None:
    for width in (60, 80, 100, 140, 200):
        done = sandbox("journal", "--no-color", terminal=True, width=width)
        assert max(map(len, done.stdout.splitlines())) <= width
        assert done.stdout.splitlines()[-1].split()[-1] == pair_id
        assert done.stderr == "1 change: 1 done\n"
    sandbox("sandbox", "reset")
