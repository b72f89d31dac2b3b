"""How bytes get to the cloud: sockets that keep ONE deadline for a whole request.

httpx's time-outs are per read, so that a server which drips a byte a second never trips them. Here
the number that httpcore hands to each socket operation is not a duration but an instant of the
monotonic clock, and every operation gets what is left until then.
"""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import httpcore
import httpx

from evsrep.cloud.addresses import connect_to_first, look_up
from evsrep.cloud.tunnel import Tunnel
from evsrep.errors import ConfigError

_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.WriteError: httpx.WriteError,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}

Pool = httpcore.ConnectionPool


class ProxyFailed(httpx.ProxyError):
    """A proxy, which `proxy` names in words, was not reached, or answered that it leads nowhere."""

    def __init__(self, message: str, proxy: str, *, was_reached: bool) -> None:
        super().__init__(message)
        self.proxy = proxy
        self.was_reached = was_reached


class Transport(httpx.BaseTransport):
    """An httpx transport whose `timeout` extension holds, for each phase, seconds for the whole."""

    def __init__(
        self,
        tls: Callable[[], ssl.SSLContext],
        proxy_for: Callable[[str, str, int | None], str],
        *,
        origin_of: Callable[[str], str] = lambda _: "",
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`proxy_for` takes scheme, host and port, and returns a proxy's URL or nothing.

        `origin_of` says for a scheme where its proxy is named; each in use is reported once.
        """
        self._tls = tls
        self._proxy_for = proxy_for
        self._origin_of = origin_of
        self._report = report
        self._pools: dict[tuple[str, str], Pool] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises httpx's own transport errors; ConfigError where the proxy is no URL.
        """
        assert isinstance(request.stream, httpx.SyncByteStream)  # noqa: S101 -- for the type checker
        seconds = request.extensions["timeout"]["read"]
        deadline = None if seconds is None else time.monotonic() + seconds
        phases = {"connect": deadline, "read": deadline, "write": deadline}
        url = request.url
        pool, proxy = self._pool(url)
        with _as_httpx_errors(proxy):
            answer = pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={**request.extensions, "timeout": phases},
                )
            )
        assert isinstance(answer.stream, Iterable)  # noqa: S101 -- for the type checker
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.close()

    def proxy_of(self, url: str) -> tuple[str, str]:
        """Return the host of the proxy that leads to a URL, and the proxy in words; else nothing.

        Raises ConfigError where the proxy is no URL.
        """
        parts = httpx.URL(url)
        proxy_url = self._proxy_for(parts.scheme, parts.host, parts.port)
        if not proxy_url:
            return "", ""
        return _proxy(proxy_url).url.host, self._in_words(parts.scheme, proxy_url)

    def _pool(self, url: httpx.URL) -> tuple[Pool, str]:
        """Return the connections of one way, and its proxy in words.

        A TLS context is expensive, and plain HTTP needs none.
        """
        way = (url.scheme, self._proxy_for(url.scheme, url.host, url.port))
        proxy = self._in_words(*way) if way[1] else ""
        with self._lock:
            if way not in self._pools:
                tls = self._tls() if url.scheme == "https" else None
                self._pools[way] = self._new_pool(tls, way[1])
                if proxy:
                    self._report(f"{url.host} is asked through {proxy}")
            return self._pools[way], proxy

    def _in_words(self, scheme: str, proxy_url: str) -> str:
        """Return a proxy without its user and password, with where it is named."""
        origin = self._origin_of(scheme)
        place = _proxy(proxy_url).url.netloc.decode()
        return f"the proxy {place}" + (f" ({origin})" if origin else "")

    def _new_pool(self, tls: ssl.SSLContext | None, proxy_url: str) -> Pool:
        if not proxy_url:
            return httpcore.ConnectionPool(
                ssl_context=tls, max_connections=None, network_backend=_Sockets()
            )
        proxy = _proxy(proxy_url)
        return httpcore.HTTPProxy(
            proxy_url=httpcore.URL(
                scheme=proxy.url.raw_scheme,
                host=proxy.url.raw_host,
                port=proxy.url.port,
                target=proxy.url.raw_path,
            ),
            proxy_auth=proxy.raw_auth,
            ssl_context=tls,
            proxy_ssl_context=self._tls() if proxy.url.scheme == "https" else None,
            max_connections=None,
            network_backend=_Sockets(is_to_proxy=True),
        )


def _proxy(url: str) -> httpx.Proxy:
    try:
        return httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        raise ConfigError(  # without the URL: it may hold a password
            "the proxy is not a URL",
            hint="write http://user:password@host:port, and '/' in a password as %2F",
        ) from None


class _ProxyNotReached(httpcore.ProxyError):
    """There is no connection to the proxy: the cloud is not to blame."""


class _Body(httpx.SyncByteStream):
    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx_errors():
            yield from self._parts

    def close(self) -> None:
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()


class _Sockets(httpcore.NetworkBackend):
    """Makes connections; here as in `_Stream`, `timeout` is an instant, not a duration."""

    def __init__(self, *, is_to_proxy: bool = False) -> None:
        self._is_to_proxy = is_to_proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        def connect(address: str) -> httpcore.NetworkStream:
            left = _left(timeout, httpcore.ConnectTimeout)
            backend = httpcore.SyncBackend()
            return backend.connect_tcp(address, port, left, local_address, socket_options)

        try:
            return _Stream(connect_to_first(_addresses(host, timeout), connect))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if not self._is_to_proxy:
                raise
            cause = error.__cause__  # httpcore loses it on the way
            words = cause.strerror if isinstance(cause, OSError) else None
            raise _ProxyNotReached(words or str(error)) from error


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        try:
            if self._inner.get_extra_info("ssl_object") is not None:  # of a proxy
                return Tunnel(self, ssl_context, server_hostname, timeout)
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))
        except ValueError as error:  # a name that can be resolved, or left to a proxy, yet is none
            raise httpcore.ConnectError(str(error)) from error

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _left(deadline: float | None, too_late: type[httpcore.TimeoutException]) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise too_late("the time for the whole request is over")
    return left


def _addresses(host: str, deadline: float | None) -> list[str]:
    try:
        return look_up(host, _left(deadline, httpcore.ConnectTimeout))
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from None
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from None


@contextlib.contextmanager
def _as_httpx_errors(proxy: str = "") -> Iterator[None]:
    try:
        yield
    except httpcore.ProxyError as error:
        was_reached = not isinstance(error, _ProxyNotReached)
        raise ProxyFailed(str(error), proxy, was_reached=was_reached) from error
    except tuple(_ERRORS) as error:
        raise _ERRORS[type(error)](str(error)) from error
