"""Signing in: how a profile's credentials become the right to be heard.

Here: by password, with or without a one-time code, and what every way to sign in has. The two by
what is given ready, a token or a key that signs each request, are in `credentials`.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from evsrep.cloud import identity
from evsrep.cloud.calls import Authenticator, read_nothing
from evsrep.cloud.http import Http
from evsrep.cloud.identity import Password
from evsrep.cloud.models import Session
from evsrep.cloud.problems import is_token_refused
from evsrep.cloud.reading import Unreadable
from evsrep.errors import AuthError, EvsrepError, NotFound

if TYPE_CHECKING:
    import httpx

_RENEWED_BEFORE_END_SECONDS = 60.0

Secret = Callable[[], str]
"""Where a secret comes from: asked for only when it is needed, since that may run a command.
Asked again, it answers the same, without running it again."""


class SignIn(Authenticator, Protocol):
    """An authenticator that can also say whom it speaks for."""

    def session(self, http: Http, /) -> Session:
        """Return who this is; asks the cloud the first time, and raises what that raises."""
        ...

    def forget(self, http: Http, /) -> bool:
        """Revoke and drop what is kept of it; False where nothing was kept."""
        ...


class TokenCache(Protocol):
    """Where a session is kept between two runs."""

    def read(self) -> bytes | None:
        """Return what is kept."""
        ...

    def write(self, content: bytes) -> None:
        """Keep it."""
        ...

    def drop(self) -> None:
        """Keep nothing."""
        ...

    def invalidate(self, reason: str) -> None:
        """Drop what is kept, and say why."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Be the only one who signs in."""
        ...


class PasswordSignIn:
    """Signs in once, on first need, whichever thread or process needs it first."""

    def __init__(
        self,
        auth_url: str,
        who: Password,
        *,
        password: Secret,
        passcode: Secret,
        cache: TokenCache | None = None,
    ) -> None:
        self._auth_url = auth_url
        self._who = who
        self._password = password
        self._passcode = passcode
        self._cache = cache
        self._session: Session | None = None
        self._lock = threading.Lock()

    def authorize(self, request: "httpx.Request", http: Http, /) -> None:
        """Put the token on a request; raises what `session` raises."""
        request.headers["X-Auth-Token"] = self.session(http).token

    def session(self, http: Http, /) -> Session:
        """Return who this is.

        Raises AuthError where the sign-in is refused (PasscodeWanted where a code is missing),
        NotFound where there is no IAM, Unavailable where it can't be asked, OutcomeUnknown where
        a one-time code may be used up.
        """
        with self._lock:
            if self._session is None:
                self._session = self._kept(http) or self._sign_in_alone(http, refused="")
            return self._session

    def renew(self, refused: str, http: Http, /) -> bool:
        """Sign in anew, unless another thread or process has; a one-time code can't.

        Raises what `session` raises.
        """
        if self._passcode():
            return False
        with self._lock:
            if self._session is None or self._session.token == refused:
                self._session = self._sign_in_alone(http, refused=refused)
            return True

    def forget(self, http: Http, /) -> bool:
        """Revoke the kept token and drop it; raises what a request raises."""
        kept = self._kept(http)
        if kept is None or self._cache is None:
            return False
        self._cache.drop()
        self._revoke(kept.token, http)
        return True

    def _sign_in_alone(self, http: Http, *, refused: str) -> Session:
        """Sign in as the only one; who waited for that takes what the other one got."""
        if self._cache is None:
            return self._fetch(http)
        with self._cache.lock():
            kept = self._kept(http)
            if kept is not None and kept.token != refused:
                return kept
            session = self._fetch(http)
            self._cache.write(identity.session_to_json(session))
            return session

    def _kept(self, http: Http) -> Session | None:
        """Return the session that an earlier run left, if it will hold for a while."""
        content = self._cache.read() if self._cache else None
        if content is None:
            return None
        try:
            kept = identity.session_from_json(content)
        except Unreadable:
            if self._cache:
                self._cache.invalidate("it is not one that evsrep wrote")
            return None
        left = identity.seconds_until(kept.expires_at, http.clock.time())
        if not identity.is_for(kept, self._who):
            return None
        return kept if left is not None and left > _RENEWED_BEFORE_END_SECONDS else None

    def _fetch(self, http: Http) -> Session:
        call = identity.password_call(self._auth_url, self._who, self._password(), self._passcode())
        try:
            session = http.send(call, identity.read_session)
        except EvsrepError as error:
            raise identity.explained(error, self._auth_url) from error
        identity.check_project(session, self._who)
        return session

    def _revoke(self, token: str, http: Http) -> None:
        """End a token; one that has ended already is as good."""
        try:
            http.send(identity.revocation_call(self._auth_url, token), read_nothing)
        except (NotFound, AuthError) as error:
            if not is_ended(error):
                raise


def is_ended(error: EvsrepError) -> bool:
    """Return whether a token is over: IAM does not know it, or does not take it."""
    service_error = error.service_error
    is_refused = service_error is not None and is_token_refused(service_error)
    return is_refused or isinstance(error, NotFound)
