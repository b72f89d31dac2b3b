"""What lies where evsrep's files should be, and is none: nothing hangs, is lost, or overwritten."""

import errno
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from evsrep.settings.journal import MOST_BYTES, Journal, read_journal
from tests.cli.conftest import WriteProfiles
from tests.cli.test_no_home import VARIABLES
from tests.conftest import EXAMPLE, Run

INIT = (
    *("profile", "init", "otc", "--no-test", "--auth-url", "https://iam.example.com/v3"),
    *("--access-key", "AK1", "--secret-key-command", "echo no", "--project-name", "eu-de"),
)


DEVICES = ("/dev/zero", "/dev/full", "/dev/null")


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1024**3)  # takes no room on the disk


def _loop(path: Path) -> None:
    path.symlink_to(path)


ODD: Mapping[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a full device": lambda path: path.symlink_to("/dev/full"),
    "the null device": lambda path: path.symlink_to("/dev/null"),
    "a link to itself": _loop,
    "a link to nothing": lambda path: path.symlink_to("nowhere/at/all"),
    "a gigabyte": _fill,
    "bytes": lambda path: path.write_bytes(bytes(range(256)) * 64),
}


def _kept(home: Path, kind: str) -> Path:
    """The one file of this kind that evsrep keeps."""
    found = [path for path in (home / ".cache").rglob("*") if path.parent.name == kind]
    return next(path for path in found if path.suffix != ".lock")


