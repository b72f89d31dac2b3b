"""Every way to sign in, against a cloud that may misbehave; and what doctor says of it."""

import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evsrep.cloud.failures import _certificate_hint
from evsrep.errors import ExitCode
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.models import Project
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.seed import LASTING_KEY, MAIN, OTHER, TEMPORARY_KEY
from tests.conftest import Done
from tests.faults.conftest import Weather, hurried_now, write_profile
from tests.weather.faults import FAULTS, PROCESS_THEN_CLOSE, status
from tests.weather.server import BadServer
from tests.weather.shy import changing
from tests.weather.tls import TLS_KINDS, Tls

IDS = ("-o", "value", "-c", "project_id")


def by_password(weather: Weather, **more: str | bool) -> dict[str, str]:
    return {**ready_profile(weather.server.url), **{k: str(v) for k, v in more.items()}}


def kept_tokens(home: Path) -> list[Path]:
    folder = home / ".cache" / "evsrep" / "tokens"
    return [path for path in folder.glob("*") if path.suffix != ".lock"]


def test_a_token_is_kept_for_the_next_run_and_only_its_owner_can_read_it(
    weather: Weather, home: Path
) -> None:
    assert weather.run("auth", "check").exit_code == ExitCode.DONE
    assert weather.run("auth", "check").exit_code == ExitCode.DONE
    assert weather.sent("POST", "/auth/tokens") == 1
    (path,) = kept_tokens(home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "demo" not in path.name


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("garbage", "it is not one that evsrep wrote"),
        ("readable", "others can get at it"),
        ("folder", "can't be read: Is a directory"),
    ],
)
def test_a_kept_token_that_can_not_be_trusted_is_not_used_and_that_is_told_once(
    weather: Weather, home: Path, spoil: str, told: str
) -> None:
    weather.run("auth", "check")
    (path,) = kept_tokens(home)
    if spoil == "garbage":
        path.write_bytes(b'{"token": 1}')
    elif spoil == "readable":
        path.chmod(0o644)
    else:
        path.unlink()
        path.mkdir()
    done = weather.run("auth", "check")
    assert done.exit_code == ExitCode.DONE
    assert done.stderr.count("warning: ") == 1
    assert told in done.stderr
    assert weather.sent("POST", "/auth/tokens") == 2
    if spoil != "folder":
        assert "warning" not in weather.run("auth", "check").stderr
        assert weather.sent("POST", "/auth/tokens") == 2


def test_a_cache_folder_that_is_a_file_is_told_and_done_without(
    weather: Weather, home: Path
) -> None:
    (home / ".cache").write_text("")
    done = weather.run("auth", "check")
    assert done.exit_code == ExitCode.DONE
    assert "warning: the kept token can't be read: Not a directory" in done.stderr


def test_a_kept_token_that_is_about_to_end_is_not_used(weather: Weather, home: Path) -> None:
    weather.run("auth", "check")
    (path,) = kept_tokens(home)
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "expires_at": "2020-01-01T00:00:00.000000Z"}))
    weather.run("auth", "check")
    assert weather.sent("POST", "/auth/tokens") == 2


def test_a_kept_token_that_was_revoked_is_replaced_once(weather: Weather, home: Path) -> None:
    weather.run("auth", "check")
    (path,) = kept_tokens(home)
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "token": "x" * 40}))
    assert weather.create().exit_code == ExitCode.DONE
    assert weather.sent("POST", "/auth/tokens") == 2


@pytest.mark.parametrize("code", ["Common.0013", "EVS.0002"])
def test_a_400_that_means_an_expired_token_signs_in_anew(weather: Weather, code: str) -> None:
    body = json.dumps({"error": {"code": code, "message": "token expired"}}).encode()
    weather.play("GET", "/os-vendor-replications", status(400, body=body))
    assert weather.run("show", "nope").exit_code == ExitCode.NOT_FOUND
    assert weather.sent("POST", "/auth/tokens") == 2


def test_logout_revokes_and_removes(weather: Weather, home: Path) -> None:
    token = weather.run("auth", "token").stdout.strip()
    done = weather.run("auth", "logout")
    assert "signed out" in done.stderr
    assert kept_tokens(home) == []
    write_profile(home, {"auth_url": f"{weather.server.url}/v3", "token": token})
    assert weather.run("auth", "check").exit_code == ExitCode.AUTH


