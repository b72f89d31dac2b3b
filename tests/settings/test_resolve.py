"""Which profile it is, what it says, and where each value comes from."""

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from evsrep.errors import ConfigError
from evsrep.settings import resolve
from evsrep.settings.declarations import KEYS, KEYS_BY_NAME
from evsrep.settings.profile import Profile
from evsrep.settings.profiles import ProfileFile
from evsrep.settings.spelling import did_you_mean, nearest
from evsrep.settings.values import fault_of

FILE = ProfileFile(
    Path("/home/alice/.config/evsrep/config.toml"),
    {
        "default_profile": "otc",
        "profiles": {
            "otc": {"auth_url": "https://iam.example/v3", "password": "of the file"},
            "two": {"region": "eu-nl"},
        },
    },
)
EMPTY = ProfileFile(FILE.path, {})
SHELL = {"OS_AUTH_URL": "https://shell.example/v3", "OS_PASSWORD": "of the shell"}


def profile(**keys: Any) -> Profile:
    return Profile.of("otc", keys, chosen_by="a test", origin="a test")


def printing(text: str) -> str:
    """A command that prints text."""
    return f'{sys.executable} -c "import sys; sys.stdout.write({text!r})"'


# The one source of identity


@pytest.mark.parametrize(("file", "environ", "chosen"), [
    (FILE, SHELL, "otc"),
    (FILE, {}, "otc"),
    (EMPTY, SHELL, "env"),
    (EMPTY, {"OS_CLOUD": "otc"}, "env"),
])  # fmt: skip
def test_where_none_is_named_the_first_source_there_is_wins(
    file: ProfileFile, environ: dict[str, str], chosen: str
) -> None:
    name, chosen_by = resolve.choose(file, environ)
    assert name == chosen
    assert chosen_by


@pytest.mark.parametrize("environ", [{}, {"OS_AUTH_URL": ""}, {"OS_PASSWORD": "x"}])
def test_without_any_source_it_says_what_to_do(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as told:
        resolve.choose(EMPTY, environ)
    assert "evsrep profile init" in told.value.hint
    assert "sandbox" in told.value.hint


def test_a_profile_takes_nothing_from_the_shell() -> None:
    found = resolve.load("two", "--profile", FILE, SHELL)
    assert set(found.values) == {"region"}


def test_the_shell_takes_nothing_from_a_profile() -> None:
    found = resolve.load("env", "--profile", FILE, SHELL)
    assert found.text("auth_url") == "https://shell.example/v3"
    assert found.text("password") == "of the shell"
    assert set(found.values) == {"auth_url", "password"}


def test_each_value_says_where_it_comes_from() -> None:
    found = resolve.load("otc", "--profile", FILE, {"EVSREP_PASSWORD": "of the variable"})
    assert found.text("password") == "of the variable"
    assert "EVSREP_PASSWORD" in found.values["password"].origin
    assert str(FILE.path) in found.values["auth_url"].origin


@pytest.mark.parametrize(("variable", "key"), [
    ("EVSREP_PASSWORD", "password"), ("EVSREP_SECRET_KEY", "secret_key"),
    ("EVSREP_TOKEN", "token"), ("EVSREP_PASSCODE", "passcode"),
])  # fmt: skip
def test_variables_supply_the_chosen_profiles_secret(variable: str, key: str) -> None:
    for name in ("two", "env"):
        found = resolve.load(name, "--profile", FILE, {**SHELL, variable: "hush"})
        assert found.text(key) == "hush"


def test_an_unknown_profile_names_those_there_are_and_the_nearest() -> None:
    with pytest.raises(ConfigError) as told:
        resolve.load("ocd", "--profile", FILE, SHELL)
    for name in ("otc", "two", "sandbox"):
        assert name in told.value.hint


@pytest.mark.parametrize(("variable", "key"), [
    ("OS_TENANT_NAME", "project_name"), ("OS_PROJECT_ID", "project_id"),
    ("OS_REGION_NAME", "region"), ("OS_AUTH_TOKEN", "token"), ("OS_CACERT", "ca_bundle"),
    ("OS_USER_DOMAIN_ID", "user_domain_id"), ("OS_DOMAIN_NAME", "user_domain_name"),
    ("OS_PASSCODE", "passcode"), ("OS_ACCESS_KEY", "access_key"),
])  # fmt: skip
def test_the_shells_names_are_known(variable: str, key: str) -> None:
    found = resolve.load("env", "--profile", EMPTY, {**SHELL, variable: "x"})
    assert found.text(key) == "x"
    assert variable in found.values[key].origin


@pytest.mark.parametrize(("text", "is_set"), [
    ("1", True), ("true", True), ("True", True), ("yes", True),
    ("0", False), ("false", False), ("", False),
])  # fmt: skip
def test_the_shells_insecure_is_a_word(text: str, is_set: bool) -> None:
    found = resolve.load("env", "--profile", EMPTY, {**SHELL, "OS_INSECURE": text})
    assert found.is_set("insecure") is is_set


def test_application_credentials_are_refused_with_a_clear_word() -> None:
    environ = {**SHELL, "OS_APPLICATION_CREDENTIAL_ID": "x"}
    with pytest.raises(ConfigError, match="application credentials"):
        resolve.load("env", "--profile", EMPTY, environ)


# auth_url


@pytest.mark.parametrize("given", [
    "https://iam.example/v3",
    "https://iam.example/v3/",
    "https://iam.example/",
    "https://iam.example",
    "https://iam.example:443/v3",
    "https://iam.example:443",
    "https://iam.example//v3",
    " https://iam.example/v3 ",
    "https://iam.example/v3//",
])  # fmt: skip
def test_auth_url_is_put_right(given: str) -> None:
    assert profile(auth_url=given).auth_url == "https://iam.example/v3"


@pytest.mark.parametrize(("given", "right"), [
    ("http://127.0.0.1:5000", "http://127.0.0.1:5000/v3"),
    ("https://iam.example:8443/v3", "https://iam.example:8443/v3"),
    ("https://cloud.example/identity", "https://cloud.example/identity/v3"),
    ("https://cloud.example/identity/v3/", "https://cloud.example/identity/v3"),
    ("http://[::1]:5000/", "http://[::1]:5000/v3"),
])  # fmt: skip
def test_an_unusual_auth_url_keeps_what_it_has(given: str, right: str) -> None:
    assert profile(auth_url=given).auth_url == right


@pytest.mark.parametrize("given", [
    "iam.example/v3", "", "ftp://iam.example", "https://", "https:///v3", "//iam.example", "v3",
])  # fmt: skip
def test_an_auth_url_without_scheme_or_host_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="auth_url"):
        _ = profile(auth_url=given).auth_url


