"""Breaking things on purpose, so that a disaster can be rehearsed, and mending them again.

Trouble is kept in the sandbox's file, so every process sees it at once.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from evsrep.sandbox.lifecycle import LINK
from evsrep.sandbox.models import Server, Trouble
from evsrep.sandbox.seed import PROJECTS, ZONES
from evsrep.sandbox.store import Store
from evsrep.sandbox.tables import SERVERS, Page

Clock = Callable[[], float]


def break_zone(path: Path, zone: str, *, now: Clock = time.time) -> None:
    """Take a zone down, and its servers with it; they stay down when it is mended.

    Raises ValueError where there is no such zone, SandboxBroken.
    """
    if zone not in ZONES:
        raise ValueError(f"there is no zone '{zone}': it must be one of {', '.join(ZONES)}")
    with Store(path).session() as session, session.writing():
        session.save(Trouble, [Trouble(zone, None)])
        for project in PROJECTS:
            servers = session.select(SERVERS, project.id, Page([("zone", zone)]), now())
            stopped = (replace(server, status="SHUTOFF", task_state=None) for server in servers)
            session.save(Server, stopped)


def break_link(path: Path) -> None:
    """Cut the zones off from each other. Raises SandboxBroken."""
    with Store(path).session() as session, session.writing():
        session.save(Trouble, [Trouble(LINK, None)])


def mend(path: Path, *, now: Clock = time.time) -> list[str]:
    """Mend whatever is broken, and return what that was. Raises SandboxBroken."""
    with Store(path).session() as session, session.writing():
        broken = sorted(session.broken())
        session.save(Trouble, [Trouble(place, now()) for place in broken])
    return broken
