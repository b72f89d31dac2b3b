"""AK/SK signing, held against the vendor's own signer."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given, strategies as st

from evsrep.cloud.signing import AccessKey, authorization, canonical_query, sign
from tests.conftest import FakeClock

VECTORS = json.loads(Path(__file__).with_name("signing.json").read_text())["vectors"]
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
HEADER = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_every_vector_of_the_vendor_is_met(vector: dict[str, Any]) -> None:
    headers = {**vector["headers"], **vector["expect"]["added_headers"]}
    query = canonical_query(urlencode([tuple(pair) for pair in vector["query"]]))
    found = authorization(
        vector["method"],
        vector["path"],
        query,
        headers,
        (vector["body"] or "").encode(),
        AccessKey(vector["ak"], vector["sk"]),
    )
    assert query == vector["expect"]["canonical_query"]
    assert found == vector["expect"]["authorization"]


SEGMENT = TEXT.filter(lambda text: text not in (".", ".."))  # which are never sent: httpx goes up


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    segments=st.lists(SEGMENT, max_size=4),
    query=st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=4, unique_by=lambda pair: pair[0]),
    body=st.binary(max_size=50),
    access_key=HEADER,
    secret_key=HEADER,
    security_token=st.one_of(st.just(""), HEADER),
    project_id=st.one_of(st.just(""), st.uuids().map(lambda each: each.hex)),
    port=st.sampled_from(["", ":8443"]),
)
def test_random_requests_are_signed_as_the_vendor_signs_them(
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    body: bytes,
    access_key: str,
    secret_key: str,
    security_token: str,
    project_id: str,
    port: str,
) -> None:
    path = "/" + "/".join(quote(segment, safe="") for segment in segments)
    url = f"https://evs.eu-de.otc.t-systems.com{port}{path}"
    ours = httpx.Request(
        method,
        f"{url}?{urlencode(query)}" if query else url,
        content=body,
        headers={"Content-Type": "application/json"},
    )
    key = AccessKey(access_key, secret_key, security_token)
    sign(ours, key, now=FakeClock().time(), project_id=project_id)
    given_headers = {
        name: ours.headers[name]
        for name in ("Content-Type", "X-Sdk-Date", "X-Project-Id", "X-Security-Token")
        if name in ours.headers
    }
    theirs = Signer(BasicCredentials(access_key, secret_key)).sign(
        SdkRequest(
            method=method,
            schema="https",
            host=f"evs.eu-de.otc.t-systems.com{port}",
            resource_path=path,
            query_params=query,
            header_params=given_headers,
            body=body,
        )
    )
    assert ours.headers["Authorization"] == theirs.header_params["Authorization"]
    sent_query = ours.url.raw_path.decode().partition("?")[2]
    assert sent_query == theirs.uri.partition("?")[2]


def test_every_send_signs_afresh() -> None:
    request, key, now = (
        httpx.Request("GET", "https://evs.example.com/v2/p"),
        AccessKey("ak", "sk"),
        0,
    )
    sign(request, key, now=now)
    first = request.headers["Authorization"]
    sign(request, key, now=now + 1)
    assert request.headers["Authorization"] != first
