"""A random season: commands in bad weather to a cloud that is late, and an operator who interferes.

After it the books of the cloud and what was told are compared: what was claimed is there, nothing
that is there was left untold, and nothing is there twice. All is drawn from the seed, and time
passes only when someone sleeps; threads of `apply` alone may take turns in another order.
"""

import contextlib
import io
import json
import os
import random
import shlex
import signal
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from evsrep.cli.app import Environment
from evsrep.cli.root import main
from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.bulk import seed_more
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.seed import SEEDED_AT, ZONES
from tests.conftest import Done, FakeClock
from tests.weather.faults import FAULTS, Fault
from tests.weather.messages import Request
from tests.weather.server import BadServer

LAGS = ((), (3.0,), (12.0,), (30.0,), (15.0, 0.0), (5.0, 20.0, 0.0))
QUICK = (
    *("process-then-close", "process-then-reset", "close", "reset-after-body", "html"),
    *("401", "404", "429", "500", "503", "500-processed", "504-processed", "truncated-json"),
)
SHARE = 0.12  # of requests that meet a fault
COUPLES = 14
STEPS = 10
MOST_RESUMES = 8
IN_ANOTHER_PAIR = ("37100053", "37100054")
GOES_ON = {7, 8, 10, 11, 130}


class _Clock(FakeClock):
    """A clock during whose sleeps things happen."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if threading.current_thread() is threading.main_thread():
            self.meanwhile()


class Season:
    """One season; `differences` are the sentences that say where books and words differ."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.clock = _Clock()
        self.database = folder / "cloud.db"
        self.folder = folder
        self.told = ""
        self.transcript: list[str] = []
        self.claimed: dict[str, str | None] = {}  # pairs, and our name where it was our create
        self.available: set[str] = set()  # what was told to be past `creating`
        self.deleted: set[str] = set()  # what was told as deleted, or deleting
        self.unsettled: set[str] = set()  # names of what ended without knowing
        self.primaries: dict[str, str] = {}  # by groups: what was told last
        self.differences: list[str] = []
        self.commands = self.faults = self.spares = 0
        self._names = 0
        self._is_busy = False
        self._lock = threading.Lock()

    def run(self) -> None:
        """Live through it, and compare."""
        app = Sandbox(self.database, now=self.clock.time, lags=self.chance.choice(LAGS))
        seed_more(self.database, disks=2 * COUPLES)
        capped = _capped(app) if self.chance.random() < 0.5 else app
        self.clock.meanwhile = self._meanwhile
        with BadServer(capped, weather=self._weather) as bad, BadServer(app) as fair:
            _write_profiles(self.folder, ours=bad.url, theirs=fair.url)
            verbs = (self._create, self._create, self._apply, self._delete, self._group, self._make)
            for _ in range(STEPS):
                self.chance.choice(verbs)()
                self.clock.moment += self.chance.choice((0, 1, 20, 60))
        self.clock.moment += 300
        self.differences += self._compared()

    # What is typed

    def _type(self, *words: str, who: str = "ours") -> Done:
        out, err = io.StringIO(), io.StringIO()
        environment = Environment(clock=self.clock, stdin=io.StringIO(), out=out, err=err)
        self.commands += 1
        code = main((*words, "-p", who, "-o", "json"), environment)
        self.told += out.getvalue() + err.getvalue()
        self.transcript.append(
            f"{self.clock.moment:.0f} {who}$ {shlex.join(words)}\n"
            f"{out.getvalue()}{err.getvalue()}exit {code}"
        )
        done = Done(code, out.getvalue(), err.getvalue())
        if "Traceback" in done.stderr or code == 1:
            self.differences.append(f"{words}: {done.stderr}")
        return done

    def _insist(self, *words: str) -> Iterator[Done]:
        """Type a command, and then what it says goes on, as long as it says so."""
        for _ in range(MOST_RESUMES):
            self._is_busy = True
            done = self._type(*words)
            self._is_busy = False
            yield done
            resume = done.error.get("resume") if done.exit_code in GOES_ON else None
            if not resume:
                return
            words = tuple(shlex.split(str(resume))[1:])

    def _create(self) -> None:
        production, dr = self._couple()
        self._pair("--production-disk", production, "--dr-disk", dr)

    def _make(self) -> None:
        zone = self.chance.choice(ZONES)
        self._pair("--production-disk", self._couple()[0], "--dr-zone", zone, "--yes")

    def _pair(self, *disks: str) -> None:
        name = self._new_name()
        words = ("create", *disks, "--name", name)
        for number, done in enumerate(self._insist(*words, *self._maybe("--wait"))):
            if done.exit_code == 0:
                self.claimed[done.json["id"]] = name if not number else None
                if done.json["status"] == "available":
                    self.available.add(done.json["id"])
                return
        if done.exit_code in GOES_ON:
            self.unsettled.add(name)

    def _apply(self) -> None:
        couples = {self._couple(): self._new_name() for _ in range(4)}
        path = self.folder / "pairs.csv"
        lines = [",".join((*disks, name)) for disks, name in couples.items()]
        path.write_text("\n".join(["production_disk,dr_disk,name", *lines, ""]))
        for done in self._insist("apply", str(path), "--jobs", "2", *self._maybe("--wait")):
            rows = json.loads(done.stdout or "[]")
            for row in rows:
                if row["result"] in ("created", "exists") and "error" not in row:
                    is_new = row["result"] == "created"
                    self.claimed[row["id"]] = row["name"] if is_new else None
                    if row["status"] == "available":
                        self.available.add(row["id"])
        unknown = {row["name"] for row in rows if row["result"] == "unknown"}
        self.unsettled |= unknown

    def _delete(self) -> None:
        there = sorted(set(self.claimed) - self.deleted)
        if there:
            victims = self.chance.sample(there, min(len(there), self.chance.choice((1, 1, 3))))
            words = ("delete", *victims, "--yes", "--jobs", "2", *self._maybe("--ignore-missing"))
            for done in self._insist(*words, *self._maybe("--wait")):
                self._note_deleted(done)

    def _note_deleted(self, done: Done) -> None:
        rows = json.loads(done.stdout or "[]")
        self.deleted |= {row["id"] for row in rows if row["result"] in ("deleted", "deleting")}

    def _group(self) -> None:
        if not self.primaries or self.chance.random() < 0.4:
            there = sorted(set(self.claimed) - self.deleted)
            if there:
                words = ("group", "create", "--pair", self.chance.choice(there), "--wait")
                for done in self._insist(*words, *self._maybe("--if-not-exists")):
                    if done.exit_code == 0 and isinstance(done.json, dict):
                        self.primaries[done.json["id"]] = done.json["priority_station"]
            return
        group_id = self.chance.choice(sorted(self.primaries))
        action = self.chance.choice(("sync", "pause", "failover", "switchover", "reprotect"))
        done = self._type("group", action, group_id, "--yes", "--force", "--wait")
        if done.exit_code == 0:
            self.primaries[group_id] = done.json["priority_station"]
        elif done.exit_code in GOES_ON | {9}:
            del self.primaries[group_id]  # nothing was claimed

    def _couple(self) -> tuple[str, str]:
        name = f"bulk-{self.chance.randint(1, COUPLES):05}"
        return name, f"{name}-dr"

    def _new_name(self) -> str:
        self._names += 1
        return f"ours-{self._names}"

    def _maybe(self, word: str) -> tuple[str, ...]:
        return (word,) if self.chance.random() < 0.5 else ()

    # What happens meanwhile

    def _weather(self, request: Request) -> Fault | None:
        with self._lock:
            if self.chance.random() >= SHARE or "/v3/" in request.path:
                return None
            self.faults += 1
            return FAULTS[self.chance.choice(QUICK)]

    def _meanwhile(self) -> None:
        if not self._is_busy:
            return
        roll = self.chance.random()
        if roll < 0.03:
            signal.raise_signal(signal.SIGINT)
        elif roll < 0.06:
            self._is_busy = False
            self._interfere()
            self._is_busy = True

    def _interfere(self) -> None:
        there = sorted(set(self.claimed) - self.deleted)
        if there and self.chance.random() < 0.3:
            self._note_deleted(
                self._type("delete", self.chance.choice(there), "--yes", who="theirs")
            )
        else:
            production, dr = self._couple()
            words = ("--production-disk", production, "--dr-disk", dr, "--name", "theirs")
            self._type("create", *words, who="theirs")

    # The end

    def _compared(self) -> Iterable[str]:
        with contextlib.closing(sqlite3.connect(self.database)) as file:
            pairs = {
                row[0]: row[1:] for row in file.execute("SELECT id, name, deed, failure FROM pairs")
            }
            stations = dict(file.execute("SELECT id, priority_station FROM groups"))
            made = file.execute(
                "SELECT id, metadata FROM disks WHERE created_at > ?", (SEEDED_AT,)
            ).fetchall()
        yield from self._compared_disks(made)
        for pair_id, name in self.claimed.items():
            if pair_id not in pairs:
                yield f"pair {pair_id} was claimed and is not there"
            elif pairs[pair_id][1] == "fail" and pair_id in self.available:
                yield f"pair {pair_id} was told as available and failed"
            elif name is not None and pairs[pair_id][0] != name:
                yield f"pair {pair_id} was claimed as ours and is {pairs[pair_id][0]}"
        good = {row[0] for pair_id, row in pairs.items() if row[1] != "fail"}
        for pair_id, (name, deed, failure) in pairs.items():
            # one that failed for the good one, and did not show before that was told, is no loss
            is_spare = failure in IN_ANOTHER_PAIR and name in good
            self.spares += is_spare and pair_id not in self.told
            if pair_id not in self.told and name not in self.unsettled and not is_spare:
                yield f"pair {pair_id} of {name} ({deed}) is there and was told to nobody"
            if pair_id in self.deleted and deed != "delete":
                yield f"pair {pair_id} was told as deleted and is there"
        for group_id, station in self.primaries.items():
            if stations.get(group_id) != station:
                yield f"group {group_id} was told to be in {station}: {stations.get(group_id)}"

    def _compared_disks(self, made: Sequence[tuple[str, str]]) -> Iterable[str]:
        keys = Counter(json.loads(metadata)["evsrep_dr_disk"] for _, metadata in made)
        for key, count in keys.items():
            if count > 1:
                yield f"{count} disks were made with the key {key}"
        untold = [disk_id for disk_id, _ in made if disk_id not in self.told]
        if len(untold) > len(self.unsettled):  # whoever gave up has said that one may be there
            yield f"disks {untold} are there and were told to nobody"


