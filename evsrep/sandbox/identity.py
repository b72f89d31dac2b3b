"""Who may do what: Keystone's API v3, as far as clients of the disk service use it.

Whatever is wrong with a sign-in draws one and the same answer, so that nobody learns which users
and projects there are. Every handler raises RefusalError for what it does not do.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evsrep.sandbox.messages import Answer, Json, RefusalError, Request, coded, identity_error
from evsrep.sandbox.models import Domain, Project, Token, User
from evsrep.sandbox.routes import Route
from evsrep.sandbox.seed import DOMAIN, KEYS, PROJECTS, REGION, USERS
from evsrep.sandbox.signatures import check_signature, is_signed
from evsrep.sandbox.store import Session
from evsrep.sandbox.times import time_text

TOKEN_SECONDS = 24 * 3600.0
TOKEN_BYTES = 1500  # real tokens are kilobytes long, and that has to fit through every header


_ROLES = [{"id": "9fe2ff9ee4384b1894a90878d3e92bab", "name": "te_admin"}]
_ANY_PROJECT = "$(tenant_id)s"  # what real catalogs say where no project is known
_SERVICES = (  # type, name, path of the endpoint; a service may well have none
    ("volumev2", "cinderv2", "/v2/{project_id}"),
    ("compute", "nova", "/v2.1/{project_id}"),
    ("identity", "keystone", "/v3"),
    ("sdrs", "sdrs", "/v1/{project_id}"),
    ("dns", "designate", None),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and the project it is for, if any."""

    user: User
    project_id: str | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a user says to get a token: methods, what each of them needs, and the scope."""

    methods: tuple[str, ...]
    identity: Json
    scope: Json


def find_caller(request: Request, session: Session) -> Caller:
    """Return who sends a request, by signature or by token. Raises RefusalError, a 401."""
    if is_signed(request):
        user = check_signature(request, KEYS).user
        project = _find_project(user, {"id": request.headers.get("x-project-id")})
        return Caller(user, project.id if project else None)
    token = _live_token(request.headers.get("x-auth-token"), request, session)
    if token is None:
        raise _unauthorized(request)
    return Caller(_user_of(token), token.project_id)


def admit(request: Request, session: Session, project_id: str) -> None:
    """Let a request to a project's things pass. Raises RefusalError for any but its members'."""
    caller = find_caller(request, session)
    if caller.project_id is None:
        raise _unauthorized(request)
    if caller.project_id != project_id:
        raise coded(400, "Common.0018", "The project ID in the URL is not that of the token.")


def issue(request: Request, session: Session) -> Answer:
    """Sign a user in: the token is in a header, what it is good for in the body."""
    sign_in = _read_sign_in(request)
    user = _prove(sign_in, request, session)
    if "password" in sign_in.methods and user.passcode and "totp" not in sign_in.methods:
        return _want_passcode(user, request)
    text = secrets.token_urlsafe(TOKEN_BYTES)
    token = _grant(text, user, sign_in, request)
    with session.writing():
        session.drop_tokens(before=request.now)
        session.save(Token, [token])
    body = _token_body(token, user, request)
    return Answer(201, {"token": body}, (("X-Subject-Token", text),))


def validate(request: Request, session: Session) -> Answer:
    """Show what a token is good for."""
    token = _subject(request, session)
    headers = (("X-Subject-Token", request.headers["x-subject-token"]),)
    return Answer(200, {"token": _token_body(token, _user_of(token), request)}, headers)


def revoke(request: Request, session: Session) -> Answer:
    """Make a token worthless."""
    session.drop_token(_subject(request, session).digest)
    return Answer(204)


def show_catalog(request: Request, session: Session) -> Answer:
    """Show where the services are."""
    caller = find_caller(request, session)
    return Answer(200, {"catalog": _catalog(request, caller.project_id), "links": _links(request)})


def list_projects(request: Request, session: Session) -> Answer:
    """List the projects that the caller has a role on."""
    user = find_caller(request, session).user
    name = request.query.get("name")
    projects = [
        {
            "id": project.id,
            "name": project.name,
            "description": "",
            "domain_id": DOMAIN.id,
            "parent_id": DOMAIN.id,
            "is_domain": False,
            "enabled": True,
            "links": {"self": f"{request.base}/v3/projects/{project.id}"},
        }
        for project in user.projects
        if name is None or project.name == name
    ]
    return Answer(200, {"projects": projects, "links": _links(request)})


ROUTES = (
    Route("POST", "/v3/auth/tokens", issue),
    Route("GET", "/v3/auth/tokens", validate),
    Route("DELETE", "/v3/auth/tokens", revoke),
    Route("GET", "/v3/auth/catalog", show_catalog),
    Route("GET", "/v3/projects", list_projects),
)


def _read_sign_in(request: Request) -> SignIn:
    auth = _object(request.read_object(), "auth")
    identity = _object(auth, "identity")
    methods = identity.get("methods")
    if not isinstance(methods, list) or not methods:
        raise _malformed("methods")
    scope = auth.get("scope", {})
    if scope == "unscoped":
        scope = {}
    if not isinstance(scope, dict):
        raise _malformed("scope")
    return SignIn(tuple(str(method) for method in methods), identity, scope)


def _object(parent: Json | None, key: str) -> Json:
    value = (parent or {}).get(key)
    if not isinstance(value, dict):
        raise _malformed(key)
    return value


def _malformed(key: str) -> RefusalError:
    message = f"Expecting to find {key} in the request body: it is missing or malformed."
    return identity_error(400, "Bad Request", message)


def _prove(sign_in: SignIn, request: Request, session: Session) -> User:
    """Return the user whom every method of a sign-in proves."""
    users = set()
    for method in sign_in.methods:
        proof = _PROOFS.get(method, _no_proof)
        users.add(proof(_maybe_object(sign_in.identity, method), request, session))
    user = users.pop()
    if user is None or users:
        raise _unauthorized(request)
    return user


def _password_proof(claim: Json, _request: Request, _session: Session) -> User | None:
    person = _maybe_object(claim, "user")
    user = _find_user(person)
    return user if user and _is_same(person.get("password"), user.password) else None


def _passcode_proof(claim: Json, _request: Request, _session: Session) -> User | None:
    person = _maybe_object(claim, "user")
    user = _find_user(person)
    knows = user and user.passcode and _is_same(person.get("passcode"), user.passcode)
    return user if knows else None


def _token_proof(claim: Json, request: Request, session: Session) -> User | None:
    token = _live_token(claim.get("id"), request, session)
    return _user_of(token) if token else None


def _no_proof(_claim: Json, _request: Request, _session: Session) -> User | None:
    return None


_PROOFS: Mapping[str, Callable[[Json, Request, Session], User | None]] = {
    "password": _password_proof,
    "totp": _passcode_proof,
    "token": _token_proof,
}


def _maybe_object(parent: Json, key: str) -> Json:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _is_same(proof: object, secret: str) -> bool:
    return isinstance(proof, str) and hmac.compare_digest(proof.encode(), secret.encode())


def _find_user(person: Json) -> User | None:
    if "id" in person:
        return next((user for user in USERS if user.id == person["id"]), None)
    if not _is_ours(_maybe_object(person, "domain")):
        return None
    return next((user for user in USERS if user.name == person.get("name")), None)


def _is_ours(domain: Json) -> bool:
    return domain.get("id") == DOMAIN.id or domain.get("name") == DOMAIN.name


def _find_project(user: User, named: Json) -> Project | None:
    if "domain" in named and not _is_ours(_maybe_object(named, "domain")):
        return None  # left out, it is the user's own
    key = "id" if "id" in named else "name"
    return next((one for one in user.projects if getattr(one, key) == named.get(key)), None)


def _want_passcode(user: User, request: Request) -> Answer:
    receipt = {
        "methods": ["password"],
        "user": {"id": user.id, "name": user.name, "domain": _named(DOMAIN)},
        "issued_at": time_text(request.now) + "Z",
        "expires_at": time_text(request.now + 300) + "Z",
    }
    body = {"receipt": receipt, "required_auth_methods": [["password", "totp"]]}
    return Answer(401, body, (("Openstack-Auth-Receipt", secrets.token_urlsafe(100)),))


def _grant(text: str, user: User, sign_in: SignIn, request: Request) -> Token:
    project, domain = _scope_of(user, sign_in.scope, request)
    return Token(
        digest=_digest(text),
        user_id=user.id,
        methods=",".join(sign_in.methods),
        project_id=project.id if project else None,
        domain_id=domain.id if domain else None,
        issued_at=request.now,
        expires_at=request.now + TOKEN_SECONDS,
    )


def _scope_of(user: User, scope: Json, request: Request) -> tuple[Project | None, Domain | None]:
    if "project" in scope:
        project = _find_project(user, _maybe_object(scope, "project"))
        if project is None:
            raise _unauthorized(request)
        return project, None
    if "domain" in scope:
        if not _is_ours(_maybe_object(scope, "domain")):
            raise _unauthorized(request)
        return None, DOMAIN
    return None, None


def _subject(request: Request, session: Session) -> Token:
    """Return the token that a request is about, once it is clear that the caller may ask."""
    token = _live_token(request.headers.get("x-subject-token"), request, session)
    if token is None:
        raise identity_error(404, "Not Found", "Could not find token.")
    find_caller(request, session)
    return token


def _live_token(text: object, request: Request, session: Session) -> Token | None:
    if not isinstance(text, str):
        return None
    token = session.find_token(_digest(text))
    return token if token and request.now < token.expires_at else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _user_of(token: Token) -> User:
    return next(user for user in USERS if user.id == token.user_id)


def _token_body(token: Token, user: User, request: Request) -> Json:
    body: dict[str, Any] = {
        "methods": token.methods.split(","),
        "user": {**_named(user), "domain": _named(DOMAIN), "password_expires_at": ""},
        "issued_at": time_text(token.issued_at) + "Z",
        "expires_at": time_text(token.expires_at) + "Z",
    }
    if token.project_id:
        project = next(project for project in PROJECTS if project.id == token.project_id)
        body["project"] = {**_named(project), "domain": _named(DOMAIN)}
    if token.domain_id:
        body["domain"] = _named(DOMAIN)
    if token.project_id or token.domain_id:
        body |= {"roles": _ROLES, "catalog": _catalog(request, token.project_id)}
    return body


def _named(thing: User | Project | Domain) -> dict[str, Any]:
    return {"id": thing.id, "name": thing.name}


def _catalog(request: Request, project_id: str | None) -> Sequence[Json]:
    return [
        {"type": kind, "name": name, "id": _digest(kind)[:32], "endpoints": _endpoints(url)}
        for kind, name, path in _SERVICES
        for url in [path and request.base + path.format(project_id=project_id or _ANY_PROJECT)]
    ]


def _endpoints(url: str | None) -> Sequence[Json]:
    if url is None:
        return []
    endpoint = {"interface": "public", "region": REGION, "region_id": REGION, "url": url}
    return [{"id": _digest(url)[:32], **endpoint}]


def _links(request: Request) -> Json:
    return {"self": request.base + request.path, "next": None, "previous": None}


def _unauthorized(request: Request) -> RefusalError:
    message = "The request you have made requires authentication."
    header = ("WWW-Authenticate", f'Keystone uri="{request.base}/v3"')
    return identity_error(401, "Unauthorized", message, header)
