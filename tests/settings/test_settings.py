"""What is given beats the variable, then the profile, then the default: for both faces."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli_w

import evsrep
from evsrep.builtin import sandbox_profile
from evsrep.cloud.calls import Limits
from evsrep.errors import ConfigError, EvsrepError, ExitCode, UsageFault
from evsrep.settings.declarations import KEYS_BY_NAME, SETTINGS
from evsrep.settings.paths import config_file
from evsrep.settings.settings import Settings
from evsrep.settings.values import seconds_in, url_fault
from tests.conftest import Run

KEYS = {
    "auth_url": "https://iam.example/v3",
    "username": "alice",
    "user_domain_name": "d",
    "password": "open sesame",
    "project_name": "eu-de_prod",
}
Face = Callable[..., tuple[int, str]]


def write(path: Path, default: str = "", **profiles: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"default_profile": default, "profiles": profiles}
    path.write_text(tomli_w.dumps(document))
    path.chmod(0o600)
    return path


@pytest.fixture
def file(home: Path) -> Path:
    """A profile file whose default is 'otc'; 'two' has settings of its own."""
    path = home / ".config/evsrep/config.toml"
    return write(path, "otc", otc=KEYS, two={**KEYS, "timeout": 7, "retries": 5, "output": "json"})


def settings(file: Path, environ: Mapping[str, str], **given: Any) -> Settings:
    return Settings(environ, {"config": str(file), **given}, sandbox_profile)


@pytest.fixture(params=["shell", "program"])
def face(request: pytest.FixtureRequest, run: Run) -> Face:
    """Which profile a face uses: its exit code, and its name or what is wrong."""

    def shell(**given: Any) -> tuple[int, str]:
        words = [f"--{name}={value}" for name, value in given.items()]
        done = run("profile", "show", "-c", "key", *words)
        return done.exit_code, done.stderr

    def program(profile: str = "", **given: Any) -> tuple[int, str]:
        try:
            with evsrep.connect(profile, **given) as cloud:
                return 0, cloud.auth_url
        except EvsrepError as error:
            return error.exit_code, f"{error} {error.hint}"

    return shell if request.param == "shell" else program


# The four sources


@pytest.mark.parametrize(("given", "environ", "timeout", "retries", "form"), [
    ({}, {}, 60, 3, "table"),
    ({"profile": "two"}, {}, 7, 5, "json"),
    ({"profile": "two"}, {"EVSREP_TIMEOUT": "1.5m", "EVSREP_RETRIES": "0"}, 90, 0, "json"),
    ({"profile": "two", "timeout": 0.5, "retries": 0}, {"EVSREP_TIMEOUT": "9"}, 0.5, 0, "json"),
    ({"output": "value"}, {"EVSREP_OUTPUT": "jsonl"}, 60, 3, "value"),
    ({}, {"EVSREP_PROFILE": "two", "EVSREP_OUTPUT": "jsonl"}, 7, 5, "jsonl"),
    ({}, {"EVSREP_TIMEOUT": "", "EVSREP_RETRIES": "", "EVSREP_OUTPUT": ""}, 60, 3, "table"),
])  # fmt: skip
def test_what_is_nearer_beats_what_is_farther(
    file: Path, given: dict[str, Any], environ: dict[str, str],
    timeout: float, retries: int, form: str,
) -> None:  # fmt: skip
    found = settings(file, environ, **given)
    assert found.value("timeout") == timeout
    assert found.value("retries") == retries
    assert found.value("output") == form


@pytest.mark.parametrize(("given", "environ", "name", "chosen_by"), [
    ("two", {"EVSREP_PROFILE": "nobody"}, "two", "--profile"),
    ("sandbox", {}, "sandbox", "--profile"),
    ("env", {"OS_AUTH_URL": "https://x"}, "env", "--profile"),
    ("", {"EVSREP_PROFILE": "two"}, "two", "EVSREP_PROFILE"),
    ("", {"EVSREP_PROFILE": "", "OS_AUTH_URL": "https://x"}, "otc", "default_profile in "),
])  # fmt: skip
def test_the_profile_is_chosen_by_what_is_nearest(
    file: Path, given: str, environ: dict[str, str], name: str, chosen_by: str
) -> None:
    found = settings(file, environ, profile=given)
    assert found.profile.name == name
    assert found.profile.chosen_by.startswith(chosen_by)
    assert found.is_named is bool(given), "which a variable does not do"


@pytest.mark.parametrize(("name", "value"), [
    ("timeout", 0), ("timeout", -1), ("timeout", "30"), ("retries", -1), ("retries", 1.5),
    ("retries", 101), ("config", 7), ("config", "a\0b"),
])  # fmt: skip
def test_what_a_program_gives_is_checked(file: Path, name: str, value: object) -> None:
    with pytest.raises(UsageFault, match=f"^{name} "):
        settings(file, {}, **{name: value}).value(name)


@pytest.mark.parametrize(("variable", "text"), [
    ("EVSREP_TIMEOUT", "soon"), ("EVSREP_TIMEOUT", "0"), ("EVSREP_RETRIES", "-1"),
    ("EVSREP_RETRIES", "101"),
])  # fmt: skip
def test_a_bad_variable_is_a_usage_fault_that_names_it(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    code, words = face()
    assert code == ExitCode.USAGE
    assert f"invalid value for {variable}: " in words


def test_the_limits_of_a_program_are_those_of_a_command(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with evsrep.connect("two") as cloud:
        assert cloud._http.limits == Limits(7, 5)
    monkeypatch.setenv("EVSREP_TIMEOUT", "2m")
    monkeypatch.setenv("EVSREP_RETRIES", "0")
    with evsrep.connect("two") as cloud:
        assert cloud._http.limits == Limits(120, 0)
    with evsrep.connect("two", timeout=1.5, retries=1) as cloud:
        assert cloud._http.limits == Limits(1.5, 1)


# The same profile and file for both faces


def test_the_variable_chooses_the_profile(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "sandbox")
    assert "iam.example" not in face()[1]
    assert face()[0] == ExitCode.DONE
    monkeypatch.setenv("EVSREP_PROFILE", "nobody")
    code, words = face()
    assert code == ExitCode.CONFIG
    assert "there is no profile 'nobody'" in words
    assert face(profile="two")[0] == ExitCode.DONE


def test_the_variable_names_the_file(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = file.rename(file.with_name("moved.toml"))
    assert face()[0] == ExitCode.CONFIG
    monkeypatch.setenv("EVSREP_CONFIG", str(moved))
    assert face()[0] == ExitCode.DONE


def test_a_file_may_be_below_the_home_folder(face: Face, file: Path) -> None:
    file.rename(file.parents[2] / "mine.toml")
    assert face(config="~/mine.toml")[0] == ExitCode.DONE


def test_a_program_names_a_file_by_text_or_path(file: Path) -> None:
    moved = file.rename(file.with_name("moved.toml"))
    for config in (str(moved), moved, Path("~/.config/evsrep/moved.toml")):
        with evsrep.connect("two", config=config) as cloud:
            assert cloud.auth_url == KEYS["auth_url"]


def test_a_file_that_is_named_and_not_there_is_told(face: Face, file: Path) -> None:
    for profile in ("otc", "sandbox", ""):
        code, words = face(profile=profile, config=str(file.with_name("none.toml")))
        assert code == ExitCode.CONFIG
        assert "there is no profile file" in words


@pytest.mark.parametrize("folder", ["", ".", "xdg", "~/xdg"])
def test_a_folder_of_the_desktop_that_is_not_absolute_is_ignored(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    here = file.parents[2] / "here"
    for trap in ("evsrep", "xdg/evsrep", "~/xdg/evsrep"):
        write(here / trap / "config.toml", "trap", trap={"token_command": "touch was-run"})
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", folder)
    code, words = face()
    assert code == ExitCode.DONE
    assert "trap" not in words
    assert not (here / "was-run").exists()


def test_an_absolute_folder_of_the_desktop_is_where_the_file_is(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert face()[0] == ExitCode.CONFIG
    write(tmp_path / "xdg/evsrep/config.toml", "two", two=KEYS)
    assert face()[0] == ExitCode.DONE


@pytest.mark.parametrize(("platform", "environ", "path"), [
    ("linux", {}, "{home}/.config/evsrep/config.toml"),
    ("linux", {"XDG_CONFIG_HOME": "/xdg"}, "/xdg/evsrep/config.toml"),
    ("darwin", {"XDG_CONFIG_HOME": "/xdg"},
     "{home}/Library/Application Support/evsrep/config.toml"),
    ("win32", {"APPDATA": "/roaming"}, "/roaming/evsrep/config.toml"),
    ("win32", {}, "{home}/evsrep/config.toml"),
])  # fmt: skip
def test_the_file_is_where_click_has_an_applications_folder(
    home: Path, platform: str, environ: dict[str, str], path: str
) -> None:
    assert str(config_file(environ, platform)) == path.format(home=home)


# Ways to sign in


@pytest.mark.parametrize("auth_type", [
    "v3oidcpassword", "v3oidcaccesstoken", "v3samlpassword", "v3adfspassword", "v3kerberos",
    "v3applicationcredential", "v3totp", "none",
])  # fmt: skip
def test_a_way_to_sign_in_that_is_not_spoken_is_refused_by_name(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch, auth_type: str
) -> None:
    write(file, "otc", otc={**KEYS, "auth_type": auth_type})
    code, words = face()
    assert (code, auth_type in words) == (ExitCode.CONFIG, True)
    for name, text in {"AUTH_URL": KEYS["auth_url"], "AUTH_TYPE": auth_type}.items():
        monkeypatch.setenv(f"OS_{name}", text)
    code, words = face(profile="env")
    assert code == ExitCode.CONFIG
    assert f"variable OS_AUTH_TYPE: auth_type '{auth_type}' is none of" in words


@pytest.mark.parametrize(("auth_type", "method"), [
    ("", "token"), ("password", "password"), ("v3password", "password"),
    ("v3multifactor", "password"), ("token", "token"), ("v3token", "token"), ("aksk", "key"),
])  # fmt: skip
def test_the_type_decides_between_the_ways_to_sign_in(
    file: Path, auth_type: str, method: str
) -> None:
    every = {**KEYS, "token": "t", "access_key": "a", "secret_key": "s"}
    write(file, otc={**every, "auth_type": auth_type} if auth_type else every)
    assert settings(file, {}, profile="otc").profile.method == method


NOT_SPOKEN = [
    "agency_name", "agency_domain_name", "delegated_project", "assume_role_agency_name", "trust_id",
    "application_credential_id", "application_credential_name", "identity_provider", "system_scope",
]  # fmt: skip


@pytest.mark.parametrize("key", NOT_SPOKEN)
def test_keys_of_ways_to_sign_in_that_are_not_spoken_are_refused(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    write(file, "otc", otc={**KEYS, key: "x"})
    code, words = face()
    assert (code, key in words) == (ExitCode.CONFIG, True)
    monkeypatch.setenv("OS_AUTH_URL", "https://iam.example")
    monkeypatch.setenv(f"OS_{key.upper()}", "x")
    code, words = face(profile="env")
    assert (code, f"OS_{key.upper()}" in words) == (ExitCode.CONFIG, True)
    assert "not supported" in words or "not offered" in words


@pytest.mark.parametrize(("key", "meant"), [
    ("readonly", "read_only"), ("read-only", "read_only"), ("Read_Only", "read_only"),
    ("read_onyl", "read_only"), ("is_read_only", "read_only"), ("protect", "protected"),
    ("Protected", "protected"), ("proteced", "protected"), ("is_protected", "protected"),
])  # fmt: skip
def test_who_meant_to_be_safe_is_not_taken_lightly(
    face: Face, file: Path, key: str, meant: str
) -> None:
    write(file, "otc", otc={**KEYS, key: True})
    code, words = face()
    assert code == ExitCode.CONFIG
    assert f"'{key}'" in words
    assert f"'{meant}'" in words
    file.write_text(f'"{key}" = true\n{file.read_text()}'.replace(f"\n{key} = true", ""))
    assert face()[0] == ExitCode.CONFIG


def test_a_byte_order_mark_is_read_over(face: Face, file: Path) -> None:
    write(file, "otc", otc=KEYS)
    before = face()
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert face() == before


@pytest.mark.parametrize(("key", "text"), [
    ("token", "t\u00f6ken"), ("access_key", "\u0430k"), ("security_token", "\U0001f511"),
    ("project_id", "\u00e4"), ("username", "a\r"), ("project_name", "a\nb"),
    ("user_domain_name", "\x85"), ("region", "\u2028"), ("project_domain_id", "a\x7f"),
])  # fmt: skip
def test_what_can_not_be_sent_is_refused_with_its_origin(
    face: Face, file: Path, monkeypatch: pytest.MonkeyPatch, key: str, text: str
) -> None:
    write(file, "otc", otc={**KEYS, key: text})
    code, words = face()
    assert (code, f"{key} has a" in words, str(file) in words) == (ExitCode.CONFIG, True, True)
    assert text not in words
    [variable, *_] = KEYS_BY_NAME[key].openrc
    monkeypatch.setenv("OS_ACCESS_KEY", "a")  # without which there is no security token
    monkeypatch.setenv(variable, text)
    code, words = face(profile="env")
    assert (code, f"{variable}: {key} has a" in words) == (ExitCode.CONFIG, True)


@pytest.mark.parametrize("line", [
    "timeout = 1e10", "timeout = nan", "timeout = 1979-05-27", "retries = 1.0", "region = 1.5",
    "username = [[[[]]]]", "password = {a = {b = {}}}", f"retries = {'9' * 5000}",
    f"timeout = {'9' * 400}", "insecure = 1979-05-27T07:32:00Z", "project_id = []",
])  # fmt: skip
def test_a_value_of_any_other_type_is_told(face: Face, file: Path, line: str) -> None:
    write(file, "otc", otc=KEYS)
    text = file.read_text().splitlines()
    kept = [one for one in text if not one.startswith(line.split()[0])]
    file.write_text("\n".join([*kept, line]))
    code, words = face()
    assert code == ExitCode.CONFIG
    assert str(file) in words


@pytest.mark.parametrize("family", [
    ("OS_ACCESS_KEY", "OS_SECRET_KEY", "OS_SECURITY_TOKEN"),
    ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"),
])  # fmt: skip
def test_a_key_and_what_belongs_to_it_are_of_one_family(
    file: Path, family: tuple[str, ...]
) -> None:
    others = {"OS_SECRET_KEY": "another", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "another"}
    environ = {**others, **dict(zip(family, "ast", strict=False))}
    found = settings(file, environ, profile="env").profile
    parts = tuple(map(found.text, ("access_key", "secret_key", "security_token")))
    assert parts == ("a", "s", "t")


# URLs


@pytest.mark.parametrize("url", [
    "https://evs.example", "http://127.0.0.1:8080/v2/{project_id}", " https://evs.example:443/ ",
    "https://[2001:db8::1]:8443/v3", "https://evs.example/v2/$(tenant_id)s",
    "https://joe:pass%2Fword@evs_1.example.:1/", "https://xn--bcher-kva.example",
])  # fmt: skip
def test_a_url_is_one(url: str) -> None:
    assert url_fault(url) == ""


BAD_URLS = [
    "evs.example", "evs.example:443/v3", "//evs.example", "ftp://evs.example", "https://",
    "https:///v3", "https://evs.example:port", "https://evs.example:99999", "https://evs:-1",
    "https://[2001:db8::1", "https://[nonsense]", "https://[v1.x]/", "https://2001:db8::1/v3",
    "https://::1:5000", "https://evs..example", f"https://{'x' * 64}.example", "https://a b",
    "https://evs.example%zz", "https://\u2100.example", "https://bücher.example", "https://🚀",
    "https://joe@", "socks5://127.0.0.1:1", "x",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
def test_what_is_no_url_is_told_without_it(url: str) -> None:
    fault = url_fault(url)
    assert fault.startswith(("is not a", "is neither"))
    assert url in ("x", "https://") or url not in fault


@pytest.mark.parametrize("url", [*BAD_URLS, "https://evs\tx.example", "https://evs.example/\x1b"])
@pytest.mark.parametrize("key", ["auth_url", "endpoint", "compute_endpoint", "proxy"])
def test_a_bad_url_is_refused_with_its_key_and_origin(
    face: Face, file: Path, key: str, url: str
) -> None:
    write(file, "otc", otc={**KEYS, key: url})
    code, words = face()
    assert code == ExitCode.CONFIG
    assert f"profile 'otc' in {file}: {key} " in words


def test_a_bad_url_of_the_shell_is_refused_with_its_variable(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "https://iam.example:port/v3")
    code, words = face()
    assert code == ExitCode.CONFIG
    assert "variable OS_AUTH_URL: auth_url is not a URL" in words


@pytest.mark.parametrize("key", ["auth_url", "endpoint", "compute_endpoint", "proxy"])
def test_a_bad_url_on_the_command_line_is_refused_and_not_saved(
    run: Run, file: Path, key: str
) -> None:
    before = file.read_text()
    flag = f"--{key.replace('_', '-')}"
    for words in (
        ("set", "otc", f"{key}=https://evs:port"),
        ("init", "new", f"{flag}=https://evs:port", "--no-test"),
    ):
        done = run("profile", *words)
        assert done.exit_code == ExitCode.CONFIG
        assert key in done.stderr.replace("-", "_")
    assert file.read_text() == before


# The declarations


def test_no_word_is_declared_twice() -> None:
    for words in (
        [setting.name for setting in SETTINGS],
        [flag for setting in SETTINGS for flag in setting.flags],
        [setting.variable for setting in SETTINGS if setting.variable],
    ):
        assert len(words) == len(set(words))


@pytest.mark.parametrize(("text", "seconds"), [
    ("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("0.5", 0.5), (" 1.5m ", 90), ("0", 0),
])  # fmt: skip
def test_a_duration_is_so_many_seconds(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1d2", "9e9", "nan", "1,5", "9999h"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|range"):
        seconds_in(text)


def test_no_secret_is_in_a_profiles_repr(file: Path) -> None:
    found = settings(file, {}, profile="two").profile
    assert "open sesame" not in f"{found!r} {found} {[found]}"


def test_a_fault_of_a_file_is_a_config_error(file: Path) -> None:
    write(file, "otc", otc={**KEYS, "timeout": 0, "retries": "many"})
    with pytest.raises(ConfigError) as caught:
        _ = settings(file, {}).profile
    assert "timeout" in str(caught.value)
    assert "retries" in str(caught.value)
