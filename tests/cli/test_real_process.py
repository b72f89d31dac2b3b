"""evsrep as a process of its own: terminals, pipes, signals. Time is real here: tests are few."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from evsrep.errors import ExitCode
from tests.cli.conftest import ID, SandboxFile, resume_of
from tests.conftest import DR, EXAMPLE, PRODUCTION, Real, Spawn

CREATE = ("create", *EXAMPLE, "-p", "sandbox")
SCRIPT = str(Path(sys.executable).with_name("evsrep"))
EVSREP = f"{shlex.quote(sys.executable)} -m evsrep"


def screen_of(child: pexpect.spawn) -> str:
    """All that a child shows until it ends."""
    child.expect(pexpect.EOF)
    child.wait()
    return str(child.before).replace("\r\n", "\n")


def plain(screen: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line as bash would, with a pipe's exit codes in its last line."""
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=20, check=False
    )


# Terminals


@pytest.mark.parametrize("columns", [80, 200])
def test_a_terminal_gets_colours_and_lines_that_fit(spawn: Spawn, columns: int) -> None:
    child = spawn(*CREATE, "--name", "my replication", columns=columns)
    screen = screen_of(child)
    assert child.exitstatus == ExitCode.DONE
    assert "\x1b[" in screen
    lines = plain(screen).splitlines()
    assert max(len(line) for line in lines if not line.startswith("resume: ")) <= columns
    for whole in (PRODUCTION, DR, "my replication", "creating"):
        assert whole in plain(screen)


def test_an_id_is_not_cut_at_40_columns(spawn: Spawn, sandbox_file: SandboxFile) -> None:
    screen = plain(screen_of(spawn(*CREATE, columns=40)))
    [pair_id] = sandbox_file.pair_ids()
    for whole in (pair_id, PRODUCTION, DR):
        assert whole in screen
    listing = plain(screen_of(spawn("sandbox", "disks", columns=40)))
    assert PRODUCTION in listing
    assert DR in listing


def test_no_color_keeps_the_headings(spawn: Spawn) -> None:
    screen = screen_of(spawn("sandbox", "disks", "-c", "id,name", NO_COLOR="1"))
    assert "\x1b" not in screen
    assert screen.split()[:2] == ["ID", "NAME"]


def test_a_dumb_terminal_gets_no_escape_sequences(spawn: Spawn) -> None:
    assert "\x1b" not in screen_of(spawn("sandbox", "disks", TERM="dumb"))


def test_a_name_can_not_set_the_terminals_title(spawn: Spawn) -> None:
    screen = screen_of(spawn(*CREATE, "--name", "\x1b]0;title\x07[bold]x[/y]"))
    assert "\x1b]" not in screen
    assert "\x07" not in screen
    assert "[bold]x[/y]" in plain(screen)


def test_progress_is_shown_on_a_terminal_and_goes_when_it_is_done(spawn: Spawn) -> None:
    child = spawn(*CREATE, "--wait", "--wait-timeout", "0.6", "-o", "value", "-c", "status")
    child.expect("creating")
    screen = screen_of(child)
    assert child.exitstatus == ExitCode.WAIT_TIMEOUT
    assert "\x1b[2K" in screen  # the line was taken away
    result = plain(screen).replace("\r", "\n").splitlines()
    assert "creating" in result  # and the result stands by itself


# Pipes


def test_a_pipe_gets_neither_colour_nor_box_but_a_line_for_each_state(real: Real) -> None:
    done = real(*CREATE, "--wait", "--wait-timeout", "0.6")
    assert done.returncode == ExitCode.WAIT_TIMEOUT
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    assert not re.search("[╭│─]", done.stdout)
    [state, *last] = done.stderr.splitlines()
    assert re.match(r"pair [0-9a-f-]{36}: creating\b", state)
    assert [line.partition(":")[0] for line in last] == ["error", "help", "resume"]


def test_json_goes_into_a_program(real: Real) -> None:
    done = real(*CREATE, "-o", "json")
    assert json.loads(done.stdout)["volume_ids"] == [PRODUCTION, DR]


def test_a_closed_pipe_ends_it_quietly_and_the_id_is_not_lost(
    home: Path, sandbox_file: SandboxFile
) -> None:
    for form in ("table", "json", "value"):
        shell(f"{EVSREP} sandbox reset")
        line = f"{EVSREP} {' '.join(CREATE)} -o {form} | (exec <&-)"
        done = shell(line)
        [pair_id] = sandbox_file.pair_ids()
        assert pair_id in resume_of(done.stderr)
        assert "Traceback" not in done.stderr
        assert "Broken pipe" not in done.stderr
        assert "Exception ignored" not in done.stderr


def test_a_reader_that_wants_no_more_is_no_error(home: Path) -> None:
    done = shell(f"{EVSREP} sandbox disks -o jsonl | head -n 1; echo ${{PIPESTATUS[0]}}")
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_full_disk_is_told_and_the_id_is_not_lost(
    home: Path, sandbox_file: SandboxFile, form: str
) -> None:
    done = shell(f"{EVSREP} {' '.join(CREATE)} -o {form} > /dev/full")
    assert done.returncode not in (0, 120)
    [pair_id] = sandbox_file.pair_ids()
    assert f"evsrep wait {pair_id}" in done.stderr.splitlines()[-1]
    assert "space" in done.stderr.lower()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "value"])
