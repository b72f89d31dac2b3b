"""Requests and answers, and every shape that a refusal has.

The service family has no common error body: identity, the disk service and the gateway in front of
them each have their own, and so has the sandbox.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BODY_BYTES = 1024 * 1024

Json = Mapping[str, Any]


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
        """The query parameters; of one that is there twice the last counts."""
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
        """Return the body as it goes over the wire."""
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
    """Return a refusal as the disk and server services have it."""
    return RefusalError(Answer(status, {name: {"message": message, "code": status}}, headers))


def bad_request(message: str) -> RefusalError:
    """Return a refusal of what the disk service can't understand or won't do."""
    return fault(400, "badRequest", message)


def item_not_found(message: str) -> RefusalError:
    """Return a refusal of what asks for a thing that is not there."""
    return fault(404, "itemNotFound", message)


def coded(status: int, code: str, message: str) -> RefusalError:
    """Return a refusal with one of the service's own codes, such as `EVS.1002`."""
    return RefusalError(Answer(status, {"error": {"message": message, "code": code}}))


def identity_error(
    status: int, title: str, message: str, *headers: tuple[str, str]
) -> RefusalError:
    """Return a refusal as Keystone has it."""
    body = {"error": {"code": status, "title": title, "message": message}}
    return RefusalError(Answer(status, body, headers))


def gateway_error(status: int, code: str, message: str, request: Request) -> RefusalError:
    """Return a refusal as the gateway has it that stands before all services."""
    body = {"error_code": code, "error_msg": message, "request_id": request.id}
    return RefusalError(Answer(status, body))


def gateway_page(status: int, title: str) -> RefusalError:
    """Return a refusal that is a web page, as of a proxy with no service behind an address."""
    page = f"<html><head><title>{status} {title}</title></head><body>{title}</body></html>\n"
    return RefusalError(Answer(status, page))
