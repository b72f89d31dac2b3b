"""What can go wrong between a client and a cloud, as values.

A fault says how far the request is read, whether the application sees it, what is sent and how the
connection ends. FAULTS names one of each kind, TLS_FAULTS those inside the handshake. What must
stay true: `processed` and `answered` tell what really happens, so that a test can trust them.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from functools import cache
from http.client import responses
from itertools import repeat
from types import MappingProxyType

JSON = "application/json"
HTML = "text/html; charset=utf-8"
MIB = 1024 * 1024
HUGE_MIB = 17
BOMB_MIB = 1025
BOMB_CHECKSUM = 0xEE4F3D55  # CRC-32 of what comes out: to work it out takes seconds
ELSEWHERE = "http://127.0.0.1:1/elsewhere"  # another origin, where nothing listens

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer. Content-Length is not among the headers: `head` writes it."""

    status: int = 200
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def head(self, framing: Header | None = None) -> bytes:
        """Spell out all that comes before the body. `framing` replaces the true Content-Length."""
        true = () if self.status == 204 else (("Content-Length", str(len(self.body))),)
        headers = (*self.headers, *(true if framing is None else (framing,)))
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return "\r\n".join((*lines, "", "")).encode("latin-1")

    def encoded(self) -> bytes:
        """Spell out the whole answer."""
        return self.head() + self.body

    def plus(self, *headers: Header) -> "Answer":
        """Return this answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))

    def saying(self, body: bytes, content_type: str = JSON) -> "Answer":
        """Return this answer with another body."""
        kept = [header for header in self.headers if header[0].lower() != "content-type"]
        return replace(self, headers=(*kept, ("Content-Type", content_type)), body=body)


Part = bytes | float  # bytes to send, or seconds to wait
Reply = Callable[[Answer], Iterable[Part]]  # what becomes of the application's answer


class Stage(IntEnum):
    """How far a connection gets before the fault strikes."""

    ACCEPT = 0
    HANDSHAKE = 1
    HEAD = 2
    BODY = 3


class End(StrEnum):
    """What becomes of the connection in the end."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"


def silence(_answer: Answer) -> Iterable[Part]:
    """Send nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave. The defaults read a request whole, forget it and hang up."""

    name: str
    strikes: Stage = Stage.BODY
    processed: bool = False  # the application sees the request; where it is late: in the end
    reply: Reply = field(default=silence, repr=False)
    end: End = End.CLOSE
    late_seconds: float | None = None  # processed so long after the connection has ended

    @property
    def answered(self) -> bool:
        """Whether the client gets a complete, well-formed HTTP answer."""
        return self.end is End.KEEP  # what is incomplete can only end with the connection


def status(
    code: int,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    processed: bool = False,
    name: str | None = None,
) -> Fault:
    """Answer with this status; without a body, as a gateway does: with a page of HTML."""
    page = f"<html><body><h1>{code} {_phrase(code)}</h1></body></html>".encode()
    answer = Answer(code).saying(page, HTML) if body is None else Answer(code).saying(body)
    answer = answer.plus(*(headers or {}).items())
    name = name or f"{code}{'-processed' if processed else ''}"
    return Fault(name, processed=processed, reply=lambda _: (answer.encoded(),), end=End.KEEP)


def redirect(code: int, location: str = ELSEWHERE) -> Fault:
    """Send the client somewhere else."""
    return status(code, headers={"Location": location})


def changed(name: str, change: Callable[[Answer], Answer]) -> Fault:
    """Process, then answer with something else than the application did."""
    return Fault(name, processed=True, reply=lambda it: (change(it).encoded(),), end=End.KEEP)


def saying(name: str, body: bytes, content_type: str = JSON) -> Fault:
    """Process, then answer with this body. The application's own status stays."""
    return changed(name, lambda answer: answer.saying(body, content_type))


def slow(seconds: float) -> Fault:
    """Process, then keep the client waiting for the answer."""
    return Fault("slow", processed=True, reply=lambda it: (seconds, it.encoded()), end=End.KEEP)


def drip(gap_seconds: float) -> Fault:
    """Process, then send the answer byte by byte."""

    def reply(answer: Answer) -> Iterator[Part]:
        for byte in answer.encoded():
            yield gap_seconds
            yield bytes([byte])

    return Fault("drip", processed=True, reply=reply, end=End.KEEP)


def late(seconds: float, then: Fault | None = None) -> Fault:
    """Do as `then` says (hang up), and process the request that much later all the same."""
    then = then or Fault("close")
    return replace(then, name=f"{then.name}-then-late", processed=True, late_seconds=seconds)


def _phrase(code: int) -> str:
    return responses.get(code, "Unknown")


def _well(answer: Answer) -> Iterable[Part]:
    return (answer.encoded(),)