def test_a_stdout_that_is_closed_loses_no_id(
    home: Path, sandbox_file: SandboxFile, form: str
) -> None:
    done = shell(f"{EVSREP} {' '.join(CREATE)} -o {form} >&-")
    assert done.returncode == ExitCode.DONE
    [pair_id] = sandbox_file.pair_ids()
    assert done.stderr.splitlines()[-1] == f"resume: evsrep wait {pair_id} -p sandbox"


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "value"])
@pytest.mark.parametrize(("target", "code"), [(">&-", 0), ("> /dev/full", 1)])
def test_rows_that_nobody_gets_are_told_by_the_same_file(
    home: Path, tmp_path: Path, form: str, target: str, code: int
) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(f"production_disk,dr_disk\n{PRODUCTION},{DR}\n")
    done = shell(f"{EVSREP} apply {file} -p sandbox -o {form} {target}")
    assert done.returncode == code
    assert f"evsrep apply {file} -p sandbox" in done.stderr.splitlines()[-1]
    assert done.stderr.count("1 created") <= 1
    assert ("No space left on device" in done.stderr) == bool(code)


def test_rows_that_can_not_be_written_end_the_handing_out(
    home: Path, sandbox_file: SandboxFile, tmp_path: Path
) -> None:
    names = ("example-production", "example-dr"), ("db-01-data", "db-01-data-dr")
    more = ("db-01-log", "db-01-log-dr"), ("web-01-data", "web-01-data-dr")
    lines = [",".join(disks) for disks in (("production_disk", "dr_disk"), *names, *more)]
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    command = f"{EVSREP} apply {tmp_path}/pairs.csv --jobs 1 -p sandbox -o jsonl"
    done = shell(f"{command} > /dev/full")
    assert done.returncode == ExitCode.PARTIAL
    error = json.loads(done.stderr)["error"]
    assert "No space left on device" in error["message"]
    assert 0 < len(sandbox_file.pair_ids()) < 4
    assert shell(error["resume"].replace("evsrep", EVSREP, 1)).returncode == ExitCode.DONE
    assert len(sandbox_file.pair_ids()) == 4


@pytest.mark.parametrize("words", ["sandbox disks", "--help", "--version", "profile path"])
def test_a_result_that_can_not_be_written_is_no_success(home: Path, words: str) -> None:
    done = shell(f"{EVSREP} {words} > /dev/full")
    assert done.returncode not in (0, 120)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_nobody_to_talk_to_is_no_reason_to_fail(home: Path, sandbox_file: SandboxFile) -> None:
    done = shell(f"{EVSREP} {' '.join(CREATE)} -o value -c id 2>&-")
    assert done.returncode == ExitCode.DONE
    assert done.stdout.split() == sandbox_file.pair_ids()


def test_any_locale_will_do(real: Real) -> None:
    env = {"LC_ALL": "C"}
    done = real(*CREATE, "--name", "naïve 🚀", "-o", "json", env=env)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert json.loads(done.stdout)["name"] == "naïve 🚀"
    assert real("show", "naïve 🚀", "-p", "sandbox", env=env).returncode == ExitCode.DONE


def test_a_name_that_is_no_text_is_a_fault_of_the_input(
    real: Real, sandbox_file: SandboxFile
) -> None:
    done = real(*CREATE, "--name", os.fsdecode(b"\xff"), "-o", "json")
    assert done.returncode == ExitCode.USAGE
    assert json.loads(done.stderr)["error"]["kind"] == "usage"
    assert not sandbox_file.was_asked


# Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", ["json", "value"])
def test_an_interrupted_wait_keeps_the_pair_and_tells_the_way_on(
    home: Path, sandbox_file: SandboxFile, number: signal.Signals, form: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "evsrep", *CREATE, "--wait", "-o", form, "--debug"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if re.match(rf"> GET \S+/os-vendor-replications/{ID.pattern}", line):
            break  # it waits now
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == ExitCode.INTERRUPTED
    [pair_id] = sandbox_file.pair_ids()
    if form == "json":
        assert json.loads(out)["id"] == pair_id
        error = json.loads(err.splitlines()[-1])["error"]
        assert error["kind"] == "interrupted"
        assert error["resume"].startswith(f"evsrep wait {pair_id}")
    else:
        assert out.startswith(pair_id)
        assert resume_of(err).startswith(f"wait {pair_id}")
    assert "Traceback" not in err


def test_ctrl_c_on_a_terminal_does_the_same(spawn: Spawn, sandbox_file: SandboxFile) -> None:
    child = spawn(*CREATE, "--wait", "-o", "value", "-c", "id")
    child.expect("creating")
    child.sendintr()
    screen = plain(screen_of(child))
    assert child.exitstatus == ExitCode.INTERRUPTED
    [pair_id] = sandbox_file.pair_ids()
    assert pair_id in screen
    assert screen.splitlines()[-1].startswith(f"resume: evsrep wait {pair_id}")


def test_modules_of_the_current_folder_are_not_taken(real: Real, home: Path) -> None:
    for name in ("json", "click", "httpx", "signal", "pathlib"):
        (home / f"{name}.py").write_text("raise SystemExit('taken from the current folder')\n")
    python = [sys.executable, "-m", "evsrep"]
    for program in (python, [python[0], "-P", *python[1:]], [SCRIPT]):
        done = subprocess.run(
            [*program, *CREATE, "--dry-run"], capture_output=True, text=True, cwd=home, timeout=60
        )
        assert done.returncode == ExitCode.DONE, done.stderr
