"""What IAM, which is Keystone v3, is asked and answers; and how a session is kept between two runs.

Source: the Identity and Access Management API references of Open Telekom Cloud, Huawei Cloud and
Flexible Engine, as gathered in November 2026.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from evsrep.cloud import reading
from evsrep.cloud.calls import Answer, Call
from evsrep.cloud.models import Endpoint, Session
from evsrep.cloud.reading import Unreadable
from evsrep.errors import AuthError, EvsrepError, NotFound, PasscodeWanted, ServiceError


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


def password_call(auth_url: str, who: Password, password: str, passcode: str) -> Call:
    """Return the sign-in by password, and by one-time code where there is one."""
    return Call(
        "POST",
        f"{auth_url}/auth/tokens",
        what="the sign-in",
        body=_password_body(who, password, passcode),
        is_secret=True,
        # a one-time code may be used up by a try whose answer was lost
        is_read=not passcode,
    )


def token_call(auth_url: str, token: str) -> Call:
    """Return the question whose a token is; it is asked with the token itself."""
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    return Call("GET", f"{auth_url}/auth/tokens", "token", headers=headers, is_secret=True)


def exchange_call(auth_url: str, session: Session, wanted: Password) -> Call:
    """Return the exchange of a session's token for one of the project that is wanted."""
    domain = _name_or_id(wanted.user_domain_name, wanted.user_domain_id) or _name_or_id(
        session.user_domain, ""
    )
    scope = {"project": _project(wanted, domain)}
    identity = {"methods": ["token"], "token": {"id": session.token}}
    return Call(
        "POST",
        f"{auth_url}/auth/tokens",
        what="the exchange of the token",
        body={"auth": {"identity": identity, "scope": scope}},
        is_secret=True,
        is_read=True,
    )


def revocation_call(auth_url: str, token: str) -> Call:
    """Return the call that ends a token."""
    return Call(
        "DELETE",
        f"{auth_url}/auth/tokens",
        what="the sign-out",
        headers={"X-Auth-Token": token, "X-Subject-Token": token},
        is_secret=True,
        is_read=True,  # a token revoked twice is a token revoked
    )


def projects_call(auth_url: str, name: str = "") -> Call:
    """Return the question for the projects of a name; without one for all."""
    query = f"?{urlencode({'name': name}, errors='surrogatepass')}" if name else ""
    return Call("GET", f"{auth_url}/projects{query}", "list of projects")


def catalog_call(auth_url: str) -> Call:
    """Return the question for the caller's own catalog."""
    return Call("GET", f"{auth_url}/auth/catalog", "catalog")


def read_session(answer: Answer) -> Session:
    """Read the answer to a sign-in. Raises Unreadable for what is none."""
    token = answer.headers.get("x-subject-token", "")
    if not _is_sendable(token):
        raise Unreadable("it has no token (header X-Subject-Token)")
    return session_from_wire(token, reading.member(answer.body, "token"))


def read_projects(answer: Answer) -> list[tuple[str, str]]:
    """Read (ID, name) of each project in a list. Raises Unreadable for what is none."""
    return [
        (reading.usable_id(project, "project"), reading.text(project.get("name")))
        for project in reading.members(answer.body, "projects")
    ]


def read_catalog(answer: Answer) -> tuple[Endpoint, ...]:
    """Read a catalog that came by itself. Raises Unreadable for what is no JSON object."""
    return tuple(_catalog_from_wire(reading.read_object(answer.body).get("catalog")))


def session_from_wire(token: str, body: Mapping[str, Any]) -> Session:
    """Read what Keystone says of a token (`token` in its body).

    Raises Unreadable where it names a project whose ID no URL can hold.
    """
    user, project = reading.mapping(body.get("user")), reading.mapping(body.get("project"))
    domain = reading.mapping(project.get("domain"))
    return Session(
        token=token,
        expires_at=reading.text(body.get("expires_at")),
        user=reading.text(user.get("name") or user.get("id")),
        user_domain=reading.text(reading.mapping(user.get("domain")).get("name")),
        project_id=reading.usable_id(project, "project") if project.get("id") else "",
        project=reading.text(project.get("name")),
        catalog=tuple(_catalog_from_wire(body.get("catalog"))),
        project_domain=reading.text(domain.get("name")),
        project_domain_id=reading.text(domain.get("id")),
    )


def is_for(session: Session, who: Password) -> bool:
    """Return whether a token is for the project that is wanted; any will do where none is."""
    return all(actual == named for named, actual in _claims(session, who))


def check_project(session: Session, who: Password) -> None:
    """Raise AuthError where a sign-in for a project led to another, or to none.

    IAM may write names in another case than they were asked for.
    """
    claims = _claims(session, who)
    if any(actual.casefold() != named.casefold() for named, actual in claims):
        raise wrong_project(session, who)


