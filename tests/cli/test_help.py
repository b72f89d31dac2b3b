"""`evsrep help`, and help wherever it is asked for."""

import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from evsrep.cli.help import REQUESTS
from evsrep.errors import ExitCode
from tests.cli.conftest import ID, requests_in
from tests.conftest import DR, PRODUCTION, Real, Run
from tests.house.test_help import LEAVES

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


def test_it_begins_with_three_commands_that_a_newcomer_can_type(run: Run) -> None:
    usage, blank, *lines = run().stdout.splitlines()
    assert (usage, blank) == ("Usage: evsrep COMMAND …", "")
    commands = [line.split() for line in lines[:3]]
    assert [words[1] for words in commands] == ["create", "list", "health"]
    for words in commands:
        assert words[:1] == ["evsrep"]
        assert run(*words[1:]).exit_code in (ExitCode.DONE, 1)  # health: what copies is degraded


def test_the_help_says_once_that_the_api_is_deprecated(run: Run) -> None:
    assert run("--help").stdout.count("SDRS") == 1


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


def test_the_options_of_every_command_have_a_topic(run: Run) -> None:
    text = run("help", "options").stdout
    for flag in (
        "-p, --profile", "--config", "-o, --output", "-c, --columns", "--timeout", "--retries",
        "-q, --quiet", "-v, --verbose", "--debug", "--no-color", "--version", "-h, --help",
    ):  # fmt: skip
        assert flag in text


# What the commands are seen to send, in the order of the drill, each to its row of the topic.
SEEN = (
    ("create, apply", "create --production-disk web-01-data --dr-disk mail-01-data-dr-running"),
    ("create, apply", f"create --production-disk {PRODUCTION} --dr-disk {DR} --name data --wait"),
    ("create, apply", "create --production-disk db-02-data --dr-zone az2.dc2 --yes"),
    ("create, apply", "apply pairs.csv --wait"),
    ("export", "export"),
    ("export", "export --groups"),
    ("disks", "disks --server web-01"),
    ("disks", f"disks --fits {PRODUCTION}"),
    ("list", "list --group shop --disk db-01-data"),
    ("list", "list --disk db-01-data"),
    ("list", "list"),
    ("show, wait", "show data"),
    ("show, wait", "wait data"),
    ("group create", "group create --name shop --pair data --wait"),
    ("list", "list --group shop"),
    ("show, wait", "show data"),
    ("health", "health"),
    ("doctor", "doctor"),
    ("group list", "group list"),
    ("group show, ready, wait", "group ready shop --for failover"),
    ("group show, ready, wait", "group show shop"),
    ("group expand", "group expand shop --pair data=300"),
    ("group show, ready, wait", "group wait shop --for active"),
    ("group sync, pause, failover, switchover, reprotect", "group pause shop --wait"),
    ("group sync, pause, failover, switchover, reprotect", "group sync shop --wait"),
    ("sdrs plan", "sdrs plan"),
    ("group delete", "group delete shop --yes --pause --force"),
    ("group sync, pause, failover, switchover, reprotect", "group sync shop --wait"),
    ("group update", "group update shop --remove data --pause --wait"),
    ("group delete", "group delete shop --yes --pause --wait"),
    ("delete", "delete data --yes --wait"),
)  # fmt: skip


def test_the_requests_of_each_command_are_those_that_it_sends(sandbox: Run, home: Path) -> None:
    sheet = home / "pairs.csv"
    sheet.write_text("production_disk,dr_disk\ndb-01-data,db-01-data-dr\n")
    seen: dict[str, set[str]] = {commands: set() for commands, _ in REQUESTS}
    for commands, line in SEEN:
        words = [str(sheet) if word == sheet.name else word for word in line.split()]
        draws = line.startswith(("group show", "show"))
        for request in requests_in(sandbox(*words, "--debug", terminal=draws).stderr):
            path = ID.sub("{id}", request.partition("?")[0])
            if "/auth/tokens" not in path:
                path = re.sub(r"/v[12][.1]*/[0-9a-f]{32}/", "", path)
                seen[commands].add(re.sub(r"\b[0-9a-f]{32}\b", "{project_id}", path))
    assert seen == {commands: set(sent) for commands, sent in REQUESTS}


