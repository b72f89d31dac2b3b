"""One request, sent well: in its time, within bounds, and again where that is right.

What happens to a request is decided by the table in `retry`, and reaches the caller as one of the
errors of `evsrep.errors`: `OutcomeUnknown` is raised exactly where a request that changes something
may have taken effect.
"""

import copy
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from typing import Any, TypeVar

import httpx

from evsrep._version import __version__
from evsrep.clock import Clock
from evsrep.cloud import failures, problems, retry, urls
from evsrep.cloud.calls import (
    Answer,
    Authenticator,
    Call,
    Journal,
    Limits,
    Reporter,
    Success,
)
from evsrep.cloud.failures import AnswerTooLarge, Failure
from evsrep.cloud.guard import UNGUARDED, ChangeGuard
from evsrep.cloud.lifetime import Lifetime
from evsrep.cloud.noting import noted
from evsrep.cloud.reading import Unreadable
from evsrep.errors import ConfigError, ServiceError
from evsrep.secrets import Secrets

LONGEST_ANSWER_BYTES = 16 * 1024 * 1024
_MOST_REDIRECTS = 3
_MOST_SHOWN = 4096  # characters of a body
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
_AS_BUILT = httpx.Auth()  # None would make Basic credentials of what a URL has before its '@'

T = TypeVar("T")


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
        guard: ChangeGuard = UNGUARDED,
        proxy_of: Callable[[str], tuple[str, str]] | None = None,
    ) -> None:
        """`proxy_of` takes a URL, and returns its proxy's host, and the proxy in words."""
        self.clock = clock
        self.limits = limits or Limits()
        self.guard = guard
        self._client = client
        self._reporter = reporter
        self._allows_plain_http = allows_plain_http
        self.proxy_of = proxy_of or (lambda _: ("", ""))
        self._journal = journal
        self._may_change = False
        self._rate_limit_gate = retry.RateLimitGate(clock)
        self._lifetime = Lifetime()

    @property
    def secrets(self) -> Secrets:
        """What is starred out of all reports."""
        return self._reporter.secrets

    def asked_lately(self, seconds: float) -> Collection[frozenset[str]]:
        """Return the disks of each pair that we, or a run before, may have made so lately."""
        return self._journal.asked_since(self.clock.time() - seconds) if self._journal else ()

    def made_lately(self, seconds: float) -> Collection[str]:
        """Return the IDs of what we, or a run before, were told so lately to be made."""
        return self._journal.made_since(self.clock.time() - seconds) if self._journal else ()

    def limited(self, **limits: Any) -> "Http":
        """Return the same, with these limits in place of its own."""
        other = copy.copy(self)
        other.limits = self.limits._replace(**limits)
        return other

    def unlocked(self) -> "Http":
        """Return the same, allowed to change what a protected profile leads to."""
        other = copy.copy(self)
        other._may_change = True
        return other

    def close(self) -> None:
        """Close the connections; whatever is sent from then on is a UsageFault."""
        self._lifetime.end()
        self._client.close()

    def check_is_usable(self) -> None:
        """Raise UsageFault after `close`, and in a fork of the process that opened this."""
        self._lifetime.check()

    def send(
        self, call: Call, read: Callable[[Answer], T], authenticator: Authenticator | None = None
    ) -> T:
        """Send until it is answered with success, and return what `read` makes of that.

        `read` raises Unreadable for what the API does not promise. Raises AuthError, NotFound,
        NotOffered or Refused as the cloud answers, Unavailable where it can't be asked, and
        OutcomeUnknown where the request may have taken effect; Refused where the profile forbids
        changes, ConfigError for what can't be sent, and UsageFault as `check_is_usable`.
        """
        self._check_may_send(call)
        attempt, may_renew = 0, True
        with noted(self._journal, call, self.clock) as successes:
            while True:
                self._rate_limit_gate.wait(self.limits.deadline)
                result = self._send_single_request(call, read, authenticator)
                if not isinstance(result, Failure):
                    successes.append(result)
                    return result.value
                if authenticator and may_renew and result.is_token_refused:
                    may_renew = False  # once: a new token that is refused too will not get better
                    if authenticator.renew(result.token, self):
                        self._reporter.verbose("the token was refused; signed in again")
                        continue
                self._pause_before_next(call, result, attempt)
                attempt += 1

    def _check_may_send(self, call: Call) -> None:
        self.check_is_usable()
        if call.is_change:
            self.guard.check(yes=self._may_change)

    def _pause_before_next(self, call: Call, failure: Failure, attempt: int) -> None:
        """Wait as long as the next try should; raises the error where there should be none."""
        rule, retries = failure.rule, self.limits.retries
        is_repeated = rule.reads_again if call.repeats_freely else rule.changes_again
        pause = retry.pause_seconds(attempt, failure.retry_after)
        is_waited_for = pause <= min(retry.LONGEST_PAUSE_SECONDS, self._seconds_left())
        if not is_repeated or attempt >= retries or not is_waited_for:
            raise failures.final_error(call, failure)
        self._reporter.step(
            f"{failure.error.message}: trying again in {pause:.1f} s ({attempt + 1} of {retries})"
        )
        if rule is retry.RATE_LIMITED:
            self._rate_limit_gate.close_until(self.clock.now() + pause)
        else:
            self.clock.sleep(pause)

    def _send_single_request(
        self, call: Call, read: Callable[[Answer], T], authenticator: Authenticator | None
    ) -> Success[T] | Failure:
        """Send once, following redirects only within the same origin."""
        url, followed, timeout, end = call.url, set[str](), self.limits.timeout, 0.0
        try:
            for _ in range(_MOST_REDIRECTS):
                request = self._build_request(call, url, authenticator)
                if not end:  # one end for all hops; a sign-in has just had its own
                    timeout = min(timeout, max(self._seconds_left(), 0.0))
                    end = self.clock.now() + timeout
                left = max(end - self.clock.now(), 0.0)
                request.extensions["timeout"] = httpx.Timeout(left).as_dict()
                started = self._report_request(call, request)
                auth = _AS_BUILT if authenticator else None
                with closing(self._client.send(request, auth=auth, stream=True)) as response:
                    answer = self._read_whole(response)
                self._report_answer(call, answer, started)
                location = answer.headers.get("location", "")
                url = urls.redirect_target(request, answer.status, location)
                if not url or url in followed:
                    break
                followed.add(url)
        except (AnswerTooLarge, httpx.RequestError) as error:
            return failures.from_exception(call, error, timeout)
        return self._outcome(call, answer, read)

    def _seconds_left(self) -> float:
        return self.limits.deadline - self.clock.now()

    def _build_request(
        self, call: Call, url: str, authenticator: Authenticator | None
    ) -> httpx.Request:
        """Build the request as it is sent, with its credentials."""
        self._lifetime.check()
        try:
            request = self._client.build_request(
                call.method,
                url,
                content=None if call.body is None else json.dumps(call.body).encode(),
                headers=_headers(call),
            )
            urls.check_origin(request.url, allows_plain_http=self._allows_plain_http)
            if authenticator:
                authenticator.authorize(request, self)
        except (httpx.InvalidURL, UnicodeError) as error:
            hint = "check the URLs and the credentials in the profile"
            raise ConfigError(f"{call.what} can't be asked for: {error}", hint=hint) from error
        self._hide_tokens(request.headers)
        return request

    def _read_whole(self, response: httpx.Response) -> Answer:
        self._hide_tokens(response.headers)
        headers = {**response.headers, **response.extensions.get(_KEPT_ASIDE, {})}
        sent = response.request.headers
        token = sent.get("x-auth-token") or sent.get("authorization", "")
        return Answer(response.status_code, headers, _body(response), token)

    def _outcome(
        self, call: Call, answer: Answer, read: Callable[[Answer], T]
    ) -> Success[T] | Failure:
        if not call.takes_any_status and not 200 <= answer.status < 300:
            now = self.clock.time()
            return failures.from_refusal(call, answer, self._service_error(answer), now)
        try:
            return Success(read(answer), answer)
        except Unreadable as error:
            return failures.from_unreadable(str(error), self._service_error(answer))

    def _service_error(self, answer: Answer) -> ServiceError:
        return problems.read_service_error(
            answer.status, answer.headers, answer.body, hide=self._reporter.secrets.hide
        )

    def _hide_tokens(self, headers: Mapping[str, str]) -> None:
        """Have the tokens in these headers starred out of all reports: answers repeat them."""
        for name in ("x-auth-token", "x-subject-token"):
            self._reporter.secrets.add(headers.get(name, ""))

    def _report_request(self, call: Call, request: httpx.Request) -> float:
        """Report what is about to be sent; the moment of that."""
        if self._reporter.is_debugging:
            lines = [f"{request.method} {request.url}", *_header_lines(request.headers)]
            if request.content:
                lines.append("(secret body)" if call.is_secret else request.content.decode())
            self._reporter.debug(*(f"> {line}" for line in lines))
        else:
            self._reporter.verbose(f"{request.method} {request.url}")
        return self.clock.now()

    def _report_answer(self, call: Call, answer: Answer, started: float) -> None:
        if not self._reporter.is_debugging:
            return
        took = f"after {(self.clock.now() - started) * 1000:.0f} ms, to {call.method} {call.url}"
        lines = [f"HTTP {answer.status} {took}", *_header_lines(answer.headers)]
        if answer.body:
            text = self._reporter.secrets.hide(answer.body.decode(errors="replace"))
            lines.append("(secret body)" if call.is_secret else text[:_MOST_SHOWN])
        self._reporter.debug(*(f"< {line}" for line in lines))


