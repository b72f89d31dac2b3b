"""`evsrep profile`."""

import json
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pexpect
import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.seed import LASTING_KEY
from tests.cli.conftest import WriteProfiles, requests_in
from tests.conftest import DR, PRODUCTION, Real, Run, Spawn, answer_prompts

EXAMPLE = ("--production-disk", PRODUCTION, "--dr-disk", DR)
OTC = """\
default_profile = "otc"

[profiles.otc]
auth_url = "https://iam.eu-de.otc.t-systems.com/v3"
region = "eu-de"
user_domain_name = "OTC-EU-DE-000000000010000XXXXX"
username = "alice"
password = "open sesame"
project_name = "eu-de_prod"
"""


@pytest.fixture
def file(write_profiles: WriteProfiles) -> Path:
    """A profile file with the profile 'otc'."""
    return write_profiles(OTC)


def profiles(path: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = tomllib.loads(path.read_text())["profiles"]
    return found


def flags(url: str, **others: str) -> list[str]:
    """The keys of a ready profile as flags of `profile init`."""
    keys = {**ready_profile(url), **others}
    return [f"--{key.replace('_', '-')}={value}" for key, value in keys.items() if value]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# path and list


def test_path_is_where_the_file_is_or_would_be(run: Run, home: Path) -> None:
    done = run("profile", "path")
    assert done.exit_code == ExitCode.DONE
    assert done.stdout == f"{home}/.config/evsrep/config.toml\n"
    assert run("profile", "path", "-o", "json").json == {"path": done.stdout.strip()}


def test_path_honours_the_folder_of_the_desktop(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    assert run("profile", "path").stdout == f"{home}/xdg/evsrep/config.toml\n"


def test_list_has_the_built_in_profile_without_any_file(run: Run) -> None:
    done = run("profile", "list", "-o", "value", "-c", "name")
    assert done.exit_code == ExitCode.DONE
    assert done.stdout == "sandbox\n"


def test_list_tells_which_is_the_default(run: Run, file: Path) -> None:
    rows = {row["name"]: row["default"] for row in run("profile", "list", "-o", "json").json}
    assert rows == {"otc": True, "sandbox": False}
    assert "open sesame" not in run("profile", "list").stdout


# show


def test_show_masks_secrets_and_says_where_each_value_comes_from(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVSREP_PASSCODE", "123456")
    rows = {row["key"]: row for row in run("profile", "show", "otc", "-o", "json").json}
    assert rows["username"]["value"] == "alice"
    assert str(file) in rows["username"]["origin"]
    assert "EVSREP_PASSCODE" in rows["passcode"]["origin"]
    for form in ("table", "json", "jsonl", "value"):
        done = run("profile", "show", "otc", "-o", form)
        assert done.exit_code == ExitCode.DONE
        assert "open sesame" not in done.stdout + done.stderr
        assert "123456" not in done.stdout + done.stderr


@pytest.mark.parametrize("key", [
    "password", "passcode", "token", "secret_key", "security_token", "new_password", "api_secret",
])  # fmt: skip
def test_show_masks_every_kind_of_secret(run: Run, write_profiles: WriteProfiles, key: str) -> None:
    write_profiles(OTC.replace('password = "open sesame"', f'{key} = "hush hush"'))
    done = run("profile", "show", "otc")
    assert key in done.stdout
    assert "hush hush" not in done.stdout + done.stderr


@pytest.mark.parametrize("key", ["proxy", "auth_url", "endpoint"])
def test_show_masks_a_password_inside_a_url(
    run: Run, write_profiles: WriteProfiles, key: str
) -> None:
    write_profiles(**{key: "http://alice:hunter2@proxy.example:3128"})
    done = run("profile", "show", "served")
    assert "proxy.example" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_show_alone_is_the_profile_that_would_be_used(run: Run, file: Path) -> None:
    done = run("profile", "show")
    assert "alice" in done.stdout
    assert "otc" in done.stderr
    assert "default_profile" in done.stderr


def test_show_of_the_built_in_profile(run: Run) -> None:
    done = run("profile", "show", "sandbox")
    assert done.exit_code == ExitCode.DONE
    assert "auth_url" in done.stdout


def test_show_of_the_variables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "https://iam.example/v3")
    monkeypatch.setenv("OS_PASSWORD", "open sesame")
    rows = {row["key"]: row for row in run("profile", "show", "env", "-o", "json").json}
    assert rows["auth_url"]["value"] == "https://iam.example/v3"
    assert "OS_AUTH_URL" in rows["auth_url"]["origin"]
    assert rows["password"]["value"] != "open sesame"


def test_show_of_an_unknown_profile_names_those_there_are(run: Run, file: Path) -> None:
    done = run("profile", "show", "otcc")
    assert done.exit_code == ExitCode.CONFIG
    assert "otc," in done.stderr


# use


def test_use_makes_a_profile_the_default(run: Run, write_profiles: WriteProfiles) -> None:
    path = write_profiles(OTC + "[profiles.two]\nregion = 'eu-nl'\n")
    assert run("profile", "use", "two").exit_code == ExitCode.DONE
    assert tomllib.loads(path.read_text())["default_profile"] == "two"


def test_use_takes_the_sandbox(run: Run, pair_id: str) -> None:
    assert run("profile", "use", "sandbox").exit_code == ExitCode.DONE
    assert run("show", pair_id, "-o", "json").json["id"] == pair_id


def test_use_of_an_unknown_profile_changes_nothing(run: Run, file: Path) -> None:
    done = run("profile", "use", "otcc")
    assert done.exit_code == ExitCode.CONFIG
    assert "otc" in done.stderr
    assert file.read_text() == OTC


# set and unset


def test_a_misspelt_key_draws_a_warning_with_the_nearest(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    write_profiles('default-profile = "x"\n', **{**ready_profile(served), "reigon": "eu-de"})
    for words in (("profile", "show", "served"), ("auth", "check", "-p", "served")):
        done = run(*words)
        assert done.exit_code == ExitCode.DONE
        assert "'reigon' is no key, and is not looked at; did you mean 'region'?" in done.stderr
        assert "did you mean 'default_profile'?" in done.stderr


def test_a_deleted_folder_is_told_where_a_cloud_is_looked_for_in_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for words in (("list", "-p", "env"), ("profile", "import", "--cloud", "x")):
        monkeypatch.setenv("OS_CLOUD", "x")
        done = run(*words)
        assert done.exit_code == ExitCode.CONFIG
        assert "the current folder is not there any more" in done.stderr
    assert run("profile", "list").exit_code == ExitCode.DONE


def test_set_keeps_the_type_that_a_key_has(run: Run, file: Path) -> None:
    done = run(
        "profile", "set", "otc", "timeout=30", "retries=0", "insecure=true", "read_only=false",
        "project_name=12", "description=", "output=json",
    )  # fmt: skip
    assert done.exit_code == ExitCode.USAGE  # there is no 'description'
    assert file.read_text() == OTC
    done = run(
        "profile", "set", "otc", "timeout=30", "retries=0", "insecure=true", "read_only=false",
        "project_name=12", "output=json",
    )  # fmt: skip
    assert done.exit_code == ExitCode.DONE
    found = profiles(file)["otc"]
    assert found["timeout"] == 30
    assert found["retries"] == 0
    assert found["insecure"] is True
    assert found["read_only"] is False
    assert found["project_name"] == "12"
    assert found["username"] == "alice"


def test_set_takes_everything_after_the_first_equals_sign(run: Run, file: Path) -> None:
    run("profile", "set", "otc", "password=a=b == c ")
    assert profiles(file)["otc"]["password"] == "a=b == c "


@pytest.mark.parametrize(("setting", "told"), [
    ("usrname=bob", "username"),
    ("auth-url=https://x.example", "auth_url"),
    ("projectname=x", "project_name"),
    ("passwort=x", "password"),
    ("timeout=soon", "timeout"),
    ("timeout=0", "timeout"),
    ("timeout=-1", "timeout"),
    ("retries=1.5", "retries"),
    ("retries=-1", "retries"),
    ("insecure=perhaps", "insecure"),
    ("output=yaml", "output"),
    ("username", "KEY=VALUE"),
    ("=bob", "key"),
])  # fmt: skip
def test_a_bad_setting_is_told_and_nothing_is_changed(
    run: Run, file: Path, setting: str, told: str
) -> None:
    done = run("profile", "set", "otc", "region=eu-nl", setting)
    assert done.exit_code == ExitCode.USAGE
    assert told in done.stderr
    assert file.read_text() == OTC


def test_all_bad_settings_are_told_at_once(run: Run, file: Path) -> None:
    done = run("profile", "set", "otc", "usrname=bob", "timeout=soon", "retries=many", "-o", "json")
    assert done.exit_code == ExitCode.USAGE
    for word in ("usrname", "timeout", "retries"):
        assert word in done.error["message"]


def test_a_secret_that_is_not_accepted_is_not_repeated(run: Run, file: Path) -> None:
    done = run("profile", "set", "otc", "password=open\x07sesame")
    assert done.exit_code == ExitCode.USAGE
    assert "sesame" not in done.stderr


@pytest.mark.parametrize("verb", ["set", "unset", "delete"])
def test_a_change_to_an_unknown_profile_names_those_there_are(
    run: Run, file: Path, verb: str
) -> None:
    rest = {"set": ("region=x",), "unset": ("region",), "delete": ("--yes",)}[verb]
    done = run("profile", verb, "otcc", *rest)
    assert done.exit_code == ExitCode.CONFIG
    assert "otc," in done.stderr
    assert file.read_text() == OTC


@pytest.mark.parametrize("verb", ["set", "unset", "delete"])
def test_the_built_in_profile_can_not_be_changed(run: Run, verb: str) -> None:
    rest = {"set": ("region=x",), "unset": ("region",), "delete": ("--yes",)}[verb]
    assert run("profile", verb, "sandbox", *rest).exit_code == ExitCode.USAGE


def test_unset_removes_keys(run: Run, file: Path) -> None:
    assert run("profile", "unset", "otc", "password", "region").exit_code == ExitCode.DONE
    assert set(profiles(file)["otc"]) == {
        "auth_url", "user_domain_name", "username", "project_name",
    }  # fmt: skip


def test_unset_of_a_key_that_is_not_there_changes_nothing(run: Run, file: Path) -> None:
    done = run("profile", "unset", "otc", "region", "token")
    assert done.exit_code == ExitCode.USAGE
    assert "token" in done.stderr
    assert file.read_text() == OTC


# delete


def test_delete_with_yes(run: Run, file: Path) -> None:
    done = run("profile", "delete", "otc", "--yes")
    assert done.exit_code == ExitCode.DONE
    document = tomllib.loads(file.read_text())
    assert "otc" not in document.get("profiles", {})
    assert "default_profile" not in document


def test_delete_asks_on_a_terminal(run: Run, file: Path) -> None:
    declined = run("profile", "delete", "otc", typed="n\n")
    assert "otc" in declined.stderr
    assert file.read_text() == OTC
    agreed = run("profile", "delete", "otc", typed="y\n")
    assert agreed.exit_code == ExitCode.DONE
    assert agreed.stdout == ""
    assert "otc" not in tomllib.loads(file.read_text()).get("profiles", {})


def test_delete_refuses_where_nobody_can_be_asked(run: Run, file: Path) -> None:
    done = run("profile", "delete", "otc")
    assert done.exit_code == ExitCode.USAGE
    assert "--yes" in done.stderr
    assert file.read_text() == OTC


# init


def test_init_by_flags_makes_a_profile_that_works(run: Run, served: str, home: Path) -> None:
    done = run("profile", "init", "mine", *flags(served))
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.stdout == ""
    assert run("auth", "check", "-p", "mine", "-o", "json").json["user"] == "demo"


def test_the_first_profile_becomes_the_default(run: Run, home: Path) -> None:
    done = run("profile", "init", "otc", "--no-test", *flags("https://iam.example"))
    assert done.exit_code == ExitCode.DONE, done.stderr
    path = home / ".config/evsrep/config.toml"
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) & 0o077 == 0
    document = tomllib.loads(path.read_text())
    assert document["default_profile"] == "otc"
    assert document["profiles"]["otc"]["username"] == "demo"
    run("profile", "init", "two", "--no-test", *flags("https://iam.example"))
    assert tomllib.loads(path.read_text())["default_profile"] == "otc"


def test_every_key_is_a_flag(run: Run, file: Path) -> None:
    texts = (
        "password_command", "token_command", "secret_key_command", "endpoint", "compute_endpoint",
        "project_id", "project_domain_name", "project_domain_id", "user_id", "user_domain_id",
        "passcode", "access_key", "secret_key", "security_token", "token", "ca_bundle", "proxy",
        "priority_station", "replication_model",
    )  # fmt: skip
    urls = dict.fromkeys(("endpoint", "compute_endpoint", "proxy"), "https://x")
    others = {**dict.fromkeys(texts, "x"), **urls, "replication_model": "hypermetro"}
    done = run(
        "profile", "init", "all", "--no-test", *flags("https://iam.example", **others),
        "--insecure", "--read-only", "--protected", "--timeout", "30", "--retries", "1",
        "--output", "json",
    )  # fmt: skip
    assert done.exit_code == ExitCode.DONE, done.stderr
    found = profiles(file)["all"]
    assert set(texts) <= set(found)
    assert found["insecure"] is found["read_only"] is found["protected"] is True
    assert (found["timeout"], found["retries"], found["output"]) == (30, 1, "json")


def test_init_tries_the_profile_before_it_is_saved(run: Run, served: str, home: Path) -> None:
    path = home / ".config/evsrep/config.toml"
    before = path.read_text()
    done = run("profile", "init", "mine", *flags(served, password="wrong"), "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert len(requests_in(done.stderr)) == 1
    assert "--no-test" in done.stderr
    assert path.read_text() == before
    done = run("profile", "init", "mine", *flags(served, password="wrong"), "--no-test", "--debug")
    assert done.exit_code == ExitCode.DONE
    assert requests_in(done.stderr) == []
    assert profiles(path)["mine"]["password"] == "wrong"


@pytest.mark.parametrize("variables", [
    {}, {"EVSREP_PASSWORD": "just-trying"}, {"EVSREP_TOKEN": "{}"},
])  # fmt: skip
def test_init_tries_the_values_that_are_given_and_no_others(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    token = run("auth", "token", "-p", "served").stdout.strip()  # which is kept
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(token))
    done = run("profile", "init", "bad", *flags(served, password="sesame"))
    assert done.exit_code == ExitCode.AUTH
    assert "signed in" not in done.stderr
    assert "bad" not in profiles(home / ".config/evsrep/config.toml")


def test_init_says_all_that_is_missing_where_nobody_can_be_asked(run: Run, home: Path) -> None:
    done = run("profile", "init", "mine", "--username", "alice")
    assert done.exit_code == ExitCode.USAGE
    for key in ("auth_url", "password", "user_domain_name", "project_name"):
        assert key in done.stderr
    assert not (home / ".config/evsrep/config.toml").exists()


def test_init_does_not_overwrite_a_profile(run: Run, file: Path) -> None:
    done = run("profile", "init", "otc", "--no-test", *flags("https://iam.example"))
    assert done.exit_code == ExitCode.USAGE
    assert file.read_text() == OTC


@pytest.mark.parametrize("name", ["sandbox", "env", "", " ", "a\nb"])
def test_some_names_are_taken_or_none(run: Run, name: str) -> None:
    done = run("profile", "init", name, "--no-test", *flags("https://iam.example"))
    assert done.exit_code == ExitCode.USAGE


@pytest.mark.parametrize("name", ["with.dot", "with blank", "größe", "42", '"quoted"'])
def test_any_other_name_will_do(run: Run, file: Path, name: str) -> None:
    done = run("profile", "init", name, "--no-test", *flags("https://iam.example"))
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert run("profile", "set", name, "timeout=3").exit_code == ExitCode.DONE
    assert profiles(file)[name]["timeout"] == 3
    assert profiles(file)["otc"]["username"] == "alice"


def test_init_makes_the_file_that_config_names(run: Run, home: Path) -> None:
    path = home / "deep/er/mine.toml"
    words = ("profile", "init", "mine", "--no-test", *flags("https://iam.example"))
    done = run(*words, "--config", str(path))
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert profiles(path)["mine"]["username"] == "demo"


def test_a_secret_from_a_variable_is_not_saved(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVSREP_PASSWORD", "just-trying")
    done = run("profile", "init", "mine", *flags(served, password=""))
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert "password" not in profiles(home / ".config/evsrep/config.toml")["mine"]


def test_init_asks_step_by_step_and_keeps_secrets_unseen(
    spawn: Spawn, served_elsewhere: str, home: Path
) -> None:
    answers = {
        "cloud": "other",
        "region": "sandbox",
        "auth_url": f"{served_elsewhere}/v3",
        "sign in by": "password",
        "user_domain_name": "sandbox",
        "username": "demo",
        "password": "just-trying",
        "project_name": "sandbox",
    }
    child = spawn("profile", "init", "mine")
    seen = answer_prompts(child, answers)
    assert child.exitstatus == ExitCode.DONE, seen
    assert "just-trying" not in seen
    assert profiles(home / ".config/evsrep/config.toml")["mine"] == ready_profile(served_elsewhere)


def test_init_with_an_access_key_ends_in_who_you_are(
    spawn: Spawn, real: Real, served_elsewhere: str
) -> None:
    answers = {
        "cloud": "other",
        "region": "sandbox",
        "auth_url": f"{served_elsewhere}/v3",
        "sign in by": "key",
        "access_key": LASTING_KEY.access,
        "secret_key": LASTING_KEY.secret,
        "project_name": "sandbox",
    }
    child = spawn("profile", "init", "mine")
    seen = answer_prompts(child, answers)
    assert child.exitstatus == ExitCode.DONE, seen
    assert LASTING_KEY.secret not in seen
    found = json.loads(real("auth", "check", "-p", "mine", "-o", "json").stdout)
    assert found["project"] == found["region"] == "sandbox"
    assert found["endpoint"].startswith(f"{served_elsewhere}/v2/")
    assert found["compute_endpoint"].startswith(served_elsewhere)


def test_ctrl_c_while_it_asks_saves_nothing(spawn: Spawn, home: Path) -> None:
    child = spawn("profile", "init", "mine", "--auth-url", "https://iam.example/v3")
    child.expect(": ?$")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == ExitCode.INTERRUPTED
    assert not (home / ".config/evsrep/config.toml").exists()


# The file


def test_the_file_stays_private(run: Run, file: Path) -> None:
    file.chmod(0o644)
    run("profile", "set", "otc", "region=eu-nl")
    assert mode_of(file) == 0o600


def test_a_file_with_secrets_that_others_can_read_draws_a_warning(run: Run, served: str) -> None:
    path = Path(run("profile", "path").stdout.strip())
    quiet = run("auth", "check", "-p", "served")
    assert "warning" not in quiet.stderr
    path.chmod(0o644)
    done = run("auth", "check", "-p", "served")
    assert done.exit_code == ExitCode.DONE
    assert "warning: " in done.stderr
    assert str(path) in done.stderr


def test_a_file_without_secrets_draws_no_warning(run: Run, write_profiles: WriteProfiles) -> None:
    path = write_profiles(OTC.replace('password = "open', 'password_command = "open'))
    path.chmod(0o644)
    assert "warning" not in run("profile", "show", "otc").stderr


def test_keys_that_this_version_does_not_know_are_kept(
    run: Run, write_profiles: WriteProfiles
) -> None:
    path = write_profiles(
        "colour = 'blue'\n" + OTC + "moon = [1, {phase = 'new'}]\nborn = 2017-09-28T05:08:32Z\n"
        "[profiles.otc.nested]\ndeep = 1.5\n[another.table]\nkey = true\n"
    )
    before = tomllib.loads(path.read_text())
    assert run("profile", "set", "otc", "region=eu-nl").exit_code == ExitCode.DONE
    before["profiles"]["otc"]["region"] = "eu-nl"
    assert tomllib.loads(path.read_text()) == before


def test_comments_are_kept_in_the_old_file_beside_and_that_is_told(
    run: Run, write_profiles: WriteProfiles
) -> None:
    old = "# mine, do not touch\n" + OTC
    path = write_profiles(old)
    done = run("profile", "set", "otc", "region=eu-nl")
    assert done.exit_code == ExitCode.DONE
    [beside] = [each for each in path.parent.iterdir() if each != path]
    assert beside.read_text() == old
    assert mode_of(beside) == 0o600
    assert str(beside) in done.stderr
    again = run("profile", "set", "otc", "region=eu-de")
    assert str(beside) not in again.stderr
    assert len(list(path.parent.iterdir())) == 2


def test_an_old_file_never_replaces_an_older_one(run: Run, write_profiles: WriteProfiles) -> None:
    for number in range(3):
        path = write_profiles(f"# version {number}\n" + OTC)
        run("profile", "set", "otc", "region=eu-nl")
    texts = {each.read_text().splitlines()[0] for each in path.parent.iterdir()}
    assert {"# version 0", "# version 1", "# version 2"} <= texts


def test_without_comments_nothing_is_left_beside(run: Run, file: Path) -> None:
    done = run("profile", "set", "otc", "password=with # no comment")
    assert list(file.parent.iterdir()) == [file]
    assert str(file.parent) not in done.stderr
    run("profile", "set", "otc", "region=eu-nl")
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_a_link(run: Run, file: Path, home: Path) -> None:
    target = home / "dotfiles/evsrep.toml"
    target.parent.mkdir()
    file.rename(target)
    file.symlink_to(target)
    assert run("profile", "set", "otc", "region=eu-nl").exit_code == ExitCode.DONE
    assert file.is_symlink()
    assert profiles(target)["otc"]["region"] == "eu-nl"


@pytest.mark.parametrize("content", [
    b"profiles = [", b"not toml at all", b"\xff\xfe", b"profiles = 1", b"[profiles]\notc = 1",
    b"default_profile = 1", b"a = " + b"[" * 5000,
], ids=["cut", "prose", "binary", "number", "no table", "no name", "bottomless"])  # fmt: skip
@pytest.mark.parametrize("words", [
    ("profile", "list"), ("profile", "show", "otc"), ("profile", "set", "otc", "region=x"),
    ("profile", "use", "otc"), ("show", "nope"), ("auth", "check", "-p", "otc"),
    ("profile", "init", "x", "--no-test", *flags("https://iam.example")),
])  # fmt: skip
def test_a_file_that_is_no_profile_file_is_told_and_left_alone(
    run: Run, file: Path, content: bytes, words: tuple[str, ...]
) -> None:
    file.write_bytes(content)
    done = run(*words)
    assert done.exit_code == ExitCode.CONFIG
    assert done.stdout == ""
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert file.read_bytes() == content


def test_a_broken_file_does_not_keep_the_sandbox_from_working(run: Run, file: Path) -> None:
    file.write_text("not toml at all")
    assert run("sandbox", "disks").exit_code == ExitCode.DONE
    assert run("create", *EXAMPLE, "--dry-run", "-p", "sandbox").exit_code == ExitCode.DONE


def test_a_value_of_the_wrong_type_is_told_when_the_profile_is_used(
    run: Run, write_profiles: WriteProfiles
) -> None:
    write_profiles(OTC + "timeout = 'soon'\nretries = 1.5\ninsecure = 'yes'\nread_only = 'true'\n")
    done = run("auth", "check")
    assert done.exit_code == ExitCode.CONFIG
    for key in ("timeout", "retries", "insecure", "read_only"):
        assert key in done.stderr
    words = ("timeout=1", "retries=1", "insecure=false", "read_only=true")
    assert run("profile", "set", "otc", *words).exit_code == ExitCode.DONE
    assert run("profile", "show", "otc").exit_code == ExitCode.DONE


def test_an_unknown_form_in_a_profile_is_told(run: Run, write_profiles: WriteProfiles) -> None:
    write_profiles(OTC + "output = 'yaml'\n")
    done = run("profile", "show")
    assert done.exit_code == ExitCode.CONFIG
    assert "yaml" in done.stderr


def test_a_file_where_the_folder_should_be_is_told(run: Run, home: Path) -> None:
    (home / ".config").mkdir()
    (home / ".config/evsrep").write_text("in the way")
    done = run("profile", "init", "x", "--no-test", *flags("https://iam.example"))
    assert done.exit_code == ExitCode.CONFIG
    assert "config.toml" in done.stderr
    assert "Traceback" not in done.stderr
    assert run("profile", "list").exit_code in (ExitCode.DONE, ExitCode.CONFIG)


def test_changes_at_the_same_time_are_all_kept(file: Path) -> None:
    keys = ("region", "passcode", "access_key", "token", "ca_bundle", "user_id")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "evsrep", "profile", "set", "otc", f"{key}=x"],
            stderr=subprocess.DEVNULL,
        )
        for key in keys
    ]
    assert [process.wait(20) for process in running] == [0] * len(keys)
    found = profiles(file)["otc"]
    assert {key: found[key] for key in keys} == dict.fromkeys(keys, "x")
    assert list(file.parent.iterdir()) == [file]


def test_bytes_that_are_no_text_are_not_saved(real: Real, file: Path) -> None:
    done = real("profile", "set", "otc", os.fsdecode(b"password=\xff\xfe"))
    assert done.returncode in (ExitCode.USAGE, ExitCode.CONFIG)
    assert "Traceback" not in done.stderr
    assert file.read_text() == OTC


# Profiles that hold back


def test_a_read_only_profile_changes_nothing(run: Run, served: str) -> None:
    run("profile", "set", "served", "read_only=true")
    words = ("create", *EXAMPLE, "-p", "served")
    done = run(*words, "--yes", "-o", "json", "--debug")
    assert done.exit_code == ExitCode.REFUSED
    assert done.error["kind"] == "refused"
    assert "read_only" in done.error["message"]
    assert not [each for each in requests_in(done.stderr) if "os-vendor-replications" in each]
    assert run(*words, "--dry-run").exit_code == ExitCode.DONE
    assert run("show", "nope", "-p", "served").exit_code == ExitCode.NOT_FOUND


def test_a_protected_profile_wants_its_name_and_yes_on_the_command_line(
    run: Run, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("profile", "set", "served", "protected=true")
    monkeypatch.setenv("EVSREP_PROFILE", "served")
    for words in ((), ("--yes",), ("-p", "served")):
        done = run("create", *EXAMPLE, *words)
        assert done.exit_code == ExitCode.REFUSED
        assert "--yes" in done.stderr
    assert run("create", *EXAMPLE, "--dry-run").exit_code == ExitCode.DONE
    assert run("create", *EXAMPLE, "-p", "served", "--yes").exit_code == ExitCode.DONE
