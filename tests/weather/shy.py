"""A cloud that says less than another, or else: the references differ in what an answer has."""

import json
from collections.abc import Callable, Iterable
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_GROUPS = "os-vendor-replication-consistency-groups"


def without(app: "WSGIApplication", *fields: str) -> "WSGIApplication":
    """The same cloud, whose answers on groups lack these fields."""
    return changing(app, _GROUPS, lambda thing: {k: v for k, v in thing.items() if k not in fields})


def saying(app: "WSGIApplication", **fields: Any) -> "WSGIApplication":
    """The same cloud, whose answers on groups have other values in these fields."""
    return changing(app, _GROUPS, lambda thing: {k: fields.get(k, v) for k, v in thing.items()})


def changing(
    app: "WSGIApplication", path: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> "WSGIApplication":
    """The same cloud, with a change to each JSON object of its answers on such a path."""

    def shy(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if path not in environ["PATH_INFO"]:
            return app(environ, start_response)
        begun: list[Any] = []

        def keep(*words: Any) -> Callable[[bytes], object]:
            begun.extend(words)
            return begun.append

        body = b"".join(app(environ, keep))
        if body:
            body = json.dumps(json.loads(body, object_hook=change)).encode()
        headers = [header for header in begun[1] if header[0].lower() != "content-length"]
        start_response(begun[0], [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return shy


def replacing(app: "WSGIApplication", old: bytes, new: bytes) -> "WSGIApplication":
    """The same cloud, which always says the one for the other, of the same length."""
    assert len(old) == len(new)

    def other(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return [b"".join(app(environ, start_response)).replace(old, new)]

    return other


def answering(
    app: "WSGIApplication",
    status: str,
    *,
    method: str = "",
    path: str = "",
    body: bytes = b"",
    times: float = inf,
) -> "WSGIApplication":
    """The same cloud, which answers so where method and path are these, the first few times."""
    met = count()

    def curt(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        is_method = method in ("", environ["REQUEST_METHOD"])
        is_meant = is_method and path in environ["PATH_INFO"]
        if not is_meant or next(met) >= times:
            return app(environ, start_response)
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    return curt


def missing(app: "WSGIApplication", *, method: str) -> "WSGIApplication":
    """The same cloud, which does what it is asked and answers that the thing is not there."""

    def curt(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != method:
            return app(environ, start_response)
        list(app(environ, lambda *_: lambda _: None))
        start_response("404 No", [("Content-Length", "0")])
        return [b""]

    return curt
