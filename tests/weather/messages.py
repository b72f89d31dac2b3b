"""Requests off the wire, and how a WSGI application is asked. What is read is never judged.

A client that hangs up in the middle is a ConnectionAbortedError.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from tests.weather.faults import FAIR, Answer, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Request:
    """A request as far as it was read, and what became of it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""
    fault: Fault = FAIR
    processed: bool = False  # the application has seen it

    @property
    def target(self) -> str:
        """The path with its query, as it was sent."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def wants_close(self) -> bool:
        """Whether the client has announced that it asks nothing more on this connection."""
        return self.headers.get("connection", "").lower() == "close"


def read_head(reader: BinaryIO) -> Request | None:
    """Read up to the empty line. None where the client speaks something else."""
    words = _line(reader).split()
    if len(words) != 3:
        return None
    headers: dict[str, str] = {}
    while line := _line(reader):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    path, _, query = words[1].partition("?")
    return Request(words[0], path, query, headers)


def read_body(reader: BinaryIO, headers: Mapping[str, str]) -> bytes:
    """Read the body whole."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(_chunks(reader))
    return _exactly(reader, int(headers.get("content-length", "0")))


def ask(app: "WSGIApplication", request: Request, url: str) -> Answer:
    """Have the application answer, as PEP 3333 says."""
    told: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: object = None, /
    ) -> Callable[[bytes], object]:
        told.append((status, headers))
        return written.append

    parts = app(_environ(request, url), start_response)
    try:
        written.extend(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status_line, headers = told[-1]
    kept = tuple((name, value) for name, value in headers if name.lower() != "content-length")
    body = b"" if request.method == "HEAD" else b"".join(written)
    return Answer(int(status_line.split()[0]), kept, body)


def _chunks(reader: BinaryIO) -> Iterator[bytes]:
    while size := int(_line(reader).partition(";")[0], 16):
        yield _exactly(reader, size)
        _line(reader)
    while _line(reader):
        pass  # trailers


def _line(reader: BinaryIO) -> str:
    line = reader.readline().decode("latin-1")
    if not line.endswith("\n"):
        raise ConnectionAbortedError("the client has hung up")
    return line.strip()


def _exactly(reader: BinaryIO, size: int) -> bytes:
    body = reader.read(size)
    if len(body) < size:
        raise ConnectionAbortedError("the client has hung up inside the body")
    return body


def _environ(request: Request, url: str) -> "WSGIEnvironment":
    where = urlsplit(url)
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path, "latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": str(where.hostname),
        "SERVER_PORT": str(where.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        **{f"HTTP_{k.upper().replace('-', '_')}": v for k, v in request.headers.items()},
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": where.scheme,
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