def new_client(transport: httpx.BaseTransport) -> httpx.Client:
    """Return a client that asks for JSON, uncompressed: an answer's size is then what it seems."""
    return httpx.Client(
        transport=transport,
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"evsrep/{__version__}",
        },
        # trust_env would have httpx read .netrc and add credentials that nobody asked for
        trust_env=False,
        event_hooks={"response": [_keep_from_httpx]},
    )


_KEPT_ASIDE = "evsrep.location"


def _keep_from_httpx(response: httpx.Response) -> None:
    """Hide what httpx would act upon: a broken location fails, followed or not; bombs inflate."""
    response.headers.pop("content-encoding", None)  # none was asked for: so it stays unreadable
    location = response.headers.pop("location", None)
    if location is not None:
        response.extensions[_KEPT_ASIDE] = {"location": location}


def _headers(call: Call) -> dict[str, str]:
    content = {"Content-Type": "application/json"} if call.body is not None else {}
    return {**content, **(call.headers or {})}


def _body(response: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > LONGEST_ANSWER_BYTES:
            raise AnswerTooLarge("the answer is larger than 16 MiB")
        parts.append(part)
    return b"".join(parts)


def _header_lines(headers: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: {'***' if name.lower() in _SECRET_HEADERS else value}"
        for name, value in headers.items()
    ]
