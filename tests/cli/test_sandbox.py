"""`evsrep sandbox`."""

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import SandboxFile
from tests.conftest import DR, EXAMPLE, PRODUCTION, Real, Run
from tests.faults.conftest import write_profile


def test_disks_has_the_documented_examples_two(run: Run) -> None:
    done = run("sandbox", "disks", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    disks = {disk["id"]: disk for disk in done.json}
    assert disks[PRODUCTION]["availability_zone"] == "az2.dc2"
    assert disks[DR]["availability_zone"] == "az1.dc1"
    assert len(disks) >= 12
    assert len({disk["availability_zone"] for disk in disks.values()}) == 3
    assert len({disk["volume_type"] for disk in disks.values()}) > 1
    assert len({disk["size"] for disk in disks.values()}) > 1
    assert any(disk["attachments"] for disk in disks.values())


def test_disks_needs_no_profile_and_heeds_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "nobody")
    assert run("sandbox", "disks").exit_code == ExitCode.DONE


def test_disks_shows_a_table_for_people(run: Run) -> None:
    done = run("sandbox", "disks")
    heading, *rows = done.stdout.splitlines()
    assert heading.split()[:2] == ["id", "name"]
    assert any(PRODUCTION in row and "example-production" in row for row in rows)


def test_the_state_lives_in_the_users_state_folder(
    run: Run, sandbox_file: SandboxFile, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sandbox", "disks")
    assert sandbox_file.path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "elsewhere"))
    run("sandbox", "disks")
    assert (home / "elsewhere/evsrep/sandbox.db").exists()


def test_reset_starts_afresh_without_asking(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str
) -> None:
    done = sandbox("sandbox", "reset")
    assert done.exit_code == ExitCode.DONE
    assert done.stdout == ""
    assert sandbox_file.pair_ids() == []
    assert sandbox("show", pair_id).exit_code == ExitCode.NOT_FOUND
    assert sandbox("sandbox", "disks").exit_code == ExitCode.DONE


def test_reset_of_what_never_was_is_fine(run: Run) -> None:
    assert run("sandbox", "reset").exit_code == ExitCode.DONE


@pytest.mark.parametrize("content", [b"not a database at all, by far", b"SQLite format 3\0 broken"])
def test_a_broken_state_file_is_told_and_reset_mends_it(
    run: Run, sandbox_file: SandboxFile, content: bytes
) -> None:
    sandbox_file.path.parent.mkdir(parents=True)
    sandbox_file.path.write_bytes(content)
    done = run("sandbox", "disks")
    assert done.exit_code == ExitCode.CONFIG
    assert str(sandbox_file.path) in done.stderr
    assert "evsrep sandbox reset" in done.stderr
    assert "Traceback" not in done.stderr
    assert run("sandbox", "reset").exit_code == ExitCode.DONE
    assert run("sandbox", "disks").exit_code == ExitCode.DONE


def test_a_file_where_the_folder_should_be_is_told(run: Run, sandbox_file: SandboxFile) -> None:
    sandbox_file.path.parent.parent.mkdir(parents=True)
    sandbox_file.path.parent.write_text("in the way")
    for verb in ("disks", "reset", "serve"):
        done = run("sandbox", verb)
        assert done.exit_code == ExitCode.CONFIG
        assert str(sandbox_file.path) in done.stderr


def test_the_sandboxs_files_hold_no_secret(run: Run, served: str, home: Path) -> None:
    token = run("auth", "token", "-p", "served").stdout.strip().encode()
    for path in (home / ".local/state").rglob("*"):
        if path.is_file():
            assert token not in path.read_bytes()


@pytest.mark.parametrize("port", ["-1", "65536", "high"])
def test_a_port_that_is_none_is_told(run: Run, port: str) -> None:
    assert run("sandbox", "serve", "--port", port).exit_code == ExitCode.USAGE


def test_a_port_that_is_taken_is_told(run: Run, served: str) -> None:
    done = run("sandbox", "serve", "--port", served.rpartition(":")[2])
    assert done.exit_code == ExitCode.CONFIG
    assert served.rpartition(":")[2] in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_it_is_and_ends_when_it_is_told(
    home: Path, real: Real, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "evsrep", "sandbox", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:")
    assert process.stderr is not None
    lines: list[str] = []
    while "[profiles." not in "".join(lines) or "project" not in lines[-1]:
        lines.append(process.stderr.readline())
        assert lines[-1], "the profile is not all there"
    (home / ".config/evsrep").mkdir(parents=True)
    path = home / ".config/evsrep/config.toml"
    path.write_text("".join(lines))
    path.chmod(0o600)
    [name] = tomllib.loads(path.read_text())["profiles"]

    created = real("create", *EXAMPLE, "-p", name, "-o", "json")
    assert created.returncode == 0, created.stderr
    pair_id = json.loads(created.stdout)["id"]
    # the same state, without the network
    assert (
        real("show", pair_id, "-p", "sandbox", "-o", "value", "-c", "id").stdout == f"{pair_id}\n"
    )

    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err


def test_a_sandbox_that_is_served_can_lag(home: Path, real: Real) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "evsrep", "sandbox", "serve", "--lag", "1h", "--lag", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    write_profile(home, ready_profile(url))
    pair_id = real("create", *EXAMPLE, "--no-check", "-o", "value", "-c", "id").stdout.strip()
    seen = [real("list", "-o", "value", "-c", "id").stdout.strip() for _ in range(2)]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert sorted(seen) == ["", pair_id]


@pytest.mark.parametrize("lag", ["-1s", "soon"])
def test_a_lag_that_is_no_duration_is_a_usage_error(run: Run, lag: str) -> None:
    assert run("sandbox", "serve", "--lag", lag).exit_code == ExitCode.USAGE
