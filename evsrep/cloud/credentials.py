"""Signing in by what is given ready: a token, or an access key.

Neither is kept between two runs. What a command gives may change: it is asked again where what it
gave is refused, and what it then gives is only sent if it is something else, since refused
signatures in a row lock a key.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from evsrep.cloud import identity
from evsrep.cloud.calls import Answer
from evsrep.cloud.http import Http
from evsrep.cloud.identity import Password
from evsrep.cloud.models import Session
from evsrep.cloud.reading import member
from evsrep.cloud.signin import is_ended
from evsrep.cloud.signing import AccessKey, sign
from evsrep.errors import AuthError, ConfigError, NotFound, Refused

if TYPE_CHECKING:
    import httpx

C = TypeVar("C")


class _GivenSignIn(ABC, Generic[C]):
    """A sign-in by credentials that somebody else gives, once or, `may_change`, again and again."""

    def __init__(self, auth_url: str, ask: Callable[[], C], *, may_change: bool) -> None:
        self._auth_url = auth_url
        self._ask = ask
        self._may_change = may_change
        self._given: C | None = None
        self._session: Session | None = None
        self._lock = threading.RLock()

    def session(self, http: Http, /) -> Session:
        """Return who this is; only asked where the profile does not say project and endpoint.

        Raises AuthError where token or key are refused or are for another project, ConfigError
        where several projects have the profile's name, Unavailable where IAM can't be asked.
        """
        with self._lock:
            if self._session is None:
                self._session = self._fetch(http)
            return self._session

    def renew(self, refused: str, http: Http, /) -> bool:
        """Ask for others in place of refused ones; False where there are none.

        Raises ConfigError where they can't be had, and what `session` raises.
        """
        if not self._may_change:
            return False
        with self._lock:
            if not self._is_in_use(refused):
                return True  # another thread was here before
            if not self._ask_again():
                return False
            if self._session is not None:
                self._session = self._fetch(http)
            return True

    def forget(self, _http: Http, /) -> bool:
        """Do nothing: there is nothing to forget."""
        return False

    def _credentials(self) -> C:
        with self._lock:
            if self._given is None:
                self._given = self._ask()
            return self._given

    def _ask_again(self) -> bool:
        """Ask for the credentials again; whether they are others now."""
        before, self._given = self._given, self._ask()
        return self._given != before

    @abstractmethod
    def _is_in_use(self, refused: str) -> bool:
        """Return whether requests are still sent with what was refused."""

    @abstractmethod
    def _fetch(self, http: Http) -> Session:
        """Ask who this is."""


class TokenSignIn(_GivenSignIn[str]):
    """A ready token: used where it is for the project that the profile names, else exchanged.

    `region_project` is the project for a token that is for none, where the profile names none.
    """

    def __init__(
        self,
        auth_url: str,
        token: Callable[[], str],
        who: Password,
        *,
        region_project: str = "",
        may_change: bool = False,
    ) -> None:
        super().__init__(auth_url, token, may_change=may_change)
        self._who = who
        self._region_project = region_project
        self._exchanged = ""

    def authorize(self, request: "httpx.Request", _http: Http, /) -> None:
        """Put the token on a request; raises ConfigError where it can't be had."""
        request.headers["X-Auth-Token"] = self._in_use()

    def _in_use(self) -> str:
        return self._exchanged or self._credentials()

    def _is_in_use(self, refused: str) -> bool:
        return refused == self._in_use()

    def _fetch(self, http: Http) -> Session:
        if not self._auth_url:
            return Session(self._credentials(), "", "", "", "", "", ())
        session, wanted = self._look_up(http), self._who
        if not session.project_id and not (wanted.project_id or wanted.project_name):
            wanted = wanted._replace(project_name=self._region_project)
        if not identity.is_for(session, wanted):
            session = self._exchange(session, wanted, http)
        self._exchanged = session.token
        return session

    def _look_up(self, http: Http) -> Session:
        """Ask whose the token is; once more where it has ended and there may be another."""
        try:
            return self._look_up_once(http)
        except (NotFound, AuthError) as error:
            if not is_ended(error):
                raise
            if self._may_change and self._ask_again():
                return self._look_up_once(http)
            hint = "get a new token, or sign in by password"
            message = "the token is not valid, or has expired"
            raise AuthError(message, hint=hint, service_error=error.service_error) from error

    def _look_up_once(self, http: Http) -> Session:
        token = self._credentials()

        def read(answer: Answer) -> Session:
            return identity.session_from_wire(token, member(answer.body, "token"))

        return http.send(identity.token_call(self._auth_url, token), read)

    def _exchange(self, session: Session, wanted: Password, http: Http) -> Session:
        """Return a session for the project that is wanted, made of one for another, or for none."""
        if not (wanted.project_id or wanted.project_name):
            raise identity.wrong_project(session, wanted)
        call = identity.exchange_call(self._auth_url, session, wanted)
        try:
            exchanged = http.send(call, identity.read_session)
        except (AuthError, NotFound, Refused) as error:
            raise identity.wrong_project(session, wanted, error.service_error) from error
        identity.check_project(exchanged, wanted)
        return exchanged


