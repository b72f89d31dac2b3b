"""One request and its answer as values, and whom `http` meets on the way."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from evsrep.cloud.problems import Place
from evsrep.secrets import Secrets

if TYPE_CHECKING:
    import httpx

    from evsrep.cloud.http import Http

T = TypeVar("T")


class Limits(NamedTuple):
    """How long and how often. `timeout` is seconds for one request, from start to last byte.

    `deadline` is the moment of the clock by which all is over: sign-in, pauses and pages as well.
    """

    timeout: float = 60.0
    retries: int = 3
    deadline: float = math.inf


class Call(NamedTuple):
    """One request. `what` names, in a sentence, what is asked for."""

    method: str
    url: str
    what: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    is_secret: bool = False  # headers and bodies are not shown, not even masked
    is_read: bool = False  # changes nothing, whatever its method: may be repeated freely
    takes_any_status: bool = False
    place: Place = Place.ANYWHERE
    about: Sequence[str] = ()  # IDs of what a create makes one of: they name it

    def as_shown(self) -> dict[str, Any]:
        """Return what would be sent: `method`, `url`, `body`."""
        return {"method": self.method, "url": self.url, "body": dict(self.body or {})}

    @property
    def repeats_freely(self) -> bool:
        """Whether sending it twice is as good as sending it once."""
        return self.is_read or self.method == "GET"

    @property
    def is_change(self) -> bool:
        """Whether it changes what the cloud has, rather than who we are to it."""
        return not self.repeats_freely and not self.is_secret


class Answer(NamedTuple):
    """An HTTP answer, read whole. `token` is the one, or the signature, it was sent with."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    token: str = ""


class Success(NamedTuple, Generic[T]):
    """What was made of an answer, and the answer itself."""

    value: T
    answer: Answer


def read_nothing(_answer: Answer) -> None:
    """Make nothing of an answer: its status says all."""


class Authenticator(Protocol):
    """What gives a request the right to be heard; asks by the `http` that is to send it."""

    def authorize(self, request: "httpx.Request", http: "Http", /) -> None:
        """Put credentials on a request that is about to be sent; may sign in, and raise for it."""
        ...

    def renew(self, refused: str, http: "Http", /) -> bool:
        """Get a token in place of the refused one; False where none is to be had."""
        ...


class Reporter(Protocol):
    """Where the details go: `-v` and `--debug`. Its secrets are starred out of all it reports."""

    is_debugging: bool
    secrets: Secrets

    def step(self, text: str) -> None:
        """Report what is going on, to whoever is no program and has not asked for quiet."""
        ...

    def verbose(self, text: str) -> None:
        """Report what is done."""
        ...

    def debug(self, *lines: str) -> None:
        """Report what went over the wire, all lines at once: other threads report too."""
        ...


class Journal(Protocol):
    """Where changes are noted: before they are sent, and when it is known what came of them."""

    def begin(self, at: float, method: str, path: str, about: Sequence[str]) -> str:
        """Note a change that is about to be sent, at so many seconds since 1970; its key."""
        ...

    def asked_since(self, at: float) -> Collection[frozenset[str]]:
        """Return what changes since then were about that took effect, or may have."""
        ...

    def made_since(self, at: float) -> Collection[str]:
        """Return the IDs of what was made since then, and not deleted again."""
        ...

    def end(self, key: str, **outcome: Any) -> None:
        """Note what came of it."""
        ...