@pytest.mark.parametrize(("keys", "project"), [
    ({"region": "eu-de"}, "eu-de"),
    ({"project_name": "eu-de_prod"}, "eu-de_prod"),
    ({"region": "eu-nl", "project_name": "eu-de_prod"}, "eu-de_prod"),
    ({"project_name": "prod"}, "prod"),
    ({"region": "eu-de", "project_id": "0" * 32}, ""),
])  # fmt: skip
def test_the_project_is_called_like_the_region_unless_it_is_named(
    keys: dict[str, str], project: str
) -> None:
    assert profile(**keys).project_name == project


# Secrets out of commands


@pytest.mark.parametrize(
    "text", ["hush", "hush\n", "hush\nsecond line\n", "hush\r\n", "hush hush\n"]
)
def test_the_first_line_of_a_commands_output_is_the_secret(text: str) -> None:
    found = profile(password_command=printing(text)).secret("password", {})
    assert found == text.splitlines()[0]


def test_a_secret_may_have_any_letters() -> None:
    found = profile(password_command=printing("pässwörd 🔑\n")).secret("password", {})
    assert found == "pässwörd 🔑"


def test_a_command_is_split_at_quotes_and_run_without_a_shell() -> None:
    for command, secret in (
        ("echo 'two words'", "two words"),
        ("echo $HOME `id` *", "$HOME `id` *"),
        ('echo "a;b" | cat', "a;b | cat"),
    ):
        environ = {"PATH": "/usr/bin:/bin"}
        assert profile(token_command=command).secret("token", environ) == secret


@pytest.mark.parametrize(("command", "told"), [
    ("false", "failed"),
    ("true", "nothing"),
    (printing("\\n\\n"), "nothing"),
    (printing("\\nsecond line"), "nothing"),
    ("no-such-command-anywhere", "can't be run"),
    ("/", "can't be run"),
    ("echo 'unbalanced", "quotes"),
])  # fmt: skip
def test_a_command_that_gives_no_secret_is_told(command: str, told: str) -> None:
    with pytest.raises(ConfigError, match="password_command") as error:
        profile(password_command=command).secret("password", {"PATH": "/usr/bin:/bin"})
    assert told in error.value.message


@pytest.mark.parametrize("line", ["hush", "hush\\n"])
def test_a_child_that_keeps_stdout_open_holds_nothing_up(line: str) -> None:
    began = time.monotonic()
    command = f"sh -c \"printf '{line}'; sleep 20 &\""
    environ = {"PATH": "/usr/bin:/bin"}
    assert profile(password_command=command).secret("password", environ) == "hush"
    assert time.monotonic() - began < 10


