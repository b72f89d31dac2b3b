"""Many creates in bad weather: does the cloud end up with exactly the pairs that stdout claims?

    python -m tests.faults.soak --creates 2000
    python -m tests.faults.soak --seasons 500

One request in five meets a fault, every kind as likely as any other. Each create that ends without
knowing (exit code 8) is followed by its own `resume:` command, as an operator would. With
`--seasons` there are so many random seasons instead, over create, apply, delete and groups.
"""

import argparse
import contextlib
import os
import random
import shlex
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.bulk import seed_more
from evsrep.sandbox.profile import ready_profile
from tests.faults.conftest import run_hurried, write_profile
from tests.faults.season import season
from tests.weather.faults import FAULTS, Fault
from tests.weather.messages import Request
from tests.weather.server import BadServer

SHARE = 0.2
MOST_RESUMES = 20


class Outcome(NamedTuple):
    """What a create came to: its exit codes, in order, and the ID that it claims."""

    exit_codes: tuple[int, ...]
    claimed: str


class Report(NamedTuple):
    """What the soak came to."""

    creates: int
    claimed: int
    there: int
    twice: int
    lost: int
    faults: int
    first_exit_codes: dict[int, int]


def soak(creates: int, *, seed: int, workers: int) -> Report:
    """Create so many pairs in bad weather, and count."""
    chance, lock = random.Random(seed), threading.Lock()
    faults = 0

    def weather(_request: Request) -> Fault | None:
        nonlocal faults
        with lock:
            if chance.random() >= SHARE:
                return None
            faults += 1
            return chance.choice(list(FAULTS.values()))

    with tempfile.TemporaryDirectory() as folder:
        home, database = Path(folder), Path(folder) / "cloud.db"
        app = Sandbox(database)
        seed_more(database, disks=2 * creates)
        with BadServer(app, weather=weather) as server:
            write_profile(home, ready_profile(server.url))
            with ProcessPoolExecutor(workers, initializer=_move_in, initargs=(str(home),)) as pool:
                outcomes = list(pool.map(_create, _couples(database), chunksize=8))
            server.settle()
        there = _pairs(database)
    claimed = [outcome.claimed for outcome in outcomes if outcome.claimed]
    return Report(
        creates=creates,
        claimed=len(claimed),
        there=len(there),
        twice=len(there) - len(set(there.values())),
        lost=len(set(there) ^ set(claimed)),
        faults=faults,
        first_exit_codes=dict(
            sorted(Counter(outcome.exit_codes[0] for outcome in outcomes).items())
        ),
    )


def _move_in(home: str) -> None:
    os.environ["HOME"] = home
    for name in [name for name in os.environ if name.startswith(("XDG_", "EVSREP_", "OS_"))]:
        del os.environ[name]


def _couples(database: Path) -> Iterator[tuple[str, str]]:
    """The IDs of the disks that are meant for each other."""
    query = (
        "SELECT p.id, d.id FROM disks p JOIN disks d ON d.name = p.name || '-dr' "
        "WHERE p.name LIKE 'bulk-%'"
    )
    with contextlib.closing(sqlite3.connect(database)) as connection:
        yield from connection.execute(query).fetchall()


def _pairs(database: Path) -> dict[str, frozenset[str]]:
    """The two disks of each pair that the cloud really has, failed ones included."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id, first_disk, second_disk FROM pairs")
        return {pair_id: frozenset(disks) for pair_id, *disks in rows}


def _create(disks: tuple[str, str]) -> Outcome:
    words = ["create", "--production-disk", disks[0], "--dr-disk", disks[1], "-o", "json"]
    codes: list[int] = []
    for _ in range(MOST_RESUMES):
        done = run_hurried(*words, "--timeout", "0.4s", "--retries", "3")
        codes.append(done.exit_code)
        if done.exit_code == 0:
            return Outcome(tuple(codes), done.json["id"])
        if done.exit_code != 8:
            break
        words = [*shlex.split(done.error["resume"])[1:], "-o", "json"]
    return Outcome(tuple(codes), "")


def _live_through(seed: int, seasons: int, workers: int) -> int:
    """Live through seasons, print what they come to, and return the exit code."""
    seeds = range(seed, seed + seasons)
    with ProcessPoolExecutor(workers) as pool:
        outcomes = list(pool.map(season, seeds, chunksize=4))
    for outcome in outcomes:
        for difference in outcome.differences:
            print(f"seed {outcome.seed}: {difference}")  # noqa: T201
        if outcome.differences:
            print("\n".join(outcome.transcript))  # noqa: T201
    different = sum(bool(outcome.differences) for outcome in outcomes)
    for name, value in {
        "seasons": len(outcomes),
        "commands": sum(outcome.commands for outcome in outcomes),
        "faults": sum(outcome.faults for outcome in outcomes),
        "spares": sum(outcome.spares for outcome in outcomes),
        "different": different,
    }.items():
        print(f"{name:<18}{value}")  # noqa: T201
    return int(different > 0)


def main() -> None:
    """Soak, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seasons", type=int, default=0)
    options = parser.parse_args()
    if options.seasons:
        raise SystemExit(_live_through(options.seed, options.seasons, options.workers))
    report = soak(options.creates, seed=options.seed, workers=options.workers)
    for name, value in report._asdict().items():
        print(f"{name:<18}{value}")  # noqa: T201
    raise SystemExit(0 if report.twice == report.lost == 0 else 1)


if __name__ == "__main__":
    main()
