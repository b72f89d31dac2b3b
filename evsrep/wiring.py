"""The wiring: from a profile to a cloud that can be asked, for commands and for programs.

The built-in profile gets httpx's WSGI transport over the sandbox, any other an HTTP transport;
above that line nothing knows the difference.
"""

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

import httpx

from evsrep.builtin import sandbox_app, sandbox_profile
from evsrep.clock import Clock, RealClock
from evsrep.cloud import calls
from evsrep.cloud.calls import Limits
from evsrep.cloud.client import Cloud
from evsrep.cloud.credentials import KeySignIn, TokenSignIn
from evsrep.cloud.endpoints import Places, without_user
from evsrep.cloud.guard import ChangeGuard
from evsrep.cloud.http import Http, new_client
from evsrep.cloud.identity import Password
from evsrep.cloud.models import Defaults
from evsrep.cloud.signin import PasswordSignIn, SignIn
from evsrep.cloud.signing import AccessKey
from evsrep.errors import ConfigError
from evsrep.jobs.report import Reporter
from evsrep.settings.declarations import KEYS_BY_NAME
from evsrep.settings.environment import environment
from evsrep.settings.files import read_regular
from evsrep.settings.journal import Journal
from evsrep.settings.paths import cache_folder, expanded, if_any, state_folder
from evsrep.settings.profile import SANDBOX, Profile
from evsrep.settings.profiles import readable_by_others
from evsrep.settings.proxies import proxy_for, proxy_origin
from evsrep.settings.resolve import misspelt, other_cloud
from evsrep.settings.settings import Settings
from evsrep.settings.tokens import TokenCacheFile

_MOST_BUNDLE_BYTES = 64 * 1024 * 1024


class WarningReporter(calls.Reporter, Protocol):
    """A reporter that can also warn."""

    def warn(self, text: str) -> None:
        """Report what may be wrong."""
        ...


class Context(NamedTuple):
    """What a cloud is opened with."""

    clock: Clock
    reporter: WarningReporter
    settings: Settings
    command: str  # for the journal
    at_end: ExitStack  # what is to be closed when all is over
    is_trial: bool = False  # of what is given now: a token that was kept proves nothing


@contextmanager
def connect(
    profile: str = "",
    *,
    config: str | Path | None = None,
    timeout: float | None = None,
    retries: int | None = None,
) -> Iterator[Cloud]:
    """Open the cloud of a profile; without a name, of the one that the commands would use.

    What is not given is taken from the variables `EVSREP_*`, then from the profile. `timeout` is
    seconds for one request, from start to last byte. Nothing is sent before the cloud is asked
    something. Raises ConfigError where there is no such profile or file, or it lacks something;
    UsageFault for a wrong `timeout`, `retries` or variable.
    """
    given = {"profile": profile, "config": config, "timeout": timeout, "retries": retries}
    settings = Settings(environment(), given, sandbox_profile, named_by="the program")
    with ExitStack() as at_end:
        context = Context(
            clock=RealClock(),
            reporter=Reporter(),
            settings=settings,
            command="a program, by evsrep.connect",
            at_end=at_end,
        )
        yield open_cloud(settings.profile, context)


def open_cloud(profile: Profile, context: Context) -> Cloud:
    """Return the cloud of a profile. Nothing is sent yet.

    Raises ConfigError where the profile lacks something or has a wrong value, UsageFault for a
    wrong `timeout` or `retries`.
    """
    reporter, settings = context.reporter, context.settings
    if profile.is_set("insecure"):
        reporter.warn(f"TLS is not verified: profile '{profile.name}' says insecure = true")
    for warning in () if profile.name == SANDBOX else misspelt(profile.name, settings.profile_file):
        reporter.warn(warning)
    if other := other_cloud(profile, settings.environ):
        reporter.step(f"profile '{profile.name}' is used, although {other} names another cloud")
    if profile.name != SANDBOX and readable_by_others(settings.profile_file):
        reporter.warn(f"others can read the secrets in {settings.config_path}: chmod 600 it")
    if {if_any(place, settings.environ) for place in (cache_folder, state_folder)} & {None}:
        reporter.verbose("there is no home folder: what goes there is not kept (set HOME)")
    transport = _transport(context, profile)
    http = Http(
        new_client(transport),
        proxy_of=getattr(transport, "proxy_of", None),
        clock=context.clock,
        reporter=reporter,
        limits=Limits(settings.value("timeout", profile), settings.value("retries", profile)),
        allows_plain_http=profile.is_set("insecure"),
        journal=_journal(context, profile),
        guard=ChangeGuard(
            profile.name,
            profile.is_set("read_only"),
            profile.is_set("protected"),
            settings.is_named,
        ),
    )
    context.at_end.callback(http.close)
    url = without_user(profile.auth_url) if profile.text("auth_url") else ""
    return Cloud(
        http,
        _sign_in(context, profile, url),
        Places(url, *(_address(profile, key) for key in Places._fields[1:])),
        project_id=profile.text("project_id"),
        defaults=Defaults(profile.text("priority_station"), profile.text("replication_model")),
    )