def _half_status_line(_answer: Answer) -> Iterable[Part]:
    return (b"HTTP/1.1 2",)


def _half_head(answer: Answer) -> Iterable[Part]:
    head = answer.head()
    return (head[: len(head) // 2],)


def _head_alone(answer: Answer) -> Iterable[Part]:
    return (_with_body(answer).head(),)


def _half_body(answer: Answer) -> Iterable[Part]:
    whole = _with_body(answer)
    return (whole.head(), whole.body[: len(whole.body) // 2])


def _less_than_promised(answer: Answer) -> Iterable[Part]:
    whole = _with_body(answer)
    return (whole.head(("Content-Length", str(len(whole.body) + 1))), whole.body)


def _more_than_promised(answer: Answer) -> Iterable[Part]:
    whole = _with_body(answer)
    return (whole.head(("Content-Length", str(len(whole.body) - 1))), whole.body)


def _chunks_without_end(answer: Answer) -> Iterable[Part]:
    whole = _with_body(answer)
    return (whole.head(CHUNKED), _chunk(whole.body))


def _chunk_of_nonsense(answer: Answer) -> Iterable[Part]:
    return (_with_body(answer).head(CHUNKED), b"zz\r\n{}\r\n0\r\n\r\n")


def _endless_drip(answer: Answer) -> Iterator[Part]:
    yield _with_body(answer).head(CHUNKED)
    while True:
        yield _chunk(b" ")
        yield 0.02


def _endless_body(answer: Answer) -> Iterator[Part]:
    yield _with_body(answer).head(CHUNKED)
    yield from repeat(_chunk(b" " * MIB))


def _endless_informational(_answer: Answer) -> Iterator[Part]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
        yield 0.001


def _huge_in_chunks(answer: Answer) -> Iterator[Part]:
    """Send good JSON after blanks that alone are more than 16 MiB."""
    whole = _with_body(answer)
    yield whole.head(CHUNKED)
    yield from repeat(_chunk(b" " * MIB), HUGE_MIB)
    yield _chunk(whole.body) + b"0\r\n\r\n"


def _huge_and_promising_more(answer: Answer) -> Iterator[Part]:
    yield _with_body(answer).head(("Content-Length", str(1 << 40)))
    yield from repeat(b" " * MIB, HUGE_MIB)


def _with_body(answer: Answer) -> Answer:
    # An answer without a body can't be cut inside it, so it gets one.
    bodiless = answer.status == 204 or not answer.body
    return replace(answer, status=200).saying(b'{"a": 1}') if bodiless else answer


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _bomb(answer: Answer) -> Answer:
    return answer.saying(_bomb_bytes()).plus(("Content-Encoding", "gzip"))


@cache
def _bomb_bytes() -> bytes:
    """Squeeze an empty JSON object behind more than a GiB of blanks into about a MiB of gzip."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush leaves a block that stands on its own, so it can be repeated as it is.
    block = squeeze.compress(b" " * MIB) + squeeze.flush(zlib.Z_FULL_FLUSH)
    last = squeeze.compress(b"{}") + squeeze.flush(zlib.Z_FINISH)
    trailer = BOMB_CHECKSUM.to_bytes(4, "little") + (BOMB_MIB * MIB + 2).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + block * BOMB_MIB + last + trailer


CHUNKED = ("Transfer-Encoding", "chunked")
DEEP = b"[" * 100_000 + b"]" * 100_000
ERROR_BODY = b'{"error": {"code": "EVS.5400", "message": "Something is wrong."}}'
SSH_BANNER = b"SSH-2.0-OpenSSH_9.6\r\n"
GARBAGE = bytes(range(256)) * 4

FAIR = Fault("fair", processed=True, reply=_well, end=End.KEEP)
REFUSE = Fault("refuse", Stage.ACCEPT)
RESET = Fault("reset", Stage.ACCEPT, end=End.RESET)
CLOSE = Fault("close")
STALL = Fault("stall", end=End.STALL)
PROCESS_THEN_CLOSE = Fault("process-then-close", processed=True)
PROCESS_THEN_RESET = Fault("process-then-reset", processed=True, end=End.RESET)
PROCESS_THEN_STALL = Fault("process-then-stall", processed=True, end=End.STALL)


def _cut(name: str, reply: Reply, end: End = End.CLOSE) -> Fault:
    return Fault(name, processed=True, reply=reply, end=end)


_BEFORE_PROCESSING = (
    REFUSE,
    RESET,
    Fault("accept-then-stall", Stage.ACCEPT, end=End.STALL),
    Fault("close-after-head", Stage.HEAD),
    Fault("stall-after-head", Stage.HEAD, end=End.STALL),
    CLOSE,
    Fault("reset-after-body", end=End.RESET),
    STALL,
    Fault("garbage", reply=lambda _: (GARBAGE,)),
    Fault("ssh-banner", reply=lambda _: (SSH_BANNER,)),
    Fault("endless-informational", reply=_endless_informational),
)

_CUT_SHORT = (
    PROCESS_THEN_CLOSE,
    PROCESS_THEN_RESET,
    PROCESS_THEN_STALL,
    late(0.1),
    late(0.1, status(504)),
    _cut("half-status-line", _half_status_line),
    _cut("half-head", _half_head),
    _cut("head-alone", _head_alone),
    _cut("half-body", _half_body),
    _cut("half-body-then-reset", _half_body, End.RESET),
    _cut("half-head-then-stall", _half_head, End.STALL),
    _cut("head-then-stall", _head_alone, End.STALL),
    _cut("half-body-then-stall", _half_body, End.STALL),
    _cut("less-than-promised", _less_than_promised),
    _cut("chunks-without-end", _chunks_without_end),
    _cut("chunk-of-nonsense", _chunk_of_nonsense),
    _cut("processed-garbage", lambda _: (GARBAGE,)),
    _cut("processed-endless-informational", _endless_informational),
    _cut("endless-drip", _endless_drip),
    _cut("endless-body", _endless_body),
    _cut("huge-and-promising-more", _huge_and_promising_more),
)

_REFUSALS = (
    *(status(code) for code in (400, 401, 403, 404, 408, 409, 413, 422, 429)),
    *(status(code) for code in (500, 501, 502, 503, 504, 599)),
    *(status(code, processed=True) for code in (408, 500, 502, 503, 504)),
    *(redirect(code) for code in (301, 302, 303, 307, 308)),
    *(
        status(code, headers={"Retry-After": value}, name=f"{code}-retry-after{suffix}")
        for code in (413, 429, 503)
        for suffix, value in (
            ("", "1"),
            ("-zero", "0"),
            ("-date", "Thu, 01 Jan 2015 00:00:00 GMT"),
            ("-a-day", "86400"),
            ("-nonsense", "soon"),
        )
    ),
)

_ANSWERED_WRONGLY = (
    slow(0.1),
    drip(0.0005),
    saying("empty-body", b""),
    saying("html", b"<!doctype html><title>Sign in</title>", HTML),
    saying("json-array", b"[1, 2]"),
    saying("json-text", b'"fine"'),
    saying("json-null", b"null"),
    saying("wrong-keys", b'{"unexpected": true}'),
    saying("null-replication", b'{"replication": null}'),
    saying("invalid-utf-8", b'{"replication": "\xff\xfe"}'),
    saying("nan", b'{"replication": NaN}'),
    saying("deep-json", b'{"replication": ' + DEEP + b"}"),
    saying("million-digits", b'{"replication": ' + b"7" * 1_000_000 + b"}"),
    changed("truncated-json", lambda it: it.saying(it.body[:-1] or b"{")),
    changed("wrong-content-type", lambda it: it.saying(it.body, "text/plain")),
    changed("error-body", lambda it: replace(it, status=200).saying(ERROR_BODY)),
    changed("no-content", lambda it: replace(it, status=204, body=b"")),
    changed("not-gzip", lambda it: it.plus(("Content-Encoding", "gzip"))),
    changed("gzip-bomb", _bomb),
    changed("huge-header", lambda it: it.plus(("X-Padding", "a" * MIB))),
    changed("many-headers", lambda it: it.plus(*((f"X-Padding-{n}", "a") for n in range(10_000)))),
    # Spoils the next request too: what is left over stands before its answer.
    Fault("more-than-promised", processed=True, reply=_more_than_promised, end=End.KEEP),
    Fault("huge-in-chunks", processed=True, reply=_huge_in_chunks, end=End.KEEP),
)

# Nobody knows the request inside the handshake: these strike connections, and only with TLS.
_IN_THE_HANDSHAKE = (
    Fault("tls-silence", Stage.HANDSHAKE, end=End.STALL),
    Fault("tls-close", Stage.HANDSHAKE),
    Fault("tls-reset", Stage.HANDSHAKE, end=End.RESET),
    Fault(
        "tls-plain-text", Stage.HANDSHAKE, reply=lambda _: (b"HTTP/1.1 400 Bad Request\r\n\r\n",)
    ),
)


def _table(*faults: Fault) -> Mapping[str, Fault]:
    return MappingProxyType({fault.name: fault for fault in faults})


FAULTS = _table(*_BEFORE_PROCESSING, *_CUT_SHORT, *_REFUSALS, *_ANSWERED_WRONGLY)
TLS_FAULTS = _table(*_IN_THE_HANDSHAKE)
