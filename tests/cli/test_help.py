"""`evsrep help`, and help wherever it is asked for."""

import subprocess
import sys

import pytest

from evsrep.errors import ExitCode
from tests.cli.conftest import Real
from tests.conftest import Run

EXIT_CODES = {
    0: "", 1: "internal", 2: "usage", 3: "config", 4: "auth", 5: "not_found", 6: "refused",
    7: "unavailable", 8: "unknown", 9: "failed", 10: "wait_timeout", 11: "partial", 130: "",
}  # fmt: skip


def test_alone_it_prints_the_help_on_stdout(run: Run) -> None:
    done = run()
    assert done.exit_code == ExitCode.DONE
    assert done.stderr == ""
    for command in ("create", "show", "wait", "profile", "auth", "sandbox", "completion"):
        assert command in done.stdout


def test_the_help_says_once_that_the_api_is_deprecated(run: Run) -> None:
    assert "SDRS" in run("--help").stdout


@pytest.mark.parametrize("words", [
    ("--help",), ("-h",), ("create", "--help"), ("create", "-h"), ("profile", "set", "--help"),
    ("help",), ("help", "create"), ("help", "profile", "set"), ("sandbox", "serve", "-h"),
    ("auth",), ("profile",), ("sandbox",),
])  # fmt: skip
def test_help_is_a_result_and_no_error(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == ExitCode.DONE
    assert "Usage: evsrep" in done.stdout
    assert done.stderr == ""


def test_help_on_a_command_is_the_commands_help(run: Run) -> None:
    assert run("help", "create").stdout == run("create", "--help").stdout
    assert run("help").stdout == run("--help").stdout == run().stdout


def test_the_help_of_create_has_every_flag(run: Run) -> None:
    text = run("create", "--help").stdout
    for flag in (
        "--production-disk", "--dr-disk", "--volume-id", "--name", "--description",
        "--priority-station", "--replication-model", "--check", "--no-check", "--dry-run",
        "--if-not-exists", "--wait", "--wait-timeout", "--profile", "--config", "--output",
        "--columns", "--timeout", "--retries", "--quiet", "--verbose", "--debug", "--no-color",
        "--version", "--help",
    ):  # fmt: skip
        assert flag in text


def test_help_needs_no_profile_that_works(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "nobody")
    monkeypatch.setenv("EVSREP_CONFIG", "/nowhere/at/all")
    for words in ((), ("help", "files"), ("create", "--help")):
        assert run(*words).exit_code == ExitCode.DONE


def test_the_exit_codes_are_those_of_the_contract(run: Run) -> None:
    done = run("help", "exit-codes", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    rows = {row["code"]: row["kind"] or "" for row in done.json}
    assert list(rows) == list(EXIT_CODES)
    for code, kind in EXIT_CODES.items():
        assert kind in rows[code]
    assert "not_offered" in rows[5]
    table = run("help", "exit-codes").stdout
    for code in EXIT_CODES:
        assert str(code) in table


@pytest.mark.parametrize(("topic", "told"), [
    ("environment", ("EVSREP_PROFILE", "EVSREP_CONFIG", "EVSREP_OUTPUT", "EVSREP_TIMEOUT",
                     "EVSREP_RETRIES", "EVSREP_PASSWORD", "EVSREP_SECRET_KEY", "EVSREP_TOKEN",
                     "EVSREP_PASSCODE", "OS_AUTH_URL", "OS_CLOUD", "NO_COLOR",
                     "XDG_CONFIG_HOME")),
    ("files", ("config.toml", "0600", "auth_url", "password_command", "priority_station",
               "access_key", "ca_bundle", "insecure", "read_only")),
    ("output", ("table", "json", "jsonl", "value", "stderr", "exit_code", "resume")),
    ("exit-codes", ("wait_timeout", "interrupted")),
])  # fmt: skip
def test_a_topic_has_what_no_command_owns(run: Run, topic: str, told: tuple[str, ...]) -> None:
    done = run("help", topic)
    assert done.exit_code == ExitCode.DONE
    for word in told:
        assert word in done.stdout


@pytest.mark.parametrize("topic", [("nonsense",), ("create", "nonsense"), ("profile", "nonsense")])
def test_an_unknown_topic_lists_those_there_are(run: Run, topic: tuple[str, ...]) -> None:
    done = run("help", *topic)
    assert done.exit_code == ExitCode.USAGE
    assert done.stdout == ""
    for known in ("exit-codes", "environment", "files", "output"):
        assert known in done.stderr


def test_python_m_is_the_same_program(real: Real, run: Run) -> None:
    done = real(env={"COLUMNS": "80"})
    assert done.returncode == 0
    assert done.stdout.split() == run().stdout.split()
    assert done.stderr == ""


def test_help_loads_nothing_that_it_does_not_need() -> None:
    code = "import sys; from evsrep.cli.root import main; main(['create', '--help']); "
    code += "print(sorted({'httpx', 'rich', 'sqlite3', 'ssl'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