@pytest.mark.parametrize("code", [404, 401])
def test_logout_of_a_token_that_has_ended_already_is_fine(weather: Weather, code: int) -> None:
    weather.run("auth", "check")
    weather.play("DELETE", "/auth/tokens", status(code, body=b"{}"))
    assert weather.run("auth", "logout").exit_code == ExitCode.DONE
    assert "no token is kept" in weather.run("auth", "logout").stderr


def test_a_one_time_code_is_used_once_and_never_again(weather: Weather, home: Path) -> None:
    keys = by_password(weather, username="otp", password="just-trying-twice")
    write_profile(home, keys)
    assert "passcode is wanted" in weather.run("auth", "check").stderr
    write_profile(home, {**keys, "passcode": "123456"})
    weather.play("POST", "/auth/tokens", PROCESS_THEN_CLOSE)
    lost = weather.run("auth", "check")
    assert lost.exit_code in (ExitCode.UNKNOWN, ExitCode.UNAVAILABLE)
    assert weather.sent("POST", "/auth/tokens") == 2
    assert weather.run("auth", "check").exit_code == ExitCode.DONE
    weather.play("GET", "/os-vendor-replications", FAULTS["401"])
    assert weather.run("show", "nope").exit_code == ExitCode.AUTH
    assert weather.sent("POST", "/auth/tokens") == 3


def test_a_given_token_with_project_and_endpoint_needs_no_sign_in(
    weather: Weather, home: Path
) -> None:
    token = weather.run("auth", "token").stdout.strip()
    project = weather.run("auth", "check", *IDS).stdout.strip()
    place = {"endpoint": weather.server.url, "project_id": project}
    write_profile(home, {"token": token, **place})
    before = len(weather.server.requests)
    assert weather.run("list").exit_code == ExitCode.DONE
    assert len(weather.server.requests) == before + 1
    weather.play("GET", "/os-vendor-replications", FAULTS["401"])
    assert weather.run("show", "nope").exit_code == ExitCode.AUTH
    assert weather.sent("POST", "/auth/tokens") == 1


def test_a_given_token_is_asked_for_its_project_and_catalog(weather: Weather, home: Path) -> None:
    token = weather.run("auth", "token").stdout.strip()
    write_profile(home, {"auth_url": weather.server.url, "token": token})
    done = weather.run("auth", "check", "-o", "json")
    assert done.json["project"] == "sandbox"
    assert weather.sent("GET", "/auth/tokens") == 1


def keys_of(weather: Weather, **more: str) -> dict[str, str]:
    found = ready_profile(weather.server.url)
    return {
        "auth_url": found["auth_url"],
        "region": found["region"],
        "access_key": LASTING_KEY.access,
        "secret_key": LASTING_KEY.secret,
        **more,
    }


def test_a_key_finds_project_and_catalog_by_signed_requests(weather: Weather, home: Path) -> None:
    write_profile(home, keys_of(weather))
    done = weather.run("auth", "check", "-o", "json")
    assert done.json["project"] == "sandbox"
    assert done.json["expires_at"] == ""
    assert weather.create().exit_code == ExitCode.DONE
    assert weather.sent("POST", "/auth/tokens") == 0
    assert kept_tokens(home) == []
    assert weather.run("auth", "token").exit_code == ExitCode.CONFIG


def test_temporary_keys_bring_their_security_token(weather: Weather, home: Path) -> None:
    temporary = {"access_key": TEMPORARY_KEY.access, "secret_key": TEMPORARY_KEY.secret}
    write_profile(home, keys_of(weather, **temporary, security_token=TEMPORARY_KEY.security_token))
    assert weather.run("auth", "check").exit_code == ExitCode.DONE
    write_profile(home, keys_of(weather, **temporary))
    assert weather.run("auth", "check").exit_code == ExitCode.AUTH


