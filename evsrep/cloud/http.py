"""One request, sent well: in its time, within bounds, and again where that is right.

What happens to a request is decided by the table in `retry`, and told to the caller as one of the
errors of `evsrep.errors`: `OutcomeUnknown` is raised exactly where a request that changes something
may have taken effect.
"""

import copy
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from evsrep._version import __version__
from evsrep.clock import Clock
from evsrep.cloud import problems, retry
from evsrep.cloud.lean_httpx import httpx
from evsrep.cloud.wire import Unreadable
from evsrep.errors import (
    AuthError,
    ConfigError,
    EvsrepError,
    OutcomeUnknown,
    ServiceError,
    Unavailable,
)

LONGEST_ANSWER_BYTES = 16 * 1024 * 1024
SKEW_THAT_MATTERS_SECONDS = 300.0
_MOST_REDIRECTS = 3
_MOST_SHOWN = 65536
_SECRET_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-auth-token",
        "x-security-token",
        "x-subject-token",
    }
)

T = TypeVar("T")


class Authenticator(Protocol):
    """Whoever lends a request the right to be heard."""

    def auth(self) -> httpx.Auth:
        """What httpx puts on each send of the request."""
        ...

    def renew(self, refused: httpx.Auth) -> bool:
        """Get new authority in place of what was refused; False where none is to be had."""
        ...


class Limits(NamedTuple):
    """How long and how often. `timeout` is seconds for one request, from start to last byte."""

    timeout: float = 60.0
    retries: int = 3


class Call(NamedTuple):
    """One request. `what` names, in a sentence, what is asked for."""

    method: str
    url: str
    what: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    is_secret: bool = False  # headers and bodies are not shown, not even masked
    is_read: bool = False  # changes nothing, whatever its method: may be repeated freely
    place: problems.Place = problems.Place.ANYWHERE

    @property
    def repeats_freely(self) -> bool:
        """Whether sending it twice is as good as sending it once."""
        return self.is_read or self.method == "GET"


class Answer(NamedTuple):
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Failure(NamedTuple):
    """One try that failed: the row of the table that it falls under, and the error it would be."""

    rule: retry.Rule
    error: EvsrepError
    retry_after: float | None = None


class Reporter(Protocol):
    """Where the details go: `-v` and `--debug`. `secrets` are starred out of them."""

    is_debugging: bool
    secrets: set[str]

    def hide(self, text: str) -> str:
        """The text without secrets."""
        ...

    def verbose(self, text: str) -> None:
        """Say what is done."""
        ...

    def debug(self, *lines: str) -> None:
        """Say what went over the wire, all lines at once: other threads talk too."""
        ...


class Journal(Protocol):
    """Where changes are noted: before they are sent, and when it is known what came of them."""

    def begin(self, at: float, method: str, path: str) -> str:
        """Note a change that is about to be sent, at so many seconds since 1970; its key."""
        ...

    def end(self, key: str, **outcome: Any) -> None:
        """Note what came of it."""
        ...


