"""What an answer other than success means.

The cloud, its gateway and the proxies before it each have error bodies of their own; whatever else
comes is shown too. Source: the error codes in the API references of Open Telekom Cloud, Huawei
Cloud and Flexible Engine, as gathered in November 2026.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from evsrep.cloud.meanings import TOKEN_CODES, meaning_of
from evsrep.cloud.reading import Unreadable, read_object
from evsrep.errors import (
    AuthError,
    EvsrepError,
    NotFound,
    NotOffered,
    PasscodeWanted,
    Refused,
    ServiceError,
    Unavailable,
)


class Place(Enum):
    """Where a request goes, as far as a 404 means different things there."""

    ANYWHERE = "anywhere"
    COLLECTION = "a collection that is there only where replication is offered"
    MEMBER = "something in such a collection"


_ID_HEADERS = (
    "x-request-id",
    "x-openstack-request-id",
    "x-compute-request-id",
    "x-iam-trace-id",
)
_LONGEST_MESSAGE = 300
_MOST_READ_CHARACTERS = 65536
_NOT_OFFERED_HINT = (
    "the vendors have deprecated the replication API; 'evsrep help sdrs' says what its successor, "
    "SDRS, is; "
    "if this cloud should have it, check region and endpoint with 'evsrep auth check'"
)


def read_service_error(
    status: int, headers: Mapping[str, str], body: bytes, *, hide: Callable[[str], str] = str
) -> ServiceError:
    """Read code, message and request ID out of any error answer.

    `hide` stars out secrets, which answers may repeat; done before a long message is cut, since
    half a secret is one, too.
    """
    fields = _object(body)
    code, message = _code_and_message(fields)
    return ServiceError(
        status=status,
        code=code,
        message=_shortened(hide(message) if message or fields else _plain(body, hide)),
        request_id=request_id(headers) or _text(fields.get("request_id")),
    )


def request_id(headers: Mapping[str, str]) -> str:
    """Return what the cloud calls a request; nothing where it does not say."""
    return next((headers[name] for name in _ID_HEADERS if headers.get(name)), "")


def is_token_refused(service_error: ServiceError) -> bool:
    """Return whether the credentials were not taken: a 401, or a 400 that means the same."""
    return service_error.status == 401 or (
        service_error.status == 400 and service_error.code in TOKEN_CODES
    )


def error_for(
    service_error: ServiceError,
    body: bytes,
    *,
    what: str,
    is_read: bool,
    place: Place = Place.ANYWHERE,
) -> EvsrepError:
    """Return the error that an answer other than success stands for.

    `what` names, in a sentence, the thing or the change asked for; `place` is where that was.
    """
    status = service_error.status
    meaning = meaning_of(service_error.code)
    hint = meaning.hint if meaning else ""
    if is_token_refused(service_error) or status == 403:
        return _auth_error(service_error, body, what, hint)
    if status == 407:
        return proxy_refusal(service_error)
    if status == 404 and _is_service_missing(service_error, body, place):
        message = "this cloud offers no EVS replication"
        return NotOffered(message, hint=_NOT_OFFERED_HINT, service_error=service_error)
    if status == 404:
        return not_found(what, service_error, is_read=is_read, hint=hint)
    if status in (408, 429) or status >= 500 or status < 400:
        return _unavailable(service_error, hint)
    if status == 413:  # with a Retry-After it is a rate limit
        hint = hint or "a quota is used up: ask for more, or delete what is not needed"
    message = service_error.message or f"HTTP {status}"
    return Refused(f"the cloud refused {what}: {message}", hint=hint, service_error=service_error)


def not_found(
    what: str, service_error: ServiceError | None, *, is_read: bool, hint: str = ""
) -> NotFound:
    """Return the error where a thing is not there; `what` names it, or the change of it."""
    noun = what.removeprefix("the ")
    message = f"the cloud knows no {noun}" if is_read else f"{what} names what is not there"
    hint = hint or "check the ID, and the project with 'evsrep auth check'"
    return NotFound(message, hint=hint, service_error=service_error)


def proxy_refusal(service_error: ServiceError, proxy: str = "the proxy") -> AuthError:
    """Return the error where the proxy, not the cloud, wants credentials."""
    hint = "put user and password into the proxy's URL"
    return AuthError(f"{proxy} refused the credentials", hint=hint, service_error=service_error)


def _auth_error(service_error: ServiceError, body: bytes, what: str, hint: str) -> AuthError:
    if service_error.status == 403:
        hint = hint or "ask for a role with EVS rights in this project"
        return AuthError(f"no permission for {what}", hint=hint, service_error=service_error)
    if service_error.status == 401 and "required_auth_methods" in _object(body):
        hint = "give it as EVSREP_PASSCODE, or as 'passcode' in the profile"
        message = "a passcode is wanted: this user signs in with a one-time code as well"
        return PasscodeWanted(message, hint=hint, service_error=service_error)
    hint = hint or "check the credentials with 'evsrep auth check'"
    return AuthError("the cloud refused the credentials", hint=hint, service_error=service_error)


def _unavailable(service_error: ServiceError, hint: str) -> Unavailable:
    message = f"the cloud can't answer now (HTTP {service_error.status})"
    if service_error.status == 429:
        message, hint = "the cloud says: too many requests", hint or "wait, then try again"
    elif 300 <= service_error.status < 400:
        message = "the server sends us elsewhere, where we do not go"
        hint = "set auth_url or endpoint of the profile to where the service is"
    else:
        hint = "try again later"
    return Unavailable(message, hint=hint, service_error=service_error)


def _is_service_missing(service_error: ServiceError, body: bytes, place: Place) -> bool:
    """Tell a missing thing, as the service itself does, from a missing path, as a gateway does."""
    if place is Place.ANYWHERE:
        return False
    fields = _object(body)
    is_pathless = str(fields.get("code", "")).startswith("404")  # a router's answer, no service's
    if not fields or is_pathless or re.fullmatch(r"APIGW?\.0101", service_error.code):
        return True
    is_own = "itemNotFound" in fields or service_error.code.startswith("EVS.")
    return place is Place.COLLECTION and not is_own


def _object(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except Unreadable:
        return {}


def _code_and_message(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return the service's code, where it is one of words, and its message."""
    faults = [(name, value) for name, value in fields.items() if isinstance(value, dict)]
    for fault, inner in (("", fields), *faults):
        message = _first(inner, "message", "error_msg", "errorMsg", "detail", "details")
        code = _first(inner, "error_code", "errorCode", "code")
        if re.match(r"\d{3}( |$)", code):  # repeats the HTTP status; the fault's name says more
            code = "" if fault == "error" else fault
        if message or code:
            return code, message
    errors = fields.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return _first(errors[0], "code"), _first(errors[0], "detail", "title", "message")
    return "", ""


def _first(fields: Mapping[str, Any], *keys: str) -> str:
    return next((_text(fields[key]) for key in keys if _text(fields.get(key))), "")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _plain(body: bytes, hide: Callable[[str], str]) -> str:
    """Return the text of a body that is not JSON; of HTML the title, else nothing."""
    text = hide(body.decode(errors="replace").strip())[:_MOST_READ_CHARACTERS]
    if not text.startswith("<"):
        return text
    title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
    return title[1].strip() if title else ""


def _shortened(message: str) -> str:
    flat = " ".join(re.sub(r"<[^<>]*>", " ", message).split())
    return flat if len(flat) <= _LONGEST_MESSAGE else flat[:_LONGEST_MESSAGE] + "…"