def wrong_project(
    session: Session, who: Password, service_error: ServiceError | None = None
) -> AuthError:
    """Return the error for a token that is not for the project that is wanted."""
    actual = session.project and f"project '{session.project}' ({session.project_id})"
    wanted = [named for named, _ in _claims(session, who)]
    return AuthError(
        f"the token is for {actual or session.project_id or 'no project'}, "
        f"but the profile names {', '.join(dict.fromkeys(wanted))}",
        hint="get a token for that project, or sign in by password; nothing else was sent",
        service_error=service_error,
    )


def _claims(session: Session, who: Password) -> list[tuple[str, str]]:
    """Return what is said of the project that is wanted, each with what the token says.

    A project's domain is the user's where no other is given; an ID names a project by itself.
    """
    domain_name, domain_id = who.project_domain_name, who.project_domain_id
    if who.project_name and not who.project_id and not (domain_name or domain_id):
        domain_name, domain_id = who.user_domain_name, who.user_domain_id
    claims = (
        (who.project_id, session.project_id),
        (who.project_name, session.project),
        (domain_name, session.project_domain or domain_name),
        (domain_id, session.project_domain_id or domain_id),
    )
    return [(named, actual) for named, actual in claims if named]


def session_to_json(session: Session) -> bytes:
    """Return a session as it is kept between two runs."""
    return json.dumps({**session._asdict(), "check": _check_of(session)}).encode()


def session_from_json(kept: bytes) -> Session:
    """Read a kept session back; raises Unreadable for anything else."""
    fields = reading.read_object(kept)
    check = fields.pop("check", None)
    try:
        catalog = tuple(Endpoint(*map(str, endpoint)) for endpoint in fields.pop("catalog"))
        texts = {name: reading.text(value) for name, value in fields.items()}
        session = Session(**texts, catalog=catalog)
    except (KeyError, TypeError) as error:
        raise Unreadable("it is no session") from error
    if check != _check_of(session) or not _is_sendable(session.token):
        raise Unreadable("it is not as it was kept")
    return session


def _check_of(session: Session) -> str:
    """Return what tells a session from nonsense; of token and end the cloud and the clock tell."""
    content = json.dumps(session._replace(token="", expires_at=""))
    return hashlib.sha256(content.encode()).hexdigest()


def _is_sendable(token: str) -> bool:
    """Return whether a header can hold a token."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def seconds_until(moment: str, now: float) -> float | None:
    """Return the seconds from `now` (since 1970) to a time as IAM writes it; None if it is none.

    The time has 0 to 9 digits of a second, and `Z`, an offset, or nothing for UTC.
    """
    parts = re.fullmatch(
        r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", moment.strip()
    )
    if parts is None:
        return None
    zone = parts[2] if parts[2] and parts[2] != "Z" else "+00:00"
    try:
        return datetime.fromisoformat(parts[1] + zone).timestamp() - now
    except ValueError:
        return None


def explained(error: EvsrepError, auth_url: str) -> EvsrepError:
    """Return the error of a failed sign-in with what helps, which its status alone does not say."""
    service_error = error.service_error
    if isinstance(error, NotFound):
        hint = "auth_url should lead to IAM and end in /v3"
        message = f"there is no identity service at {auth_url}"
        return NotFound(message, hint=hint, service_error=service_error)
    if isinstance(error, PasscodeWanted) or service_error is None or service_error.status != 401:
        return error
    return AuthError(
        "the sign-in was refused: wrong user, password, domain or project",
        hint="IAM does not say which; see the values with 'evsrep profile show'",
        service_error=service_error,
    )


def _password_body(who: Password, password: str, passcode: str) -> dict[str, Any]:
    domain = _name_or_id(who.user_domain_name, who.user_domain_id)
    user: dict[str, Any] = (
        {"id": who.user_id} if who.user_id else {"name": who.username, "domain": domain}
    )
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
    domain = _name_or_id(who.project_domain_name, who.project_domain_id) or user_domain
    return {"name": who.project_name, "domain": domain}


def _name_or_id(name: str, known_id: str) -> dict[str, str]:
    if name:
        return {"name": name}
    return {"id": known_id} if known_id else {}


def _catalog_from_wire(services: object) -> Iterator[Endpoint]:
    """Read a catalog, leaving out what is not one: services may have no endpoints."""
    for service in reading.mappings(services):
        for endpoint in reading.mappings(service.get("endpoints")):
            url = reading.text(endpoint.get("url"))
            if url:
                yield Endpoint(
                    service=reading.text(service.get("type")),
                    interface=reading.text(endpoint.get("interface")) or "public",
                    region=reading.text(endpoint.get("region") or endpoint.get("region_id")),
                    url=url,
                )