class Http:
    """Sends requests over one client; safe to use from several threads."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        clock: Clock,
        reporter: Reporter,
        limits: Limits | None = None,
        allows_plain_http: bool = False,
        journal: Journal | None = None,
    ) -> None:
        self.clock = clock
        self.limits = limits or Limits()
        self._client = client
        self._talk = reporter
        self._allows_plain_http = allows_plain_http
        self._journal = journal
        self._rate_limit = _RateLimitGate(clock)

    def hide(self, text: str) -> str:
        """Return the text without secrets."""
        return self._talk.hide(text)

    def limited(self, limits: Limits) -> "Http":
        """The same, within other limits."""
        other = copy.copy(self)
        other.limits = limits
        return other

    def send(
        self, call: Call, read: Callable[[Answer], T], authenticator: Authenticator | None = None
    ) -> T:
        """Send until it is answered with success, and return what `read` makes of that.

        `read` raises `Unreadable` for what the API does not promise. Raises the errors of
        `evsrep.errors`; `OutcomeUnknown` where the request may have taken effect.
        """
        if self._journal is None or call.repeats_freely or call.is_secret:
            return self._send(call, read, authenticator).value
        key = self._journal.begin(self.clock.time(), call.method, urlsplit(call.url).path)
        try:
            success = self._send(call, read, authenticator)
        except EvsrepError as error:
            self._journal.end(key, outcome=error.kind, **_service_error_fields(error.service_error))
            raise
        made = getattr(success.value, "id", None)
        service_error = ServiceError(
            success.answer.status, request_id=problems.request_id(success.answer.headers)
        )
        self._journal.end(key, outcome="done", id=made, **_service_error_fields(service_error))
        return success.value

    def _send(
        self, call: Call, read: Callable[[Answer], T], authenticator: Authenticator | None
    ) -> "_Success[T]":
        attempt, may_renew = 0, authenticator is not None
        while True:
            self._rate_limit.wait()
            auth = authenticator.auth() if authenticator else None
            result = self._try(call, read, auth)
            if not isinstance(result, Failure):
                return result
            service_error = result.error.service_error
            if may_renew and service_error and problems.is_token_refused(service_error):
                may_renew = False  # once: a new token that is refused too will not get better
                assert authenticator is not None and auth is not None  # noqa: S101, PT018
                if authenticator.renew(auth):
                    self._talk.verbose("the token was refused; signed in again")
                    continue
            pause = self._pause(call, result, attempt)
            if pause is None:
                raise _final(call, result)
            self._rest(result, pause, attempt)
            attempt += 1

    def _pause(self, call: Call, failure: Failure, attempt: int) -> float | None:
        """Seconds before the next try; None where there should be none."""
        rule = failure.rule
        again = rule.reads_again if call.repeats_freely else rule.changes_again
        if not again or attempt >= self.limits.retries:
            return None
        if (failure.retry_after or 0) > retry.LONGEST_PAUSE_SECONDS:
            return None
        return retry.pause_seconds(attempt, failure.retry_after)

    def _rest(self, failure: Failure, pause: float, attempt: int) -> None:
        self._talk.verbose(
            f"{failure.error.message}: trying again in {pause:.1f} s "
            f"({attempt + 1} of {self.limits.retries})"
        )
        if failure.rule is retry.RATE_LIMITED:
            self._rate_limit.until(self.clock.now() + pause)
        else:
            self.clock.sleep(pause)

    def _try(
        self,
        call: Call,
        read: Callable[[Answer], T],
        auth: httpx.Auth | None,
        *,
        takes_any: bool = False,
    ) -> "_Success[T] | Failure":
        try:
            answer = self._once(call, auth)
        except _TooLargeError as error:
            return Failure(retry.UNREADABLE, Unavailable(str(error), hint=_ASK_FOR_LESS))
        except httpx.ProxyError as error:
            return _proxy_failure(error)
        except _NEVER_SENT as error:
            return _connect_failure(call, error)
        except httpx.RequestError as error:
            return _broken_failure(call, error, self.limits.timeout)
        if not takes_any and not 200 <= answer.status < 300:
            return self._refusal(call, answer)
        try:
            return _Success(read(answer), answer)
        except Unreadable as error:
            service_error = self._service_error(answer)
            return Failure(
                retry.UNREADABLE,
                Unavailable(
                    f"the answer can't be read: {error}",
                    hint="check that endpoint and auth_url lead to the cloud, not to a proxy",
                    service_error=service_error._replace(message=""),
                ),
            )

    def _refusal(self, call: Call, answer: Answer) -> Failure:
        service_error = self._service_error(answer)
        after = retry.retry_after_seconds(answer.headers, service_error.message, self.clock.time())
        error = problems.error_for(
            service_error,
            answer.body,
            what=call.what,
            is_read=call.repeats_freely,
            place=call.place,
        )
        if problems.is_token_refused(service_error):
            error.hint = f"{self._skew(answer)}{error.hint}"
        rule = retry.rule_for_status(answer.status, after)
        if rule is retry.RATE_LIMITED and not isinstance(error, Unavailable):
            error = Unavailable("the cloud says: too many requests", service_error=service_error)
        return Failure(rule, error, after)

    def _service_error(self, answer: Answer) -> ServiceError:
        return problems.read_service_error(
            answer.status, answer.headers, answer.body, hide=self._talk.hide
        )

    def _skew(self, answer: Answer) -> str:
        """What to say of our clock where it is off: signatures need a right one."""
        ahead = skew_seconds(answer.headers, self.clock.time())
        if ahead is None or abs(ahead) < SKEW_THAT_MATTERS_SECONDS:
            return ""
        direction = "ahead of" if ahead > 0 else "behind"
        minutes = f"{abs(ahead) / 60:.0f} min"
        return f"this machine's clock is {minutes} {direction} the cloud's: set it; "

    def probe(self, url: str) -> Answer:
        """Ask without credentials, once, and take any answer for one."""
        call = Call("GET", url, f"{url}")
        check_origin(url, allows_plain_http=self._allows_plain_http)
        result = self._try(call, lambda answer: answer, None, takes_any=True)
        if isinstance(result, Failure):
            raise result.error
        return result.value

    def _once(self, call: Call, auth: httpx.Auth | None) -> Answer:
        """Send once, following redirects only to the same origin."""
        url = call.url
        for _ in range(_MOST_REDIRECTS):
            answer = self._exchange(call, url, auth)
            target = _same_origin_target(call, url, answer)
            if target is None:
                break
            url = target
        return answer

    def _exchange(self, call: Call, url: str, auth: httpx.Auth | None) -> Answer:
        check_origin(url, allows_plain_http=self._allows_plain_http)
        request = self._client.build_request(
            call.method,
            url,
            content=None if call.body is None else json.dumps(call.body).encode(),
            headers=_headers(call),
            timeout=self.limits.timeout,
        )
        started = self.clock.now()
        if self._talk.is_debugging:
            self._debug_request(call, request)
        else:
            self._talk.verbose(f"{call.method} {url}")
        try:
            response = self._client.send(request, auth=auth, stream=True)
        finally:
            self._learn(request.headers)
        try:
            self._learn(response.headers)
            answer = Answer(response.status_code, dict(response.headers), _read(response))
        finally:
            response.close()
        if self._talk.is_debugging:
            self._debug_answer(call, answer, self.clock.now() - started)
        return answer

    def _learn(self, headers: Mapping[str, str]) -> None:
        """Have the tokens in these headers starred out of all talk: answers repeat them."""
        for name in ("x-auth-token", "x-subject-token"):
            token = headers.get(name)
            if token:
                self._talk.secrets.add(token)

    def _debug_request(self, call: Call, request: httpx.Request) -> None:
        lines = [f"{request.method} {request.url}", *_header_lines(request.headers)]
        if request.content:
            lines.append("(secret body)" if call.is_secret else request.content.decode())
        self._talk.debug(*(f"> {line}" for line in lines))

    def _debug_answer(self, call: Call, answer: Answer, seconds: float) -> None:
        took = f"after {seconds * 1000:.0f} ms, to {call.method} {call.url}"
        lines = [f"HTTP {answer.status} {took}", *_header_lines(answer.headers)]
        if answer.body:
            text = answer.body[:_MOST_SHOWN].decode(errors="replace")
            lines.append("(secret body)" if call.is_secret else self._talk.hide(text)[:4096])
        self._talk.debug(*(f"< {line}" for line in lines))


def new_client(transport: httpx.BaseTransport) -> httpx.Client:
    """A client that asks for JSON, uncompressed: an answer's size is then what it seems."""
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"evsrep/{__version__}",
    }
    # trust_env would have httpx read .netrc and add credentials that nobody asked for
    return httpx.Client(transport=transport, headers=headers, trust_env=False)


