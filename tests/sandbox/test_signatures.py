"""Requests signed with SDK-HMAC-SHA256 instead of a token."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from evsrep.sandbox.messages import Request
from evsrep.sandbox.signatures import canonical_request, signature_of

from .conftest import PROJECT, START, Client, Reply

AK, SK = "SANDBOXACCESSKEY0001", "sandbox-secret-key"
TEMPORARY_AK, TEMPORARY_SK = "SANDBOXTEMPORARY0001", "sandbox-temporary-secret"
SECURITY_TOKEN = "sandbox-security-token"
DISKS = f"/v2/{PROJECT}/volumes"


def signed(
    client: Client,
    method: str,
    path: str,
    body: object = None,
    *,
    access: str = AK,
    secret: str = SK,
    at: float = START,
    extra: Mapping[str, str] | None = None,
) -> Reply:
    """Send a request signed the way the guide says, spelled out step by step."""
    content = b"" if body is None else json.dumps(body).encode()
    address, _, query = path.partition("?")
    headers = {
        "host": "sandbox.test",
        "x-sdk-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at)),
        **(extra if extra is not None else {"x-project-id": PROJECT}),
    }
    names = sorted(headers)
    canonical = "\n".join(
        [
            method,
            address + "/",
            query,
            "".join(f"{name}:{headers[name]}\n" for name in names),
            ";".join(names),
            hashlib.sha256(content).hexdigest(),
        ]
    )
    text = "\n".join(
        [
            "SDK-HMAC-SHA256",
            headers["x-sdk-date"],
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"SDK-HMAC-SHA256 Access={access}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return client.send(method, path, headers=headers, content=content)


def refused(reply: Reply) -> str:
    """Check that the gateway refused, and return its words."""
    assert reply.status == 401
    assert reply.json["error_code"] == "APIGW.0301"
    assert reply.json["request_id"] == reply.headers["X-Openstack-Request-Id"]
    return str(reply.json["error_msg"])


def test_a_signed_request_needs_no_token(guest: Client) -> None:
    reply = signed(guest, "GET", DISKS + "?limit=1&name=" + quote("example-dr"))
    assert reply.status == 200
    assert len(reply.json["volumes"]) == 1


def test_a_signed_create_makes_a_pair(guest: Client) -> None:
    order = {
        "volume_ids": [
            "18aa67ea-c7cb-4826-800d-50e67f0de75b",
            "375d23be-3658-498f-8b50-d3b950a890ec",
        ],
        "priority_station": "az2.dc2",
        "replication_model": "hypermetro",
    }
    path = f"/v2/{PROJECT}/os-vendor-replications"
    assert signed(guest, "POST", path, {"replication": order}).status == 202


def test_temporary_keys_come_with_their_security_token(guest: Client) -> None:
    extra = {"x-project-id": PROJECT, "x-security-token": SECURITY_TOKEN}
    reply = signed(guest, "GET", DISKS, access=TEMPORARY_AK, secret=TEMPORARY_SK, extra=extra)
    assert reply.status == 200


@pytest.mark.parametrize("token", [{}, {"x-security-token": "another"}])
def test_temporary_keys_alone_are_refused(guest: Client, token: Mapping[str, str]) -> None:
    extra = {"x-project-id": PROJECT, **token}
    reply = signed(guest, "GET", DISKS, access=TEMPORARY_AK, secret=TEMPORARY_SK, extra=extra)
    assert "security token" in refused(reply)


@pytest.mark.parametrize("skew", [-900, 900])
def test_a_clock_may_be_a_quarter_of_an_hour_off(guest: Client, skew: float) -> None:
    assert signed(guest, "GET", DISKS, at=START + skew).status == 200


@pytest.mark.parametrize("skew", [-901, 901])
def test_a_clock_further_off_is_refused(guest: Client, skew: float) -> None:
    assert "15 minutes" in refused(signed(guest, "GET", DISKS, at=START + skew))


def test_a_wrong_secret_or_an_unknown_key_is_refused(guest: Client) -> None:
    assert "verify aksk" in refused(signed(guest, "GET", DISKS, secret="wrong"))
    assert "does not exist" in refused(signed(guest, "GET", DISKS, access="WRONG"))


@pytest.mark.parametrize(
    ("authorization", "word"),
    [
        ("SDK-HMAC-SHA256", "can't be read"),
        (f"SDK-HMAC-SHA256 Access={AK}, SignedHeaders=host, Signature=00", "must be signed"),
        (
            f"SDK-HMAC-SHA256 Access={AK}, SignedHeaders=host;x-sdk-date, Signature=00",
            "15 minutes",
        ),
    ],
)
def test_an_authorization_that_says_too_little_is_refused(
    guest: Client, authorization: str, word: str
) -> None:
    reply = guest.send("GET", DISKS, headers={"Authorization": authorization})
    assert word in refused(reply)


def test_the_project_is_told_by_a_header(guest: Client) -> None:
    assert signed(guest, "GET", DISKS, extra={}).status == 401
    other = "6b1c9a52d0f34e7f8e0b7a6d5c4f3e21"
    reply = signed(guest, "GET", DISKS, extra={"x-project-id": other})
    assert reply.json["error"]["code"] == "Common.0018"
    closed = "c2f7d8e914ab4c0d9e3f5a6b7c8d9e0f"
    assert signed(guest, "GET", f"/v2/{closed}/volumes", extra={"x-project-id": closed}).status == (
        401
    )


def test_project_and_catalog_can_be_looked_up_with_a_signature(guest: Client) -> None:
    [project] = signed(guest, "GET", "/v3/projects?name=sandbox", extra={}).json["projects"]
    assert project["id"] == PROJECT
    catalog = signed(guest, "GET", "/v3/auth/catalog").json["catalog"]
    assert catalog[0]["endpoints"][0]["url"] == f"http://sandbox.test/v2/{PROJECT}"
    open_catalog = signed(guest, "GET", "/v3/auth/catalog", extra={}).json["catalog"]
    assert open_catalog[0]["endpoints"][0]["url"].endswith("/v2/$(tenant_id)s")


# Inputs and results of the vendor's own signer; the first is printed in its guide.
VECTORS = json.loads(Path(__file__).with_name("signing.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_the_vendors_signatures_are_ours(vector: Mapping[str, Any]) -> None:
    given = {name.lower(): value for name, value in vector["headers"].items()}
    request = Request(
        id="",
        method=vector["method"],
        base="",
        path=unquote(vector["path"]),
        query_pairs=tuple((name, value) for name, value in vector["query"]),
        headers={"host": vector["host"], "x-sdk-date": vector["date"], **given},
        body=(vector["body"] or "").encode(),
        now=0.0,
    )
    assert canonical_request(request, vector["signed_headers"]) == vector["canonical_request"]
    assert signature_of(request, vector["signed_headers"], vector["sk"]) == vector["signature"]
