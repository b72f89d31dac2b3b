"""Every command that asks a cloud, typed so that it asks, and what is to be struck of that."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from evsrep.sandbox.profile import ready_profile
from tests.faults.conftest import Weather
from tests.weather.faults import Fault
from tests.weather.messages import Request

NEW = ("--production-disk", "db-01-log", "--dr-disk", "db-01-log-dr")
WAIT = ("--wait", "--wait-timeout", "20")

Words = Mapping[str, tuple[str, ...]]
CHANGES: Words = {
    "create": (*NEW, *WAIT),
    "apply": ("pairs.csv", *WAIT),
    "delete": ("lone", "--yes", *WAIT),
    "group create": ("--pair", "lone", *WAIT),
    "group update": ("shop", "--remove", "data", "--pause", *WAIT),
    "group expand": ("shop", "--pair", "data=20", *WAIT),
    "group delete": ("shop", "--yes", "--force", *WAIT),
    "group sync": ("shop", "--force", *WAIT),
    "group pause": ("shop", *WAIT),
    "group failover": ("shop", "--yes", "--force", *WAIT),
    "group switchover": ("shop", "--yes", *WAIT),
    "group reprotect": ("shop", "--yes", "--force", *WAIT),
}
READS: Words = {
    "list": (),
    "show": ("lone",),
    "wait": ("lone", "--for", "deleted", "--wait-timeout", "20"),
    "group list": (),
    "group show": ("shop",),
    "group ready": ("shop", "--for", "failover"),
    "group wait": ("shop", "--for", "failovered", "--wait-timeout", "20"),
    "health": (),
    "disks": (),
    "sdrs plan": (),
}
SIGN_INS: Words = {
    "auth check": (),
    "auth token": (),
    "auth logout": (),
    "doctor": (),
    "profile init": ("new",),
    "profile import": ("--openrc", "openrc", "--as", "new"),
}


def write_files(url: str, home: Path) -> None:
    """Write what the commands read."""
    (home / "pairs.csv").write_text("production_disk,dr_disk\ndb-01-log,db-01-log-dr\n")
    exports = [f"export OS_{k.upper()}={shlex.quote(v)}\n" for k, v in ready_profile(url).items()]
    (home / "openrc").write_text("".join(exports))


def is_sign_in(request: Request) -> bool:
    return "/auth/tokens" in request.path


def is_change(request: Request) -> bool:
    return request.method != "GET" and not is_sign_in(request)


def changes_of(weather: Weather) -> list[Request]:
    return [request for request in weather.server.requests if is_change(request)]


def strike_changes(cloud: Weather, stall: Fault, *, for_good: bool) -> None:
    """Have the first change struck, and all that follows or nothing of it."""
    struck: list[Request] = []

    def weather(request: Request) -> Fault | None:
        strikes = for_good if struck else is_change(request)
        if strikes:
            struck.append(request)
        return stall if strikes else None

    cloud.server.weather = weather
