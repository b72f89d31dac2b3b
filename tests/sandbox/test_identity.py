"""Signing in, tokens, the catalog and projects."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evsrep.sandbox.profile import ready_profile

from .conftest import PROJECT, START, Client, FakeClock

PASSCODE = {"user": {"name": "otp", "domain": {"name": "sandbox"}, "passcode": "123456"}}
MAIN = {"project": {"name": "sandbox", "domain": {"name": "sandbox"}}}


def test_the_ready_profile_signs_in(guest: Client) -> None:
    profile = ready_profile("http://sandbox.test/")
    assert profile["auth_url"] == "http://sandbox.test/v3"
    reply = guest.sign_in(
        profile["username"],
        profile["password"],
        domain={"name": profile["user_domain_name"]},
        scope={"project": {"name": profile["project_name"]}},
    )
    assert reply.status == 201


def test_a_token_says_who_where_until_when_and_with_which_services(guest: Client) -> None:
    reply = guest.sign_in(scope=MAIN)
    token = reply.json["token"]
    assert reply.status == 201
    assert len(reply.headers["X-Subject-Token"]) == 2000
    assert token["methods"] == ["password"]
    assert token["user"]["name"] == "demo"
    assert token["user"]["domain"]["name"] == "sandbox"
    assert token["project"]["id"] == PROJECT
    assert token["roles"][0]["name"] == "te_admin"
    assert token["issued_at"] == "2023-11-14T22:13:20.000000Z"
    assert token["expires_at"] == "2023-11-15T22:13:20.000000Z"
    urls = {
        service["type"]: [endpoint["url"] for endpoint in service["endpoints"]]
        for service in token["catalog"]
    }
    assert urls == {
        "volumev2": [f"http://sandbox.test/v2/{PROJECT}"],
        "compute": [f"http://sandbox.test/v2.1/{PROJECT}"],
        "identity": ["http://sandbox.test/v3"],
        "dns": [],
        "sdrs": [f"http://sandbox.test/v1/{PROJECT}"],
    }


@pytest.mark.parametrize(
    "scope",
    [
        {"project": {"id": PROJECT}},
        {"project": {"name": "sandbox"}},
        {"project": {"name": "sandbox", "domain": {"id": "5d1f0c6a3b7e4b6f9a1c2e8d7f605142"}}},
    ],
)
def test_a_project_goes_by_name_or_id(guest: Client, scope: object) -> None:
    assert guest.sign_in(scope=scope).json["token"]["project"]["id"] == PROJECT


def test_a_user_goes_by_name_or_id_and_so_does_the_domain(guest: Client) -> None:
    by_id = {"id": "a4f8d2c61b3e4d5f8091a2b3c4d5e6f7", "password": "just-trying"}
    identity = {"methods": ["password"], "password": {"user": by_id}}
    assert guest.send("POST", "/v3/auth/tokens", {"auth": {"identity": identity}}).status == 201
    assert guest.sign_in(domain={"id": "5d1f0c6a3b7e4b6f9a1c2e8d7f605142"}).status == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "no"},
        {"name": "nobody"},
        {"domain": {"name": "elsewhere"}},
        {"domain": "sandbox"},
        {"scope": {"project": {"name": "nope"}}},
        {"scope": {"project": {"name": "sandbox_closed"}}},
        {"scope": {"project": {"name": "sandbox", "domain": {"name": "elsewhere"}}}},
        {"scope": {"project": {"domain": {"name": "sandbox"}}}},
        {"scope": {"domain": {"name": "elsewhere"}}},
        {"totp": {"user": {"name": "demo", "domain": {"name": "sandbox"}, "passcode": ""}}},
        {"totp": PASSCODE},
        {"application_credential": {"id": "x", "secret": "y"}},
        {"token": {"id": "no such token"}},
        {"token": {"id": 7}},
    ],
)
def test_whatever_is_wrong_with_a_sign_in_draws_the_same_answer(
    guest: Client, wrong: dict[str, Any]
) -> None:
    reply = guest.sign_in(**wrong)
    assert reply.status == 401
    assert reply.json == {
        "error": {
            "code": 401,
            "title": "Unauthorized",
            "message": "The request you have made requires authentication.",
        }
    }
    assert reply.headers["WWW-Authenticate"] == 'Keystone uri="http://sandbox.test/v3"'


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"auth": 1},
        {"auth": {}},
        {"auth": {"identity": {}}},
        {"auth": {"identity": {"methods": []}}},
        {"auth": {"identity": {"methods": "password"}}},
        {"auth": {"identity": {"methods": ["password"]}, "scope": 1}},
    ],
)
def test_a_sign_in_that_makes_no_sense_is_a_bad_request(guest: Client, body: object) -> None:
    reply = guest.send("POST", "/v3/auth/tokens", body)
    assert reply.status == 400
    assert reply.json["error"]["title"] == "Bad Request"


def test_without_the_passcode_the_answer_says_that_one_is_wanted(guest: Client) -> None:
    reply = guest.sign_in("otp", "just-trying-twice")
    assert reply.status == 401
    assert "error" not in reply.json
    assert reply.json["required_auth_methods"] == [["password", "totp"]]
    assert reply.json["receipt"]["user"]["name"] == "otp"
    assert reply.headers["Openstack-Auth-Receipt"]


def test_with_the_passcode_one_is_in(guest: Client) -> None:
    reply = guest.sign_in("otp", "just-trying-twice", scope=MAIN, totp=PASSCODE)
    assert reply.status == 201
    assert reply.json["token"]["methods"] == ["password", "totp"]


@pytest.mark.parametrize(
    ("password", "passcode"), [("just-trying-twice", "654321"), ("no", "123456")]
)
def test_password_and_passcode_must_both_be_right(
    guest: Client, password: str, passcode: str
) -> None:
    totp = {"user": {**PASSCODE["user"], "passcode": passcode}}
    reply = guest.sign_in("otp", password, totp=totp)
    assert reply.status == 401
    assert "error" in reply.json


def test_a_token_is_good_for_another_one_with_another_scope(demo: Client) -> None:
    identity = {"methods": ["token"], "token": {"id": demo.token}}
    scope = {"project": {"name": "sandbox_other"}}
    reply = demo.send("POST", "/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
    assert reply.status == 201
    assert reply.json["token"]["project"]["name"] == "sandbox_other"


@pytest.mark.parametrize("scope", [None, "unscoped"])
def test_an_unscoped_token_has_no_catalog_and_opens_no_project(
    guest: Client, scope: object
) -> None:
    reply = guest.sign_in(scope=scope)
    assert reply.status == 201
    assert "catalog" not in reply.json["token"]
    unscoped = Client(guest.app, reply.headers["X-Subject-Token"])
    assert unscoped.get("/volumes").status == 401


def test_a_domain_token_has_a_catalog_with_the_project_left_open(guest: Client) -> None:
    token = guest.sign_in(scope={"domain": {"name": "sandbox"}}).json["token"]
    assert token["domain"]["name"] == "sandbox"
    assert "project" not in token
    assert token["catalog"][0]["endpoints"][0]["url"] == "http://sandbox.test/v2/$(tenant_id)s"


def test_a_token_can_be_looked_up(demo: Client) -> None:
    reply = demo.send("GET", "/v3/auth/tokens", headers={"X-Subject-Token": demo.token})
    assert reply.status == 200
    assert reply.headers["X-Subject-Token"] == demo.token
    assert reply.json["token"]["project"]["id"] == PROJECT


def test_a_revoked_token_is_not_found_and_opens_nothing(demo: Client) -> None:
    subject = {"X-Subject-Token": demo.token}
    done = demo.send("DELETE", "/v3/auth/tokens", headers=subject)
    assert (done.status, done.content) == (204, b"")
    assert "Content-Length" not in done.headers
    assert demo.send("GET", "/v3/auth/tokens", headers=subject).status == 404
    assert demo.send("DELETE", "/v3/auth/tokens", headers=subject).status == 404
    assert demo.get("/volumes").status == 401


def test_a_token_ends_after_a_day(demo: Client, clock: FakeClock) -> None:
    subject = {"X-Subject-Token": demo.token}
    clock.pass_(24 * 3600 - 1)
    assert demo.get("/volumes").status == 200
    clock.pass_(1)
    assert demo.get("/volumes").status == 401
    assert demo.send("GET", "/v3/auth/tokens", headers=subject).status == 404


def test_asking_about_a_token_takes_a_token(guest: Client, demo: Client) -> None:
    reply = guest.send("GET", "/v3/auth/tokens", headers={"X-Subject-Token": demo.token})
    assert reply.status == 401
    assert demo.send("GET", "/v3/auth/tokens").status == 404


def test_the_catalog_can_be_asked_for_alone(demo: Client) -> None:
    catalog = demo.send("GET", "/v3/auth/catalog").json["catalog"]
    assert catalog[0]["type"] == "volumev2"
    assert catalog[0]["endpoints"][0]["url"].endswith(f"/v2/{PROJECT}")


def test_projects_are_those_of_the_caller(demo: Client) -> None:
    found = demo.send("GET", "/v3/projects").json["projects"]
    assert [project["name"] for project in found] == ["sandbox", "sandbox_other"]
    [one] = demo.send("GET", "/v3/projects?name=sandbox").json["projects"]
    assert one["id"] == PROJECT
    assert demo.send("GET", "/v3/projects?name=sandbox_closed").json["projects"] == []


def test_another_project_in_the_path_is_refused(demo: Client) -> None:
    reply = demo.send("GET", "/v2/6b1c9a52d0f34e7f8e0b7a6d5c4f3e21/volumes")
    assert reply.status == 400
    assert reply.json["error"]["code"] == "Common.0018"


def test_who_has_no_token_learns_nothing_not_even_what_there_is(guest: Client) -> None:
    assert guest.get("/volumes").status == 401
    assert guest.get("/no/such/thing").status == 401
    assert guest.send("GET", "/v3/projects").status == 401


def test_no_secret_is_in_the_file(demo: Client, path: Path) -> None:
    demo.sign_in("otp", "otp", totp=PASSCODE, scope=MAIN)
    content = path.read_bytes()
    assert demo.token.encode() not in content
    for secret in (b"sandbox-secret-key", b"sandbox-security-token", b"123456"):
        assert secret not in content
    assert re.search(rb"[0-9a-f]{64}", content), "the digest is what is kept"


def test_tokens_that_have_ended_are_forgotten(
    guest: Client, demo: Client, clock: FakeClock, path: Path
) -> None:

    assert clock.now == START
    clock.pass_(24 * 3600)
    guest.sign_in()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM tokens").fetchone() == (1,)
