"""A host of several addresses: one that leads nowhere costs a quarter of a second."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from evsrep.cloud.addresses import connect_to_first, in_turn
from evsrep.errors import ExitCode
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from tests.conftest import Run
from tests.faults.conftest import write_profile
from tests.weather.server import BadServer

DEAD, REFUSING, GOOD, SLOW = "2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"


class Connection:
    """Something that can be closed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_closed = threading.Event()

    def close(self) -> None:
        self.is_closed.set()


class Network:
    """Addresses that answer, refuse, or swallow what is sent until the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.tried: list[str] = []
        self.made: list[Connection] = []

    def connect(self, address: str) -> Connection:
        self.tried.append(address)
        if address == REFUSING:
            raise ConnectionRefusedError(address)
        if address in (DEAD, SLOW):
            self.over.wait(10)
        if address == DEAD:
            raise TimeoutError(address)
        self.made.append(Connection(address))
        return self.made[-1]


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.over.set()


def test_one_that_leads_nowhere_costs_a_quarter_of_a_second(network: Network) -> None:
    began = time.monotonic()
    made = connect_to_first([DEAD, GOOD], network.connect)
    assert made.address == GOOD
    assert 0.2 < time.monotonic() - began < 2


def test_one_that_refuses_costs_nothing(network: Network) -> None:
    began = time.monotonic()
    assert connect_to_first([REFUSING, GOOD], network.connect).address == GOOD
    assert time.monotonic() - began < 0.2


def test_what_comes_too_late_is_closed(network: Network) -> None:
    assert connect_to_first([SLOW, GOOD], network.connect).address == GOOD
    network.over.set()
    deadline = time.monotonic() + 5
    while len(network.made) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    [late] = [each for each in network.made if each.address == SLOW]
    assert late.is_closed.wait(5)
    assert not network.made[0].is_closed.is_set()


def test_where_none_answers_the_last_failure_is_told(network: Network) -> None:
    network.over.set()
    with pytest.raises(TimeoutError):
        connect_to_first([REFUSING, DEAD], network.connect)
    assert network.tried == [REFUSING, DEAD]


def test_one_address_is_tried_where_it_is_asked_for(network: Network) -> None:
    with pytest.raises(ConnectionRefusedError):
        connect_to_first([REFUSING], network.connect)


@hypothesis.given(st.lists(st.sampled_from([DEAD, REFUSING, GOOD, SLOW, "::1"]), min_size=1))
def test_families_take_turns_and_none_is_left_out(addresses: list[str]) -> None:
    found = in_turn(addresses)
    assert sorted(found) == sorted(addresses)
    assert found[0] == addresses[0]
    families = [":" in each for each in found]
    shorter = min(families.count(True), families.count(False))
    assert all(families[n] != families[n + 1] for n in range(2 * shorter - 1))


def test_a_command_gets_there_by_the_second_address(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(BadServer(Sandbox(home / "cloud.db")))
        port = int(server.url.rpartition(":")[2])
        dead = stack.enter_context(socket.socket())
        dead.bind(("127.0.0.3", port))
        dead.listen(0)
        for _ in range(3):  # its backlog is full: what comes then is not answered
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.3", port))
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        found = [(*kind, ("127.0.0.3", port)), (*kind, ("127.0.0.1", port))]
        real = socket.getaddrinfo

        def look_up(host: str, *words: Any, **more: Any) -> Any:
            return found if host == "localhost" else real(host, *words, **more)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        write_profile(home, ready_profile(f"http://localhost:{port}"))
        began = time.monotonic()
        done = run("list", "--timeout", "20", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json == []
    assert time.monotonic() - began < 10
