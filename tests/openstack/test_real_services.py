"""Sign-in, catalog, disks and errors of a real Keystone and a real Cinder."""

import base64
import hmac
import struct
import time
import urllib.request
from pathlib import Path

import httpx
import pytest

from evsrep.errors import ExitCode
from tests.conftest import Run
from tests.openstack.conftest import make_disk, project_of, source

pytestmark = [pytest.mark.openstack, pytest.mark.xdist_group("openstack")]

Set = pytest.MonkeyPatch


def one_time_code(secret: str) -> str:
    """The code of this half minute (RFC 6238)."""
    digest = hmac.digest(
        base64.b32decode(secret), struct.pack(">Q", int(time.time() // 30)), "sha1"
    )
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_a_password_by_name_is_told_who_it_is(cloud: Run, openrc: dict[str, str]) -> None:
    done = cloud("auth", "check", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["user"] == openrc["OS_USERNAME"]
    assert done.json["user_domain"] == openrc["OS_USER_DOMAIN_NAME"]
    assert done.json["project"] == openrc["OS_PROJECT_NAME"]
    assert done.json["project_id"] == openrc["KS_PROJECT_ID"]
    assert done.json["endpoint"].endswith(f"/v2/{openrc['KS_PROJECT_ID']}")
    assert done.json["expires_at"]


def test_a_password_by_id(cloud: Run, openrc: dict[str, str], monkeypatch: Set) -> None:
    for name in ("OS_USERNAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_NAME", "OS_PROJECT_DOMAIN_NAME"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OS_USER_ID", openrc["KS_USER_ID"])
    monkeypatch.setenv("OS_PROJECT_ID", openrc["KS_PROJECT2_ID"])
    assert project_of(cloud("auth", "check", "-o", "json")) == openrc["KS_PROJECT2_ID"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OS_PASSWORD", "not it"),
        ("OS_USERNAME", "nobody"),
        ("OS_PROJECT_NAME", "nowhere"),
        ("OS_USER_DOMAIN_NAME", "Default"),
    ],
)
def test_what_is_wrong_is_one_refusal(
    cloud: Run, monkeypatch: Set, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    done = cloud("auth", "check")
    assert done.exit_code == ExitCode.AUTH
    assert "wrong user, password, domain or project" in done.stderr


def test_a_project_without_a_role(cloud: Run, openrc: dict[str, str], monkeypatch: Set) -> None:
    monkeypatch.setenv("OS_PROJECT_NAME", openrc["KS_PROJECT3"])
    assert cloud("auth", "check").exit_code == ExitCode.AUTH


def test_a_user_that_needs_a_one_time_code(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    monkeypatch.setenv("OS_USERNAME", openrc["KS_MFA_USER"])
    assert "passcode is wanted" in cloud("auth", "check").stderr
    monkeypatch.setenv("OS_PASSCODE", "000000")
    assert cloud("auth", "check").exit_code == ExitCode.AUTH
    monkeypatch.setenv("OS_PASSCODE", one_time_code(openrc["KS_TOTP_SECRET"]))
    assert cloud("auth", "check").exit_code == ExitCode.DONE


@pytest.mark.parametrize("spelling", ["{0}", "{0}/", "{1}", "{1}/", "{1}//v3", "{0}//"])
def test_every_way_to_write_auth_url(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set, spelling: str
) -> None:
    whole = openrc["OS_AUTH_URL"]
    monkeypatch.setenv("OS_AUTH_URL", spelling.format(whole, whole.removesuffix("/v3")))
    assert cloud("auth", "check").exit_code == ExitCode.DONE


def test_application_credentials_are_refused_with_a_clear_word(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_ID", openrc["KS_APPCRED_ID"])
    done = cloud("auth", "check")
    assert done.exit_code == ExitCode.CONFIG
    assert "application credentials are not offered" in done.stderr


def test_a_given_token_works_until_it_is_revoked(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    token = cloud("auth", "token").stdout.strip()
    for name in ("OS_USERNAME", "OS_PASSWORD"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OS_TOKEN", token)
    assert project_of(cloud("auth", "check", "-o", "json")) == openrc["KS_PROJECT_ID"]
    revoke(openrc, token)
    done = cloud("auth", "check")
    assert done.exit_code == ExitCode.AUTH
    assert "not valid, or has expired" in done.stderr


def test_a_token_for_another_project_or_none_is_exchanged_or_refused(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    token = cloud("auth", "token").stdout.strip()
    for name in ("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME"):
        monkeypatch.delenv(name)
    for given in (token, unscoped(openrc, token)):
        monkeypatch.setenv("OS_TOKEN", given)
        monkeypatch.setenv("OS_PROJECT_ID", openrc["KS_PROJECT_ID"])
        assert project_of(cloud("auth", "check", "-o", "json")) == openrc["KS_PROJECT_ID"]
        monkeypatch.setenv("OS_PROJECT_ID", "0" * 32)
        done = cloud("auth", "check")
        assert done.exit_code == ExitCode.AUTH
        assert "the profile names 0000" in done.stderr


def unscoped(openrc: dict[str, str], token: str) -> str:
    """The same user's token for no project."""
    identity = {"methods": ["token"], "token": {"id": token}}
    body = {"auth": {"identity": identity, "scope": "unscoped"}}
    answer = httpx.post(f"{openrc['OS_AUTH_URL']}/auth/tokens", json=body)
    return answer.headers["X-Subject-Token"]


def test_import_tries_the_password_that_is_given_and_no_kept_token(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    assert cloud("auth", "check").exit_code == ExitCode.DONE
    monkeypatch.setenv("OS_PASSWORD", "sesame")
    done = cloud("profile", "import", "--env", "--as", "bad")
    assert done.exit_code == ExitCode.AUTH
    assert "bad" not in cloud("profile", "list").stdout
    assert cloud("auth", "check").exit_code == ExitCode.AUTH


def test_a_kept_token_that_was_revoked_behind_our_back_is_replaced(
    cloud: Run, openrc: dict[str, str], cinder: dict[str, str], home: Path
) -> None:
    first = cloud("auth", "token").stdout.strip()
    assert cloud("auth", "token").stdout.strip() == first
    revoke(openrc, first)
    done = cloud("create", "--production-disk", "nope", "--dr-disk", "nope2", "--dry-run")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert cloud("auth", "token").stdout.strip() != first


def test_logout_really_revokes(cloud: Run, openrc: dict[str, str], monkeypatch: Set) -> None:
    token = cloud("auth", "token").stdout.strip()
    assert cloud("auth", "logout").exit_code == ExitCode.DONE
    monkeypatch.setenv("OS_TOKEN", token)
    assert cloud("auth", "check").exit_code == ExitCode.AUTH


def test_a_token_that_ends_soon_is_not_kept(
    cloud: Run, short_lived: dict[str, str], monkeypatch: Set
) -> None:
    source(short_lived, monkeypatch)
    first = cloud("auth", "token").stdout
    assert cloud("auth", "token").stdout != first


def test_disks_by_id_and_name_in_several_zones_types_and_sizes(
    cloud: Run, cinder: dict[str, str]
) -> None:
    token = cloud("auth", "token").stdout.strip()
    near, far = {"availability_zone": "eu-test-01"}, {"availability_zone": "eu-test-02"}
    first = make_disk(token, cinder, name="prod", size=1, volume_type="SAS", **near)
    make_disk(token, cinder, name="dr", size=1, volume_type="SAS", **far)
    make_disk(token, cinder, name="odd", size=2, volume_type="SSD", **near)
    for _ in range(3):
        make_disk(token, cinder, name="twin", size=1, **near)

    good = cloud("create", "--production-disk", first, "--dr-disk", "dr", "--dry-run", "-o", "json")
    assert good.exit_code == ExitCode.NOT_FOUND
    assert good.error["kind"] == "not_offered"

    odd = cloud("create", "--production-disk", "prod", "--dr-disk", "odd", "--dry-run")
    assert odd.exit_code == ExitCode.NOT_FOUND
    for words in ("offers no EVS replication", "both disks are in", "types differ", "sizes differ"):
        assert words in odd.stderr

    twins = cloud("create", "--production-disk", "twin", "--dr-disk", "dr", "--dry-run")
    assert twins.exit_code == ExitCode.USAGE
    assert "3 disks are called 'twin'" in twins.stderr  # two of them on later pages

    plain = cloud(
        "create", "--production-disk", "prod", "--dr-disk", "dr", "--dry-run", "--no-check",
        "-o", "json",
    )  # fmt: skip
    assert plain.exit_code == ExitCode.DONE
    assert plain.json["body"]["replication"]["priority_station"] == "eu-test-01"


@pytest.mark.parametrize(
    "words", [("list",), ("show", "x"), ("show", "00000000-0000-4000-8000-000000000000")]
)
def test_replication_is_not_offered_there(
    cloud: Run, cinder: dict[str, str], words: tuple[str, ...]
) -> None:
    done = cloud(*words, "-o", "json")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert done.error["kind"] == "not_offered"
    assert "SDRS" in done.error["hint"]


def test_doctor_finds_where_it_ends(cloud: Run, cinder: dict[str, str]) -> None:
    done = cloud("doctor", "-o", "json")
    assert done.exit_code == ExitCode.NOT_FOUND
    found = {row["check"]: row["result"] for row in done.json}
    assert found["sign-in"] == found["project"] == found["endpoint"] == "ok"
    assert found["replication"] == "failed"


def revoke(openrc: dict[str, str], token: str) -> None:
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    url = f"{openrc['OS_AUTH_URL']}/auth/tokens"
    request = urllib.request.Request(url, headers=headers, method="DELETE")
    urllib.request.urlopen(request, timeout=20).close()
