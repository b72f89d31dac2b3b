"""The wiring: from a profile to a cloud that can be asked.

The built-in profile gets httpx's WSGI transport over the sandbox, any other an HTTP transport;
above that line nothing knows the difference.
"""

import shlex
import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock

from evsrep.cli.app import App
from evsrep.cloud.client import Cloud
from evsrep.cloud.http import Http, Limits, new_client
from evsrep.cloud.lean_httpx import httpx
from evsrep.cloud.signin import KeySignIn, Password, PasswordSignIn, SignIn, TokenSignIn
from evsrep.errors import ConfigError
from evsrep.settings import resolve
from evsrep.settings.journal import Journal
from evsrep.settings.paths import cache_folder
from evsrep.settings.profiles import readable_by_others
from evsrep.settings.proxies import proxy_for
from evsrep.settings.resolve import Profile
from evsrep.settings.tokens import TokenShelf


def connect(app: App, profile: Profile) -> Cloud:
    """The cloud of a profile. Secret commands are run; nothing is sent yet."""
    if profile.is_set("insecure"):
        app.console.warn(f"TLS is not verified: profile '{profile.name}' says insecure = true")
    if profile.name != resolve.SANDBOX and readable_by_others(app.profile_file):
        app.console.warn(f"others can read the secrets in {app.config_path}: chmod 600 it")
    http = Http(
        app.at_end.enter_context(new_client(_transport(app, profile))),
        clock=app.clock,
        talk=app.console,
        limits=limits(app, profile),
        allows_plain_http=profile.is_set("insecure"),
        journal=None if profile.is_off("journal") else _journal(app, profile),
    )
    url = resolve.auth_url(profile) if profile.text("auth_url") else ""
    return Cloud(
        http,
        _sign_in(app, profile, http, url),
        auth_url=url,
        region=resolve.region(profile),
        project_id=profile.text("project_id"),
        endpoint=profile.text("endpoint"),
        compute_endpoint=profile.text("compute_endpoint"),
    )


def _journal(app: App, profile: Profile) -> Journal:
    found = Journal(
        app.journal_path,
        profile=profile.name,
        command=shlex.join(("evsrep", *app.words)),
        warn=app.console.warn,
    )
    app.at_end.callback(found.close)
    return found


def limits(app: App, profile: Profile) -> Limits:
    """How long and how often: a flag beats a variable beats the profile."""
    usual = Limits()
    return Limits(
        timeout=app.number("timeout", profile, usual.timeout),
        retries=int(app.number("retries", profile, usual.retries)),
    )


def _transport(app: App, profile: Profile) -> httpx.BaseTransport:
    if profile.name == resolve.SANDBOX:
        from evsrep.cli.sandbox import open_sandbox

        return httpx.WSGITransport(app=open_sandbox(app))
    from evsrep.cloud.transport import Transport

    given, environ = profile.text("proxy"), app.world.environ
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


def _sign_in(app: App, profile: Profile, http: Http, url: str) -> SignIn:
    missing = resolve.missing(profile)
    if missing:
        raise ConfigError(
            f"profile '{profile.name}' lacks {', '.join(missing)}",
            hint=f"add it with 'evsrep profile set {profile.name} KEY=VALUE'",
        )
    method = resolve.method(profile)
    if method == "token":
        return TokenSignIn(http, url, _secret(app, profile, "token"))
    if method == "key":
        return KeySignIn(
            http,
            url,
            profile.text("access_key"),
            secret_key=_secret(app, profile, "secret_key"),
            security_token=_secret(app, profile, "security_token")(),
            project_id=profile.text("project_id"),
            project_name=resolve.project_name(profile),
        )
    who = _password(profile)
    shelf = None
    if profile.name != resolve.SANDBOX:  # which is asked faster than a file is read
        shelf = TokenShelf(cache_folder(app.world.environ), f"{url} {who}", app.console.warn)
    return PasswordSignIn(
        http,
        url,
        who,
        password=_secret(app, profile, "password"),
        passcode=_secret(app, profile, "passcode"),
        shelf=shelf,
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


def _secret(app: App, profile: Profile, key: str) -> Callable[[], str]:
    """How to get at a secret, once; from then on it is starred out of everything said."""
    lock = Lock()  # side by side, two threads would both run the command

    @cache
    def get() -> str:
        found = resolve.secret(profile, key, app.world.environ)
        if found and profile.name != resolve.SANDBOX:
            app.console.secrets.add(found)
        return found

    def get_once() -> str:
        with lock:
            return get()

    return get_once
