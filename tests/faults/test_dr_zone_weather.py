"""Every fault at every request of a create that makes its DR disk: at most one disk, one pair."""

import contextlib
import shutil
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.seed import SEEDED_AT
from tests.conftest import Done
from tests.faults.conftest import hurried_now, run_hurried, write_profile
from tests.weather.faults import FAULTS, Fault
from tests.weather.server import BadServer

PRODUCTION = "eae0d2c1-1c33-4464-873d-212ba950666d"
WORDS = ("create", "--production-disk", PRODUCTION, "--dr-zone", "az2.dc2", "--yes", "-o", "json")
REQUESTS = {
    "sign-in": ("POST", "/v3/auth/tokens"),
    "production disk": ("GET", f"/volumes/{PRODUCTION}"),
    "disks made": ("GET", "/volumes/detail"),
    "zones": ("GET", "/os-availability-zone"),
    "pairs": ("GET", "/os-vendor-replications?"),
    "disk": ("POST", "/volumes"),
    "wait for it": ("GET", "/volumes/"),
    "pair": ("POST", "/os-vendor-replications"),
}
WAITS_AFTER = 2  # the disk itself and the list are looked at before it is made


class Books(NamedTuple):
    """What the cloud really has."""

    disks: list[str]
    pairs: list[str]


class Season(NamedTuple):
    """A command's end, and what the cloud has then."""

    request: str
    done: Done
    books: Books


def lived(folder: Path, seeded: Path, request: str, fault: Fault, times: int) -> Season:
    """Make and pair a disk in a cloud of its own, with a fault at that request."""
    database = folder / "cloud.db"
    folder.mkdir()
    shutil.copy(seeded, database)
    with BadServer(Sandbox(database, now=hurried_now)) as server:
        config = write_profile(folder, ready_profile(server.url))
        method, path = REQUESTS[request]
        after = WAITS_AFTER if request == "wait for it" else 0
        server.play(method, path, fault, times=times, after=after)
        done = run_hurried(*WORDS, "--timeout", "0.7s", "--config", str(config))
        server.settle()
        return Season(request, done, books_of(database))


def books_of(database: Path) -> Books:
    with contextlib.closing(sqlite3.connect(database)) as file:
        disks = file.execute("SELECT id FROM disks WHERE created_at > ?", (SEEDED_AT,))
        pairs = file.execute("SELECT id FROM pairs")
        return Books([row[0] for row in disks], [row[0] for row in pairs])


def all_lived(
    home: Path, seeded: Path, fault: Fault, requests: Sequence[str], times: int = 1
) -> list[Season]:
    """The same fault at each request, side by side: most of it is waiting."""
    seasons: list[Season] = []

    def live(request: str) -> None:
        folder = home / f"{request}-{times}".replace(" ", "-")
        seasons.append(lived(folder, seeded, request, fault, times))

    threads = [threading.Thread(target=live, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seasons) == len(requests)
    return seasons


def check_truth(season: Season) -> None:
    """What was said is what there is; what may be there is said to be possible, and how to tell."""
    _, done, books = season
    assert "Traceback" not in done.stderr, season
    assert len(books.disks) <= 1, season
    assert len(books.pairs) <= 1, season
    if done.exit_code == ExitCode.DONE:
        assert [done.json["id"]] == books.pairs, season
        assert done.json["volume_ids"][1] in books.disks, season
        return
    error = done.error
    assert error["exit_code"] == done.exit_code
    if done.exit_code == ExitCode.UNKNOWN:
        assert error["resume"].startswith("evsrep create "), season
        return
    assert books.pairs == [], season
    for disk in books.disks:  # it is there, so it is told, and how to go on with it
        assert disk in error["message"], season
        assert error["resume"].startswith("evsrep "), season


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_at_what_changes_and_at_the_wait(home: Path, seeded: Path, fault: Fault) -> None:
    for season in all_lived(home, seeded, fault, ("disk", "wait for it", "pair")):
        check_truth(season)


@pytest.mark.parametrize("times", [1, 60])
@pytest.mark.parametrize("name", ["process-then-close", "500-processed", "503", "403", "html"])
def test_a_fault_at_every_request_once_and_for_ever(
    home: Path, seeded: Path, name: str, times: int
) -> None:
    for season in all_lived(home, seeded, FAULTS[name], tuple(REQUESTS), times):
        check_truth(season)
