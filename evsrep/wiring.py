"""The wiring: from a profile to a cloud that can be asked, for commands and for programs.

The built-in profile gets httpx's WSGI transport over the sandbox, any other an HTTP transport;
above that line nothing knows the difference.
"""

import ssl
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

import httpx

from evsrep.builtin import open_sandbox, sandbox_profile
from evsrep.clock import Clock
from evsrep.cloud.calls import Limits, Reporter
from evsrep.cloud.client import Cloud
from evsrep.cloud.guard import ChangeGuard
from evsrep.cloud.http import Http, new_client
from evsrep.cloud.identity import Password
from evsrep.cloud.models import Defaults
from evsrep.cloud.signin import KeySignIn, PasswordSignIn, SignIn, TokenSignIn
from evsrep.errors import ConfigError
from evsrep.settings import resolve
from evsrep.settings.journal import Journal
from evsrep.settings.paths import cache_folder, state_folder
from evsrep.settings.profiles import ProfileFile, readable_by_others
from evsrep.settings.proxies import proxy_for
from evsrep.settings.resolve import Profile
from evsrep.settings.tokens import TokenCacheFile


class Teller(Reporter, Protocol):
    """Talk that can also warn."""

    def warn(self, text: str) -> None:
        """Tell what may be wrong."""
        ...


class Surroundings(NamedTuple):
    """What a cloud is opened with."""

    clock: Clock
    reporter: Teller
    environ: Mapping[str, str]
    file: Callable[[], ProfileFile]  # read only where it is wanted
    limits: Limits
    command: str  # for the journal
    at_end: ExitStack  # what is to be closed when all is over
    is_named: bool = False  # the profile was named for this run itself, as `protected` wants


def open_cloud(profile: Profile, around: Surroundings) -> Cloud:
    """The cloud of a profile. Nothing is sent yet."""
    if profile.is_set("insecure"):
        around.reporter.warn(f"TLS is not verified: profile '{profile.name}' says insecure = true")
    if profile.name != resolve.SANDBOX and readable_by_others(around.file()):
        around.reporter.warn(f"others can read the secrets in {around.file().path}: chmod 600 it")
    http = Http(
        new_client(_transport(around, profile)),
        clock=around.clock,
        reporter=around.reporter,
        limits=around.limits,
        allows_plain_http=profile.is_set("insecure"),
        journal=None if profile.is_off("journal") else _journal(around, profile),
        guard=_guard(profile, is_named=around.is_named),
    )
    around.at_end.callback(http.close)
    url = resolve.auth_url(profile) if profile.text("auth_url") else ""
    return Cloud(
        http,
        _sign_in(around, profile, http, url),
        auth_url=url,
        region=resolve.region(profile),
        project_id=profile.text("project_id"),
        endpoint=profile.text("endpoint"),
        compute_endpoint=profile.text("compute_endpoint"),
        defaults=Defaults(profile.text("priority_station"), profile.text("replication_model")),
    )


def profile_named(
    name: str, chosen_by: str, file: ProfileFile, environ: Mapping[str, str]
) -> Profile:
    """A profile by its name; `sandbox` is built in."""
    if name == resolve.SANDBOX:
        return sandbox_profile(chosen_by)
    return resolve.load(name, chosen_by, file, environ)


def limits(profile: Profile, timeout: float | None, retries: int | None) -> Limits:
    """How long and how often: what was said beats the profile."""
    usual = Limits()
    seconds = profile.number("timeout") if timeout is None else timeout
    tries = profile.number("retries") if retries is None else retries
    return Limits(
        timeout=usual.timeout if seconds is None else seconds,
        retries=usual.retries if tries is None else int(tries),
    )


def _guard(profile: Profile, *, is_named: bool) -> ChangeGuard:
    is_read_only, is_protected = profile.is_set("read_only"), profile.is_set("protected")
    return ChangeGuard(profile.name, is_read_only, is_protected, is_named)


def _journal(around: Surroundings, profile: Profile) -> Journal:
    found = Journal(
        state_folder(around.environ) / "journal.jsonl",
        profile=profile.name,
        command=around.command,
        warn=around.reporter.warn,
    )
    around.at_end.callback(found.close)
    return found


def _transport(around: Surroundings, profile: Profile) -> httpx.BaseTransport:
    if profile.name == resolve.SANDBOX:
        return httpx.WSGITransport(app=open_sandbox(around.environ, around.clock))
    from evsrep.cloud.transport import Transport

    given, environ = profile.text("proxy"), around.environ
    return Transport(
        tls=lambda: _tls_context(profile),
        proxy_for=lambda scheme, host: proxy_for(scheme, host, given, environ),
    )


def _tls_context(profile: Profile) -> ssl.SSLContext:
    if profile.is_set("insecure"):
        return httpx.create_ssl_context(verify=False)
    bundle = profile.text("ca_bundle")
    if not bundle:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=Path(bundle).expanduser())
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or str(error)
        raise ConfigError(
            f"ca_bundle {bundle} can't be used: {reason}",
            hint="it is to be a file of certificates in PEM form",
        ) from error


def _sign_in(around: Surroundings, profile: Profile, http: Http, url: str) -> SignIn:
    missing = resolve.missing(profile)
    if missing:
        raise ConfigError(
            f"profile '{profile.name}' lacks {', '.join(missing)}",
            hint=f"add it with 'evsrep profile set {profile.name} KEY=VALUE'",
        )
    method = resolve.method(profile)
    if method == "token":
        return TokenSignIn(http, url, _secret(around, profile, "token"))
    if method == "key":
        return KeySignIn(
            http,
            url,
            profile.text("access_key"),
            secret_key=_secret(around, profile, "secret_key"),
            security_token=_secret(around, profile, "security_token")(),
            project_id=profile.text("project_id"),
            project_name=resolve.project_name(profile),
        )
    who = _password(profile)
    cache = None
    if profile.name != resolve.SANDBOX:  # which is asked faster than a file is read
        cache = TokenCacheFile(cache_folder(around.environ), f"{url} {who}", around.reporter.warn)
    return PasswordSignIn(
        http,
        url,
        who,
        password=_secret(around, profile, "password"),
        passcode=_secret(around, profile, "passcode"),
        cache=cache,
    )


def _password(profile: Profile) -> Password:
    text = profile.text
    return Password(
        username=text("username"),
        user_id=text("user_id"),
        user_domain_name=text("user_domain_name"),
        user_domain_id=text("user_domain_id"),
        project_name=resolve.project_name(profile),
        project_id=text("project_id"),
        project_domain_name=text("project_domain_name"),
        project_domain_id=text("project_domain_id"),
    )


def _secret(around: Surroundings, profile: Profile, key: str) -> Callable[[], str]:
    """How to get at a secret, once; from then on it is starred out of everything said."""
    lock = Lock()  # side by side, two threads would both run the command

    @cache
    def get() -> str:
        found = resolve.secret(profile, key, around.environ)
        if found and profile.name != resolve.SANDBOX:
            around.reporter.secrets.add(found)
        return found

    def get_once() -> str:
        with lock:
            return get()

    return get_once
