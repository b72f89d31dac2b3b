"""Machines without a home: whatever needs no file works, and what is not kept is said with -v."""

import errno
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from evsrep.errors import ExitCode
from evsrep.jobs.drawer import Drawer
from evsrep.sandbox.profile import ready_profile
from tests.conftest import EXAMPLE, Run

VARIABLES = {
    "auth_url": "OS_AUTH_URL", "region": "OS_REGION_NAME", "username": "OS_USERNAME",
    "user_domain_name": "OS_USER_DOMAIN_NAME", "password": "OS_PASSWORD",
    "project_name": "OS_PROJECT_NAME",
}  # fmt: skip


@pytest.fixture
def environment(served: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox on loopback in `OS_*` variables, and no home at all."""
    (home / ".config/evsrep/config.toml").unlink()
    for key, value in ready_profile(served).items():
        monkeypatch.setenv(VARIABLES[key], value)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(Path, "home", _nobodys)


def _nobodys(*_words: object) -> Path:
    """What Path.home does for a user without a name."""
    raise RuntimeError("Could not determine home directory.")


COMMANDS = (
    "list", "disks", "create {} {} {} {}", "apply - --format csv --dry-run", "health",
    "group list", "export", "auth check", "auth token", "auth logout", "doctor", "profile show env",
)  # fmt: skip


@pytest.mark.parametrize("named", [(), ("-p", "env")])
@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_home_whatever_needs_no_file_works(
    run: Run, environment: None, command: str, named: tuple[str, ...]
) -> None:
    words = command.format(*EXAMPLE).split()
    done = run(*words, *named, stdin="production_disk,dr_disk\n")
    assert done.exit_code in (ExitCode.DONE, 1), done.stderr  # 1 of health
    assert "home" not in done.stderr
    told = run(*words, *named, "-v", stdin="production_disk,dr_disk\n").stderr
    if words[0] != "profile":
        assert told.count("there is no home folder") == 1


@pytest.mark.parametrize("words", [["list", "-p", "sandbox"], ["journal"], ["profile", "path"]])
def test_what_needs_a_file_says_what_to_set(run: Run, environment: None, words: list[str]) -> None:
    done = run(*words)
    assert done.exit_code == ExitCode.CONFIG
    assert "there is no home folder" in done.stderr
    assert "set HOME or XDG_" in done.stderr


def test_a_profile_file_that_is_named_does(
    run: Run, environment: None, tmp_path: Path, served: str
) -> None:
    file = tmp_path / "evsrep.toml"
    keys = "".join(f'{key} = "{value}"\n' for key, value in ready_profile(served).items())
    file.write_text(f"[profiles.served]\n{keys}")
    file.chmod(0o600)
    done = run("create", *EXAMPLE, "-p", "served", "--config", str(file))
    assert done.exit_code == ExitCode.DONE
    assert "warning" not in done.stderr


@pytest.mark.parametrize("kind", [errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("words", [[], ["-v"]])
def test_a_folder_that_takes_nothing_stops_nothing(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch, kind: int, words: list[str]
) -> None:
    """Nobody can do anything about the first three; a full disk, or a broken one, is told."""

    def mkdir(*_words: object, **_named: object) -> None:
        raise OSError(kind, os.strerror(kind))

    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / "new"))
    monkeypatch.setattr(Path, "mkdir", mkdir)
    done = run("create", *EXAMPLE, "-p", "served", *words)
    assert done.exit_code == ExitCode.DONE
    is_warned = kind in (errno.ENOSPC, errno.EIO)
    assert done.stderr.count("warning: ") == (2 if is_warned else 0)
    for what in ("the token can't be kept", "the journal can't be written"):
        assert done.stderr.count(what) == (1 if is_warned or words else 0)


class Full(io.FileIO):
    """A file on a disk that has room for so much."""

    room = 0

    def write(self, content: Any) -> int:
        if self.tell() + len(content) > self.room:
            super().write(content[: max(self.room - self.tell(), 0)])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(content)


@pytest.mark.parametrize("room", [None, 0, 100, 1024 * 1024 + 10, 1024 * 1024 + 9000, 10**9])
def test_what_finds_no_room_in_a_temporary_file_stays_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int | None
) -> None:
    def temporary_file() -> Any:
        if room is None:
            raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")
        file = Full(tmp_path / "file", "w+")
        file.room = room
        return io.BufferedRandom(file)  # type: ignore[arg-type]

    monkeypatch.setattr(tempfile, "TemporaryFile", temporary_file)
    drawer, values = Drawer(), [[number, "x" * 1000] for number in range(1200)]
    places = [drawer.put(value) for value in values]
    assert [drawer.get(place) for place in places] == values
    assert drawer.look(0) == (values[0], places[1])
    assert drawer.look(drawer.look(places[-1])[1])[0] is None
    drawer.close()


@pytest.mark.tools
@pytest.mark.parametrize("home_of_all", [None, "/sys", "/proc/nobody", "/dev/null"])
def test_a_user_without_a_name_in_an_empty_environment_pairs_disks(
    served: str, tmp_path: Path, home_of_all: str | None
) -> None:
    keys = ready_profile(served).items()
    variables = [f"{VARIABLES[key]}={value}" for key, value in keys]
    variables += [f"HOME={home_of_all}"] if home_of_all else []
    become = ["unshare", "--user", "--map-user=12345", "env", "-i", *variables]
    words = ["create", *EXAMPLE, "-o", "value", "-c", "status"]
    done = subprocess.run(
        [*become, sys.executable, "-B", "-P", "-m", "evsrep", *words],
        capture_output=True, text=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (ExitCode.DONE, "creating\n"), done.stderr
    assert "warning" not in done.stderr