def _put(path: Path, odd: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    ODD[odd](path)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_journal_stops_nothing(run: Run, home: Path, odd: str) -> None:
    path = home / ".local/state/evsrep/journal.jsonl"
    _put(path, odd)
    assert run("create", "-p", "sandbox", *EXAMPLE).exit_code == ExitCode.DONE
    done = run("journal", "-o", "json")
    assert done.exit_code in (ExitCode.DONE, ExitCode.CONFIG)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("odd", ODD)
def test_odd_kept_tokens_and_names_lead_to_a_new_sign_in(
    run: Run, served: str, home: Path, odd: str
) -> None:
    assert run("list", "-p", "served").exit_code == ExitCode.DONE
    for kind in ("tokens", "names"):
        _put(_kept(home, kind), odd)
    for _ in range(2):
        done = run("list", "-p", "served")
        assert done.exit_code == ExitCode.DONE, done.stderr


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_profile_file_is_told_and_left(run: Run, home: Path, odd: str) -> None:
    path = home / "odd.toml"
    _put(path, odd)
    assert run("list", "-p", "sandbox", "--config", str(path)).exit_code in (
        ExitCode.DONE,
        ExitCode.CONFIG,
        ExitCode.USAGE,  # of a folder
    )
    before = path.lstat()
    done = run(*INIT, "--config", str(path))
    if odd == "a link to nothing":
        assert done.exit_code == ExitCode.DONE, done.stderr
    else:
        assert done.exit_code in (ExitCode.CONFIG, ExitCode.USAGE), done.stderr
        assert (path.lstat().st_mode, path.lstat().st_ino) == (before.st_mode, before.st_ino)


def test_a_device_is_never_replaced(run: Run) -> None:
    before = Path(os.devnull).stat()
    done = run(*INIT, "--config", os.devnull)
    assert done.exit_code == ExitCode.CONFIG
    assert "no regular file" in done.stderr
    assert Path(os.devnull).stat().st_ino == before.st_ino


NONSENSE: tuple[Mapping[str, str], ...] = (
    {"token": ""},
    {"token": "token\n"},
    {"token": "t\u00f6ken"},
    {"token": "\ud800"},
    {"token": "never-given"},
    {"project_id": "../../etc"},
    {"project_id": ".."},
    {"project_id": "p?x=1"},
    {"expires_at": "\u0669" * 4},
    {"project_id": "0" * 32},
    {"project": "elsewhere"},
    {"catalog": []},
    {"catalog": [["volumev2", "public", "sandbox", "https://[::1"]]},
    {"catalog": [["volumev2", "public", "eu-de", "https://127.0.0.1:9/v2"]]},
    {"catalog": 7},
    {"check": None},
    {"check": "0" * 64},
)


@pytest.mark.parametrize("fields", NONSENSE)
def test_a_kept_token_that_is_nonsense_leads_to_a_new_sign_in(
    run: Run, served: str, home: Path, fields: Mapping[str, str]
) -> None:
    assert run("list", "-p", "served").exit_code == ExitCode.DONE
    kept = _kept(home, "tokens")
    kept.write_text(json.dumps({**json.loads(kept.read_bytes()), **fields}))
    done = run("list", "-p", "served")
    assert done.exit_code == ExitCode.DONE, done.stderr


def test_files_of_another_user_are_neither_taken_nor_written(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("list", "-p", "served")
    theirs = home / "theirs"
    theirs.write_text("")
    journal = home / ".local/state/evsrep/journal.jsonl"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.symlink_to(theirs)
    linked = home / "linked.toml"
    linked.symlink_to(theirs)
    monkeypatch.setattr(os, "geteuid", lambda: theirs.stat().st_uid + 1)  # we are somebody else
    assert "others can get at it" in run("list", "-p", "served").stderr
    done = run("create", "-p", "sandbox", *EXAMPLE)
    assert done.exit_code == ExitCode.DONE
    assert "another user" in done.stderr
    assert run(*INIT, "--config", str(linked)).exit_code == ExitCode.CONFIG
    assert theirs.read_text() == ""


def test_a_profile_file_of_another_user_is_read_and_not_replaced(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root in that user's home: what root has written, the user could not read any more."""
    file = home / ".config/evsrep/config.toml"
    before = file.read_bytes(), file.stat()
    monkeypatch.setattr(os, "geteuid", lambda: before[1].st_uid + 1)
    assert run("list", "-p", "served").exit_code == ExitCode.DONE
    done = run("profile", "set", "served", "region=eu-nl")
    assert done.exit_code == ExitCode.CONFIG
    assert "belongs to another user" in done.stderr
    assert (file.read_bytes(), file.stat().st_ino) == (before[0], before[1].st_ino)


def test_a_profile_file_that_is_out_of_reach_is_not_needed_by_the_environment(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the home of another user, which is closed to us."""
    for key, variable in VARIABLES.items():
        monkeypatch.setenv(variable, ready_profile(served)[key])
    file, opened = home / ".config/evsrep/config.toml", os.open

    def open_all_but_one(path: Path, *words: int) -> int:
        if path == file:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, *words)

    monkeypatch.setattr(os, "open", open_all_but_one)
    monkeypatch.setattr(os, "access", lambda *_words: False)
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    assert run("list", "-p", "env").exit_code == ExitCode.DONE
    done = run("list")
    assert done.exit_code == ExitCode.CONFIG  # it may name another one to be the default
    assert "can't be read: Permission denied" in done.stderr


def _journal(path: Path) -> Journal:
    return Journal(
        path, profile="p", command="evsrep create", warn=pytest.fail, verbose=pytest.fail
    )


@pytest.mark.parametrize("torn", [b'{"key": "a", "ti', b"{", b"\x00" * 9, b'{"key": "a"}'])
def test_a_torn_line_swallows_no_other(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    journal = _journal(path)
    keys = []
    for at in (1.0, 2.0, 3.0):
        with path.open("ab") as file:
            file.write(torn)
        keys.append(journal.begin(at, "POST", "/v2/p/os-vendor-replications"))
        with path.open("ab") as file:
            file.write(torn)
        journal.end(keys[-1], outcome="done")
    assert [entry.outcome for entry in read_journal(path)] == ["done"] * 3


def test_a_journal_holds_no_descriptor_that_its_host_could_reuse(tmp_path: Path) -> None:
    before = _open_descriptors()
    journal = _journal(tmp_path / "journal.jsonl")
    key = journal.begin(1.0, "POST", "/v2/p/os-vendor-replications")
    assert _open_descriptors() == before
    journal.close()
    journal.end(key, outcome="done")
    assert [entry.outcome for entry in read_journal(tmp_path / "journal.jsonl")] == ["unknown"]


def test_a_journal_that_is_a_link_stays_one_when_it_has_grown_long(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "journal.jsonl", tmp_path / "elsewhere"
    path.symlink_to(elsewhere)
    for at in (1.0, 2.0):
        journal = _journal(path)
        journal.end(journal.begin(at, "POST", "/v2/p/os-vendor-replications"), outcome="done")
        with elsewhere.open("ab") as file:
            file.write(b"\n" * (MOST_BYTES + 1))
    assert path.is_symlink()
    assert [entry.outcome for entry in read_journal(path)] == ["done"] * 2


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_folders_are_made_for_their_owner_alone_whatever_the_umask(
    run: Run, served: str, home: Path
) -> None:
    before = os.umask(0)
    try:
        assert run("list", "-p", "served").exit_code == ExitCode.DONE
        assert run("create", "-p", "sandbox", *EXAMPLE).exit_code == ExitCode.DONE
        assert run(*INIT).exit_code == ExitCode.DONE
    finally:
        os.umask(before)
    for place in (home / ".cache", home / ".local"):
        modes = {path: path.stat().st_mode & 0o077 for path in (place, *place.rglob("*"))}
        assert not any(modes.values()), modes


def test_where_files_are_open_to_others_no_token_is_kept_and_nothing_told_at_each_run(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fstat", _as_on_a_mount_without_modes(os.fstat))
    for _ in range(2):
        done = run("list", "-p", "served")
        assert (done.exit_code, done.stderr.count("warning")) == (ExitCode.DONE, 0), done.stderr
    assert "the token can't be kept" in run("list", "-p", "served", "-v").stderr
    config = home / ".config/evsrep/config.toml"
    config.chmod(0o777)
    assert "others can read" not in run("list", "-p", "served").stderr


def _as_on_a_mount_without_modes(
    fstat: Callable[[int], os.stat_result],
) -> Callable[[int], os.stat_result]:
    """Windows' drives in WSL, FAT and some network shares show every file as 0777."""

    def fstat_0777(descriptor: int) -> os.stat_result:
        fields = list(fstat(descriptor))
        return os.stat_result([fields[0] | 0o777, *fields[1:]])

    return fstat_0777


def test_many_writers_of_one_journal_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    def write(number: int) -> None:
        journal = _journal(path)
        for _ in range(10):
            key = journal.begin(float(number), "POST", "/v2/p/os-vendor-replications")
            journal.end(key, outcome="done")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(20)))
    assert [entry.outcome for entry in read_journal(path)] == ["done"] * 200


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_sandbox_is_told_and_a_device_stays_as_it_is(run: Run, home: Path, odd: str) -> None:
    path = home / ".local/state/evsrep/sandbox.db"
    _put(path, odd)
    modes = {device: Path(device).stat().st_mode for device in DEVICES}
    for words in (("list", "-p", "sandbox"), ("sandbox", "reset"), ("list", "-p", "sandbox")):
        done = run(*words)
        assert done.exit_code in (ExitCode.DONE, ExitCode.CONFIG), done.stderr
    after = {device: Path(device).stat().st_mode for device in DEVICES}
    for device in after if after != modes else ():
        Path(device).chmod(modes[device] & 0o777)  # the machine is to outlive a fault
    assert after == modes


@pytest.mark.parametrize("by", ["ca_bundle", "SSL_CERT_FILE"])
@pytest.mark.parametrize("odd", [*ODD, "nothing"])
def test_an_odd_bundle_of_certificates_is_told(
    run: Run, home: Path, write_profiles: WriteProfiles, monkeypatch: pytest.MonkeyPatch,
    odd: str, by: str,
) -> None:  # fmt: skip
    path = home / "bundle.pem"
    if odd in ODD:
        _put(path, odd)
    keys = {"endpoint": "https://127.0.0.1:9", "token": "a token", "project_id": "p"}
    if by == "ca_bundle":
        keys["ca_bundle"] = str(path)
    else:
        monkeypatch.setenv(by, str(path))
    write_profiles(**keys)
    done = run("list", "-p", "served")
    assert done.exit_code == ExitCode.CONFIG, done.stderr
    assert f"{by} {path} can't be used" in done.stderr