def test_a_command_without_an_end_is_killed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evsrep.settings.commands._MOST_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(ConfigError, match=r"did not end within 0\.5 s"):
        profile(password_command="sleep 20").secret("password", {"PATH": "/usr/bin:/bin"})
    assert time.monotonic() - began < 10


def test_a_command_may_print_more_than_a_pipe_holds() -> None:
    code = "print('hush'); print('x' * 1000000)"
    command = f'{sys.executable} -c "{code}"'
    assert profile(password_command=command).secret("password", {}) == "hush"


def test_a_blank_command_is_told() -> None:
    with pytest.raises(ConfigError, match="password_command"):
        profile(password_command="  ").secret("password", {})


def test_what_a_failing_command_printed_is_not_told() -> None:
    command = f"{sys.executable} -c \"print('hunter2'); raise SystemExit(3)\""
    with pytest.raises(ConfigError) as error:
        profile(password_command=command).secret("password", {})
    assert "hunter2" not in f"{error.value.message} {error.value.hint} {error.value.args}"
    assert "3" in error.value.message


SECRET_VARIABLES = (
    "EVSREP_PASSWORD", "EVSREP_TOKEN", "EVSREP_SECRET_KEY", "EVSREP_PASSCODE", "OS_PASSWORD",
    "OS_TOKEN", "OS_AUTH_TOKEN", "OS_SECRET_KEY",
)  # fmt: skip


def test_a_command_does_not_inherit_secrets() -> None:
    environ = dict.fromkeys(SECRET_VARIABLES, "hunter2")
    code = "import os; print('hunter2' in os.environ.values(), os.environ['VAULT'])"
    command = f'{sys.executable} -c "{code}"'
    found = profile(password_command=command).secret("password", {**environ, "VAULT": "x"})
    assert found == "False x"


def test_a_secret_that_is_given_needs_no_command(tmp_path: Path) -> None:
    command = f"touch {tmp_path}/was-run"
    found = profile(password="hush", password_command=command).secret("password", {})
    assert found == "hush"
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("secret", ["a\x00b", "a\x1bb", "a\x7fb", "a\x85b"])
def test_a_secret_with_a_control_character_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ConfigError) as error:
        profile(token=secret).secret("token", {})
    assert secret not in error.value.message


# Types


@pytest.mark.parametrize(("key", "value"), [
    ("timeout", 30), ("timeout", 0.5), ("retries", 0), ("retries", 5), ("insecure", True),
    ("insecure", False), ("read_only", True), ("protected", False), ("region", "eu-de"),
    ("region", ""), ("password", "naïve 🚀"), ("output", "json"),
])  # fmt: skip
def test_a_value_of_its_keys_type_is_fine(key: str, value: Any) -> None:
    assert fault_of(KEYS_BY_NAME[key], value) == ""


@pytest.mark.parametrize(("key", "value"), [
    ("timeout", 0), ("timeout", -1), ("timeout", "30"), ("timeout", True),
    ("timeout", float("nan")), ("timeout", float("inf")), ("retries", -1), ("retries", 1.5),
    ("retries", True), ("retries", "3"), ("insecure", "true"), ("insecure", 1),
    ("read_only", "true"), ("protected", 1), ("region", 1), ("region", ["eu-de"]),
    ("password", 12345678), ("username", "a\nb"), ("output", "yaml"),
])  # fmt: skip
def test_a_value_of_another_type_is_told(key: str, value: Any) -> None:
    assert fault_of(KEYS_BY_NAME[key], value)


def test_every_key_of_a_profile_is_there() -> None:
    assert {key.name for key in KEYS} == {
        "auth_url", "auth_type", "region", "project_id", "project_name", "project_domain_name",
        "project_domain_id", "username", "user_id", "user_domain_name", "user_domain_id",
        "password", "passcode", "access_key", "secret_key", "security_token", "token",
        "password_command", "secret_key_command", "token_command", "credential_command", "endpoint",
        "compute_endpoint", "ca_bundle", "insecure", "proxy", "timeout", "retries",
        "priority_station", "replication_model", "output", "read_only", "protected", "journal",
    }  # fmt: skip


@pytest.mark.parametrize(("word", "near"), [
    ("usrname", "username"), ("auth-url", "auth_url"), ("passwort", "password"), ("zzz", ""),
])  # fmt: skip
def test_the_nearest_word_is_what_was_probably_meant(word: str, near: str) -> None:
    assert nearest(word, KEYS_BY_NAME) == near
    assert did_you_mean(word, KEYS_BY_NAME) == (f"; did you mean '{near}'?" if near else "")
