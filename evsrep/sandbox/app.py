"""The sandbox as a WSGI application: a request comes in, a route answers or refuses.

Nothing escapes as an exception, and nothing is kept between two requests but the file.
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import uuid4

from evsrep.sandbox import disks, groups, identity, new_disks, pairs, sdrs, servers
from evsrep.sandbox.messages import (
    MAX_BODY_BYTES,
    Answer,
    RefusalError,
    Request,
    bad_request,
    fault,
    gateway_page,
    identity_error,
    item_not_found,
)
from evsrep.sandbox.routes import Route
from evsrep.sandbox.store import SandboxBroken, Session, Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PROJECT_PATH = re.compile(r"/v(?:1|2|2\.1)/([^/]+)(?:/.*)?")
_LAGGING_PATH = "/os-vendor-replication"
_LAGGING_DISKS = re.compile(r"/v2/[^/]+/volumes/.+")
_SERVICE_PATH = re.compile(r"/v(?:1|2|2\.1|3)(?:/.*)?")


def show_versions(request: Request, _session: Session) -> Answer:
    """List the versions that are spoken here. It needs no token."""
    versions = [
        {
            "id": version,
            "status": status,
            "links": [{"rel": "self", "href": f"{request.base}/{path}/"}],
        }
        for version, status, path in (("v2.0", "SUPPORTED", "v2"), ("v3.14", "stable", "v3"))
    ]
    return Answer(300, {"versions": versions})


ROUTES = (
    Route("GET", "/", show_versions),
    *identity.ROUTES,
    *disks.ROUTES,
    *new_disks.ROUTES,
    *servers.ROUTES,
    *pairs.ROUTES,
    *groups.ROUTES,
    *sdrs.ROUTES,
)


class Sandbox:
    """The cloud in a box over one file. Raises SandboxBroken where the file is no sandbox.

    `lags` has an entry for each replica that answers looks at pairs, groups and disks, in turn: so
    many seconds it is behind.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], float] = time.time, lags: Sequence[float] = ()
    ) -> None:
        self._store = Store(path, keeps_past=any(lags))
        self._now = now
        self._lags = cycle(lags or (0.0,))
        self._disk_lags = cycle(lags or (0.0,))

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request, as PEP 3333 says."""
        request_id = f"req-{uuid4()}"
        now = self._now()
        answer = self._answer(environ, request_id, now)
        body = answer.encoded()
        headers = [
            ("Date", formatdate(now, usegmt=True)),
            ("X-Openstack-Request-Id", request_id),
            *answer.headers,
        ]
        if body:
            headers.append(("Content-Type", answer.content_type))
        if answer.status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(body))))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: "WSGIEnvironment", request_id: str, now: float) -> Answer:
        try:
            request = read_request(environ, request_id, now)
            with self._store.session() as session:
                if request.method in ("GET", "HEAD"):
                    request = self._from_a_replica(request, session)
                return answer_to(request, session)
        except RefusalError as refusal:
            return refusal.answer
        except SandboxBroken as broken:
            return fault(500, "computeFault", str(broken)).answer
        except Exception as error:  # even a mistake in here must not break a connection
            message = f"The server has failed unexpectedly: {type(error).__name__}."
            return fault(500, "computeFault", message).answer

    def _from_a_replica(self, request: Request, session: Session) -> Request:
        if _LAGGING_PATH in request.path and (lag := next(self._lags)):
            session.look_back(request.now - lag)
            return replace(request, now=request.now - lag)
        if _LAGGING_DISKS.fullmatch(request.path) and (lag := next(self._disk_lags)):
            session.look_back_at_disks(request.now - lag)
        return request


def read_request(environ: "WSGIEnvironment", request_id: str, now: float) -> Request:
    """Read a request out of what the WSGI server says. Raises RefusalError."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): _text(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    host = headers.get("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return Request(
        id=request_id,
        method=environ["REQUEST_METHOD"],
        base=f"{environ['wsgi.url_scheme']}://{host}",
        path=_text(environ.get("PATH_INFO", "")) or "/",
        query_pairs=tuple(query),
        headers=headers,
        body=_read_body(environ),
        now=now,
    )


def answer_to(request: Request, session: Session) -> Answer:
    """Find the route of a request and let it answer. Raises RefusalError."""
    project = _PROJECT_PATH.fullmatch(request.path)
    if project:  # the gateway looks at the caller before anything looks at what is asked
        identity.admit(request, session, project[1])
    allowed = []
    for route in ROUTES:
        parts = route.match(request.path)
        if parts is None:
            continue
        if route.method == ("GET" if request.method == "HEAD" else request.method):
            return route.handler(replace(request, parts=parts), session)
        allowed.append(route.method)
    raise _wrong_method(request.path, allowed) if allowed else _nothing_there(request)


def _read_body(environ: "WSGIEnvironment") -> bytes:
    length = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise fault(411, "lengthRequired", "A body must come whole, with its Content-Length.")
    if not (length.isascii() and length.isdigit()):
        raise bad_request("The Content-Length is no number.")
    if len(length) > 18 or int(length) > MAX_BODY_BYTES:
        raise fault(413, "overLimit", f"A body may have at most {MAX_BODY_BYTES} bytes.")
    body: bytes = environ["wsgi.input"].read(int(length))
    return body


def _text(value: Any) -> str:
    # WSGI hands over bytes dressed as Latin-1; some callers in the same process hand over text.
    try:
        return str(value).encode("latin-1").decode()
    except UnicodeError:
        return str(value)


def _wrong_method(path: str, allowed: list[str]) -> RefusalError:
    if "GET" in allowed:
        allowed = [*allowed, "HEAD"]
    message = "The method is not allowed for this resource."
    header = ("Allow", ", ".join(sorted(allowed)))
    if path.startswith("/v3/"):
        return identity_error(405, "Method Not Allowed", message, header)
    return fault(405, "badMethod", message, header)


def _nothing_there(request: Request) -> RefusalError:
    if not _SERVICE_PATH.fullmatch(request.path):
        return gateway_page(404, "Not Found")
    if not request.path.startswith("/v3"):
        return item_not_found("The resource could not be found.")
    if "//" in request.path:  # Keystone sends people to the address that they meant
        address = request.base + re.sub("//+", "/", request.path)
        return RefusalError(Answer(308, None, (("Location", address),)))
    return identity_error(404, "Not Found", "The resource could not be found.")