def test_a_refused_signature_is_sent_once_and_keeps_its_secret(
    weather: Weather, home: Path
) -> None:
    write_profile(home, keys_of(weather, secret_key="canary-of-a-secret-key"))
    done = weather.run("auth", "check", "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert weather.sent("GET", "/projects") == 1
    assert "canary" not in done.stdout + done.stderr
    assert "Signature=" not in done.stderr


def test_a_clock_that_is_off_is_told(weather: Weather, home: Path) -> None:
    write_profile(home, keys_of(weather, secret_key="wrong"))
    late = {"Date": "Thu, 01 Jan 2015 00:00:00 GMT"}
    weather.play("GET", "/projects", status(401, headers=late, body=b"{}"))
    done = weather.run("auth", "check")
    assert "clock is" in done.stderr
    assert "ahead of the cloud's" in done.stderr


def test_a_project_that_the_key_does_not_see_is_told_with_those_it_sees(
    weather: Weather, home: Path
) -> None:
    write_profile(home, keys_of(weather, project_name="nowhere"))
    done = weather.run("auth", "check")
    assert done.exit_code == ExitCode.AUTH
    assert "nowhere" in done.stderr


CERTIFICATE_HINTS = {
    "good": "",
    "wrong-host": "it is another host's: check auth_url and endpoint in the profile",
    "expired": "its time is over: have it renewed, or set this machine's clock right",
    "not-yet-valid": "its time is to come: set this machine's clock right",
    "self-signed": "set ca_bundle in the profile to the file of the authority that signed it",
}


@pytest.mark.parametrize("kind", TLS_KINDS)
def test_a_certificate_is_verified(
    tls_weather: Weather, home: Path, tmp_path: Path, kind: str
) -> None:
    from tests.weather.server import BadServer  # a second server, with this certificate

    tls: Tls = TLS_KINDS[kind](tmp_path)
    with BadServer(tls_weather.server.app, tls=tls) as server:
        keys = ready_profile(server.url)
        write_profile(home, keys, ca_bundle=str(tls.ca_path))
        done = tls_weather.run("auth", "check")
        assert done.exit_code == (ExitCode.DONE if kind == "good" else ExitCode.UNAVAILABLE)
        assert kind == "good" or "can't be verified" in done.stderr
        assert CERTIFICATE_HINTS[kind] in done.stderr
        write_profile(home, keys, insecure=True)
        insecure = tls_weather.run("auth", "check", "-q")
        assert insecure.exit_code == ExitCode.DONE
        assert "TLS is not verified" in insecure.stderr


def store(**paths: str) -> Any:
    """The machine's store of authorities, as Python tells of it."""
    none = {"cafile": None, "capath": None}
    return lambda: ssl.DefaultVerifyPaths(**(none | paths), **dict.fromkeys(OTHERS, ""))


OTHERS = ("openssl_cafile_env", "openssl_cafile", "openssl_capath_env", "openssl_capath")


def test_the_machines_own_authorities_are_trusted(
    tls_weather: Weather, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(home, ready_profile(tls_weather.server.url))
    company = str(next(home.glob("**/ca.pem")))
    for paths, exit_code in (
        ({}, ExitCode.UNAVAILABLE),  # certifi's, who do not know the company
        ({"cafile": company}, ExitCode.DONE),
        ({"cafile": company, "capath": str(home)}, ExitCode.DONE),  # a folder without hashes
    ):
        monkeypatch.setattr(ssl, "get_default_verify_paths", store(**paths))
        done = tls_weather.run("auth", "check")
        assert done.exit_code == exit_code, done.stderr
    monkeypatch.setenv("SSL_CERT_FILE", company)
    assert tls_weather.run("auth", "check").exit_code == ExitCode.DONE


@pytest.mark.tools
def test_a_folder_in_which_openssl_looks_authorities_up_is_not_read(
    tls_weather: Weather, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "certs"
    folder.mkdir()
    shutil.copy(next(home.glob("**/ca.pem")), folder / "company.pem")
    subprocess.run(["openssl", "rehash", str(folder)], check=True)
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    write_profile(home, ready_profile(tls_weather.server.url))
    assert tls_weather.run("auth", "check").exit_code == ExitCode.DONE
    assert ssl.create_default_context(capath=str(folder)).get_ca_certs() == []


@pytest.mark.parametrize("words", [
    "Missing Authority Key Identifier", "Missing Subject Key Identifier",
    "Basic Constraints of CA cert not marked critical", "CA cert does not include key usage",
])  # fmt: skip
def test_what_python_asks_of_an_authority_since_3_13_is_told(words: str) -> None:
    assert "Python 3.13 and later" in _certificate_hint(words)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_can_not_be_used_is_told(
    tls_weather: Weather, home: Path, content: str | None
) -> None:
    bundle = home / "bundle.pem"
    if content:
        bundle.write_text(content)
    write_profile(home, ready_profile(tls_weather.server.url), ca_bundle=str(bundle))
    done = tls_weather.run("auth", "check")
    assert done.exit_code == ExitCode.CONFIG
    assert str(bundle) in done.stderr


def test_a_redirect_to_the_same_place_is_followed_and_to_another_is_not(weather: Weather) -> None:
    here = {"Location": "/v3/auth/tokens"}
    weather.play("POST", "/auth/tokens", status(308, headers=here))
    assert weather.run("auth", "check").exit_code == ExitCode.DONE
    elsewhere = weather.run("auth", "logout")
    assert elsewhere.exit_code == ExitCode.DONE
    weather.play("POST", "/auth/tokens", FAULTS["308"], times=9)
    done = weather.run("auth", "check")
    assert done.exit_code == ExitCode.UNAVAILABLE
    assert "elsewhere" in done.stderr


@pytest.mark.parametrize(
    ("keys", "exit_code", "says"),
    [
        ({"auth_url": "https://nonexistent.invalid/v3"}, 7, "does not resolve"),
        ({"auth_url": "http://127.0.0.1:1/v3"}, 7, "no connection"),
        ({"auth_url": "http://evs.example.com/v3"}, 3, "plain HTTP"),
        ({"auth_url": "https://evs.example.com", "proxy": "socks5://127.0.0.1:1"}, 3, "SOCKS"),
        ({"auth_url": "https://evs.example.com", "proxy": "http://127.0.0.1:1"}, 7, "connection"),
    ],
)
def test_what_can_not_be_reached_is_told(
    weather: Weather, home: Path, keys: dict[str, str], exit_code: int, says: str
) -> None:
    write_profile(home, {**ready_profile(weather.server.url), **keys})
    done = weather.run("auth", "check", "--retries", "0")
    assert done.exit_code == exit_code
    assert says in done.stderr
    assert weather.server.requests == ()


@pytest.mark.parametrize(
    ("environ", "is_proxied"),
    [
        ({"https_proxy": "http://127.0.0.1:1"}, True),
        ({"HTTPS_PROXY": "127.0.0.1:1"}, True),
        ({"ALL_PROXY": "http://127.0.0.1:1"}, True),
        ({"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "example.com"}, False),
        ({}, False),
    ],
)
def test_the_usual_variables_name_the_proxy(environ: dict[str, str], is_proxied: bool) -> None:
    from evsrep.settings.proxies import proxy_for

    found = proxy_for("https", "evs.example.com", "", environ)
    assert found == ("http://127.0.0.1:1" if is_proxied else "")
    assert proxy_for("http", "127.0.0.1", "http://127.0.0.1:1", environ) == ""


def rows(done: Done) -> dict[str, str]:
    return {row["check"]: row["result"] for row in json.loads(done.stdout)}


def test_doctor_finds_all_well(weather: Weather) -> None:
    done = weather.run("doctor", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert set(rows(done).values()) == {"ok"}


@pytest.mark.parametrize(
    ("method", "path", "fault", "check", "exit_code"),
    [
        ("POST", "/auth/tokens", "401", "sign-in", 4),
        ("GET", "/os-vendor-replications", "404", "replication", 5),
        ("GET", "/os-vendor-replications", "503", "replication", 7),
    ],
)
def test_doctor_ends_with_the_first_failure(
    weather: Weather, method: str, path: str, fault: str, check: str, exit_code: int
) -> None:
    weather.play(method, path, FAULTS[fault], times=9)
    done = weather.run("doctor", "-o", "json")
    assert done.exit_code == exit_code
    assert rows(done)[check] == "failed"
    assert rows(done)["servers"] == "skipped"


def test_doctor_only_warns_of_servers_that_can_not_be_asked(weather: Weather) -> None:
    weather.play("GET", "/servers", FAULTS["403"], times=9)
    done = weather.run("doctor", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert rows(done)["servers"] == "warning"


def test_doctor_says_so_of_a_host_that_is_not_there(weather: Weather, home: Path) -> None:
    keys = {**ready_profile(weather.server.url), "auth_url": "https://nonexistent.invalid/v3"}
    write_profile(home, keys)
    done = weather.run("doctor", "-o", "json")
    assert done.exit_code == ExitCode.UNAVAILABLE
    assert rows(done)["host name"] == "failed"


def test_doctor_says_so_of_a_profile_that_is_not_there(weather: Weather) -> None:
    done = weather.run("doctor", "-p", "nope", "-o", "json")
    assert done.exit_code == ExitCode.CONFIG
    assert rows(done) == {"profile": "failed"}


def test_an_import_is_tried_and_saved(weather: Weather, home: Path) -> None:
    keys = ready_profile(weather.server.url)
    openrc = home / "openrc.sh"
    names = {
        "OS_AUTH_URL": "auth_url",
        "OS_USERNAME": "username",
        "OS_PASSWORD": "password",
        "OS_USER_DOMAIN_NAME": "user_domain_name",
        "OS_PROJECT_NAME": "project_name",
    }
    lines = [f"export {name}='{keys[key]}'" for name, key in names.items()]
    openrc.write_text("\n".join([*lines, "export OS_REGION_NAME=$(hostname)", ""]))
    done = weather.run("profile", "import", "--openrc", str(openrc), "--as", "mine")
    assert done.exit_code == ExitCode.CONFIG
    assert "line 6: this is set to the output of a command" in done.stderr
    openrc.write_text("\n".join([*lines, "export HW_SECRET_KEY=a$b", ""]))
    done = weather.run("profile", "import", "--openrc", str(openrc), "--as", "mine")
    assert done.exit_code == ExitCode.DONE
    assert "HW_SECRET_KEY is left out" in done.stderr
    assert weather.run("auth", "check", "-p", "mine").exit_code == ExitCode.DONE


@pytest.mark.parametrize(
    "words", [(), ("--openrc", "x", "--cloud", "y"), ("--openrc", "x"), ("--cloud", "nope")]
)
def test_an_import_that_is_asked_for_wrongly_saves_nothing(
    weather: Weather, words: tuple[str, ...]
) -> None:
    done = weather.run("profile", "import", *words)
    assert done.exit_code in (ExitCode.USAGE, ExitCode.CONFIG)


def test_an_openrc_file_that_sets_nothing_is_told(weather: Weather, home: Path) -> None:
    (home / "empty").write_text("# nothing\n")
    done = weather.run("profile", "import", "--openrc", str(home / "empty"), "--as", "x")
    assert done.exit_code == ExitCode.CONFIG
    assert "sets none" in done.stderr


# AK/SK: which project, and which region


def two_regions(thing: dict[str, Any]) -> dict[str, Any]:
    """A catalog that has every service in another region as well."""
    if "endpoints" not in thing:
        return thing
    others = [{**it, "region": "away", "region_id": "away"} for it in thing["endpoints"]]
    return {**thing, "endpoints": [*others, *thing["endpoints"]]}


@pytest.fixture
def by_key(home: Path, seeded: Path) -> Iterator[Weather]:
    database = home / "cloud.db"
    shutil.copy(seeded, database)
    app = changing(Sandbox(database, now=hurried_now), "/auth/catalog", two_regions)
    with BadServer(app) as server:
        yield Weather(server, database)


@pytest.mark.parametrize("project", [MAIN, OTHER])
def test_a_key_with_a_projects_id_alone_finds_the_region_by_its_name(
    by_key: Weather, home: Path, project: Project
) -> None:
    keys = {k: v for k, v in keys_of(by_key).items() if k not in ("region", "project_name")}
    write_profile(home, {**keys, "project_id": project.id})
    done = by_key.run("auth", "check", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert (done.json["region"], done.json["project"]) == ("sandbox", project.name)
    by_key.play("GET", "/v3/projects", status(403, body=b"{}"), times=9)  # it may not see that
    done = by_key.run("auth", "check", "-o", "json")
    assert done.exit_code == ExitCode.CONFIG
    assert "away, sandbox" in done.error["message"]


def test_a_key_with_the_id_of_one_project_and_the_name_of_another_is_refused(
    by_key: Weather, home: Path
) -> None:
    write_profile(home, {**keys_of(by_key), "project_id": MAIN.id, "project_name": OTHER.name})
    done = by_key.run("delete", "x", "--yes", "-o", "json")
    assert done.exit_code == ExitCode.CONFIG
    assert "project_id is that of project 'sandbox'" in done.error["message"]
    assert by_key.sent("DELETE") == by_key.sent("GET", "/os-vendor") == 0
