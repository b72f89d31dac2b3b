"""Noting changes in the journal: before they are sent, and whatever came of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from evsrep.clock import Clock
from evsrep.cloud import problems
from evsrep.cloud.calls import Call, Journal, Success
from evsrep.errors import EvsrepError, ServiceError


@contextmanager
def noted(journal: Journal | None, call: Call, clock: Clock) -> Iterator[list[Success[Any]]]:
    """Note a change that is about to be sent, then what came of it; the list takes the success.

    What ends otherwise than by an error of ours may have taken effect, and is noted so.
    """
    successes: list[Success[Any]] = []
    if journal is None or not call.is_change:
        yield successes
        return
    key = journal.begin(clock.time(), call.method, urlsplit(call.url).path, call.about)
    try:
        yield successes
    except EvsrepError as error:
        journal.end(key, outcome=error.kind, **_service_fields(error.service_error))
        raise
    except BaseException:
        journal.end(key, outcome="unknown")
        raise
    for success in successes:
        journal.end(key, **_outcome(success))


def _outcome(success: Success[Any]) -> dict[str, Any]:
    answer = success.answer
    service_error = ServiceError(answer.status, request_id=problems.request_id(answer.headers))
    new_id = getattr(success.value, "id", None)
    return {"outcome": "done", "id": new_id, **_service_fields(service_error)}


def _service_fields(service_error: ServiceError | None) -> dict[str, Any]:
    if service_error is None:
        return {}
    return {"status": service_error.status, "request_id": service_error.request_id}
