"""Requests and answers, and every shape in which a refusal is told.

The service family has no common error body: identity, the disk service and the gateway in front of
them each have their own, and so has the sandbox.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BODY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. `base` is scheme and host as the client wrote them."""

    id: str
    method: str
    base: str
    path: str
    query_pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    now: float
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; of one that is given twice the last counts."""
        return dict(self.query_pairs)

    def read_object(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, None where it is none."""
        try:
            body = json.loads(self.body)
            json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets: a JSON body, or text, or nothing."""

    status: int
    body: Mapping[str, Any] | str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def content_type(self) -> str:
        """The media type of the body."""
        return "text/html" if isinstance(self.body, str) else "application/json"

    def encoded(self) -> bytes:
        """The body as it goes over the wire."""
        if self.body is None:
            return b""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


class RefusalError(Exception):
    """A request that is not done. It carries its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def fault(status: int, name: str, message: str, *headers: tuple[str, str]) -> RefusalError:
    """Refuse as the disk and server services do."""
    return RefusalError(Answer(status, {name: {"message": message, "code": status}}, headers))


def bad_request(message: str) -> RefusalError:
    """Refuse what the disk service can't understand or won't do."""
    return fault(400, "badRequest", message)


def item_not_found(message: str) -> RefusalError:
    """Refuse what asks for a thing that is not there."""
    return fault(404, "itemNotFound", message)


def coded(status: int, code: str, message: str) -> RefusalError:
    """Refuse with one of the service's own codes, such as `EVS.1002`."""
    return RefusalError(Answer(status, {"error": {"message": message, "code": code}}))


def identity_error(
    status: int, title: str, message: str, *headers: tuple[str, str]
) -> RefusalError:
    """Refuse as Keystone does."""
    body = {"error": {"code": status, "title": title, "message": message}}
    return RefusalError(Answer(status, body, headers))


def gateway_error(status: int, code: str, message: str, request: Request) -> RefusalError:
    """Refuse as the gateway does that stands before all services."""
    body = {"error_code": code, "error_msg": message, "request_id": request.id}
    return RefusalError(Answer(status, body))


def gateway_page(status: int, title: str) -> RefusalError:
    """Refuse with a web page, as a proxy does where no service is behind an address."""
    page = f"<html><head><title>{status} {title}</title></head><body>{title}</body></html>\n"
    return RefusalError(Answer(status, page))
