"""SDK-HMAC-SHA256: a request signed with an access key and a secret key, instead of a token.

What is signed is exactly what is sent: the query is put into its canonical form on the request
itself, and the body is the request's own bytes. Source: "API Request Signing Guide" (Huawei Cloud),
as gathered in November 2026.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

if TYPE_CHECKING:
    import httpx

_ALGORITHM = "SDK-HMAC-SHA256"
_SIGNED_HEADERS = (
    "content-type",
    "host",
    "x-domain-id",
    "x-project-id",
    "x-sdk-date",
    "x-security-token",
)


class AccessKey(NamedTuple):
    """What signs; `security_token` goes with temporary keys."""

    access: str
    secret: str
    security_token: str = ""


def sign(request: "httpx.Request", key: AccessKey, *, now: float, project_id: str = "") -> None:
    """Put query and headers in their final form, and sign that; `now` is seconds since 1970."""
    request.headers["X-Sdk-Date"] = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    if project_id:
        request.headers["X-Project-Id"] = project_id
    if key.security_token:
        request.headers["X-Security-Token"] = key.security_token
    query = canonical_query(request.url.query.decode())
    if query:
        request.url = request.url.copy_with(query=query.encode())
    request.headers["Authorization"] = authorization(
        request.method,
        request.url.raw_path.decode().partition("?")[0],
        query,
        {name: request.headers[name] for name in _SIGNED_HEADERS if name in request.headers},
        request.content,
        key,
    )


def authorization(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, key: AccessKey
) -> str:
    """Return the value of the Authorization header.

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
    signature = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Access={key.access}, SignedHeaders={names}, Signature={signature}"


def canonical_query(query: str) -> str:
    """Sort a query by decoded name, then value; blank is `%20`, an empty value has its `=`."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _canonical_path(path: str) -> str:
    """Decode once, encode each segment; a slash at the end in the signature only."""
    encoded = "/".join(_encoded(segment) for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else f"{encoded}/"


def _encoded(text: str) -> str:
    return quote(text, safe="~")
