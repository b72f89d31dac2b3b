"""Whatever is typed, kept in files or set in variables: an exit code of the table, no traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evsrep.errors import EXIT_CODES
from tests.conftest import DR, PRODUCTION, Done, Run

CODES = {int(row.code) for row in EXIT_CODES}
TEXT = st.text(st.characters(exclude_characters="\x00"), max_size=20)
FLAGS = st.sampled_from(
    [
        "--production-disk",
        "--dr-disk",
        "--volume-id",
        "--name",
        "--description",
        "--priority-station",
        "--replication-model",
        "--wait-timeout",
        "--timeout",
        "--retries",
        "-o",
        "-c",
        "-p",
        "--config",
        "--for",
    ]
)
SWITCHES = st.sampled_from(
    ["--check", "--no-check", "--dry-run", "--if-not-exists", "--wait", "-q", "-v", "--debug"]
)
COMMANDS = st.sampled_from(
    ["create", "show", "wait", "profile", "auth", "sandbox disks", "help", "list", ""]
)
VALUES = TEXT | st.sampled_from([PRODUCTION, DR, "db-01-data", "az1.dc1", "sandbox", "json", "10m"])
WORDS = st.lists(
    st.tuples(FLAGS, VALUES).map(list)
    | SWITCHES.map(lambda switch: [switch])
    | VALUES.map(lambda v: [v]),
    max_size=6,
)
TOML_VALUE = st.recursive(
    TEXT | st.integers(-(2**63), 2**63 - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
KEYS = st.sampled_from(
    [
        "auth_url",
        "username",
        "password",
        "token",
        "endpoint",
        "project_id",
        "region",
        "timeout",
        "retries",
        "output",
        "insecure",
        "proxy",
        "ca_bundle",
        "token_command",
        "access_key",
        "secret_key",
        "priority_station",
        "read_only",
        "unheard_of",
    ]
)
SAFE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def check(done: Done) -> None:
    assert done.exit_code in CODES
    assert done.exit_code != 1, done.stderr
    assert "Traceback" not in done.stderr
    if done.exit_code != 0:
        assert done.stderr


@SAFE
@given(command=COMMANDS, words=WORDS)
def test_any_words(run: Run, monkeypatch: pytest.MonkeyPatch, command: str, words: Any) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "sandbox")
    check(run(*command.split(), *(word for group in words for word in group)))


@SAFE
@given(content=st.binary(max_size=80) | TEXT.map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_in_the_profile_file(run: Run, home: Path, content: bytes) -> None:
    path = home / "mine.toml"
    path.write_bytes(content)
    for words in (["show", "x"], ["profile", "list"], ["profile", "use", "x"], ["auth", "check"]):
        check(run(*words, "--config", str(path)))


@SAFE
@given(keys=st.dictionaries(KEYS, TOML_VALUE, max_size=6))
def test_any_value_of_any_key(run: Run, home: Path, keys: dict[str, Any]) -> None:
    keys.pop("token_command", None)  # whatever it says would be run
    path = home / "mine.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    path.write_text("\n".join(['default_profile = "x"', "[profiles.x]", *lines]))
    for words in (["show", "x"], ["profile", "show"], ["auth", "check"]):
        check(run(*words, "--config", str(path), "--retries", "0", "--timeout", "0.2s"))


VARIABLES = [
    "EVSREP_PROFILE",
    "EVSREP_OUTPUT",
    "EVSREP_TIMEOUT",
    "EVSREP_RETRIES",
    "EVSREP_CONFIG",
    "EVSREP_TOKEN",
    "OS_AUTH_URL",
    "OS_CLOUD",
    "OS_INSECURE",
    "XDG_CONFIG_HOME",
    "HTTPS_PROXY",
    "COLUMNS",
    "NO_COLOR",
    "TERM",
]
VARIABLE_TEXT = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20
)


@SAFE
@given(variable=st.sampled_from(VARIABLES), value=VARIABLE_TEXT)
def test_any_value_of_any_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(variable, value)
        for words in (["profile", "list"], ["sandbox", "disks"], ["show", "x", "-p", "sandbox"]):
            check(run(*words, "--retries", "0", "--timeout", "0.2s"))
