"""Signing in: how a profile's credentials become the right to be heard.

Three ways, all against IAM, which is Keystone v3: a password (with or without a one-time code), a
ready token, or a key that signs each request. Source: the identity sections of the API references.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from evsrep.cloud import wire
from evsrep.cloud.http import Answer, Authenticator, Call, Http
from evsrep.cloud.lean_httpx import httpx
from evsrep.cloud.models import Session
from evsrep.cloud.problems import is_token_refused
from evsrep.cloud.signing import KeyAuth
from evsrep.errors import AuthError, ConfigError, EvsrepError, NotFound, PasscodeWanted

_RENEWED_BEFORE_END_SECONDS = 60.0

Secret = Callable[[], str]
"""Where a secret comes from: asked for only when it is needed, since that may run a command.
Asked again, it answers the same, without running it again."""


class SignIn(Authenticator, Protocol):
    """An authority that can also say whom it speaks for."""

    def session(self) -> Session:
        """Who this is; asks the cloud the first time."""
        ...

    def forget(self) -> bool:
        """Revoke and drop what is kept of it; False where nothing was kept."""
        ...


class TokenCache(Protocol):
    """Where a session is kept between two runs."""

    def read(self) -> bytes | None:
        """What is kept."""
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


class TokenAuth(httpx.Auth):
    """Puts a token on a request."""

    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add the header, once per send."""
        request.headers["X-Auth-Token"] = self.token
        yield request


class Password(NamedTuple):
    """Who signs in by password, and for which project; empty text is what was not given."""

    username: str = ""
    user_id: str = ""
    user_domain_name: str = ""
    user_domain_id: str = ""
    project_name: str = ""
    project_id: str = ""
    project_domain_name: str = ""
    project_domain_id: str = ""


class PasswordSignIn:
    """Signs in once, on first need, whichever thread or process needs it first."""

    def __init__(
        self,
        http: Http,
        auth_url: str,
        who: Password,
        *,
        password: Secret,
        passcode: Secret,
        cache: TokenCache | None = None,
    ) -> None:
        self._http = http
        self._auth_url = auth_url
        self._who = who
        self._password = password
        self._passcode = passcode
        self._shelf = cache
        self._session: Session | None = None
        self._lock = threading.Lock()

    def auth(self) -> TokenAuth:
        """The token, kept or fetched."""
        return TokenAuth(self.session().token)

    def session(self) -> Session:
        """Who this is."""
        with self._lock:
            if self._session is None:
                self._session = self._kept() or self._in_turn(refused="")
            return self._session

    def renew(self, refused: httpx.Auth) -> bool:
        """Sign in anew, unless another thread or process has; a one-time code can't."""
        if self._passcode():
            return False
        token = refused.token if isinstance(refused, TokenAuth) else ""
        with self._lock:
            if self._session is None or self._session.token == token:
                self._session = self._in_turn(refused=token)
            return True

    def forget(self) -> bool:
        """Revoke the kept token and drop it."""
        kept = self._kept()
        if kept is None or self._shelf is None:
            return False
        self._shelf.drop()
        _revoke(self._http, self._auth_url, kept.token)
        return True

    def _in_turn(self, *, refused: str) -> Session:
        """Sign in as the only one; who waited for that takes what the other one got."""
        if self._shelf is None:
            return self._fetch()
        with self._shelf.lock():
            kept = self._kept()
            if kept is not None and kept.token != refused:
                return kept
            found = self._fetch()
            self._shelf.write(wire.session_to_json(found))
            return found

    def _kept(self) -> Session | None:
        """The session that an earlier run left, if it will hold for a while."""
        content = self._shelf.read() if self._shelf else None
        if content is None:
            return None
        try:
            kept = wire.session_from_json(content)
        except wire.Unreadable:
            if self._shelf:
                self._shelf.invalidate("it is not one that evsrep wrote")
            return None
        left = wire.seconds_until(kept.expires_at, self._http.clock.time())
        return kept if left is not None and left > _RENEWED_BEFORE_END_SECONDS else None

    def _fetch(self) -> Session:
        passcode = self._passcode()
        call = Call(
            "POST",
            f"{self._auth_url}/auth/tokens",
            what="the sign-in",
            body=_password_body(self._who, self._password(), passcode),
            is_secret=True,
            # a one-time code may be used up by a try whose answer was lost
            is_read=not passcode,
        )
        try:
            return self._http.send(call, _read_session)
        except EvsrepError as error:
            raise _explained(error, self._auth_url) from error


class _Lasting(ABC):
    """A sign-in by what is given once and for all: never renewed, and nothing of it is kept.

    Whoever gave a token has to give another, and refused signatures in a row lock a key.
    """

    def __init__(self) -> None:
        self._session: Session | None = None
        self._lock = threading.RLock()

    def renew(self, refused: httpx.Auth) -> bool:
        """Never."""
        del refused
        return False

    def forget(self) -> bool:
        """There is nothing to forget."""
        return False

    def session(self) -> Session:
        """Who this is; only asked where the profile does not say project and endpoint."""
        with self._lock:
            if self._session is None:
                self._session = self._fetch()
            return self._session

    @abstractmethod
    def _fetch(self) -> Session:
        """Ask who this is."""


