"""SDK-HMAC-SHA256: a request signed with an access key and a secret key, instead of a token.

What is signed is exactly what is sent: the query is put into its canonical form on the request
itself, and the body is the request's own bytes. Source: the vendor's public signing guide.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote

from evsrep.clock import Clock
from evsrep.cloud.lean_httpx import httpx

_ALGORITHM = "SDK-HMAC-SHA256"
_SIGNED_HEADERS = (
    "content-type",
    "host",
    "x-domain-id",
    "x-project-id",
    "x-sdk-date",
    "x-security-token",
)


class KeyAuth(httpx.Auth):
    """Signs each send of a request afresh; `security_token` goes with temporary keys."""

    requires_request_body = True

    def __init__(
        self,
        access_key: str,
        secret_key: str,
        *,
        clock: Clock,
        security_token: str = "",
        project_id: str = "",
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._clock = clock
        self._security_token = security_token
        self._project_id = project_id

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Put query and headers in their final form, and sign that."""
        now = datetime.fromtimestamp(self._clock.time(), UTC)
        request.headers["X-Sdk-Date"] = now.strftime("%Y%m%dT%H%M%SZ")
        if self._project_id:
            request.headers["X-Project-Id"] = self._project_id
        if self._security_token:
            request.headers["X-Security-Token"] = self._security_token
        query = canonical_query(request.url.query.decode())
        if query:
            request.url = request.url.copy_with(query=query.encode())
        headers = {
            name: request.headers[name] for name in _SIGNED_HEADERS if name in request.headers
        }
        request.headers["Authorization"] = authorization(
            request.method,
            request.url.raw_path.decode().partition("?")[0],
            query,
            headers,
            request.content,
            access_key=self._access_key,
            secret_key=self._secret_key,
        )
        yield request


def authorization(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    access_key: str,
    secret_key: str,
) -> str:
    """The value of the Authorization header.

    `path` and `query` are as they are sent, the query in canonical form; `headers` are all those
    to sign, `X-Sdk-Date` and `Host` among them.
    """
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    names = ";".join(sorted(lowered))
    request = "\n".join(
        (
            method.upper(),
            _canonical_path(path),
            query,
            "".join(f"{name}:{lowered[name]}\n" for name in sorted(lowered)),
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = "\n".join((_ALGORITHM, lowered["x-sdk-date"], digest))
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}"


def canonical_query(query: str) -> str:
    """The query sorted by decoded name, then value; blank is `%20`, an empty value has its `=`."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _canonical_path(path: str) -> str:
    """Decoded once, each segment encoded; a slash at the end in the signature only."""
    encoded = "/".join(_encoded(segment) for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else f"{encoded}/"


def _encoded(text: str) -> str:
    return quote(text, safe="~")
