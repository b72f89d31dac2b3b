"""The family tree of failures, each with its exit code, and the one table of exit codes.

    Exception
    ├── EvsrepError
    │   ├── InternalError          1
    │   ├── UsageFault             2
    │   ├── ConfigError            3
    │   ├── AuthError              4
    │   │   └── PasscodeWanted     4
    │   ├── NotFound               5
    │   ├── NotOffered             5
    │   ├── Refused                6
    │   ├── Unavailable            7
    │   ├── OutcomeUnknown         8
    │   ├── Failed                 9
    │   ├── WaitTimeout           10
    │   ├── Partial               11
    │   └── Interrupted          130
    ├── OutputClosed
    └── OutputFailed

A type exists where a caller or a script acts differently on it. Each error carries what happened,
what helps, and, where the cloud answered, what it said. Words and exit codes are made of it in one
place, `cli.root`.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple, Self


class ExitCode(IntEnum):
    """What evsrep ends with."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    CONFIG = 3
    AUTH = 4
    NOT_FOUND = 5
    REFUSED = 6
    UNAVAILABLE = 7
    UNKNOWN = 8
    FAILED = 9
    WAIT_TIMEOUT = 10
    PARTIAL = 11
    INTERRUPTED = 130


class ExitMeaning(NamedTuple):
    """A row of the table that README, manual and `evsrep help exit-codes` are made from."""

    code: ExitCode
    kinds: tuple[str, ...]
    when: str


_NOT_FOUND = "404, or no such name; not_offered: this cloud has no EVS replication"
_UNKNOWN = "the request may have taken effect, and that could not be found out"
_UNAVAILABLE = (
    "network, TLS, time-out, 408, 429, 5xx or an unreadable answer; "
    "the request took no effect, or had none to take"
)
_WHEN = (
    (ExitCode.DONE, "", "done"),
    (ExitCode.INTERNAL, "internal", "a bug in evsrep"),
    (ExitCode.USAGE, "usage", "flags or input are wrong; nothing was sent"),
    (ExitCode.CONFIG, "config", "profile, credential or certificate file missing or wrong"),
    (ExitCode.AUTH, "auth", "the cloud refused the credentials: 401, 403, 407"),
    (ExitCode.NOT_FOUND, "not_found not_offered", _NOT_FOUND),
    (ExitCode.REFUSED, "refused", "another 4xx, or a check before the request failed"),
    (ExitCode.UNAVAILABLE, "unavailable", _UNAVAILABLE),
    (ExitCode.UNKNOWN, "unknown", _UNKNOWN),
    (ExitCode.FAILED, "failed", "the pair or group ended in an error state"),
    (ExitCode.WAIT_TIMEOUT, "wait_timeout", "still under way when the time to wait ran out"),
    (ExitCode.PARTIAL, "partial", "some of many failed; the rows say which"),
    (ExitCode.INTERRUPTED, "interrupted", "interrupted"),
)
EXIT_CODES = tuple(ExitMeaning(code, tuple(kinds.split()), when) for code, kinds, when in _WHEN)


class ServiceError(NamedTuple):
    """What the cloud itself said of a failure; empty where it said nothing."""

    status: int
    code: str = ""
    message: str = ""
    request_id: str = ""


class EvsrepError(Exception):
    """A failure with a sentence that says what is wrong, and one that says what helps."""

    kind: ClassVar[str]
    exit_code: ClassVar[ExitCode]

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        service_error: ServiceError | None = None,
        faults: tuple[str, ...] = (),
        resume: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.service_error = service_error
        self.faults = faults
        self.resume = resume
        self.checks: Sequence[
            Mapping[str, Any]
        ] = ()  # the rules for a pair, as `--dry-run` has them

    @classmethod
    def of(
        cls, faults: Sequence[str], summary: str = "{n} things are wrong", *, hint: str = ""
    ) -> Self:
        """Return the error of these faults: the message is the only one, or sums them up."""
        if len(faults) == 1:
            return cls(faults[0], hint=hint)
        return cls(summary.replace("{n}", str(len(faults))), hint=hint, faults=tuple(faults))

    @property
    def full_message(self) -> str:
        """All that is wrong, on one line; what the message says already is not said again."""
        unsaid = (fault for fault in self.faults if fault not in self.message)
        return "; ".join((self.message, *unsaid))

    def __str__(self) -> str:
        return self.full_message


class InternalError(EvsrepError):
    """A bug in evsrep."""

    kind, exit_code = "internal", ExitCode.INTERNAL

    @classmethod
    def unforeseen(cls, error: BaseException, *, resume: str = "") -> "InternalError":
        """Return the error of what nobody foresaw."""
        return cls(
            f"evsrep met something unforeseen: {type(error).__name__}: {error}",
            hint="this is a bug; --debug shows where. What was done up to here is not undone",
            resume=resume,
        )


class UsageFault(EvsrepError):
    """Flags or input are wrong; nothing was sent."""

    kind, exit_code = "usage", ExitCode.USAGE


class ConfigError(EvsrepError):
    """A profile, a credential or a certificate file is missing or wrong."""

    kind, exit_code = "config", ExitCode.CONFIG


class AuthError(EvsrepError):
    """The cloud refused the credentials, or does not allow this to their owner."""

    kind, exit_code = "auth", ExitCode.AUTH

    @property
    def is_forbidden(self) -> bool:
        """Whether the credentials were taken, and only this is not allowed."""
        return self.service_error is not None and self.service_error.status == 403


class PasscodeWanted(AuthError):
    """The password is right; this user signs in with a one-time code as well."""


class NotFound(EvsrepError):
    """There is no such thing."""

    kind, exit_code = "not_found", ExitCode.NOT_FOUND


class NotOffered(EvsrepError):
    """This cloud has no EVS replication at all."""

    kind, exit_code = "not_offered", ExitCode.NOT_FOUND


class Refused(EvsrepError):
    """The cloud said no, or a check before the request did."""

    kind, exit_code = "refused", ExitCode.REFUSED


class Unavailable(EvsrepError):
    """The cloud could not be asked; the request took no effect, or had none to take."""

    kind, exit_code = "unavailable", ExitCode.UNAVAILABLE


class OutcomeUnknown(EvsrepError):
    """The request may have taken effect; its answer is lost."""

    kind, exit_code = "unknown", ExitCode.UNKNOWN


class Failed(EvsrepError):
    """The pair ended in an error state."""

    kind, exit_code = "failed", ExitCode.FAILED


class WaitTimeout(EvsrepError):
    """What was waited for is still under way."""

    kind, exit_code = "wait_timeout", ExitCode.WAIT_TIMEOUT


class Partial(EvsrepError):
    """Some of many failed."""

    kind, exit_code = "partial", ExitCode.PARTIAL


class Interrupted(EvsrepError):
    """The user, or the system, asked to stop."""

    kind, exit_code = "interrupted", ExitCode.INTERRUPTED


COMMON_FAILURES = (AuthError, ConfigError, NotOffered)
"""What befalls one of many befalls all; and refused signatures in a row lock the key."""


class OutputClosed(Exception):
    """Whoever read stdout has gone away: no failure, the program ends quietly."""


class OutputFailed(Exception):
    """stdout can't be written to; its text is the system's reason."""