class KeySignIn(_GivenSignIn[AccessKey]):
    """An access key: no token, every request is signed."""

    def __init__(
        self,
        auth_url: str,
        key: Callable[[], AccessKey],
        *,
        project_id: str = "",
        project_name: str = "",
        wants_name: bool = False,
        may_change: bool = False,
    ) -> None:
        """`wants_name` is where the project's name, if it is not given, tells the region."""
        super().__init__(auth_url, key, may_change=may_change)
        self._project_id = project_id
        self._project_name = project_name
        self._is_id_given = bool(project_id)
        self._wants_name = wants_name

    def authorize(self, request: "httpx.Request", http: Http, /) -> None:
        """Sign a request, for the project as far as it is known.

        Raises ConfigError where the key can't be had.
        """
        key = self._credentials()
        sign(request, key, now=http.clock.time(), project_id=self._project_id)

    def _is_in_use(self, refused: str) -> bool:
        return f"Access={self._credentials().access}," in refused

    def _fetch(self, http: Http) -> Session:
        self._project_id = self._project_id or self._find_project(http)
        user = f"access key {self._credentials().access}"
        session = Session("", "", user, "", self._project_id, self._project_name, ())
        if not self._auth_url:
            return session
        if self._is_id_given and (self._project_name or self._wants_name):
            session = session._replace(project=self._checked_name(http))
        call = identity.catalog_call(self._auth_url)
        return session._replace(catalog=http.send(call, identity.read_catalog, self))

    def _checked_name(self, http: Http) -> str:
        """Return the project's name, as far as the key may see it; the one given is to be it.

        Raises ConfigError where it is another's.
        """
        try:
            call = identity.projects_call(self._auth_url)
            found = dict(http.send(call, identity.read_projects, self))
        except (AuthError, NotFound, Refused) as error:
            if isinstance(error, AuthError) and not error.is_forbidden:
                raise
            found = {}
        name = found.get(self._project_id, self._project_name)
        if self._project_name and name != self._project_name:
            raise ConfigError(
                f"project_id is that of project '{name}', but project_name is "
                f"'{self._project_name}'",
                hint="set one of the two, or both to the same project; nothing else was sent",
            )
        return name

    def _find_project(self, http: Http) -> str:
        """Return the ID of the one project of that name."""
        call = identity.projects_call(self._auth_url, self._project_name)
        projects = http.send(call, identity.read_projects, self)
        ids = [project_id for project_id, name in projects if name == self._project_name]
        if len(ids) == 1:
            return ids[0]
        if ids:
            message = f"{len(ids)} projects are called '{self._project_name}': {', '.join(ids)}"
            raise ConfigError(message, hint="set project_id in the profile")
        names = ", ".join(name for _, name in projects)
        raise AuthError(
            f"this key sees no project '{self._project_name}'",
            hint=f"it sees: {names}" if names else "set project_id in the profile",
        )
