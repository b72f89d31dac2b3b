"""The sandbox on loopback: HTTP/1.1 with keep-alive, a thread for each connection."""

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
IDLE_SECONDS = 60
DRAIN_SECONDS = 2
MOST_DRAINED_BYTES = 16 * 1024 * 1024


class Server:
    """A WSGI application on a port of loopback; port 0 picks a free one.

    It listens from the start, so `url` is true before `run` begins to answer. Raises OSError where
    the port can't be had.
    """

    def __init__(self, app: "WSGIApplication", port: int = 0) -> None:
        self._listener = _Listener(app, port)
        self.url = self._listener.url

    def run(self) -> None:
        """Answer requests until `stop` is called."""
        with self._listener:
            self._listener.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Let `run` return soon. A signal handler may call it, and so may another thread."""
        # shutdown() waits until the loop has ended, which it never would if a signal handler kept
        # that very loop waiting.
        threading.Thread(target=self._listener.shutdown, daemon=True).start()


class _Listener(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: "WSGIApplication", port: int) -> None:
        super().__init__((HOST, port), _Connection)
        self.app = app
        self.port = int(self.server_address[1])
        self.url = f"http://{HOST}:{self.port}"


class _Connection(BaseHTTPRequestHandler):
    """One client, one request after the other."""

    server: _Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    wbufsize = -1  # head and body leave in one packet

    def handle(self) -> None:
        """Answer until the client hangs up, which is no error however it does it."""
        with suppress(ConnectionError, TimeoutError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Keep quiet: standard error belongs to whoever runs the server."""

    def _answer(self) -> None:
        body = _Body(self.rfile, self.headers.get("Content-Length", ""))
        status, headers, content = _ask(self.server.app, self._environ(body))
        code, _, phrase = status.partition(" ")
        self.send_response_only(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        is_read = body.remaining == 0 and "Transfer-Encoding" not in self.headers
        if not is_read:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        if not is_read:
            self._drain()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _environ(self, body: "_Body") -> "WSGIEnvironment":
        path, _, query = self.path.partition("?")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _drain(self) -> None:
        # Closing with unread bytes would reset the connection, and the client might lose the
        # answer that tells it why.
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(DRAIN_SECONDS)
        left = MOST_DRAINED_BYTES
        while left > 0 and (chunk := self.rfile.read1(65536)):
            left -= len(chunk)


class _Body:
    """The part of a connection's bytes that belongs to one request."""

    def __init__(self, stream: BufferedIOBase, length: str) -> None:
        self._stream = stream
        self.remaining = int(length) if length.isascii() and length.isdigit() else 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than `size` only at the end."""
        content = self._stream.read(min(size, self.remaining))
        self.remaining -= len(content)
        return content


def _ask(
    app: "WSGIApplication", environ: "WSGIEnvironment"
) -> tuple[str, list[tuple[str, str]], bytes]:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    chunks: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: Any = None, /
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return chunks.append

    chunks.extend(app(environ, start_response))
    status, headers = started[-1]
    return status, headers, b"".join(chunks)
