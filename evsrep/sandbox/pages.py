"""Lists the way the service gives them: sorted, filtered, in pages; bad parameters are refused."""

from collections.abc import Sequence
from typing import TypeVar

from evsrep.sandbox.messages import Request, bad_request
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import Kind, Page, Wanted

MOST_IN_A_PAGE = 1000
ORDERS = ("asc", "desc")

T = TypeVar("T")


def page_of(
    kind: Kind[T],
    request: Request,
    session: Session,
    *,
    filters: Sequence[str],
    sort_keys: Sequence[str] = ("created_at",),
    also: Wanted = (),
) -> list[T]:
    """Return those of the project's things that the query asks for, most recent first.

    The marker need not pass the filters, but must be there. `also` are more things wanted of them.
    Raises RefusalError for a parameter that can't be understood.
    """
    query, project_id = request.query, request.parts["project_id"]
    page = Page(
        wanted=(*((name, query[name]) for name in filters if name in query), *also),
        sort_key=_one_of(sort_keys, request, "sort_key", "created_at"),
        is_descending=_one_of(ORDERS, request, "sort_dir", "desc") == "desc",
        marker=query.get("marker"),
        offset=_number(request, "offset", 0, least=0),
        limit=page_limit(request),
    )
    if page.marker is not None and not session.find(kind, project_id, page.marker, request.now):
        raise bad_request(f"Marker {page.marker} could not be found.")
    return session.select(kind, project_id, page, request.now)


def page_limit(request: Request) -> int:
    """Return how many rows a page may have. Raises RefusalError."""
    return _number(request, "limit", MOST_IN_A_PAGE, least=1, most=MOST_IN_A_PAGE)


def _one_of(words: Sequence[str], request: Request, name: str, default: str) -> str:
    word = request.query.get(name, default)
    if word not in words:
        raise bad_request(f"Invalid {name} '{word}': must be one of {', '.join(words)}.")
    return word


def _number(
    request: Request, name: str, default: int, *, least: int, most: int | None = None
) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    if not is_number or int(text) < least or (most is not None and int(text) > most):
        bounds = f"{least} or more" if most is None else f"from {least} to {most}"
        raise bad_request(f"Invalid {name} '{text}': must be an integer, {bounds}.")
    return int(text)
