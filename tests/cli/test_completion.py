"""`evsrep completion`, and what Tab does."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from evsrep.cli.completion import SHELLS
from evsrep.errors import ExitCode
from tests.cli.conftest import WriteProfiles
from tests.conftest import Real, Run

COMPLETIONS = Path(__file__).parents[2] / "completions"


def tab(real: Real, line: str, shell: str = "bash") -> list[str]:
    """What the shell is offered for a line whose last word is being typed."""
    words = line.split(" ")
    env = {"_EVSREP_COMPLETE": f"{shell}_complete", "COMP_WORDS": line}
    if shell == "fish":
        env |= {"COMP_WORDS": " ".join(words[:-1]), "COMP_CWORD": words[-1]}
    else:
        env |= {"COMP_CWORD": str(len(words) - 1)}
    done = real(env=env)
    assert done.stderr == ""
    return [row.partition(",")[2] for row in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert done.exit_code == ExitCode.DONE
    assert "_EVSREP_COMPLETE" in done.stdout
    assert f"{shell}_complete" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["", "tcsh"])
def test_other_shells_are_told(run: Run, shell: str) -> None:
    done = run("completion", *([shell] if shell else []))
    assert done.exit_code == ExitCode.USAGE
    if shell:
        assert "fish" in done.stderr


def test_tab_knows_the_commands(real: Real) -> None:
    assert tab(real, "evsrep cre") == ["create"]
    assert set(tab(real, "evsrep profile ")) >= {"init", "list", "show", "use", "set", "unset"}


def test_tab_knows_the_options(real: Real) -> None:
    assert "--production-disk" in tab(real, "evsrep create --pro")
    assert set(tab(real, "evsrep show --output j")) == {"json", "jsonl"}
    assert tab(real, "evsrep create --replication-model ") == ["hypermetro"]


def test_tab_knows_the_profiles(real: Real, write_profiles: WriteProfiles) -> None:
    write_profiles("[profiles.otc]\n[profiles.other]\n[profiles.mine]\n")
    assert set(tab(real, "evsrep show -p ot")) == {"otc", "other"}
    assert tab(real, "evsrep -p sand") == ["sandbox"]


def test_tab_knows_the_columns(real: Real) -> None:
    assert tab(real, "evsrep show x -c id,prog") == ["id,progress"]


def test_tab_is_silent_where_the_profile_file_is_broken(
    real: Real, write_profiles: WriteProfiles
) -> None:
    write_profiles("not toml at all")
    assert tab(real, "evsrep show -p sand") == ["sandbox"]


# The shells themselves

LINES = [
    ("sandb", ["sandbox"]),
    ("create --production-d", ["create", "--production-disk"]),
    ("list -p ot", ["list", "-p", "otc"]),
    ("show -p sandbox db-", ["show", "-p", "sandbox", "db-01"]),
    ("list -c id,replication_m", ["list", "-c", "id,replication_model"]),
]


@pytest.fixture
def filled(run: Run, home: Path, write_profiles: WriteProfiles) -> Path:
    """A home with a profile, a pair that was listed, and `evsrep` in a folder of programs.

    It writes down the words that it is run with.
    """
    write_profiles("[profiles.otc]\n")
    pair = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr", "--name", "db-01")
    assert run("create", "-p", "sandbox", *pair).exit_code == ExitCode.DONE
    assert run("list", "-p", "sandbox").exit_code == ExitCode.DONE
    program = home / "bin" / "evsrep"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'[ -n "$_EVSREP_COMPLETE" ] && exec {sys.executable} -m evsrep "$@"\n'
        f'printf "%s\\n" "$@" > "{home}/new" && mv "{home}/new" "{home}/words"\n'
    )
    program.chmod(0o755)
    return home


def typed_into(shell: list[str], home: Path, setup: list[str], line: str, last: str) -> list[str]:
    """The words that evsrep is run with where a line is typed, then Tab, then Enter.

    Enter is not typed before the last word is seen to be whole.
    """
    child = pexpect.spawn(
        shell[0],
        shell[1:],
        env={**os.environ, "PATH": f"{home}/bin:{os.environ['PATH']}", "PS1": "ready> "},
        cwd=str(home),
        encoding="utf-8",
        timeout=20,
        dimensions=(40, 200),
    )
    try:
        for each in [*setup, "printf 'set %s\\n' up"]:
            child.sendline(each)
        child.expect_exact("set up\r\n")
        child.send(f"evsrep {line}\t")
        child.expect_exact(last)
        child.send("\r")
        for _ in range(200):
            if (home / "words").exists():
                break
            time.sleep(0.05)
        return (home / "words").read_text().splitlines()
    finally:
        child.close(force=True)


@pytest.mark.tools
@pytest.mark.parametrize(("line", "words"), LINES)
def test_tab_in_bash(filled: Path, line: str, words: list[str]) -> None:
    setup = [f". {COMPLETIONS}/evsrep.bash"]
    assert typed_into(["bash", "--norc", "--noprofile"], filled, setup, line, words[-1]) == words


@pytest.mark.tools
@pytest.mark.parametrize(("line", "words"), LINES)
def test_tab_in_zsh(filled: Path, line: str, words: list[str]) -> None:
    """The file lies where zsh looks for functions, as an installed one does."""
    functions = filled / "site-functions"
    functions.mkdir()
    shutil.copy(COMPLETIONS / "evsrep.zsh", functions / "_evsrep")
    setup = ["fpath=($PWD/site-functions $fpath)", "autoload -U compinit", "compinit -u -D"]
    assert typed_into(["zsh", "-f"], filled, setup, line, words[-1]) == words


@pytest.mark.tools
@pytest.mark.parametrize(("line", "words"), LINES)
def test_tab_in_fish(filled: Path, line: str, words: list[str]) -> None:
    """The file lies where fish looks for completions, as an installed one does."""
    folder = filled / ".config/fish/completions"
    folder.mkdir(parents=True)
    shutil.copy(COMPLETIONS / "evsrep.fish", folder)
    done = subprocess.run(
        ["fish", "-c", f"complete --do-complete 'evsrep {line}'"],
        env={**os.environ, "PATH": f"{filled}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert [row.partition("\t")[0] for row in done.stdout.splitlines()] == words[-1:]


@pytest.mark.tools
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_can_read_its_script(shell: str) -> None:
    done = subprocess.run(
        [shell, "-n", str(COMPLETIONS / f"evsrep.{shell}")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