class Outcome(NamedTuple):
    """What a season came to. `spares` failed for a good pair, too late for anybody to name them."""

    seed: int
    commands: int
    faults: int
    spares: int
    differences: Sequence[str]
    transcript: Sequence[str]  # what was typed and told, for whoever looks at a difference


def season(seed: int) -> Outcome:
    """Live through a season, in a home of its own."""
    kept = dict(os.environ)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in os.environ if name.startswith(("XDG_", "EVSREP_", "OS_"))]:
            del os.environ[name]
        os.environ["HOME"] = folder
        try:
            it = Season(seed, Path(folder))
            it.run()
        finally:
            os.environ.clear()
            os.environ.update(kept)
    return Outcome(seed, it.commands, it.faults, it.spares, it.differences, it.transcript)


def _write_profiles(folder: Path, **urls: str) -> None:
    path = folder / ".config/evsrep/config.toml"
    path.parent.mkdir(parents=True)
    lines: list[str] = []
    for name, url in urls.items():
        keys = ready_profile(url).items()
        lines += [f"[profiles.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys)]
    path.write_text("\n".join([*lines, ""]))
    path.chmod(0o600)


def _capped(app: Any) -> Any:
    """Give no more than ten pairs a page, whatever is asked for."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = dict(parse_qsl(environ["QUERY_STRING"]))
        if environ["PATH_INFO"].endswith("/os-vendor-replications") and "limit" in query:
            query["limit"] = str(min(int(query["limit"]), 10))
            environ = {**environ, "QUERY_STRING": urlencode(query)}
        answered: Iterable[bytes] = app(environ, start_response)
        return answered

    return answer
