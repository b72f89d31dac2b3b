"""What becomes of a try that failed: the row of `retry` that it falls under, and its error."""

import ssl
from typing import NamedTuple

import httpx

from evsrep.cloud import problems, retry
from evsrep.cloud.calls import Answer, Call
from evsrep.errors import EvsrepError, OutcomeUnknown, ServiceError, Unavailable

SKEW_THAT_MATTERS_SECONDS = 300.0
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_TLS_REASONS = {
    "UNEXPECTED_EOF_WHILE_READING": "the server hung up",
    "WRONG_VERSION_NUMBER": "the server speaks something else there",
}


class AnswerTooLarge(Exception):
    """The answer has no end, or none that we wait for."""


class Failure(NamedTuple):
    """One try that failed. `token` is the one that was refused, where one was."""

    rule: retry.Rule
    error: EvsrepError
    retry_after: float | None = None
    token: str = ""

    @property
    def is_token_refused(self) -> bool:
        """Whether the credentials were not taken."""
        service_error = self.error.service_error
        return service_error is not None and problems.is_token_refused(service_error)


def from_exception(call: Call, error: Exception, timeout: float) -> Failure:
    """Return the failure of a try that ended without a whole answer, within `timeout` seconds."""
    if isinstance(error, AnswerTooLarge):
        hint = "this is not how the cloud answers: check endpoint and proxy"
        return Failure(retry.UNREADABLE, Unavailable(str(error), hint=hint))
    if isinstance(error, httpx.ProxyError):
        return _proxy_failure(error)
    host = httpx.URL(call.url).netloc.decode()
    if isinstance(error, _NEVER_SENT):
        return _connect_failure(host, error)
    return _broken_failure(host, error, timeout)


def from_refusal(call: Call, answer: Answer, service_error: ServiceError, now: float) -> Failure:
    """Return the failure of a try that was answered with something else than success."""
    after = retry.retry_after_seconds(answer.headers, service_error.message, now)
    error = problems.error_for(
        service_error, answer.body, what=call.what, is_read=call.repeats_freely, place=call.place
    )
    if problems.is_token_refused(service_error):
        error.hint = f"{_skew_hint(answer, now)}{error.hint}"
    rule = retry.rule_for_status(answer.status, after)
    if rule is retry.RATE_LIMITED and not isinstance(error, Unavailable):
        error = Unavailable("the cloud says: too many requests", service_error=service_error)
    return Failure(rule, error, after, answer.token)


def from_unreadable(reason: str, service_error: ServiceError) -> Failure:
    """Return the failure of a try whose success can't be read."""
    error = Unavailable(
        f"the answer can't be read: {reason}",
        hint="check that endpoint and auth_url lead to the cloud, not to a proxy",
        service_error=service_error._replace(message=""),
    )
    return Failure(retry.UNREADABLE, error)


def final_error(call: Call, failure: Failure) -> EvsrepError:
    """Return the error that the caller gets when there are no more tries."""
    if call.repeats_freely or not failure.rule.may_have_taken_effect:
        return failure.error
    return OutcomeUnknown(
        f"{failure.error.message}; {call.what} may have taken effect all the same",
        hint=failure.error.hint,
        service_error=failure.error.service_error,
    )


def _skew_hint(answer: Answer, now: float) -> str:
    """Say of our clock that it is off, where it is: signatures need a right one."""
    ahead = retry.skew_seconds(answer.headers, now)
    if ahead is None or abs(ahead) < SKEW_THAT_MATTERS_SECONDS:
        return ""
    direction = "ahead of" if ahead > 0 else "behind"
    minutes = f"{abs(ahead) / 60:.0f} min"
    return f"this machine's clock is {minutes} {direction} the cloud's: set it; "


def _proxy_failure(error: httpx.ProxyError) -> Failure:
    proxy = getattr(error, "proxy", "") or "the proxy"
    if str(error).startswith("407"):
        return Failure(retry.REFUSED, problems.proxy_refusal(ServiceError(407), proxy))
    was_reached = getattr(error, "was_reached", True)
    message = f"{proxy} failed: {error}" if was_reached else f"no connection to {proxy}: {error}"
    hint = "check the proxy in the profile or in HTTPS_PROXY; the cloud itself was not reached"
    return Failure(retry.NOT_CONNECTED, Unavailable(message, hint=hint))


def _connect_failure(host: str, error: Exception) -> Failure:
    cause = _root_cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        message = f"the certificate of {host} can't be verified: {cause.verify_message}"
        hint = _certificate_hint(cause.verify_message)
        return Failure(retry.NOT_TRUSTED, Unavailable(message, hint=hint))
    message = f"no connection to {host}: {_reason(cause)}"
    hint = "check network, proxy and the host name in the profile"
    return Failure(retry.NOT_CONNECTED, Unavailable(message, hint=hint))


_CERTIFICATES = {
    "mismatch": "it is another host's: check auth_url and endpoint in the profile",
    "not valid for": "it is another host's: check auth_url and endpoint in the profile",
    "has expired": "its time is over: have it renewed, or set this machine's clock right",
    "not yet valid": "its time is to come: set this machine's clock right",
    # which Python 3.13 asks for, and its forerunners did not
    "key identifier": "Python 3.13 and later want that of an authority: have its certificate made "
    "anew, or use Python 3.12 meanwhile",
    "basic constraints": "Python 3.13 and later want that of an authority: have its certificate "
    "made anew, or use Python 3.12 meanwhile",
    "key usage": "Python 3.13 and later want that of an authority: have its certificate made anew, "
    "or use Python 3.12 meanwhile",
}


def _certificate_hint(words: str) -> str:
    """Return what mends a certificate; the authority is what is amiss where nothing else is."""
    found = (hint for word, hint in _CERTIFICATES.items() if word in words.lower())
    signed_by = "set ca_bundle in the profile to the file of the authority that signed it"
    return next(found, signed_by)


def _broken_failure(host: str, error: Exception, timeout: float) -> Failure:
    if isinstance(error, httpx.TimeoutException):
        message = f"no whole answer from {host} within {round(timeout, 1):g} s"
        return Failure(retry.BROKEN, Unavailable(message, hint="try again, or raise --timeout"))
    reason = str(error).rstrip(".") or "for no reason that is told"
    hint = "try again; if it stays so, check network and proxy"
    return Failure(
        retry.BROKEN, Unavailable(f"the connection to {host} broke: {reason}", hint=hint)
    )


def _root_cause(error: BaseException) -> BaseException:
    """Return the innermost error that says anything."""
    innermost = error
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
        innermost = error if str(error) else innermost
    return innermost


def _reason(cause: BaseException) -> str:
    """Say why there is no connection, without OpenSSL's lines of C and the system's numbers."""
    if isinstance(cause, ssl.SSLError):
        name = cause.reason or ""
        return f"TLS failed: {_TLS_REASONS.get(name) or name.replace('_', ' ').lower() or cause}"
    if "handshake operation timed out" in str(cause):
        return "TLS failed: the server kept silent"
    system_words = cause.strerror if isinstance(cause, OSError) else None
    return system_words or str(cause) or type(cause).__name__