def _service_error_fields(service_error: ServiceError | None) -> dict[str, Any]:
    return (
        {"status": service_error.status, "request_id": service_error.request_id}
        if service_error
        else {}
    )


def skew_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """How far our clock is ahead of the answer's `Date`; None where it says none."""
    until = retry.seconds_until_date(headers.get("date", ""), now)
    return None if until is None else -until


def check_origin(url: str, *, allows_plain_http: bool) -> None:
    """Refuse to send credentials where they can be read on the way."""
    parts = urlsplit(url)
    if parts.scheme == "https" or allows_plain_http or is_loopback(parts.hostname or ""):
        return
    raise ConfigError(
        f"credentials are not sent over plain HTTP to {parts.hostname}",
        hint="use https://, or set 'insecure = true' in the profile if you must",
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by address or by the one name that always is."""
    return host in ("localhost", "::1") or (
        host.startswith("127.") and host.replace(".", "").isdigit()
    )


class _RateLimitGate:
    """A rate limit is everybody's: who meets it makes all threads wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = float("-inf")
        self._lock = threading.Lock()

    def until(self, moment: float) -> None:
        with self._lock:
            self._until = max(self._until, moment)

    def wait(self) -> None:
        while (left := self._until - self._clock.now()) > 0:
            self._clock.sleep(left)


class _Success(NamedTuple, Generic[T]):
    value: T
    answer: Answer


class _TooLargeError(Exception):
    """The answer has no end, or none that we wait for."""


_ASK_FOR_LESS = "this is not how the cloud answers: check endpoint and proxy"
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def _read(response: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > LONGEST_ANSWER_BYTES:
            raise _TooLargeError("the answer is larger than 16 MiB")
        parts.append(part)
    return b"".join(parts)


def _headers(call: Call) -> dict[str, str]:
    content = {"Content-Type": "application/json"} if call.body is not None else {}
    return {**content, **(call.headers or {})}


def _header_lines(headers: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: {'***' if name.lower() in _SECRET_HEADERS else value}"
        for name, value in headers.items()
    ]


def _same_origin_target(call: Call, url: str, answer: Answer) -> str | None:
    """Where a redirect leads, if it may be followed: never with credentials to another origin."""
    is_kept = answer.status in (307, 308)  # method and body stay as they are
    if not is_kept and not (answer.status in (301, 302, 303) and call.method == "GET"):
        return None
    target = urljoin(url, answer.headers.get("location", ""))
    here, there = urlsplit(url), urlsplit(target)
    return target if (here.scheme, here.netloc) == (there.scheme, there.netloc) else None


def _final(call: Call, failure: Failure) -> EvsrepError:
    """The error that the caller gets when there are no more tries."""
    if call.repeats_freely or not failure.rule.may_have_taken_effect:
        return failure.error
    return OutcomeUnknown(
        f"{failure.error.message}; {call.what} may have taken effect all the same",
        hint=failure.error.hint,
        service_error=failure.error.service_error,
    )


def _proxy_failure(error: httpx.ProxyError) -> Failure:
    if str(error).startswith("407"):
        return Failure(
            retry.REFUSED,
            AuthError(
                "the proxy refused the credentials",
                hint="put user and password into the proxy's URL",
                service_error=ServiceError(407),
            ),
        )
    hint = "check the proxy in the profile or in HTTPS_PROXY"
    return Failure(retry.NOT_CONNECTED, Unavailable(f"the proxy failed: {error}", hint=hint))


def _connect_failure(call: Call, error: httpx.RequestError) -> Failure:
    host = urlsplit(call.url).netloc.rpartition("@")[2]
    cause = _root_cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Failure(
            retry.NOT_TRUSTED,
            Unavailable(
                f"the certificate of {host} can't be verified: {cause.verify_message}",
                hint="set ca_bundle in the profile to the file of the authority that signed it",
            ),
        )
    return Failure(
        retry.NOT_CONNECTED,
        Unavailable(
            f"no connection to {host}: {_reason(cause)}",
            hint="check network, proxy and the host name in the profile",
        ),
    )


def _broken_failure(call: Call, error: httpx.RequestError, timeout: float) -> Failure:
    host = urlsplit(call.url).netloc.rpartition("@")[2]
    if isinstance(error, httpx.TimeoutException):
        message = f"no whole answer from {host} within {timeout:g} s"
        return Failure(retry.BROKEN, Unavailable(message, hint="try again, or raise --timeout"))
    reason = str(error).rstrip(".") or "for no reason that is told"
    hint = "try again; if it stays so, check network and proxy"
    return Failure(
        retry.BROKEN, Unavailable(f"the connection to {host} broke: {reason}", hint=hint)
    )


def _root_cause(error: BaseException) -> BaseException:
    """The innermost error that says anything."""
    found = error
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
        found = error if str(error) else found
    return found


def _reason(cause: BaseException) -> str:
    """Why there is no connection, without OpenSSL's lines of C and the system's numbers."""
    if isinstance(cause, ssl.SSLError):
        name = cause.reason or ""
        return f"TLS failed: {_TLS_REASONS.get(name) or name.replace('_', ' ').lower() or cause}"
    if "handshake operation timed out" in str(cause):
        return "TLS failed: the server kept silent"
    system_words = cause.strerror if isinstance(cause, OSError) else None
    return system_words or str(cause) or type(cause).__name__


_TLS_REASONS = {
    "UNEXPECTED_EOF_WHILE_READING": "the server hung up",
    "WRONG_VERSION_NUMBER": "the server speaks something else there",
}