# What sends nothing, what only signs in, and what speaks to no cloud but its own.
SILENT = {"completion", "explain", "help", "profile", "auth", "sandbox", "journal"}


def test_each_command_that_asks_the_cloud_for_something_has_its_row() -> None:
    told = set[str]()
    for commands, _ in REQUESTS:
        group = "group " if commands.startswith("group ") else ""
        told |= {group + name for name in commands.removeprefix(group).split(", ")}
    paths = {path.removeprefix("evsrep ") for path in LEAVES}
    assert told == {path for path in paths if path.split()[0] not in SILENT}


def test_the_topic_on_the_api_names_every_request_and_what_comes_after_it(run: Run) -> None:
    text = run("help", "api").stdout
    for commands, sent in REQUESTS:
        assert "\n".join((commands, *(f"    {request}" for request in sent))) in text
    for word in ("SDRS", "deprecated", "not_offered", "/v2/{project_id}", "/v3/auth/tokens"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(("words", "meant"), [
    (("craete",), "did you mean 'create'?"),
    (("sandbox", "dsks"), "did you mean 'disks'?"),
    (("group", "swichover"), "did you mean 'switchover'?"),
    (("create", "--prodution-disk", "x"), "did you mean '--production-disk'?"),
    (("list", "--colums", "id"), "did you mean '--columns'?"),
    (("--profil", "x", "list"), "did you mean '--profile'?"),
    (("list", "-p", "sandbx"), "did you mean 'sandbox'?"),
    (("list", "-p", "sandbox", "-c", "id,statsu"), "did you mean status?"),
    (("help", "exit-code"), "did you mean 'exit-codes'?"),
    (("help", "group", "filover"), "did you mean 'failover'?"),
    (("list", "-p", "sandbox", "--sort", "nme"), "did you mean 'name'?"),
    (("explain", "3710041"), "did you mean '37100041'?"),
    (("profile", "set", "x", "pasword=y"), "did you mean 'password'?"),
])  # fmt: skip
def test_a_mistyped_word_gets_the_nearest(run: Run, words: tuple[str, ...], meant: str) -> None:
    done = run(*words)
    assert done.exit_code in (ExitCode.USAGE, ExitCode.CONFIG, ExitCode.NOT_FOUND)
    assert done.stdout == ""
    assert meant in done.stderr


@pytest.mark.parametrize("command", [("list",), ("group", "list")])
def test_a_status_that_nobody_knows_is_a_mistake(sandbox: Run, command: tuple[str, ...]) -> None:
    for word in ("availabel", "avail"):
        done = sandbox(*command, "--status", word)
        assert (done.exit_code, done.stdout) == (ExitCode.USAGE, "")
        assert f"'{word}' is no status that evsrep knows; did you mean 'available'?" in done.stderr
    done = sandbox(*command, "--status", "zzz", "-o", "json")
    assert (done.exit_code, done.stdout) == (ExitCode.USAGE, "")
    assert "'zzz' is no status that evsrep knows" in done.error["message"]
    assert done.error["hint"].startswith("there are: creating, available")
    for word in ("available", "AVAILABLE", "copying"):
        done = sandbox(*command, "--status", word, "-q")
        assert (done.exit_code, done.stderr) == (ExitCode.DONE, "")


def test_a_word_like_none_gets_no_guess(run: Run) -> None:
    for words in (("zzzz",), ("create", "--zzzz"), ("help", "zzzz"), ("list", "-c", "zzzz")):
        assert "did you mean" not in run(*words).stderr


@pytest.mark.parametrize("words", [
    ("--version", "-v"), ("-v", "--version"), ("-v", "show", "--version"),
    ("show", "--version", "-v"),
])  # fmt: skip
def test_the_version_with_those_of_all_that_it_uses(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == ExitCode.DONE
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names[0] == "evsrep"
    assert names[3:8] == ["click", "httpx", "httpcore", "rich", "tomli-w"]
    assert platform.python_version() in done.stdout.splitlines()[1]
    assert version("httpx") in done.stdout
    assert run("--version").stdout == done.stdout.splitlines(keepends=True)[0]


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
