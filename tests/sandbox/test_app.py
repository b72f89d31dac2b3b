"""What holds for every request, whatever it is about."""

import re
import sys
from io import BytesIO
from typing import Any
from wsgiref.validate import validator

import pytest

from evsrep.sandbox import pairs
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.messages import Answer, Request
from evsrep.sandbox.routes import Route
from evsrep.sandbox.store import Session

from .conftest import PROJECT, Client


def test_the_versions_are_told_to_anyone(guest: Client) -> None:
    reply = guest.send("GET", "/")
    assert reply.status == 300
    assert [version["id"] for version in reply.json["versions"]] == ["v2.0", "v3.14"]
    assert guest.send("GET", "").status == 300


@pytest.mark.parametrize("address", ["/", "/nope", "/v3/nope", f"/v2/{PROJECT}/volumes"])
def test_every_answer_has_a_date_and_a_request_id(guest: Client, address: str) -> None:
    headers = guest.send("GET", address).headers
    assert headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert re.fullmatch(r"req-[0-9a-f-]{36}", headers["X-Openstack-Request-Id"])


def test_an_unknown_path_is_a_web_page_outside_the_services(demo: Client) -> None:
    outside = demo.send("GET", "/nope")
    assert (outside.status, outside.headers["Content-Type"]) == (404, "text/html")
    assert b"<html>" in outside.content
    assert "itemNotFound" in demo.get("/nope").json
    assert "itemNotFound" in demo.send("GET", "/v2").json
    assert demo.send("GET", "/v3/nope").json["error"]["title"] == "Not Found"
    assert demo.send("GET", f"/v2//{PROJECT}/volumes").status == 404


def test_a_doubled_slash_before_keystone_is_redirected(guest: Client) -> None:
    reply = guest.send("POST", "/v3//auth/tokens")
    assert reply.status == 308
    assert reply.headers["Location"] == "http://sandbox.test/v3/auth/tokens"


def test_a_wrong_method_is_told_the_right_ones(demo: Client) -> None:
    on_pairs = demo.send("PUT", f"/v2/{PROJECT}/os-vendor-replications")
    assert on_pairs.status == 405
    assert on_pairs.headers["Allow"] == "GET, HEAD, POST"
    assert on_pairs.json["badMethod"]["code"] == 405
    on_tokens = demo.send("PATCH", "/v3/auth/tokens")
    assert on_tokens.headers["Allow"] == "DELETE, GET, HEAD, POST"
    assert on_tokens.json["error"]["code"] == 405


def test_only_post_is_no_reason_to_offer_head(
    demo: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = Route("POST", f"/v2/{PROJECT}/act", lambda _request, _session: Answer(200))
    monkeypatch.setattr("evsrep.sandbox.app.ROUTES", (route,))
    assert demo.get("/act").headers["Allow"] == "POST"


def test_head_is_get_without_the_body(demo: Client) -> None:
    path = f"/v2/{PROJECT}/volumes"
    head, get = demo.send("HEAD", path), demo.send("GET", path)
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(get.content))


def test_a_body_over_a_mebibyte_is_too_much(demo: Client) -> None:
    path = f"/v2/{PROJECT}/os-vendor-replications"
    assert demo.send("POST", path, content=b" " * 1024 * 1024).status == 400
    reply = demo.send("POST", path, content=b" " * (1024 * 1024 + 1))
    assert reply.status == 413
    assert "overLimit" in reply.json
    assert demo.send("POST", path, CONTENT_LENGTH="9" * 40).status == 413


def test_a_body_must_say_its_length(demo: Client) -> None:
    path = f"/v2/{PROJECT}/os-vendor-replications"
    chunked = demo.send("POST", path, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert chunked.status == 411
    assert demo.send("POST", path, CONTENT_LENGTH="-1").status == 400
    assert demo.send("GET", "/", CONTENT_LENGTH="").status == 300


def test_without_a_host_header_the_server_gives_its_name(guest: Client) -> None:
    reply = guest.send("GET", "/", HTTP_HOST="", SERVER_NAME="127.0.0.1", SERVER_PORT="8080")
    assert reply.json["versions"][0]["links"][0]["href"] == "http://127.0.0.1:8080/v2/"


@pytest.mark.parametrize("dressed", ["größe", "größe".encode().decode("latin-1")])
def test_text_beyond_ascii_is_read_as_utf8_or_taken_as_it_is(demo: Client, dressed: str) -> None:
    reply = demo.get(f"/volumes/{dressed}")
    assert reply.json["itemNotFound"]["message"] == "Volume größe could not be found."


def test_a_mistake_inside_is_an_answer_not_a_broken_connection(
    demo: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_request: Request, _session: Session) -> Answer:
        raise ZeroDivisionError("secret")

    route = Route("GET", f"/v2/{PROJECT}/os-vendor-replications", fail)
    monkeypatch.setattr("evsrep.sandbox.app.ROUTES", (route, *pairs.ROUTES))
    reply = demo.get("/os-vendor-replications")
    assert reply.status == 500
    assert "ZeroDivisionError" in reply.json["computeFault"]["message"]
    assert b"secret" not in reply.content


def test_it_speaks_wsgi_to_the_letter(app: Sandbox) -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    statuses: list[str] = []

    def start_response(status: str, _headers: Any, _error: Any = None, /) -> Any:
        statuses.append(status)

    answer = validator(app)(environ, start_response)
    assert b"versions" in b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    assert statuses == ["300 Multiple Choices"]