def _address(profile: Profile, key: str) -> str:
    """Return what a profile says of a place."""
    text = profile.text(key)
    return without_user(text) if KEYS_BY_NAME[key].kind == "url" else text


def _journal(context: Context, profile: Profile) -> Journal | None:
    if profile.is_off("journal") or if_any(state_folder, context.settings.environ) is None:
        return None
    journal = Journal(
        context.settings.journal_path,
        profile=profile.name,
        command=context.command,
        warn=context.reporter.warn,
        verbose=context.reporter.verbose,
    )
    context.at_end.callback(journal.close)
    return journal


def _transport(context: Context, profile: Profile) -> httpx.BaseTransport:
    environ, proxy = context.settings.environ, profile.text("proxy")
    if profile.name == SANDBOX:
        return httpx.WSGITransport(app=sandbox_app(environ, context.clock))
    from evsrep.cloud.transport import Transport

    def way(scheme: str, host: str, port: int | None) -> str:
        url = proxy_for(scheme, host, proxy, environ, port)
        context.reporter.secrets.add_url(url)  # it may be echoed by what stands there
        return url

    return Transport(
        tls=lambda: _tls_context(profile, environ),
        proxy_for=way,
        origin_of=lambda scheme: proxy_origin(scheme, proxy, environ),
        report=context.reporter.verbose,
    )


def _tls_context(profile: Profile, environ: Mapping[str, str]) -> ssl.SSLContext:
    if profile.is_set("insecure"):
        return httpx.create_ssl_context(verify=False)
    if bundle := profile.text("ca_bundle"):
        return _trusting("ca_bundle", bundle)
    if bundle := environ.get("SSL_CERT_FILE", ""):
        return _trusting("SSL_CERT_FILE", bundle)
    return _trusting_the_machine()


def _trusting_the_machine() -> ssl.SSLContext:
    """Return what trusts the machine's own authorities: a company's stand there, too.

    Where OpenSSL can look them up in a folder, none is read beforehand, which takes 50 ms. Where
    the machine has none, it is certifi's.
    """
    paths = ssl.get_default_verify_paths()  # SSL_CERT_DIR is heeded
    names = (each.name for each in Path(paths.capath).iterdir()) if paths.capath else ()
    if any(map(_IS_HASH.fullmatch, names)):
        return ssl.create_default_context(capath=paths.capath)
    if paths.cafile:
        return ssl.create_default_context(cafile=paths.cafile)
    return httpx.create_ssl_context()


_IS_HASH = re.compile(r"[0-9a-f]{8}\.[0-9]+")  # the name of a certificate where OpenSSL looks it up


def _trusting(origin: str, bundle: str) -> ssl.SSLContext:
    """Return what trusts the authorities in a file, which a key or variable names."""
    try:
        path = expanded(Path(bundle))
        read_regular(path, _MOST_BUNDLE_BYTES)  # ssl would wait for a pipe's other end
        return ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or str(error)
        raise ConfigError(
            f"{origin} {bundle} can't be used: {reason}",
            hint="it is to be a file of certificates in PEM form",
        ) from error


