"""What works and what does not, from the outside in: each step stands on the one before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from evsrep.cloud.client import Cloud
from evsrep.errors import EvsrepError, NotOffered
from evsrep.jobs.report import Reporter
from evsrep.jobs.sdrs import raise_if_closed
from evsrep.jobs.verb import verb
from evsrep.settings.profiles import readable_by_others
from evsrep.settings.settings import Settings

OK, WARNING, FAILED, SKIPPED = "ok", "warning", "failed", "skipped"


@dataclass(frozen=True)
class DoctorOptions:
    """What `evsrep doctor` takes of its own: nothing."""


class Finding(NamedTuple):
    """What a step found: `result` is ok, warning, failed or skipped."""

    check: str
    result: str
    detail: str = ""
    hint: str = ""
    failure: EvsrepError | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The finding as a result has it."""
        return {
            "check": self.check,
            "result": self.result,
            "detail": self.detail or None,
            "hint": self.hint or None,
        }

    @property
    def error(self) -> None:
        """None: the finding itself says what is wrong."""


def check_profile(settings: Settings, open_cloud: Callable[[], Cloud], reporter: Reporter) -> Cloud:
    """Report on the profile of a run, and return its cloud.

    Raises what keeps it from being opened, after it was reported.
    """
    try:
        reporter.row(_profile(settings))
        return open_cloud()
    except EvsrepError as error:
        reporter.row(_failed("profile", error))
        raise


@verb(DoctorOptions)
def examine(cloud: Cloud, options: DoctorOptions, reporter: Reporter) -> list[Finding]:
    """Return a finding for each step; after a failure, what stands on it is skipped.

    Raises the first failure, after all steps were reported.
    """
    del options
    steps: dict[str, Callable[[Cloud], Finding]] = {
        "host name": _host_name,
        "connection": _connection,
        "clock": _clock,
        "sign-in": _sign_in,
        "project": _project,
        "endpoint": _endpoint,
        "replication": _replication,
        "servers": _servers,
        "SDRS": _sdrs,
    }
    findings: list[Finding] = []
    failure: EvsrepError | None = None
    for check, step in steps.items():
        finding = Finding(check, SKIPPED) if failure else _tried(check, step, cloud)
        failure = failure or finding.failure
        findings.append(finding)
        reporter.row(finding)
    if failure is not None:
        raise failure
    return findings


def _tried(check: str, step: Callable[[Cloud], Finding], cloud: Cloud) -> Finding:
    try:
        return step(cloud)
    except EvsrepError as error:
        return _failed(check, error)


def _failed(check: str, error: EvsrepError) -> Finding:
    return Finding(check, FAILED, error.message, error.hint, error)


def _profile(settings: Settings) -> Finding:
    profile = settings.profile
    detail = f"'{profile.name}', chosen by {profile.chosen_by}"
    if profile.is_set("insecure"):
        return Finding("profile", WARNING, detail, "insecure = true: TLS is not verified")
    if readable_by_others(settings.profile_file):
        hint = f"others can read its secrets: chmod 600 {settings.config_path}"
        return Finding("profile", WARNING, detail, hint)
    return Finding("profile", OK, detail)


def _host_name(cloud: Cloud) -> Finding:
    addresses, proxy = ", ".join(cloud.look_up()), cloud.front_proxy
    if proxy:
        detail = f"{cloud.front_host} is asked through {proxy}, which is {addresses}"
        return Finding("host name", OK, detail)
    return Finding("host name", OK, f"{cloud.front_host} is {addresses}")


def _connection(cloud: Cloud) -> Finding:
    from evsrep.cloud.urls import is_loopback

    cloud.probe()
    if urlsplit(cloud.front_url).scheme == "https":
        return Finding("connection", OK, "answers over TLS")
    if is_loopback(cloud.front_host):
        return Finding("connection", OK, "answers, on this machine")
    return Finding("connection", WARNING, "answers over plain HTTP", "use https:// where you can")


def _clock(cloud: Cloud) -> Finding:
    ahead = cloud.clock_skew()
    if ahead is None:
        return Finding("clock", WARNING, "the cloud does not tell its time")
    detail = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the cloud's"
    if abs(ahead) < 60:
        return Finding("clock", OK, detail)
    return Finding("clock", WARNING, detail, "set the clock: signatures and one-time codes need it")


def _sign_in(cloud: Cloud) -> Finding:
    session = cloud.session()
    until = f", until {session.expires_at}" if session.expires_at else ""
    return Finding("sign-in", OK, f"{session.user or 'with a given token'}{until}")


def _project(cloud: Cloud) -> Finding:
    name = cloud.session().project
    return Finding("project", OK, f"{name} ({cloud.project_id})" if name else cloud.project_id)


def _endpoint(cloud: Cloud) -> Finding:
    return Finding("endpoint", OK, cloud.endpoint)


def _replication(cloud: Cloud) -> Finding:
    has_pair = next(cloud.pairs(), None) is not None
    return Finding("replication", OK, "offered" + ("" if has_pair else "; there is no pair yet"))


def _servers(cloud: Cloud) -> Finding:
    """Ask the servers' service, without which one check of `create` can't be made: no failure."""
    hint = "create can't check then whether a DR disk's server is stopped; see compute_endpoint"
    try:
        if not cloud.compute_endpoint:
            return Finding("servers", WARNING, "the catalog names no compute endpoint", hint)
        cloud.check_servers()
    except EvsrepError as error:
        return Finding("servers", WARNING, error.message, hint)
    return Finding("servers", OK, cloud.compute_endpoint)


def _sdrs(cloud: Cloud) -> Finding:
    """Tell whether the successor is here: for information alone, whatever comes of it."""
    hint = "what that is: evsrep help sdrs"
    try:
        raise_if_closed(cloud)
        domains = cloud.successor.active_domains()
    except NotOffered as error:
        is_closed = "closed" in error.message
        detail = "closed to new customers" if is_closed else "not here, as far as can be seen"
        return Finding("SDRS", OK, detail, hint)
    except EvsrepError as error:
        return Finding("SDRS", OK, f"could not be asked: {error.message}", hint)
    couples = "; ".join(" and ".join(sorted(domain.zones)) for domain in domains)
    return Finding("SDRS", OK, f"yes, between {couples}" if couples else "yes, but no zones", hint)