class TokenSignIn(_Lasting):
    """A ready token: used as it is."""

    def __init__(self, http: Http, auth_url: str, token: Secret) -> None:
        super().__init__()
        self._http = http
        self._auth_url = auth_url
        self._token = token

    def auth(self) -> TokenAuth:
        """The token."""
        return TokenAuth(self._token())

    def _fetch(self) -> Session:
        token = self.auth().token
        if not self._auth_url:
            return Session(token, "", "", "", "", "", ())
        call = Call(
            "GET",
            f"{self._auth_url}/auth/tokens",
            what="token",
            headers={"X-Subject-Token": token},
            is_secret=True,
        )
        try:
            return self._http.send(call, lambda answer: _session(token, answer), self)
        except EvsrepError as error:
            if isinstance(error, NotFound) or (
                error.service_error and is_token_refused(error.service_error)
            ):
                hint = "get a new token, or sign in by password"
                message = "the token is not valid, or has expired"
                raise AuthError(message, hint=hint, service_error=error.service_error) from error
            raise


class KeySignIn(_Lasting):
    """An access key: no token, every request is signed."""

    def __init__(
        self,
        http: Http,
        auth_url: str,
        access_key: str,
        *,
        secret_key: Secret,
        security_token: str = "",
        project_id: str = "",
        project_name: str = "",
    ) -> None:
        super().__init__()
        self._http = http
        self._auth_url = auth_url
        self._access_key = access_key
        self._secret_key = secret_key
        self._security_token = security_token
        self._project_id = project_id
        self._project_name = project_name

    def auth(self) -> KeyAuth:
        """What signs a request, for the project as far as it is known."""
        return KeyAuth(
            self._access_key,
            self._secret_key(),
            clock=self._http.clock,
            security_token=self._security_token,
            project_id=self._project_id,
        )

    def _fetch(self) -> Session:
        self._project_id = self._project_id or self._find_project()
        user = f"access key {self._access_key}"
        found = Session("", "", user, "", self._project_id, self._project_name, ())
        if not self._auth_url:
            return found
        call = Call("GET", f"{self._auth_url}/auth/catalog", what="catalog")
        catalog = self._http.send(call, _read_catalog, self)
        return Session("", "", user, "", self._project_id, self._project_name, catalog)

    def _find_project(self) -> str:
        """The ID of the one project of that name."""
        query = urlencode({"name": self._project_name})
        call = Call("GET", f"{self._auth_url}/projects?{query}", what="list of projects")
        found = self._http.send(call, lambda answer: wire.projects_from_wire(answer.body), self)
        ids = [project_id for project_id, name in found if name == self._project_name]
        if len(ids) == 1:
            return ids[0]
        if ids:
            message = f"{len(ids)} projects are called '{self._project_name}': {', '.join(ids)}"
            raise ConfigError(message, hint="set project_id in the profile")
        known = ", ".join(name for _, name in found)
        raise AuthError(
            f"this key sees no project '{self._project_name}'",
            hint=f"it sees: {known}" if known else "set project_id in the profile",
        )


def _password_body(who: Password, password: str, passcode: str) -> dict[str, Any]:
    domain = _given(name=who.user_domain_name) or _given(id=who.user_domain_id)
    user: dict[str, Any] = _given(id=who.user_id) or {"name": who.username, "domain": domain}
    identity: dict[str, Any] = {
        "methods": ["password"],
        "password": {"user": {**user, "password": password}},
    }
    if passcode:
        identity["methods"].append("totp")
        identity["totp"] = {"user": {**user, "passcode": passcode}}
    return {"auth": {"identity": identity, "scope": {"project": _project(who, domain)}}}


def _project(who: Password, user_domain: dict[str, str]) -> dict[str, Any]:
    if who.project_id:
        return {"id": who.project_id}
    own = _given(name=who.project_domain_name) or _given(id=who.project_domain_id)
    return {"name": who.project_name, "domain": own or user_domain}


def _given(**one: str) -> dict[str, str]:
    return {key: value for key, value in one.items() if value}


def _read_session(answer: Answer) -> Session:
    token = answer.headers.get("x-subject-token", "")
    if not token:
        raise wire.Unreadable("it has no token (header X-Subject-Token)")
    return _session(token, answer)


def _session(token: str, answer: Answer) -> Session:
    return wire.session_from_wire(token, wire.member(answer.body, "token"))


def _read_catalog(answer: Answer) -> Any:
    return tuple(wire.catalog_from_wire(wire.read_object(answer.body).get("catalog")))


def _revoke(http: Http, auth_url: str, token: str) -> None:
    """End a token; one that has ended already is as good."""
    call = Call(
        "DELETE",
        f"{auth_url}/auth/tokens",
        what="the sign-out",
        headers={"X-Auth-Token": token, "X-Subject-Token": token},
        is_secret=True,
        is_read=True,  # a token revoked twice is a token revoked
    )
    try:
        http.send(call, lambda answer: None)
    except NotFound:
        return
    except AuthError as error:
        if error.service_error is None or not is_token_refused(error.service_error):
            raise


def _explained(error: EvsrepError, auth_url: str) -> EvsrepError:
    """Say of a failed sign-in what helps, which its status alone does not tell."""
    service_error = error.service_error
    if isinstance(error, NotFound):
        hint = "auth_url should lead to IAM and end in /v3"
        return NotFound(
            f"there is no identity service at {auth_url}", hint=hint, service_error=service_error
        )
    if isinstance(error, PasscodeWanted) or service_error is None or service_error.status != 401:
        return error
    return AuthError(
        "the sign-in was refused: wrong user, password, domain or project",
        hint="IAM does not say which; see the values with 'evsrep profile show'",
        service_error=service_error,
    )
