"""The sandbox over a real socket on loopback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from evsrep.sandbox import server as server_module
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.server import Server

from .conftest import PROJECT

SIGN_IN = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {
                "user": {"name": "demo", "password": "just-trying", "domain": {"name": "sandbox"}}
            },
        },
        "scope": {"project": {"name": "sandbox"}},
    }
}
SCRIPT = """
import signal, sys
from pathlib import Path
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.server import Server
server = Server(Sandbox(Path(sys.argv[1])))
signal.signal(signal.SIGTERM, lambda *_: server.stop())
print(server.url, flush=True)
server.run()
print("bye")
"""


@pytest.fixture
def url(app: Sandbox) -> Iterator[str]:
    server = Server(app)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url
    server.stop()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def wire(url: str) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    yield connection
    connection.close()


def test_sign_in_and_list_over_one_connection(
    wire: http.client.HTTPConnection, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    wire.request("POST", "/v3/auth/tokens", json.dumps(SIGN_IN))
    answer = wire.getresponse()
    token = json.load(answer)["token"]
    assert answer.status == 201
    assert answer.version == 11
    first_socket = wire.sock
    endpoint = token["catalog"][0]["endpoints"][0]["url"]
    assert endpoint == f"{url}/v2/{PROJECT}"
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    wire.request("GET", f"/v2/{PROJECT}/volumes/detail?name=example%2Ddr", headers=headers)
    [disk] = json.load(wire.getresponse())["volumes"]
    assert disk["name"] == "example-dr"
    assert wire.sock is first_socket
    assert capfd.readouterr() == ("", "")


def test_answers_without_a_body_keep_the_connection_usable(
    wire: http.client.HTTPConnection,
) -> None:
    for method, status in (("HEAD", 300), ("GET", 300), ("PATCH", 405), ("OPTIONS", 405)):
        wire.request(method, "/")
        answer = wire.getresponse()
        answer.read()
        assert answer.status == status
        assert not answer.will_close


def test_the_answer_has_one_date_and_no_word_about_python(
    wire: http.client.HTTPConnection,
) -> None:
    wire.request("GET", "/")
    answer = wire.getresponse()
    assert len(answer.headers.get_all("Date", [])) == 1
    assert "Server" not in answer.headers
    answer.read()


def test_a_body_that_is_too_big_is_told_and_the_connection_closed(
    wire: http.client.HTTPConnection,
) -> None:
    wire.request("POST", "/v3/auth/tokens", b" " * (3 * 1024 * 1024))
    answer = wire.getresponse()
    assert answer.status == 413
    assert answer.headers["Connection"] == "close"
    assert "overLimit" in json.load(answer)


def test_a_body_in_chunks_is_told_to_come_whole(wire: http.client.HTTPConnection) -> None:
    wire.request("POST", "/v3/auth/tokens", iter([b"{", b"}"]), encode_chunked=True)
    answer = wire.getresponse()
    assert answer.status == 411
    assert answer.headers["Connection"] == "close"
    answer.read()


def test_a_flood_is_not_read_to_its_end(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_DRAINED_BYTES", 10)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as flood:
        flood.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n0123456789")
        assert b"413" in flood.recv(65536)


@pytest.mark.parametrize(
    "rubbish", [b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b""]
)
def test_rubbish_harms_nobody(
    url: str, rubbish: bytes, wire: http.client.HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as rude:
        rude.sendall(rubbish)
    wire.request("GET", "/")
    assert wire.getresponse().read()
    assert capfd.readouterr() == ("", "")


def test_it_listens_on_loopback_alone_and_a_taken_port_is_an_error(app: Sandbox, url: str) -> None:
    assert url.startswith("http://127.0.0.1:")
    with pytest.raises(OSError, match="in use"):
        Server(app, int(url.rpartition(":")[2]))


def test_stopped_before_it_runs_it_does_not_run(app: Sandbox) -> None:
    server = Server(app)
    server.stop()
    server.run()


def test_a_signal_ends_it_cleanly(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().read()
        os.kill(process.pid, signal.SIGTERM)
        assert process.stdout.read() == "bye\n"
        assert process.wait(10) == 0
        connection.close()
