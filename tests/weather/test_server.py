"""The misbehaving server does what its faults say, and never hangs a test."""

import gzip
import http.client
import json
import random
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.weather.faults import (
    BOMB_MIB,
    FAIR,
    FAULTS,
    MIB,
    PROCESS_THEN_CLOSE,
    REFUSE,
    RESET,
    STALL,
    TLS_FAULTS,
    End,
    Fault,
    Stage,
    late,
    redirect,
    slow,
    status,
)
from tests.weather.server import ANY, BadServer
from tests.weather.tls import TLS_KINDS, Tls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GAP_SECONDS = 0.2
TOTAL_SECONDS = 0.4
PATIENCE_SECONDS = 5.0
MOST_BYTES = 32 * MIB
POST = b"POST /pairs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
SPOILERS = [  # what they make of an answer is quick to find out
    fault
    for fault in FAULTS.values()
    if fault.processed and fault.end is not End.STALL and "endless" not in fault.name
]
OFF_THE_WIRE = (OSError, http.client.HTTPException)


class Counter:
    """An application that counts what it is asked, and says so."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read())
        start_response("202 Accepted", [("Content-Type", "application/json")])
        return [json.dumps({"path": environ["PATH_INFO"], "count": len(self.bodies)}).encode()]


@pytest.fixture
def app() -> Counter:
    return Counter()


@pytest.fixture
def server(app: Counter) -> Iterator[BadServer]:
    with BadServer(app) as server:
        yield server


def client(
    server: BadServer, ca_path: Path | None = None, timeout: float = PATIENCE_SECONDS
) -> http.client.HTTPConnection:
    host = urlsplit(server.url).netloc
    if ca_path is None:
        return http.client.HTTPConnection(host, timeout=timeout)
    context = ssl.create_default_context(cafile=str(ca_path))
    return http.client.HTTPSConnection(host, timeout=timeout, context=context)


def ask(
    server: BadServer,
    method: str = "POST",
    path: str = "/pairs",
    *,
    ca_path: Path | None = None,
    timeout: float = PATIENCE_SECONDS,
) -> tuple[int, bytes]:
    """Ask once, on a connection of its own."""
    connection = client(server, ca_path, timeout)
    try:
        connection.request(method, path, b"{}", {"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def raw_answer(server: BadServer, fault: Fault = FAIR) -> bytes:
    """Post, and take what comes until it ends, stops, or is too much or too long to be whole."""
    where = urlsplit(server.url)
    got = bytearray()
    gap_seconds = GAP_SECONDS if fault.end is End.STALL else PATIENCE_SECONDS
    deadline = time.monotonic() + (PATIENCE_SECONDS if fault.answered else TOTAL_SECONDS)
    with socket.create_connection((where.hostname, where.port), timeout=gap_seconds) as connection:
        try:
            connection.sendall(POST)
            while (piece := connection.recv(MIB)) and len(got) < MOST_BYTES:
                got += piece
                if time.monotonic() > deadline:
                    break
        except OSError:
            pass
    return bytes(got)


def is_whole(raw: bytes) -> bool:
    """Tell whether these bytes start with a complete HTTP answer."""
    head, end, rest = raw.partition(b"\r\n\r\n")
    words, _, lines = head.decode("latin-1").partition("\r\n")
    if not end or not words.startswith("HTTP/1.1 ") or not words[9:12].isdigit():
        return False
    if words[9] == "1":
        return is_whole(rest) if len(rest) < 1000 else False
    headers = dict(line.lower().split(": ", 1) for line in lines.split("\r\n") if line)
    if headers.get("transfer-encoding") == "chunked":
        return are_chunks_whole(rest)
    return words[9:12] == "204" or len(rest) >= int(headers["content-length"])


def are_chunks_whole(rest: bytes) -> bool:
    place = 0
    while (end := rest.find(b"\r\n", place)) >= 0:
        try:
            size = int(rest[place:end], 16)
        except ValueError:
            return False
        place = end + 2 + size
        if rest[place : place + 2] != b"\r\n":
            return False
        place += 2
        if size == 0:
            return True
    return False


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_does_what_its_attributes_say(
    server: BadServer, app: Counter, fault: Fault
) -> None:
    server.play("POST", "/pairs", fault)
    assert is_whole(raw_answer(server, fault)) is fault.answered
    server.settle()
    assert bool(app.bodies) is fault.processed
    assert [(it.fault, it.processed) for it in server.requests] == [(fault, fault.processed)]
    assert server.pending == ()
    assert ask(server)[0] == 202


@pytest.mark.parametrize("fault", SPOILERS, ids=lambda fault: fault.name)
def test_an_answer_without_a_body_is_spoiled_just_as_well(fault: Fault) -> None:
    def no_content(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("204 No Content", [])
        return ()

    with BadServer(no_content) as server:
        server.play("POST", "", fault)
        assert is_whole(raw_answer(server, fault)) is fault.answered


def test_fair_weather_keeps_the_connection(server: BadServer, app: Counter) -> None:
    connection = client(server)
    for count in (1, 2, 3):
        connection.request("POST", "/a%20b?c=d", b"hello", {"X-One": "1"})
        answer = connection.getresponse()
        assert answer.status == 202
        assert json.loads(answer.read()) == {"path": "/a b", "count": count}
    connection.close()
    assert server.connections == 1
    assert app.bodies == [b"hello"] * 3
    request = server.requests[0]
    assert (request.method, request.path, request.query) == ("POST", "/a%20b", "c=d")
    assert (request.body, request.headers["x-one"]) == (b"hello", "1")
    assert (request.fault, request.processed) == (FAIR, True)


def test_a_body_in_chunks_is_understood(server: BadServer, app: Counter) -> None:
    connection = client(server)
    connection.request("PUT", "/", iter([b"hel", b"lo"]), encode_chunked=True)
    assert connection.getresponse().status == 202
    connection.close()
    assert app.bodies == [b"hello"]


@pytest.mark.parametrize("request_", [POST[:-1], POST[:30], POST[:10], b"", b"nonsense\r\n\r\n"])
def test_half_a_request_is_not_processed(server: BadServer, app: Counter, request_: bytes) -> None:
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=1) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert app.bodies == []


def test_faults_strike_in_order_and_only_what_matches(server: BadServer) -> None:
    server.play("POST", "/pairs", status(503), times=2)
    server.play("POST", "/pairs", status(429))
    server.play("GET", "marker=1", status(500))
    server.play(ANY, "/disks", status(404), after=1)
    assert [ask(server)[0] for _ in range(2)] == [503, 503]
    assert [ask(server, "GET", path)[0] for path in ("/pairs", "/pairs?marker=1")] == [202, 500]
    assert [ask(server, "GET", "/disks")[0] for _ in range(3)] == [202, 404, 202]
    assert server.pending != ()
    assert [ask(server)[0] for _ in range(2)] == [429, 202]
    assert server.pending == ()


def test_after_counts_the_struck_ones_too(server: BadServer) -> None:
    server.play("POST", "", status(500))
    server.play("POST", "", status(501), after=1)
    assert [ask(server)[0] for _ in range(3)] == [500, 501, 202]


def test_weather_is_asked_where_nothing_is_played(server: BadServer, app: Counter) -> None:
    dice = random.Random(4)
    server.weather = lambda request: (
        status(503) if request.path == "/pairs" and dice.random() < 0.5 else None
    )
    server.play("POST", "", status(418))
    codes = [ask(server)[0] for _ in range(21)]
    assert codes[0] == 418
    assert set(codes[1:]) == {202, 503}
    assert len(app.bodies) == codes.count(202)


def test_late_deeds_are_done_after_the_connection_has_ended(
    server: BadServer, app: Counter
) -> None:
    server.play("POST", "", late(0.1))
    with pytest.raises(http.client.RemoteDisconnected):
        ask(server)
    assert (app.bodies, server.requests[0].processed) == ([], False)
    server.settle()
    assert (app.bodies, server.requests[0].processed) == ([b"{}"], True)


def test_settle_gives_up_in_the_end(server: BadServer) -> None:
    server.play("POST", "", late(30, status(504)))
    assert ask(server)[0] == 504
    with pytest.raises(TimeoutError):
        server.settle(0.05)


def test_helpers_say_what_they_are_told(server: BadServer) -> None:
    server.play("POST", "", status(413, headers={"Retry-After": "7"}, body=b'{"a": 1}'))
    server.play("POST", "", redirect(307, "/there"))
    first, second = (raw_answer(server) for _ in range(2))
    assert b"Retry-After: 7\r\n" in first
    assert first.endswith(b'{"a": 1}')
    assert b"307 Temporary Redirect" in second
    assert b"Location: /there\r\n" in second


def test_a_reset_is_a_reset(server: BadServer) -> None:
    server.play("POST", "", FAULTS["process-then-reset"])
    with pytest.raises(ConnectionResetError):
        ask(server)
    server.play(ANY, "", RESET)
    where = urlsplit(server.url)
    with (
        pytest.raises(ConnectionResetError),  # so soon that even connecting may fail
        socket.create_connection((where.hostname, where.port), timeout=1) as connection,
    ):
        connection.recv(1)


def test_a_fault_for_any_connection_strikes_before_anything_is_read(
    server: BadServer, app: Counter
) -> None:
    server.play(ANY, "", REFUSE, after=2)
    connection = client(server)
    for _ in range(2):  # every answer closes its connection while the fault waits
        connection.request("GET", "/")
        assert connection.getresponse().read()
    connection.close()
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=1) as silent:
        assert silent.recv(1) == b""
    assert (server.connections, len(server.requests), len(app.bodies)) == (3, 2, 2)


def test_the_bomb_is_small_until_it_is_unpacked(server: BadServer) -> None:
    server.play("POST", "", FAULTS["gzip-bomb"])
    _, body = ask(server)
    assert len(body) < 2 * MIB
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert unpack.decompress(body, 64 * MIB) == b" " * 64 * MIB
    checksum = 0
    for piece in (*[b" " * MIB] * BOMB_MIB, b"{}"):
        checksum = zlib.crc32(piece, checksum)
    assert struct.unpack("<II", body[-8:]) == (checksum, BOMB_MIB * MIB + 2)


def test_not_gzip_is_not_gzip(server: BadServer) -> None:
    server.play("POST", "", FAULTS["not-gzip"])
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(ask(server)[1])


def test_huge_answers_are_huge(server: BadServer) -> None:
    server.play("POST", "", FAULTS["huge-in-chunks"])
    _, body = ask(server)
    assert len(body) > 16 * MIB
    assert json.loads(body)["count"] == 1


@pytest.mark.parametrize(
    ("fault", "size"),
    [(STALL, 0), (FAULTS["half-body-then-stall"], 1), (slow(60), 0), (FAULTS["endless-body"], 1)],
    ids=lambda it: getattr(it, "name", ""),
)
def test_closing_ends_whatever_is_under_way(app: Counter, fault: Fault, size: int) -> None:
    before = threading.active_count()
    with BadServer(app) as server:
        server.play("POST", "", fault)
        where = urlsplit(server.url)
        connection = socket.create_connection((where.hostname, where.port), timeout=1)
        idle = socket.create_connection((where.hostname, where.port), timeout=1)
        connection.sendall(POST)
        assert len(connection.recv(size)) == size
        begun = time.monotonic()
    assert time.monotonic() - begun < 1
    assert threading.active_count() == before
    connection.close()
    idle.close()


def test_closing_forgets_late_deeds(app: Counter) -> None:
    with BadServer(app) as server:
        server.play("POST", "", late(60))
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server)
    assert app.bodies == []
    server.close()


def test_a_server_that_was_never_entered_can_be_closed(app: Counter) -> None:
    server = BadServer(app)
    server.close()
    assert server.closed.is_set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_broken_application_hangs_up() -> None:
    def broken(_: "WSGIEnvironment", _start: "StartResponse") -> Iterable[bytes]:
        raise OSError("the disk is full")

    with BadServer(broken) as server, pytest.raises(http.client.RemoteDisconnected):
        ask(server)


def test_many_clients_at_once(server: BadServer, app: Counter) -> None:
    threads = [threading.Thread(target=ask, args=(server,)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(app.bodies) == len(server.requests) == server.connections == 40


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_good_certificate_is_trusted(app: Counter, tmp_path: Path, host: str) -> None:
    tls = Tls.good(tmp_path)
    with BadServer(app, tls=tls) as server:
        context = ssl.create_default_context(cafile=str(tls.ca_path))
        port = urlsplit(server.url).port
        plain = socket.create_connection(("127.0.0.1", port or 0), timeout=1)
        with context.wrap_socket(plain, server_hostname=host) as connection:
            connection.sendall(POST)
            assert connection.recv(12) == b"HTTP/1.1 202"
    assert server.url.startswith("https://127.0.0.1:")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("wrong-host", "IP address mismatch"),
        ("expired", "certificate has expired"),
        ("self-signed", "self-signed certificate"),
    ],
)
def test_a_bad_certificate_is_not_trusted(
    app: Counter, tmp_path: Path, kind: str, reason: str
) -> None:
    tls = TLS_KINDS[kind](tmp_path)
    with BadServer(app, tls=tls) as server, pytest.raises(ssl.SSLCertVerificationError) as caught:
        ask(server, ca_path=tls.ca_path)
    assert reason in str(caught.value)
    assert app.bodies == []


@pytest.mark.parametrize("fault", TLS_FAULTS.values(), ids=TLS_FAULTS)
def test_the_handshake_fails_and_the_next_one_does_not(
    app: Counter, tmp_path: Path, fault: Fault
) -> None:
    tls = Tls.good(tmp_path)
    with BadServer(app, tls=tls) as server:
        server.play(ANY, "", fault, after=1)
        assert ask(server, ca_path=tls.ca_path)[0] == 202
        with pytest.raises(OSError, match=r".") as caught:
            ask(server, ca_path=tls.ca_path, timeout=GAP_SECONDS)
        assert isinstance(caught.value, TimeoutError) is (fault.end is End.STALL)
        assert ask(server, ca_path=tls.ca_path)[0] == 202
    assert len(app.bodies) == 2


def test_a_fault_of_the_handshake_can_not_be_aimed_at_a_request(server: BadServer) -> None:
    with pytest.raises(ValueError, match="handshake"):
        server.play("POST", "/pairs", TLS_FAULTS["tls-close"])


@pytest.mark.parametrize("name", ["refuse", "reset", "process-then-close", "process-then-reset"])
def test_faults_strike_inside_tls_too(app: Counter, tmp_path: Path, name: str) -> None:
    tls = Tls.good(tmp_path)
    with BadServer(app, tls=tls) as server:
        server.play("POST", "/pairs", FAULTS[name])
        with pytest.raises(OFF_THE_WIRE):
            ask(server, ca_path=tls.ca_path)
        assert len(app.bodies) == int(FAULTS[name].processed)
        assert ask(server, ca_path=tls.ca_path)[0] == 202


def test_closing_ends_a_stalled_handshake(app: Counter, tmp_path: Path) -> None:
    with BadServer(app, tls=Tls.good(tmp_path)) as server:
        where = urlsplit(server.url)
        connection = socket.create_connection((where.hostname, where.port), timeout=1)
        connection.sendall(b"\x16\x03\x01")
        begun = time.monotonic()
    assert time.monotonic() - begun < 1
    connection.close()


def test_the_table_is_keyed_by_name_and_fit_for_any_request() -> None:
    assert all(name == fault.name for name, fault in (*FAULTS.items(), *TLS_FAULTS.items()))
    assert all(fault.strikes is not Stage.HANDSHAKE for fault in FAULTS.values())
    assert FAULTS["process-then-close"] is PROCESS_THEN_CLOSE
