"""TLS inside of TLS, as a proxy that is spoken to by https needs it, with the one deadline kept.

httpcore's own gives each piece of the inner handshake all of the time anew, so that a proxy which
drips it never ends. Here `timeout` is an instant, as all that passes through `transport`.
"""

import ssl
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import httpcore

T = TypeVar("T")

_PIECE_BYTES = 64 * 1024


class Tunnel(httpcore.NetworkStream):
    """A stream of TLS over one that is of TLS already."""

    def __init__(
        self,
        outer: httpcore.NetworkStream,
        context: ssl.SSLContext,
        server_hostname: str | None,
        timeout: float | None,
    ) -> None:
        """Shake hands. Raises httpcore's ConnectTimeout or ConnectError: nothing was sent yet."""
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_hostname
        )
        try:
            self._perform(self._tls.do_handshake, timeout)
        except httpcore.TimeoutException as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (httpcore.NetworkError, ssl.SSLError) as error:
            raise httpcore.ConnectError(str(error)) from error

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what comes; nothing at the end. Raises httpcore's read errors."""
        try:
            return self._perform(partial(self._tls.read, max_bytes), timeout)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # as the end of any connection is told
        except ssl.SSLError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it all. Raises httpcore's write errors."""
        try:
            while buffer:
                buffer = buffer[self._perform(partial(self._tls.write, buffer), timeout) :]
        except ssl.SSLError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the connection to the proxy."""
        self._outer.close()

    def get_extra_info(self, info: str) -> object:
        """Return what is known of the inner TLS, or of the connection to the proxy."""
        return self._tls if info == "ssl_object" else self._outer.get_extra_info(info)

    def _perform(self, step: Callable[[], T], timeout: float | None) -> T:
        """Take a step, and carry to and fro what it wants sent and received."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._send_pending(timeout)
                self._receive(timeout)
            else:
                self._send_pending(timeout)
                return result

    def _send_pending(self, timeout: float | None) -> None:
        if self._outgoing.pending:
            self._outer.write(self._outgoing.read(), timeout)

    def _receive(self, timeout: float | None) -> None:
        received = self._outer.read(_PIECE_BYTES, timeout)
        if received:
            self._incoming.write(received)
        else:
            self._incoming.write_eof()
