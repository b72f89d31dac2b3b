"""`evsrep auth`, and the ways to sign in."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.seed import LASTING_KEY
from tests.cli.conftest import UNKNOWN, WriteProfiles, requests_in
from tests.conftest import DR, Run
from tests.faults.commands import CHANGES


def test_check_says_who_you_are_and_where(run: Run, served: str) -> None:
    done = run("auth", "check", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    who = done.json
    assert who["user"] == "demo"
    assert who["project"] == "sandbox"
    assert re.match(r"\d{4}-\d\d-\d\dT", who["expires_at"])
    assert who["endpoint"].startswith(f"{served}/v2/")
    assert who["compute_endpoint"].startswith(served)
    for word in ("demo", "sandbox", who["expires_at"], who["endpoint"]):
        assert word in run("auth", "check", "-p", "served").stdout


def test_check_needs_no_account_in_the_sandbox(sandbox: Run) -> None:
    assert sandbox("auth", "check").exit_code == ExitCode.DONE


def test_token_prints_a_token_that_works(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    done = run("auth", "token", "-p", "served")
    assert done.exit_code == ExitCode.DONE
    [token] = done.stdout.splitlines()
    write_profiles(auth_url=f"{served}/v3", token=token)
    again = run("auth", "check", "-p", "served", "-o", "json")
    assert again.json["user"] == "demo"


@pytest.mark.parametrize("form", ["json", "jsonl", "value"])
def test_token_in_other_forms(run: Run, served: str, form: str) -> None:
    done = run("auth", "token", "-p", "served", "-o", form)
    found = done.json["token"] if form != "value" else done.stdout.strip()
    assert re.fullmatch(r"\S{20,}", found)


@pytest.mark.parametrize("changed", [
    {"password": "sesame"}, {"username": "nobody"}, {"user_domain_name": "nowhere"},
    {"project_name": "nothing"}, {"project_name": "sandbox_closed"},
])  # fmt: skip
def test_a_refused_sign_in_is_told_once(
    run: Run, served: str, write_profiles: WriteProfiles, changed: dict[str, str]
) -> None:
    write_profiles(**{**ready_profile(served), **changed})
    done = run("auth", "check", "-p", "served", "-o", "json", "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert done.stdout == ""
    assert done.error["kind"] == "auth"
    assert done.error["status"] == 401
    assert "hint" in done.error
    assert len(requests_in(done.stderr)) == 1
    assert "sesame" not in done.stderr


def test_a_one_time_code_is_asked_for_and_taken(
    run: Run, served: str, write_profiles: WriteProfiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {**ready_profile(served), "username": "otp", "password": "just-trying-twice"}
    write_profiles(**keys)
    done = run("auth", "check", "-p", "served")
    assert done.exit_code == ExitCode.AUTH
    assert "EVSREP_PASSCODE" in done.stderr
    monkeypatch.setenv("EVSREP_PASSCODE", "123456")
    assert run("auth", "check", "-p", "served", "-o", "json").json["user"] == "otp"


def test_domain_and_project_may_be_given_by_id(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    keys = ready_profile(served)
    del keys["user_domain_name"], keys["project_name"]
    write_profiles(
        **keys,
        user_domain_id="5d1f0c6a3b7e4b6f9a1c2e8d7f605142",
        project_id="6b1c9a52d0f34e7f8e0b7a6d5c4f3e21",
    )
    assert run("auth", "check", "-p", "served", "-o", "json").json["project"] == "sandbox_other"


def test_a_user_may_be_given_by_id_alone(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    write_profiles(
        auth_url=f"{served}/v3",
        user_id="a4f8d2c61b3e4d5f8091a2b3c4d5e6f7",
        password="just-trying",
        project_id="0391e4486e864c26be5654c522f440f2",
    )
    assert run("auth", "check", "-p", "served", "-o", "json").json["user"] == "demo"


def test_without_a_project_it_is_the_one_named_like_the_region(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    keys = ready_profile(served)
    del keys["project_name"]
    write_profiles(**keys)
    assert run("auth", "check", "-p", "served", "-o", "json").json["project"] == "sandbox"


def test_without_a_region_it_is_the_first_part_of_the_projects_name(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    keys = {**ready_profile(served), "project_name": "sandbox_other"}
    del keys["region"]
    write_profiles(**keys)
    who = run("auth", "check", "-p", "served", "-o", "json").json
    assert (who["project"], who["region"]) == ("sandbox_other", "sandbox")


@pytest.mark.parametrize("end", ["", "/", "/v3", "/v3/", "//v3//"])
def test_auth_url_is_put_right(
    run: Run, served: str, write_profiles: WriteProfiles, end: str
) -> None:
    write_profiles(**{**ready_profile(served), "auth_url": served + end})
    done = run("auth", "check", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr


@pytest.mark.parametrize("url", ["iam.example/v3", "", "ftp://iam.example", "https://", "//iam"])
def test_an_auth_url_without_a_scheme_is_refused(
    run: Run, write_profiles: WriteProfiles, url: str
) -> None:
    write_profiles(**{**ready_profile("https://x"), "auth_url": url})
    done = run("auth", "check", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.CONFIG
    assert "auth_url" in done.stderr
    assert requests_in(done.stderr) == []


@pytest.mark.parametrize("key", ["auth_url", "username", "user_domain_name", "password"])
def test_a_missing_key_is_named(
    run: Run, served: str, write_profiles: WriteProfiles, key: str
) -> None:
    keys = ready_profile(served)
    del keys[key]
    write_profiles(**keys)
    done = run("auth", "check", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.CONFIG
    assert key in done.stderr
    assert "evsrep profile set served" in done.stderr
    assert requests_in(done.stderr) == []


def test_all_missing_keys_are_named_at_once(run: Run, write_profiles: WriteProfiles) -> None:
    write_profiles(timeout=3)
    done = run("auth", "check", "-p", "served")
    for key in ("auth_url", "username", "user_domain_name", "password", "project_name"):
        assert key in done.stderr


# Secrets from elsewhere


def test_a_password_may_come_from_a_command(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    keys = ready_profile(served)
    del keys["password"]
    write_profiles(**keys, password_command="printf '%s\\n' just-trying 'and a second line'")
    assert run("auth", "check", "-p", "served", "-o", "json").json["user"] == "demo"


def test_a_token_may_come_from_a_command(
    run: Run, served: str, write_profiles: WriteProfiles, home: Path
) -> None:
    token = run("auth", "token", "-p", "served").stdout
    (home / "kept token").write_text(token)
    write_profiles(auth_url=served, token_command=f"cat '{home}/kept token'")
    assert run("auth", "check", "-p", "served", "-o", "json").json["user"] == "demo"


@pytest.mark.parametrize("command", [
    "false", "true", "no-such-command-anywhere", "echo 'unbalanced", "echo ''", " ",
    "sh -c 'echo hunter2; exit 3'",
])  # fmt: skip
def test_a_secret_command_that_fails_is_told(
    run: Run, served: str, write_profiles: WriteProfiles, command: str
) -> None:
    keys = ready_profile(served)
    del keys["password"]
    write_profiles(**keys, password_command=command)
    done = run("auth", "check", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.CONFIG
    assert "password" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert requests_in(done.stderr) == []


def test_a_variable_beats_the_profiles_secret(
    run: Run, served: str, write_profiles: WriteProfiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profiles(**{**ready_profile(served), "password": "wrong"})
    monkeypatch.setenv("EVSREP_PASSWORD", "just-trying")
    assert run("auth", "check", "-p", "served").exit_code == ExitCode.DONE


def test_a_variable_beats_the_profiles_command_which_is_not_even_run(
    run: Run, served: str, write_profiles: WriteProfiles, home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keys = ready_profile(served)
    del keys["password"]
    write_profiles(**keys, password_command=f"touch {home}/was-run")
    monkeypatch.setenv("EVSREP_PASSWORD", "just-trying")
    assert run("auth", "check", "-p", "served").exit_code == ExitCode.DONE
    assert not (home / "was-run").exists()


# One source of identity


def export(monkeypatch: pytest.MonkeyPatch, url: str, **others: str) -> None:
    """Set the `OS_*` variables as an openrc file does."""
    for key, value in {**ready_profile(url), **others}.items():
        name = "region_name" if key == "region" else key
        monkeypatch.setenv(f"OS_{name.upper()}", value)


def test_the_variables_are_used_where_no_profile_is_chosen(
    run: Run, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(monkeypatch, served)
    who = run("auth", "check", "-o", "json").json
    assert (who["profile"], who["user"]) == ("env", "demo")


def test_the_variables_can_be_asked_for_by_name(
    run: Run, served: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    export(monkeypatch, served, PROJECT_NAME="sandbox_other")
    path = home / ".config/evsrep/config.toml"
    path.write_text('default_profile = "served"\n' + path.read_text())
    assert run("auth", "check", "-o", "json").json["profile"] == "served"
    assert run("auth", "check", "-p", "env", "-o", "json").json["project"] == "sandbox_other"


def test_a_password_of_the_variables_never_reaches_a_profiles_cloud(
    run: Run, served: str, write_profiles: WriteProfiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ready_profile(served)
    del keys["password"]
    write_profiles(**keys)
    export(monkeypatch, "https://elsewhere.example")
    done = run("auth", "check", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.CONFIG
    assert "password" in done.stderr
    assert requests_in(done.stderr) == []


def test_a_profiles_password_never_reaches_the_variables_cloud(
    run: Run, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "http://127.0.0.1:1/v3")
    monkeypatch.setenv("OS_USERNAME", "demo")
    done = run("auth", "check", "--debug")
    assert done.exit_code == ExitCode.CONFIG
    assert requests_in(done.stderr) == []


def test_without_any_identity_the_profile_env_says_so(run: Run) -> None:
    done = run("auth", "check", "-p", "env")
    assert done.exit_code == ExitCode.CONFIG
    assert "OS_" in done.stderr


# Credentials on the way


@pytest.mark.parametrize("key", ["auth_url", "endpoint"])
def test_credentials_do_not_go_over_plain_http_to_elsewhere(
    run: Run, served: str, write_profiles: WriteProfiles, key: str
) -> None:
    write_profiles(**{**ready_profile(served), key: "http://iam.example/v3"})
    done = run("show", "nope", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.CONFIG
    assert "iam.example" in done.stderr
    assert not [line for line in done.stderr.splitlines() if "> GET http://iam" in line]
    assert not [line for line in done.stderr.splitlines() if "> POST http://iam" in line]


def test_insecure_warns_each_time(run: Run, served: str, write_profiles: WriteProfiles) -> None:
    write_profiles(**ready_profile(served), insecure=True)
    for _ in range(2):
        done = run("auth", "check", "-p", "served", "-q")
        assert done.exit_code == ExitCode.DONE
        assert "warning: " in done.stderr
        assert "insecure" in done.stderr


# The right project, or none


SANDBOX_ID = "0391e4486e864c26be5654c522f440f2"
OTHER_ID = "6b1c9a52d0f34e7f8e0b7a6d5c4f3e21"
TOKENS = {"GET /v3/auth/tokens", "POST /v3/auth/tokens"}


@pytest.fixture
def foreign_token(run: Run, served: str, write_profiles: WriteProfiles) -> str:
    """A token for the project 'sandbox_other'."""
    write_profiles(**{**ready_profile(served), "project_name": "sandbox_other"})
    return run("auth", "token", "-p", "served").stdout.strip()


@pytest.mark.parametrize("command", CHANGES)
def test_a_token_for_another_project_changes_nothing_there(
    run: Run, served: str, write_profiles: WriteProfiles, foreign_token: str, home: Path,
    monkeypatch: pytest.MonkeyPatch, command: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(home)
    (home / "pairs.csv").write_text("production_disk,dr_disk\ndb-01-log,db-01-log-dr\n")
    words = (*command.split(), *CHANGES[command])
    write_profiles(auth_url=served, token=foreign_token, project_name="sandbox_closed")
    done = run(*words, "-p", "served", "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert "'sandbox_other'" in done.stderr
    assert set(requests_in(done.stderr)) == TOKENS  # as often as it is needed
    write_profiles(auth_url=served, token=foreign_token, project_name="sandbox")
    done = run(*words, "-p", "served", "--debug")
    sent = [each for each in requests_in(done.stderr) if each not in TOKENS]
    assert sent
    assert all(f"/{SANDBOX_ID}" in each for each in sent)


@pytest.mark.parametrize("wanted", [
    {"project_name": "sandbox_closed"}, {"project_id": "0391e4486e864c26be5654c522f440f3"},
    {"project_name": "sandbox_other", "project_domain_name": "elsewhere"},
    {"project_name": "sandbox_other", "user_domain_name": "elsewhere"},
    {"project_name": "sandbox_other", "project_domain_id": "elsewhere"},
    {"project_name": "sandbox_other", "project_id": SANDBOX_ID},
])  # fmt: skip
@pytest.mark.parametrize("origin", ["file", "command", "EVSREP_TOKEN", "OS_TOKEN"])
def test_a_token_for_another_project_is_refused_wherever_it_comes_from(
    run: Run, served: str, write_profiles: WriteProfiles, foreign_token: str, home: Path,
    monkeypatch: pytest.MonkeyPatch, origin: str, wanted: dict[str, str],
) -> None:  # fmt: skip
    if origin == "OS_TOKEN":
        for key, value in {"auth_url": served, "token": foreign_token, **wanted}.items():
            monkeypatch.setenv(f"OS_{key.upper()}", value)
        chosen: tuple[str, ...] = ()
    else:
        (home / "a token").write_text(foreign_token)
        monkeypatch.setenv("EVSREP_TOKEN", foreign_token if origin == "EVSREP_TOKEN" else "")
        command = {"token_command": f"cat '{home}/a token'"}
        key = {"file": {"token": foreign_token}, "command": command}.get(origin, {"token": "x"})
        write_profiles(auth_url=served, **key, **wanted)
        chosen = ("-p", "served")
    done = run("list", *chosen, "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert "the profile names" in done.stderr
    assert foreign_token not in done.stderr
    assert requests_in(done.stderr) == ["GET /v3/auth/tokens", "POST /v3/auth/tokens"]


@pytest.mark.parametrize("wanted", [
    {"project_name": "sandbox"}, {"project_id": SANDBOX_ID},
    {"project_name": "sandbox", "user_domain_name": "sandbox"},
    {"project_name": "sandbox", "project_id": SANDBOX_ID},
])  # fmt: skip
def test_a_token_is_exchanged_for_one_of_the_right_project(
    run: Run, served: str, write_profiles: WriteProfiles, foreign_token: str,
    wanted: dict[str, str],
) -> None:  # fmt: skip
    write_profiles(auth_url=served, token=foreign_token, **wanted)
    done = run("auth", "check", "-p", "served", "-o", "json", "--debug")
    assert requests_in(done.stderr) == ["GET /v3/auth/tokens", "POST /v3/auth/tokens"]
    assert (done.json["project"], done.json["project_id"]) == ("sandbox", SANDBOX_ID)
    exchanged = run("auth", "token", "-p", "served").stdout.strip()
    assert exchanged != foreign_token
    assert foreign_token not in done.stderr
    assert exchanged not in done.stderr


@pytest.mark.parametrize("wanted", [{"project_name": "sandbox"}, {"region": "sandbox"}])
def test_a_token_for_no_project_is_exchanged(
    run: Run, served: str, write_profiles: WriteProfiles, wanted: dict[str, str]
) -> None:
    write_profiles(auth_url=served, token=unscoped_token(served), **wanted)
    done = run("auth", "check", "-p", "served", "-o", "json")
    assert done.json["project_id"] == SANDBOX_ID


def unscoped_token(url: str) -> str:
    """A token such as a federated user gets: for no project."""
    user = {"name": "demo", "password": "just-trying", "domain": {"name": "sandbox"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": identity, "scope": "unscoped"}}
    return httpx.post(f"{url}/v3/auth/tokens", json=body).headers["X-Subject-Token"]


def test_a_token_with_project_and_endpoint_takes_one_request(
    run: Run, served: str, write_profiles: WriteProfiles, foreign_token: str
) -> None:
    where = {"project_id": OTHER_ID, "endpoint": served}
    write_profiles(auth_url=served, token=foreign_token, **where)
    disks = ("--volume-id", UNKNOWN, "--volume-id", DR, "--priority-station", "az1.dc1")
    done = run("create", *disks, "--no-check", "-p", "served", "--debug")
    assert requests_in(done.stderr) == [f"POST /v2/{OTHER_ID}/os-vendor-replications"]


def test_a_password_for_two_projects_is_for_none(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    write_profiles(**{**ready_profile(served), "project_id": OTHER_ID})
    done = run("list", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert requests_in(done.stderr) == ["POST /v3/auth/tokens"]


def test_a_token_for_the_project_that_is_named_is_used(
    run: Run, served: str, write_profiles: WriteProfiles, foreign_token: str
) -> None:
    write_profiles(auth_url=served, token=foreign_token, project_name="sandbox_other")
    done = run("auth", "check", "-p", "served", "-o", "json")
    assert done.json["project"] == "sandbox_other"


# Credentials that change


@pytest.fixture
def changing(home: Path) -> Callable[..., str]:
    """A command that prints the first text, then the next, then for ever the last; it counts."""

    def write(*texts: str) -> str:
        for number, text in enumerate(texts, 1):
            (home / f"printed-{number}").write_text(text)
        script = home / "changing"
        script.write_text(
            f"cd '{home}'; n=$(cat runs 2>/dev/null || echo 0); n=$((n + 1)); echo $n >runs\n"
            f"[ $n -le {len(texts)} ] || n={len(texts)}\ncat printed-$n\n"
        )
        return f"sh '{script}'"

    return write


def runs(home: Path) -> int:
    return int((home / "runs").read_text())


@pytest.mark.parametrize("is_json", [False, True])
@pytest.mark.parametrize("where", [{}, {"project_id": OTHER_ID, "endpoint": "{}"}])
def test_a_command_is_asked_again_where_its_token_is_refused(
    run: Run, served: str, write_profiles: WriteProfiles, foreign_token: str, home: Path,
    changing: Callable[..., str], where: dict[str, str], is_json: bool,
) -> None:  # fmt: skip
    texts = ("outdated", foreign_token)
    if is_json:
        texts = tuple(json.dumps({"token": text}) for text in texts)
    key = "credential_command" if is_json else "token_command"
    where = {key: value.format(served) for key, value in where.items()}
    write_profiles(auth_url=served, **{key: changing(*texts)}, **where)
    done = run("list", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert foreign_token not in done.stderr
    assert runs(home) == 2


def test_a_token_that_a_command_gives_twice_is_not_sent_twice(
    run: Run, served: str, write_profiles: WriteProfiles, changing: Callable[..., str], home: Path
) -> None:
    write_profiles(auth_url=served, token_command=changing("outdated"), project_name="sandbox")
    done = run("list", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert requests_in(done.stderr) == ["GET /v3/auth/tokens"]
    assert runs(home) == 2


GOOD_KEY = {"access_key": LASTING_KEY.access, "secret_key": LASTING_KEY.secret}


@pytest.mark.parametrize("auth_type", [{}, {"auth_type": "aksk"}])
def test_keys_that_change_together_are_asked_for_again(
    run: Run, served: str, write_profiles: WriteProfiles, changing: Callable[..., str],
    home: Path, auth_type: dict[str, str],
) -> None:  # fmt: skip
    old = {"access_key": "OUTDATED", "secret_key": "wrong-one", "security_token": "its-token"}
    command = changing(json.dumps(old), json.dumps(GOOD_KEY))
    write_profiles(auth_url=served, credential_command=command, project_name="sandbox", **auth_type)
    done = run("auth", "check", "-p", "served", "-o", "json", "--debug")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["project_id"] == SANDBOX_ID
    assert "its-token" not in done.stderr
    assert runs(home) == 2


def test_a_refused_signature_is_not_sent_again_with_the_same_key(
    run: Run, served: str, write_profiles: WriteProfiles, changing: Callable[..., str]
) -> None:
    command = changing(json.dumps({**GOOD_KEY, "secret_key": "wrong-one"}))
    write_profiles(auth_url=served, credential_command=command, project_name="sandbox")
    done = run("list", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert len(requests_in(done.stderr)) == 1


@pytest.mark.parametrize("printed", [
    "", "a b", "[]", "{}", "null", '{"access_key": "A"}', '{"token": 3}', '{"token": "a\\nb"}',
    "[" * 100_000,
])  # fmt: skip
def test_what_is_no_credentials_is_told_and_not_shown(
    run: Run, served: str, write_profiles: WriteProfiles, changing: Callable[..., str], printed: str
) -> None:
    write_profiles(auth_url=served, credential_command=changing(printed), project_name="sandbox")
    done = run("list", "-p", "served", "--debug")
    assert done.exit_code == ExitCode.CONFIG
    assert "credential_command" in done.stderr
    assert requests_in(done.stderr) == []


# Kept tokens


def test_a_token_is_kept_between_runs_and_logout_removes_it(run: Run, served: str) -> None:
    first = run("auth", "token", "-p", "served", "--debug")
    assert requests_in(first.stderr) == ["POST /v3/auth/tokens"]
    second = run("auth", "token", "-p", "served", "--debug")
    assert requests_in(second.stderr) == []
    assert second.stdout == first.stdout
    out = run("auth", "logout", "-p", "served")
    assert out.exit_code == ExitCode.DONE
    assert out.stdout == ""
    third = run("auth", "token", "-p", "served")
    assert third.stdout != first.stdout


def test_a_kept_token_is_private(run: Run, served: str, home: Path) -> None:
    token = run("auth", "token", "-p", "served").stdout.strip()
    holders = [
        path
        for path in home.rglob("*")
        if path.is_file() and path.name != "sandbox.db" and token.encode() in path.read_bytes()
    ]
    assert holders
    for path in holders:
        assert path.stat().st_mode & 0o077 == 0


def test_a_kept_token_that_was_revoked_is_replaced(
    run: Run, served: str, write_profiles: WriteProfiles
) -> None:
    first = run("auth", "token", "-p", "served").stdout
    assert run("sandbox", "reset").exit_code == ExitCode.DONE
    done = run("show", "nope", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert run("auth", "token", "-p", "served").stdout != first


@pytest.mark.parametrize("origin", ["file", "variable", "command"])
def test_a_changed_password_does_not_ride_on_a_kept_token(
    run: Run, served: str, write_profiles: WriteProfiles, home: Path,
    monkeypatch: pytest.MonkeyPatch, origin: str,
) -> None:  # fmt: skip
    keys = ready_profile(served)
    if origin == "command":
        (home / "a password").write_text(keys.pop("password"))
        keys["password_command"] = f"cat '{home}/a password'"
    write_profiles(**keys)
    assert run("auth", "check", "-p", "served").exit_code == ExitCode.DONE
    if origin == "file":
        write_profiles(**{**keys, "password": "sesame"})
    elif origin == "variable":
        monkeypatch.setenv("EVSREP_PASSWORD", "sesame")
    else:
        (home / "a password").write_text("sesame")
    assert run("auth", "check", "-p", "served").exit_code == ExitCode.AUTH


def test_no_command_leaves_a_token_in_json_by_accident(run: Run, served: str) -> None:
    token = run("auth", "token", "-p", "served").stdout.strip()
    for words in (("auth", "check"), ("profile", "show", "served"), ("show", "nope")):
        done = run(*words, "-p", "served", "-o", "json")
        assert token not in done.stdout + done.stderr
        json.loads(done.stdout or done.stderr)
