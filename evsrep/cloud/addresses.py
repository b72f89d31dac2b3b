"""From a host's name to a connection: its addresses are tried as RFC 8305 says.

One that swallows packets, such as an IPv6 address that leads nowhere, costs a quarter of a second:
then the next one is tried beside it, and the first that answers is taken.
"""

import contextlib
import ipaddress
import itertools
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

from evsrep.threads import next_of, start_thread

_ATTEMPT_DELAY_SECONDS = 0.25  # RFC 8305, section 8


class Closable(Protocol):
    """A connection."""

    def close(self) -> None:
        """End it."""
        ...


T = TypeVar("T", bound=Closable)


def look_up(host: str, seconds: float | None) -> list[str]:
    """Return a name's addresses, in time: the resolver knows no time-out, so it gets a thread.

    Raises OSError, in words, where that fails; TimeoutError, which is one, where it takes too long.
    """
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    addresses: list[str] = []

    def resolve() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            addresses.extend(dict.fromkeys(str(info[4][0]) for info in infos))

    thread = start_thread(resolve)
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"the name {host} was not resolved in time")
    if not addresses:
        raise OSError(f"the name {host} does not resolve")
    return addresses


def in_turn(addresses: Sequence[str]) -> list[str]:
    """Return addresses so that the two families take turns; the resolver's first stays first."""
    is_first_v6 = ":" in addresses[0]
    ours = [each for each in addresses if (":" in each) == is_first_v6]
    others = [each for each in addresses if (":" in each) != is_first_v6]
    couples = itertools.zip_longest(ours, others)
    return [each for couple in couples for each in couple if each is not None]


def connect_to_first(addresses: Sequence[str], connect: Callable[[str], T]) -> T:
    """Return the connection to the first address that takes one; the others are left.

    `connect` ends in its time. Raises what it raised last where no address takes a connection.
    """
    if len(addresses) == 1:
        return connect(addresses[0])
    return _Race(connect).run(in_turn(addresses))


class _Race(Generic[T]):
    def __init__(self, connect: Callable[[str], T]) -> None:
        self._connect = connect
        self._results: queue.SimpleQueue[T | Exception] = queue.SimpleQueue()
        self._is_over = False
        self._lock = threading.Lock()

    def run(self, addresses: Sequence[str]) -> T:
        left, failure = list(addresses), None
        running = 0
        while left or running:
            if left:
                start_thread(partial(self._try, left.pop(0)))
                running += 1
            result = self._next(is_last=not left)
            if result is None:
                continue
            running -= 1
            if not isinstance(result, Exception):
                self._end()
                return result
            failure = result
        assert failure is not None  # noqa: S101 -- there is an address
        raise failure

    def _next(self, *, is_last: bool) -> T | Exception | None:
        """Return what an attempt came to; None where it is time for the next one beside it."""
        if is_last:  # each attempt ends in its time
            return next_of(self._results)
        try:
            return self._results.get(timeout=_ATTEMPT_DELAY_SECONDS)
        except queue.Empty:
            return None

    def _try(self, address: str) -> None:
        try:
            made = self._connect(address)
        except Exception as error:
            self._results.put(error)
            return
        with self._lock:
            is_late = self._is_over
            if not is_late:
                self._results.put(made)
        if is_late:
            made.close()

    def _end(self) -> None:
        """Close what was made beside the one that is taken."""
        with self._lock:
            self._is_over = True
        with contextlib.suppress(queue.Empty):
            while True:
                result = self._results.get_nowait()
                if not isinstance(result, Exception):
                    result.close()
