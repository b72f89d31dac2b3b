"""What Windows lacks, taken away: evsrep does without, or says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from tests.conftest import EXAMPLE

WITHOUT = """
import os, signal, sys
for name in ("fcntl", "termios", "pwd", "grp", "resource", "tty", "pty"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGALRM", "SIGBUS", "SIGPIPE", "SIGWINCH", "SIGTSTP", "SIGCONT", "SIGUSR1",
             "setitimer", "getitimer", "ITIMER_REAL", "pthread_sigmask", "pthread_kill", "alarm",
             "SIG_BLOCK", "SIG_SETMASK", "pause", "sigwait"):
    delattr(signal, name)
for name in ("geteuid", "getuid", "getgid", "fork", "O_NONBLOCK", "pread", "pwrite", "fchmod",
             "uname", "getpgid", "setsid", "killpg"):
    delattr(os, name)
"""
INIT = (
    *("profile", "init", "otc", "--no-test", "--auth-url", "https://iam.example.com/v3"),
    *("--access-key", "AK1", "--secret-key-command", "echo no", "--project-name", "eu-de"),
)
CREATE = ("create", *EXAMPLE, "-p", "sandbox")


def without_posix(code: str, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a program where only that is left which Windows has."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code, *words],
        capture_output=True, text=True, cwd=home, timeout=60,
    )  # fmt: skip


def test_commands_do_without(home: Path) -> None:
    code = (
        "from evsrep.cli.signals import be_deaf, listen\n"
        "from evsrep.cli.root import main\n"
        "import shlex\n"
        "listen()\n"
        "print([int(main(shlex.split(line))) for line in sys.argv[1:]])\n"
        "be_deaf()\n"
    )
    commands = (
        " ".join(CREATE), "list -p sandbox", "wait example -p sandbox", "journal", "profile list",
        " ".join(INIT).replace("echo no", "'echo no'"), "profile show otc", "disks -p sandbox",
        "export -p sandbox", "health -p sandbox", "sandbox reset", "--version -v",
    )  # fmt: skip
    done = without_posix(code, *commands, home=home)
    assert "Traceback" not in done.stderr
    # an unknown name for `wait`, and a pair that is not protected yet for `health`
    assert done.stdout.splitlines()[-1] == "[0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 0, 0]", done.stderr


@pytest.mark.parametrize("words", [CREATE, ("list", "-p", "nope"), ()])
def test_it_starts_and_ends_as_ever(home: Path, words: tuple[str, ...]) -> None:
    code = "from evsrep.cli.start import run; run()"
    done = without_posix(code, *words, home=home)
    expected = ExitCode.CONFIG if "nope" in words else ExitCode.DONE
    assert (done.returncode, "Traceback" in done.stderr) == (expected, False), done.stderr


def test_ctrl_c_tells_what_is_known(home: Path) -> None:
    code = (
        "import threading, _thread\n"
        "threading.Timer(1.5, lambda: signal.raise_signal(signal.SIGINT)).start()\n"
        "from evsrep.cli.start import run; run()\n"
    )
    done = without_posix(code, *CREATE, "--wait", home=home)
    assert done.returncode == ExitCode.INTERRUPTED, done.stderr
    assert "creating" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("resume: evsrep wait ")


def test_programs_do_without(home: Path) -> None:
    code = (
        "import evsrep\n"
        "with evsrep.connect('sandbox') as cloud:\n"
        "    pair = evsrep.create_pair(cloud, production_disk=sys.argv[1], dr_disk=sys.argv[2])\n"
        "    print(pair.status, len(list(cloud.pairs())))\n"
    )
    done = without_posix(code, EXAMPLE[1], EXAMPLE[3], home=home)
    assert done.stdout == "creating 1\n", done.stderr
