"""A disk that takes nothing more: every file stays what it was, and it is told."""

import os
import resource
from pathlib import Path
from typing import Any

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import WriteProfiles
from tests.conftest import EXAMPLE, PRODUCTION, Real


def fill_disk() -> None:
    """Let the process write to no file: what a full disk does, also to root."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


FULL: dict[str, Any] = {"preexec_fn": fill_disk}


@pytest.fixture
def files(served_elsewhere: str, write_profiles: WriteProfiles) -> Path:
    return write_profiles(**ready_profile(served_elsewhere))


def test_a_profile_stays_as_it_was(real: Real, files: Path) -> None:
    before = files.read_bytes()
    done = real("profile", "set", "served", "region=eu-nl", **FULL)
    assert done.returncode == ExitCode.CONFIG
    assert "File too large" in done.stderr
    assert "help: " in done.stderr
    assert files.read_bytes() == before
    assert os.listdir(files.parent) == [files.name]  # noqa: PTH208


def test_a_token_that_can_not_be_kept_is_used_all_the_same(real: Real, files: Path) -> None:
    done = real("auth", "check", "-p", "served", **FULL)
    assert done.returncode == ExitCode.DONE
    assert "warning: the token can't be kept for the next run: File too large" in done.stderr
    assert not [*(files.parents[2] / ".cache/evsrep/tokens").glob(".*")]


def test_a_pair_is_created_and_told(real: Real, files: Path) -> None:
    done = real("create", *EXAMPLE, "-p", "served", "-o", "value", "-c", "status", **FULL)
    assert (done.returncode, done.stdout) == (ExitCode.DONE, "creating\n")
    listed = real("list", "-p", "served", "-o", "value", "-c", "volume_ids", **FULL)
    assert listed.returncode == ExitCode.DONE
    assert PRODUCTION in listed.stdout


def test_a_sandbox_that_can_not_be_written_says_so(real: Real, home: Path) -> None:
    done = real("create", *EXAMPLE, "-p", "sandbox", **FULL)
    assert done.returncode in (ExitCode.CONFIG, ExitCode.UNAVAILABLE)
    assert "Traceback" not in done.stderr
    assert "help: " in done.stderr


def test_a_full_stdout_is_told_and_the_id_is_not_lost(real: Real, files: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = real(
            "create", *EXAMPLE, "-p", "served", capture_output=False, stdout=full, stderr=-1
        )
    assert done.returncode == ExitCode.INTERNAL
    assert "stdout can't be written to" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("resume: evsrep wait ")
