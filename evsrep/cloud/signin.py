"""Signing in: how a profile's credentials become the right to be heard.

Three ways, all against IAM, which is Keystone v3: a password (with or without a one-time code), a
ready token, or a key that signs each request. Source: the identity sections of the API references.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from evsrep.cloud.http import Answer, Authority, Call, Http
from evsrep.cloud.lean_httpx import httpx
from evsrep.cloud.models import Session
from evsrep.cloud.problems import is_token_refused
from evsrep.cloud.wire import Unreadable, member, session_from_wire
from evsrep.errors import AuthError, EvsrepError, NotFound, PasscodeWanted


@dataclass(frozen=True, slots=True, repr=False)
class Password:
    """Who signs in by password, and for which project; empty text is what was not given."""

    password: str
    username: str = ""
    user_id: str = ""
    user_domain_name: str = ""
    user_domain_id: str = ""
    project_name: str = ""
    project_id: str = ""
    project_domain_name: str = ""
    project_domain_id: str = ""
    passcode: str = ""


class SignIn(Authority, Protocol):
    """An authority that can also say whom it speaks for."""

    def session(self) -> Session:
        """Who this is; asks the cloud the first time."""
        ...


class TokenAuth(httpx.Auth):
    """Puts a token on a request."""

    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add the header, once per send."""
        request.headers["X-Auth-Token"] = self.token
        yield request


class PasswordSignIn:
    """Signs in once, on first need, whichever thread needs it first."""

    def __init__(self, http: Http, auth_url: str, credentials: Password) -> None:
        self._http = http
        self._auth_url = auth_url
        self._credentials = credentials
        self._session: Session | None = None
        self._lock = threading.Lock()

    def auth(self) -> TokenAuth:
        """The token, fetched if there is none yet."""
        return TokenAuth(self.session().token)

    def session(self) -> Session:
        """Who this is."""
        with self._lock:
            if self._session is None:
                self._session = self._fetch()
            return self._session

    def renew(self, refused: httpx.Auth) -> bool:
        """Sign in anew, unless another thread has; a one-time code can't."""
        if self._credentials.passcode:
            return False
        with self._lock:
            held = self._session
            if held is None or not isinstance(refused, TokenAuth) or held.token == refused.token:
                self._session = self._fetch()
            return True

    def _fetch(self) -> Session:
        call = Call(
            "POST",
            f"{self._auth_url}/auth/tokens",
            what="the sign-in",
            body=_password_body(self._credentials),
            is_secret=True,
            # a one-time code may be used up by a try whose answer was lost
            is_read=not self._credentials.passcode,
        )
        try:
            return self._http.send(call, _read_session)
        except EvsrepError as error:
            raise _explained(error, self._auth_url) from error


class TokenSignIn:
    """A ready token: used as it is, never renewed."""

    def __init__(self, http: Http, auth_url: str, token: str) -> None:
        self._http = http
        self._auth_url = auth_url
        self._token = token
        self._session: Session | None = None
        self._lock = threading.Lock()

    def auth(self) -> TokenAuth:
        """The token."""
        return TokenAuth(self._token)

    def renew(self, refused: httpx.Auth) -> bool:
        """Never: whoever gave the token has to give another."""
        del refused
        return False

    def session(self) -> Session:
        """Who this is; only asked where the profile does not say project and endpoint."""
        with self._lock:
            if self._session is None:
                self._session = self._fetch()
            return self._session

    def _fetch(self) -> Session:
        call = Call(
            "GET",
            f"{self._auth_url}/auth/tokens",
            what="the token",
            headers={"X-Subject-Token": self._token},
            is_secret=True,
        )
        try:
            return self._http.send(call, lambda answer: _session(self._token, answer), self)
        except EvsrepError as error:
            if isinstance(error, NotFound) or (error.said and is_token_refused(error.said)):
                hint = "get a new token, or sign in by password"
                message = "the token is not valid, or has expired"
                raise AuthError(message, hint=hint, said=error.said) from error
            raise


def _password_body(who: Password) -> dict[str, Any]:
    domain = _given(name=who.user_domain_name) or _given(id=who.user_domain_id)
    user: dict[str, Any] = _given(id=who.user_id) or {"name": who.username, "domain": domain}
    identity: dict[str, Any] = {
        "methods": ["password"],
        "password": {"user": {**user, "password": who.password}},
    }
    if who.passcode:
        identity["methods"].append("totp")
        identity["totp"] = {"user": {**user, "passcode": who.passcode}}
    return {"auth": {"identity": identity, "scope": {"project": _project(who, domain)}}}


def _project(who: Password, user_domain: Mapping[str, str]) -> dict[str, Any]:
    if who.project_id:
        return {"id": who.project_id}
    own = _given(name=who.project_domain_name) or _given(id=who.project_domain_id)
    return {"name": who.project_name, "domain": own or dict(user_domain)}


def _given(**one: str) -> dict[str, str]:
    return {key: value for key, value in one.items() if value}


def _read_session(answer: Answer) -> Session:
    token = answer.headers.get("x-subject-token", "")
    if not token:
        raise Unreadable("it has no token (header X-Subject-Token)")
    return _session(token, answer)


def _session(token: str, answer: Answer) -> Session:
    return session_from_wire(token, member(answer.body, "token"))


def _explained(error: EvsrepError, auth_url: str) -> EvsrepError:
    """Say of a failed sign-in what helps, which its status alone does not tell."""
    said = error.said
    if isinstance(error, NotFound):
        hint = "auth_url should lead to IAM and end in /v3"
        return NotFound(f"there is no identity service at {auth_url}", hint=hint, said=said)
    if isinstance(error, PasscodeWanted) or said is None or said.status != 401:
        return error
    return AuthError(
        "the sign-in was refused: wrong user, password, domain or project",
        hint="IAM does not say which; see the values with 'evsrep profile show'",
        said=said,
    )
