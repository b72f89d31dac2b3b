"""A proxy that is spoken to by https: TLS in TLS, in the one time that a request has."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from evsrep.cloud.transport import Transport
from tests.weather.tls import Tls

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
Behave = Callable[[ssl.SSLSocket, Tls], None]


def serve_inner(outer: ssl.SSLSocket, tls: Tls) -> None:
    """Be the host behind the proxy: TLS once more, by the same connection."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    inner = tls.context.wrap_bio(incoming, outgoing, server_side=True)
    heard = b""
    while not heard.endswith(b"end of the request"):
        try:
            heard += inner.read(100_000)
        except ssl.SSLWantReadError:
            outer.sendall(outgoing.read())
            incoming.write(outer.recv(1000))
    inner.write(ANSWER)
    outer.sendall(outgoing.read())


def drip(start: bytes, outer: ssl.SSLSocket, _tls: Tls) -> None:
    """Begin a record, and give the rest of it byte by byte."""
    outer.sendall(start)
    with suppress(OSError):
        while True:
            time.sleep(0.05)
            outer.sendall(b"\x00")


def hang_up(outer: ssl.SSLSocket, _tls: Tls) -> None:
    outer.recv(10)


def babble(outer: ssl.SSLSocket, _tls: Tls) -> None:
    outer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@contextmanager
def proxy(tls: Tls, behave: Behave) -> Iterator[str]:
    """A proxy on loopback for one connection; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with suppress(OSError):
                plain, _ = listener.accept()
                plain.settimeout(10)
                with closing(tls.context.wrap_socket(plain, server_side=True)) as outer:
                    head = b""
                    while not head.endswith(b"\r\n\r\n"):
                        head += outer.recv(1)
                    outer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    behave(outer, tls)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


def ask(tls: Tls, url: str, seconds: float, trusted: Path | None = None) -> httpx.Response:
    """Ask a host behind the proxy."""
    context = ssl.create_default_context(cafile=trusted or tls.ca_path)
    transport = Transport(tls=lambda: context, proxy_for=lambda *_: url)
    with httpx.Client(transport=transport, timeout=seconds, trust_env=False) as client:
        return client.post("https://localhost:1/", content=b"x" * 100_000 + b"end of the request")


def test_a_request_goes_through_and_its_answer_comes_back(tmp_path: Path) -> None:
    tls = Tls.good(tmp_path)
    with proxy(tls, serve_inner) as url:
        answer = ask(tls, url, 20)
    assert (answer.status_code, len(answer.content)) == (200, 200_000)


@pytest.mark.parametrize("start", [b"", b"\x16\x03\x03\x40\x00", b"\x15\x03\x03\x40\x00"])
def test_a_handshake_that_drips_ends_in_its_time(tmp_path: Path, start: bytes) -> None:
    tls = Tls.good(tmp_path)
    behave: Behave = lambda outer, tls: drip(start, outer, tls)  # noqa: E731
    with proxy(tls, behave) as url:
        began = time.monotonic()
        with pytest.raises((httpx.ConnectTimeout, httpx.ConnectError)):
            ask(tls, url, 0.6)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("behave", [hang_up, babble])
def test_a_handshake_that_fails_was_no_request_yet(tmp_path: Path, behave: Behave) -> None:
    tls = Tls.good(tmp_path)
    with proxy(tls, behave) as url, pytest.raises(httpx.ConnectError):
        ask(tls, url, 5)


def test_the_host_behind_the_proxy_is_verified_as_well(tmp_path: Path) -> None:
    tls = Tls.good(tmp_path)
    (tmp_path / "other").mkdir()
    stranger = Tls.wrong_host(tmp_path / "other")
    both = tmp_path / "both.pem"
    both.write_bytes(tls.ca_path.read_bytes() + stranger.ca_path.read_bytes())
    behave: Behave = lambda outer, _: serve_inner(outer, stranger)  # noqa: E731
    with proxy(tls, behave) as url, pytest.raises(httpx.ConnectError, match="verify failed"):
        ask(tls, url, 5, both)
