"""What an answer other than success means."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from evsrep.cloud.problems import Place, error_for, is_token_refused, read_service_error
from evsrep.errors import EvsrepError, ExitCode, PasscodeWanted


def error(
    status: int, body: Any, *, place: Place = Place.ANYWHERE, is_read: bool = True
) -> EvsrepError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    service_error = read_service_error(status, {}, raw)
    return error_for(service_error, raw, what="pair x", is_read=is_read, place=place)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"itemNotFound": {"message": "gone", "code": 404}}, "itemNotFound", "gone"),
        ({"error": {"message": "bad", "code": "EVS.1002"}}, "EVS.1002", "bad"),
        ({"error": {"code": 401, "title": "Unauthorized", "message": "no"}}, "", "no"),
        ({"error_code": "APIGW.0301", "error_msg": "sig"}, "APIGW.0301", "sig"),
        ({"errorCode": "APIG.0101", "errorMsg": "none"}, "APIG.0101", "none"),
        ({"code": "X.1", "message": "m"}, "X.1", "m"),
        ({"message": "just words"}, "", "just words"),
        ({"errors": [{"title": "t", "detail": "d"}]}, "", "d"),
        (b"plain text", "", "plain text"),
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "", "502 Bad Gateway"),
        (b"<html>no title</html>", "", ""),
        (b"", "", ""),
    ],
)
def test_every_known_shape_of_error_is_read(body: Any, code: str, words: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    service_error = read_service_error(400, {}, raw)
    assert (service_error.code, service_error.message) == (code, words)


@pytest.mark.parametrize(
    ("headers", "body", "request_id"),
    [
        ({"x-request-id": "a", "x-openstack-request-id": "b"}, {}, "a"),
        ({"x-openstack-request-id": "b"}, {}, "b"),
        ({"x-compute-request-id": "c"}, {}, "c"),
        ({"x-iam-trace-id": "d"}, {}, "d"),
        ({}, {"request_id": "e"}, "e"),
        ({}, {}, ""),
    ],
)
def test_the_request_id_is_found(headers: dict[str, str], body: Any, request_id: str) -> None:
    assert read_service_error(400, headers, json.dumps(body).encode()).request_id == request_id


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [
        (400, ExitCode.REFUSED),
        (401, ExitCode.AUTH),
        (403, ExitCode.AUTH),
        (404, ExitCode.NOT_FOUND),
        (405, ExitCode.REFUSED),
        (406, ExitCode.REFUSED),
        (407, ExitCode.AUTH),
        (408, ExitCode.UNAVAILABLE),
        (409, ExitCode.REFUSED),
        (413, ExitCode.REFUSED),
        (429, ExitCode.UNAVAILABLE),
        (500, ExitCode.UNAVAILABLE),
        (501, ExitCode.UNAVAILABLE),
        (503, ExitCode.UNAVAILABLE),
        (302, ExitCode.UNAVAILABLE),
    ],
)
def test_every_documented_status_has_its_exit_code(status: int, exit_code: ExitCode) -> None:
    found = error(status, {"error": {"message": "m", "code": "EVS.1"}})
    assert found.exit_code == exit_code
    assert found.message
    assert found.hint or status in (400, 405, 406, 409)


@pytest.mark.parametrize("code", ["Common.0013", "EVS.0002"])
def test_a_400_that_means_an_expired_token_is_an_auth_error(code: str) -> None:
    found = error(400, {"error": {"message": "m", "code": code}})
    assert found.exit_code == ExitCode.AUTH
    assert found.service_error is not None
    assert is_token_refused(found.service_error)


def test_who_needs_a_one_time_code_is_told_so() -> None:
    body = {"receipt": "r", "required_auth_methods": [["password", "totp"]]}
    found = error(401, body)
    assert isinstance(found, PasscodeWanted)
    assert "passcode" in found.message


@pytest.mark.parametrize(
    ("body", "in_collection", "of_member"),
    [
        (b"<html>404 Not Found</html>", "not_offered", "not_offered"),
        (b"", "not_offered", "not_offered"),
        ({"code": "404 Not Found", "message": "no resource"}, "not_offered", "not_offered"),
        ({"error_code": "APIGW.0101", "error_msg": "no API"}, "not_offered", "not_offered"),
        ({"message": "who knows"}, "not_offered", "not_found"),
        ({"itemNotFound": {"message": "no such pair", "code": 404}}, "not_found", "not_found"),
        ({"error": {"message": "none", "code": "EVS.5404"}}, "not_found", "not_found"),
    ],
)
def test_no_such_pair_is_told_from_no_such_service(
    body: Any, in_collection: str, of_member: str
) -> None:
    assert error(404, body, place=Place.COLLECTION).kind == in_collection
    assert error(404, body, place=Place.MEMBER).kind == of_member
    assert error(404, body, place=Place.ANYWHERE).kind == "not_found"


@given(st.integers(300, 599), st.binary(max_size=80), st.sampled_from(Place), st.booleans())
def test_any_body_is_some_error(status: int, body: bytes, place: Place, is_read: bool) -> None:
    found = error(status, body, place=place, is_read=is_read)
    assert found.exit_code in (4, 5, 6, 7)
    assert len(found.message) < 500
