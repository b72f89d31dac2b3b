"""A list that comes in pages, walked by marker: nothing twice, and nothing left out.

The service promises no links. Others create and delete while we walk, so that the marker itself may
be gone by the time it is used: then the walk is taken up again at an earlier thing of the page, and
what was seen before is passed over.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from evsrep.cloud.models import Disk, Group, Pair, Server
from evsrep.errors import EvsrepError, NotFound, Refused, Unavailable

T = TypeVar("T", Pair, Group, Disk, Server)

PAGE = 1000
"""The service's own limit and default."""

_PROVES_NOTHING = 10
"""A first page of so many may be short since the cloud has a limit of its own, below the asked."""

_MOST_PAGES = 2000
_MOST_THINGS = 200_000
"""Of a list that ends; far more than a project may have."""

_MOST_REFUSALS = 25
"""Markers refused in a row: enough to step back through a page and begin again, twice."""


class Page(NamedTuple, Generic[T]):
    """One page. `has_more` is whether it says so itself, however short it is."""

    things: list[T]
    has_more: bool = False


def walk(
    ask: Callable[[str], Page[T]], filters: Mapping[str, str], *, first: int = PAGE
) -> Iterator[T]:
    """Yield each thing once; `ask` takes a query. The first page has `first` things at most.

    Raises what `ask` raises, except for markers that others have deleted, and Unavailable where the
    list has no end.
    """
    trail = _Trail()
    size, before = first, _PROVES_NOTHING
    while True:
        query = {**filters, "limit": str(size), **trail.position}
        try:
            page = ask(urlencode(query, errors="surrogatepass"))
        except (Refused, NotFound) as error:
            trail.step_back(error)
            continue
        # a cloud may have a page limit below the one asked for: then all pages are as short
        is_last = len(page.things) < min(size, before) and not page.has_more
        before = len(page.things)
        yield from trail.passed(page.things)
        page = Page([])  # so that two pages are never held at once
        if is_last or trail.is_at_end:
            return
        trail.check_has_end()
        size = PAGE


class _Trail:
    """Where the walk has been, and where it goes on."""

    def __init__(self) -> None:
        self.position: dict[str, str] = {}
        self.is_at_end = False
        self._seen: set[str] = set()
        self._last_ids: list[str] = []
        self._pages = 0
        self._refusals = 0
        self._refusal: EvsrepError | None = None  # since when nothing new has come
        self._empty_pages = 0

    def passed(self, things: list[T]) -> Iterator[T]:
        """Yield what is new of a page, and go on behind it."""
        known = len(self._seen)
        self._last_ids = [thing.id for thing in things]
        for thing in things:
            if thing.id not in self._seen:
                self._seen.add(thing.id)
                yield thing
        if len(self._seen) > known:
            self._empty_pages = self._refusals = 0
            self._refusal = None
        else:
            self._empty_pages += 1
        self._go_on()

    def check_has_end(self) -> None:
        """Raise Unavailable where this has been going on for longer than any list may be."""
        self._pages += 1
        if self._pages >= _MOST_PAGES or len(self._seen) >= _MOST_THINGS:
            raise Unavailable(
                f"the list has no end: {len(self._seen)} in {self._pages} pages, and still more",
                hint="narrow it down with a filter, or ask for fewer with --limit",
            )

    def step_back(self, error: EvsrepError) -> None:
        """Go on from an earlier place; raises the error where no marker can be to blame."""
        self._refusals += 1
        self._refusal = error
        is_blamed = error.service_error is not None and error.service_error.status in (400, 404)
        if "marker" not in self.position or not is_blamed or self._refusals > _MOST_REFUSALS:
            raise error
        del self._last_ids[-(2 ** (self._refusals - 1)) :]
        self.position = {"marker": self._last_ids[-1]} if self._last_ids else {}

    def _go_on(self) -> None:
        if not self._last_ids or self._empty_pages * len(self._last_ids) > len(self._seen) + PAGE:
            self.is_at_end = True
            if self._refusal is not None:  # round and round: the rest can't be had
                raise self._refusal
        elif self.position.get("marker") == self._last_ids[-1]:
            # the server does not know markers: it gave the same page again
            self.position = {"offset": str(len(self._seen))}
        elif "offset" in self.position:
            self.is_at_end = bool(self._empty_pages)
            self.position = {"offset": str(len(self._seen))}
        else:
            self.position = {"marker": self._last_ids[-1]}
