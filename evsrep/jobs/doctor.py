"""What works and what does not, from the outside in: each step stands on the one before."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from evsrep.clock import Clock
from evsrep.cloud.client import Cloud
from evsrep.errors import EvsrepError

OK, WARNING, FAILED, SKIPPED = "ok", "warning", "failed", "skipped"


class Finding(NamedTuple):
    """What a step found: `result` is ok, warning, failed or skipped."""

    check: str
    result: str
    detail: str
    hint: str = ""
    error: EvsrepError | None = None


def examine(cloud: Cloud, clock: Clock) -> Iterator[Finding]:
    """Yield a finding for each step; after a failure, what stands on it is skipped."""
    steps: tuple[tuple[str, Callable[[Cloud, Clock], Finding]], ...] = (
        ("host name", _host_name),
        ("connection", _connection),
        ("clock", _clock),
        ("sign-in", _sign_in),
        ("project", _project),
        ("endpoint", _endpoint),
        ("replication", _replication),
    )
    for number, (check, step) in enumerate(steps):
        found = _tried(check, step, cloud, clock)
        yield found
        if found.result == FAILED:
            yield from (Finding(later, SKIPPED, "") for later, _ in steps[number + 1 :])
            yield Finding("servers", SKIPPED, "")
            return
    yield _servers(cloud)


def _tried(
    check: str, step: "Callable[[Cloud, Clock], Finding]", cloud: Cloud, clock: Clock
) -> Finding:
    try:
        return step(cloud, clock)
    except EvsrepError as error:
        return Finding(check, FAILED, error.message, error.hint, error)


def _host_name(cloud: Cloud, clock: Clock) -> Finding:
    return Finding("host name", OK, f"{cloud.front_host} is {', '.join(cloud.look_up())}")


def _connection(cloud: Cloud, clock: Clock) -> Finding:
    from evsrep.cloud.urls import is_loopback

    cloud.probe()
    if urlsplit(cloud.front_url).scheme == "https":
        return Finding("connection", OK, "answers over TLS")
    if is_loopback(cloud.front_host):
        return Finding("connection", OK, "answers, on this machine")
    return Finding("connection", WARNING, "answers over plain HTTP", "use https:// where you can")


def _clock(cloud: Cloud, clock: Clock) -> Finding:
    ahead = cloud.clock_skew()
    if ahead is None:
        return Finding("clock", WARNING, "the cloud does not tell its time")
    words = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the cloud's"
    if abs(ahead) < 60:
        return Finding("clock", OK, words)
    return Finding("clock", WARNING, words, "set the clock: signatures and one-time codes need it")


def _sign_in(cloud: Cloud, clock: Clock) -> Finding:
    session = cloud.session()
    until = f", until {session.expires_at}" if session.expires_at else ""
    return Finding("sign-in", OK, f"{session.user or 'with a given token'}{until}")


def _project(cloud: Cloud, clock: Clock) -> Finding:
    name = cloud.session().project
    return Finding("project", OK, f"{name} ({cloud.project_id})" if name else cloud.project_id)


def _endpoint(cloud: Cloud, clock: Clock) -> Finding:
    return Finding("endpoint", OK, cloud.endpoint)


def _replication(cloud: Cloud, clock: Clock) -> Finding:
    found = next(cloud.pairs(), None)
    return Finding("replication", OK, "offered" + ("" if found else "; there is no pair yet"))


def _servers(cloud: Cloud) -> Finding:
    """Without the servers' service only one check of `create` can't be made: never a failure."""
    hint = "create can't check then whether a DR disk's server is stopped; see compute_endpoint"
    if not cloud.compute_endpoint:
        return Finding("servers", WARNING, "the catalog names no compute endpoint", hint)
    try:
        cloud.check_servers()
    except EvsrepError as error:
        return Finding("servers", WARNING, error.message, hint)
    return Finding("servers", OK, cloud.compute_endpoint)