def _sign_in(context: Context, profile: Profile, url: str) -> SignIn:
    if profile.missing:
        raise ConfigError(
            f"profile '{profile.name}' lacks {', '.join(profile.missing)}",
            hint=f"add it with 'evsrep profile set {profile.name} KEY=VALUE'",
        )
    if profile.is_by_command:
        return _sign_in_by_command(context, profile, url)
    if profile.method == "token":
        ask = partial(_new_secret, context, profile, "token")
        may_change = not profile.text("token")
        return _sign_in_by_token(profile, url, ask, may_change=may_change)
    if profile.method == "key":
        secret_key, security_token = (
            _secret(context, profile, key) for key in ("secret_key", "security_token")
        )
        access_key = profile.text("access_key")
        return _sign_in_by_key(
            profile, url, lambda: AccessKey(access_key, secret_key(), security_token())
        )
    return _sign_in_by_password(context, profile, url)


def _sign_in_by_password(context: Context, profile: Profile, url: str) -> PasswordSignIn:
    who, password = _password(profile), _secret(context, profile, "password")
    cache, folder = None, if_any(cache_folder, context.settings.environ)
    is_worth_it = profile.name != SANDBOX and not context.is_trial  # faster than any file
    if folder is not None and is_worth_it:
        warn, verbose = context.reporter.warn, context.reporter.verbose
        cache = TokenCacheFile(folder, f"{url} {who}", password, warn=warn, verbose=verbose)
    passcode = _secret(context, profile, "passcode")
    return PasswordSignIn(url, who, password=password, passcode=passcode, cache=cache)


def _sign_in_by_command(context: Context, profile: Profile, url: str) -> SignIn:
    """Run the command once, to see whether it prints a token or keys; later it is for the other."""
    first = [profile.credentials(context.settings.environ)]

    def ask() -> dict[str, str]:
        found = first.pop() if first else profile.credentials(context.settings.environ)
        for key in ("secret_key", "security_token", "token"):
            context.reporter.secrets.add(found.get(key, ""))
        return found

    def ask_key() -> AccessKey:
        found = ask()
        parts = (found.get(key, "") for key in ("access_key", "secret_key", "security_token"))
        return AccessKey(*parts)

    if "token" in first[0] and profile.method != "key":
        return _sign_in_by_token(profile, url, lambda: ask().get("token", ""), may_change=True)
    return _sign_in_by_key(profile, url, ask_key, may_change=True)


def _sign_in_by_token(
    profile: Profile, url: str, ask: Callable[[], str], *, may_change: bool
) -> TokenSignIn:
    who = _password(profile)._replace(project_name=profile.text("project_name"))
    region_project = profile.text("region")
    return TokenSignIn(url, ask, who, region_project=region_project, may_change=may_change)


def _sign_in_by_key(
    profile: Profile, url: str, ask: Callable[[], AccessKey], *, may_change: bool = False
) -> KeySignIn:
    project_id = profile.text("project_id")
    return KeySignIn(
        url,
        ask,
        project_id=project_id,
        project_name=profile.text("project_name") if project_id else profile.project_name,
        wants_name=not (profile.text("region") or profile.text("endpoint")),
        may_change=may_change,
    )


def _password(profile: Profile) -> Password:
    text = profile.text
    return Password(
        username=text("username"),
        user_id=text("user_id"),
        user_domain_name=text("user_domain_name"),
        user_domain_id=text("user_domain_id"),
        project_name=text("project_name") or profile.project_name,
        project_id=text("project_id"),
        project_domain_name=text("project_domain_name"),
        project_domain_id=text("project_domain_id"),
    )


def _new_secret(context: Context, profile: Profile, key: str) -> str:
    """Return a secret, asked for anew; from then on it is starred out of all reports."""
    secret = profile.secret(key, context.settings.environ)
    if secret and profile.name != SANDBOX:
        context.reporter.secrets.add(secret)
    return secret


def _secret(context: Context, profile: Profile, key: str) -> Callable[[], str]:
    """Return how to get at a secret, once."""
    lock = Lock()  # side by side, two threads would both run the command

    get = cache(partial(_new_secret, context, profile, key))

    def get_once() -> str:
        with lock:
            return get()

    return get_once
