"""`evsrep completion`, and what Tab does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from tests.cli.conftest import Real, WriteProfiles
from tests.conftest import Run


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
    if shutil.which(shell):
        checked = subprocess.run([shell, "-n"], input=done.stdout, text=True, check=False)
        assert checked.returncode == 0


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


def test_tab_in_bash_itself(real: Real, run: Run, home: Path) -> None:
    """The script, loaded into a real bash, fills in the only command that fits."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    script = home / "evsrep.bash"
    script.write_text(run("completion", "bash").stdout)
    program = home / "evsrep"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m evsrep "$@"\n')
    program.chmod(0o755)
    lines = f"""
        PATH="{home}:$PATH"; source "{script}"
        COMP_WORDS=(evsrep sandb); COMP_CWORD=1
        _evsrep_completion evsrep sandb evsrep
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        [bash, "--norc", "-c", lines], capture_output=True, text=True, check=False
    )
    assert done.stdout == "sandbox\n", done.stderr
