"""The file: how it comes to be, how it is shared, and what happens when it is broken."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.models import Disk
from evsrep.sandbox.store import SandboxBroken, Store, reset

from .conftest import Client, FakeClock

EXAMPLE = ("18aa67ea-c7cb-4826-800d-50e67f0de75b", "375d23be-3658-498f-8b50-d3b950a890ec")
SCRIPT = """
import sys
from pathlib import Path
from evsrep.sandbox.models import Disk
from evsrep.sandbox.store import Store
print(sys.stdin.readline(), end="")
with Store(Path(sys.argv[1])).session() as session:
    print(session.count(Disk))
"""


def pair_example(client: Client) -> str:
    made = client.pair(*EXAMPLE, station="az2.dc2").json["replication"]
    return str(made["id"])


def test_importing_the_package_costs_next_to_nothing() -> None:
    code = "import sys, evsrep.sandbox, evsrep.sandbox.profile; print('sqlite3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_file_is_its_owners_and_stands_alone(app: Sandbox, path: Path) -> None:
    pair_example(Client(app).signed_in())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_two_sandboxes_on_one_file_are_one_cloud(
    app: Sandbox, path: Path, clock: FakeClock
) -> None:
    here, there = Client(app).signed_in(), Client(Sandbox(path, now=clock))
    there.token = here.token
    assert there.show(pair_example(here))["status"] == "creating"


def test_twenty_processes_may_come_first_at_once(path: Path) -> None:
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(20)
    ]
    for one in crowd:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    outcomes = [one.communicate(timeout=60) for one in crowd]
    assert outcomes == [("go\n56\n", "")] * 20


def test_threads_get_one_pair_for_two_disks(demo: Client, clock: FakeClock) -> None:
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: pair_example(demo), range(32)))
    clock.pass_(2)
    states = [demo.show(pair_id)["status"] for pair_id in ids]
    assert len(set(ids)) == 32
    assert sorted(states) == ["available"] + ["error"] * 31


def test_threads_may_come_first_at_once(path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        stores = list(pool.map(lambda _: Store(path), range(16)))
    assert len(stores) == 16


def test_an_empty_file_becomes_a_sandbox(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    with Store(path).session() as session:
        assert session.count(Disk)


def test_reset_starts_afresh_under_those_who_have_it_open(app: Sandbox, path: Path) -> None:
    demo = Client(app).signed_in()
    pair_example(demo)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM pairs").fetchone() == (1,)
        reset(path)
        assert other.execute("SELECT count(*) FROM pairs").fetchone() == (0,)
    assert demo.get("/volumes").status == 401
    assert Client(app).signed_in().get("/os-vendor-replications").json == {"replications": []}


def test_reset_makes_a_sandbox_where_there_is_none(path: Path) -> None:
    reset(path)
    assert path.stat().st_mode & 0o777 == 0o600
    Store(path)


def broken_text(path: Path) -> None:
    path.write_text("this is no database at all, whatever its name may say" * 40)


def broken_half(path: Path) -> None:
    Store(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute('CREATE TABLE "my ""friends" (name TEXT)')
        db.execute('CREATE VIEW names AS SELECT name FROM "my ""friends"')


def older_version(path: Path) -> None:
    Store(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")


def test_the_columns_are_those_of_the_files_that_were_made_before(path: Path) -> None:
    replicated = ["id", "project_id", "name", "description", "priority_station", "peer_station"]
    replicated += ["model", "failure", "created_at", "edited_at", "deed", "since"]
    expected = {
        "groups": replicated,
        "pairs": [*replicated, "first_disk", "second_disk", "metadata", "group_id"],
        "stages": [
            *("deed", "starts", "ends", "status", "pair_status", "replication_status"),
            *("first", "last"),
        ],
    }
    Store(path)
    with closing(sqlite3.connect(path)) as db:
        for table, names in expected.items():
            columns = db.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
            assert [name for (name,) in columns] == names
        assert db.execute("PRAGMA user_version").fetchone() == (3,)


@pytest.mark.parametrize("spoil", [broken_text, broken_half, foreign_database, older_version])
def test_a_file_that_is_no_sandbox_says_so_and_reset_helps(tmp_path: Path, spoil: object) -> None:
    path = tmp_path / "sandbox.sqlite"
    assert callable(spoil)
    spoil(path)
    with pytest.raises(SandboxBroken, match="reset"):
        Store(path)
    reset(path)
    with Store(path).session() as session:
        assert session.count(Disk)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("act", [Store, reset])
def test_a_path_that_can_not_be_a_file_is_told(tmp_path: Path, act: object) -> None:
    assert callable(act)
    with pytest.raises(SandboxBroken, match="can't be used"):
        act(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SandboxBroken, match="can't be used"):
        act(tmp_path / "file" / "sandbox.sqlite")


@pytest.mark.parametrize("act", [Store, reset])
def test_a_file_that_somebody_keeps_to_himself_is_told(
    path: Path, act: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(act)
    Store(path)
    monkeypatch.setattr("evsrep.sandbox.store.BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SandboxBroken, match="locked"):
            act(path)


def test_a_sandbox_that_breaks_while_it_runs_says_so(demo: Client, path: Path) -> None:
    older_version(path)
    reply = demo.get("/volumes")
    assert reply.status == 500
    assert "reset" in reply.json["computeFault"]["message"]
