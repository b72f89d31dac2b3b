"""What connects a method and a path to the function that answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evsrep.sandbox.messages import Answer, Request
from evsrep.sandbox.store import Session

Handler = Callable[[Request, Session], Answer]
"""Answers a request, or raises RefusalError, which carries the answer."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API. `{name}` in its path stands for any one segment."""

    method: str
    path: str
    handler: Handler

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return what the placeholders stand for in a path, None where it is another one."""
        ours, theirs = self.path.split("/"), path.split("/")
        if len(ours) != len(theirs):
            return None
        parts = {}
        for own, segment in zip(ours, theirs, strict=True):
            if own.startswith("{") and segment:
                parts[own[1:-1]] = segment
            elif own != segment:
                return None
        return parts
