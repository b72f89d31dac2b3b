"""SDK-HMAC-SHA256 from the receiving end: is this request signed with a key that is known here?"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from evsrep.sandbox.messages import RefusalError, Request, gateway_error
from evsrep.sandbox.models import Key

ALGORITHM = "SDK-HMAC-SHA256"
MOST_SKEW_SECONDS = 15 * 60
MUST_BE_SIGNED = frozenset({"host", "x-sdk-date"})

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Access=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]+)"
)


def is_signed(request: Request) -> bool:
    """Return whether a request claims to be signed."""
    return request.headers.get("authorization", "").startswith(ALGORITHM)


def check_signature(request: Request, keys: Iterable[Key]) -> Key:
    """Return the key that a request is signed with. Raises RefusalError, a 401."""
    match = _AUTHORIZATION.fullmatch(request.headers["authorization"])
    if match is None:
        raise _refused(request, "authorization header can't be read")
    access, names, signature = match.groups()
    signed = names.split(";")
    key = next((key for key in keys if key.access == access), None)
    if key is None:
        raise _refused(request, "access key does not exist")
    if not MUST_BE_SIGNED.issubset(signed):
        raise _refused(request, "host and x-sdk-date must be signed")
    if not _is_timely(request):
        raise _refused(request, "x-sdk-date is more than 15 minutes off")
    if not _is_same(request.headers.get("x-security-token", ""), key.security_token):
        raise _refused(request, "security token does not fit the key")
    if not _is_same(signature_of(request, signed, key.secret), signature):
        raise _refused(request, "verify aksk signature fail")
    return key


def signature_of(request: Request, signed: Sequence[str], secret: str) -> str:
    """Return the signature that a request must carry if it was signed with this secret key."""
    canonical = canonical_request(request, signed).encode()
    text = "\n".join(
        [ALGORITHM, request.headers["x-sdk-date"], hashlib.sha256(canonical).hexdigest()]
    )
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def canonical_request(request: Request, signed: Sequence[str]) -> str:
    """Return the one text that both ends make of a request."""
    names = sorted(name.lower() for name in signed)
    path = _encoded(request.path, safe="/")
    query = sorted(request.query_pairs)
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    return "\n".join(
        [
            request.method.upper(),
            path if path.endswith("/") else path + "/",
            "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in query),
            headers,
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def _encoded(text: str, *, safe: str = "") -> str:
    return quote(text, safe=safe + "-._~")


def _is_timely(request: Request) -> bool:
    try:
        signed_at = datetime.strptime(request.headers.get("x-sdk-date", ""), "%Y%m%dT%H%M%SZ")
    except ValueError:
        return False
    return abs(signed_at.replace(tzinfo=UTC).timestamp() - request.now) <= MOST_SKEW_SECONDS


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refused(request: Request, why: str) -> RefusalError:
    message = f"Incorrect IAM authentication information: {why}"
    return gateway_error(401, "APIGW.0301", message, request)
