"""Lists the way the service gives them: sorted, filtered, in pages; bad parameters are refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from evsrep.sandbox.messages import bad_request

MOST_IN_A_PAGE = 1000
ORDERS = ("asc", "desc")

Row = Mapping[str, Any]


def page_of(
    rows: Sequence[Row],
    query: Mapping[str, str],
    *,
    filters: Sequence[str] = (),
    sort_keys: Sequence[str] = ("created_at",),
) -> list[Row]:
    """Return the rows that the query asks for, of rows given most recent first.

    The marker need not pass the filters, but must be there.
    """
    rows = _after_marker(_sorted(rows, query, sort_keys), query.get("marker"))
    wanted = {name: query[name] for name in filters if name in query}
    rows = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    start = _number(query, "offset", 0, least=0)
    return rows[start : start + page_limit(query)]


def page_limit(query: Mapping[str, str]) -> int:
    """Return how many rows a page may have."""
    return _number(query, "limit", MOST_IN_A_PAGE, least=1, most=MOST_IN_A_PAGE)


def _sorted(rows: Sequence[Row], query: Mapping[str, str], keys: Sequence[str]) -> list[Row]:
    key = query.get("sort_key", "created_at")
    order = query.get("sort_dir", "desc")
    if key not in keys:
        raise bad_request(f"Invalid sort_key '{key}': must be one of {', '.join(keys)}.")
    if order not in ORDERS:
        raise bad_request(f"Invalid sort_dir '{order}': must be one of {', '.join(ORDERS)}.")
    return sorted(
        rows, key=lambda row: (row[key] is not None, row[key] or ""), reverse=order == "desc"
    )


def _after_marker(rows: list[Row], marker: str | None) -> list[Row]:
    if marker is None:
        return rows
    ids = [row["id"] for row in rows]
    if marker not in ids:
        raise bad_request(f"Marker {marker} could not be found.")
    return rows[ids.index(marker) + 1 :]


def _number(
    query: Mapping[str, str], name: str, default: int, *, least: int, most: int | None = None
) -> int:
    text = query.get(name)
    if text is None:
        return default
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    if not is_number or int(text) < least or (most is not None and int(text) > most):
        bounds = f"{least} or more" if most is None else f"from {least} to {most}"
        raise bad_request(f"Invalid {name} '{text}': must be an integer, {bounds}.")
    return int(text)
