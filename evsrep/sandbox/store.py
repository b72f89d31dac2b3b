"""The one file in which a sandbox lives: opened, made, read and written.

A connection lasts for one request, so threads and processes share nothing but the file. Whoever
comes first makes it; readers see it whole or not at all.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from evsrep.sandbox.lifecycle import StageRow, stage_rows
from evsrep.sandbox.models import Disk, Server, Token, Trouble
from evsrep.sandbox.past import keep_past, look_back, look_back_at_disks
from evsrep.sandbox.seed import seed_disks, seed_servers
from evsrep.sandbox.tables import CONDITIONS, INDEXES, TABLES, Kind, Page

BUSY_SECONDS = 20.0
SCHEMA_VERSION = 3

_APPLICATION_ID = 0x45565342  # "EVSB": tells a sandbox from any other SQLite file
_SIDE_FILES = ("", "-journal", "-wal", "-shm")

T = TypeVar("T")


class SandboxBroken(Exception):
    """The sandbox's file can't be used. The message says why and what helps."""


class Store:
    """A sandbox's file, made and seeded where there is none yet. Raises SandboxBroken."""

    def __init__(self, path: Path, *, keeps_past: bool = False) -> None:
        self._path = path
        self._keeps_past = keeps_past
        with self.session():
            pass

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """Open the file for one request. Raises SandboxBroken."""
        with _naming_file(self._path), closing(_open(self._path)) as connection:
            _check(connection, self._path)
            if self._keeps_past:  # it may be another file by now, or a new one in its place
                keep_past(connection)
            yield Session(connection)


class Session:
    """The sandbox's things, looked up and changed through one connection.

    What is wrong with the file is SandboxBroken where the session ends.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def writing(self) -> AbstractContextManager[None]:
        """Hold the file alone: what is read inside is still true when it is written."""
        return _transaction(self._db)

    def look_back(self, then: float) -> None:
        """Have the pairs and groups be what they were `then`, in a store that keeps its past."""
        look_back(self._db, then)

    def look_back_at_disks(self, then: float) -> None:
        """Have the disks be those that were there `then`."""
        look_back_at_disks(self._db, then)

    def find_token(self, digest: str) -> Token | None:
        """Return a token, expired or not."""
        row = self._db.execute("SELECT * FROM tokens WHERE digest = ?", (digest,)).fetchone()
        return Token(*row) if row else None

    def drop_token(self, digest: str) -> None:
        """Forget a token."""
        with self.writing():
            self._db.execute("DELETE FROM tokens WHERE digest = ?", (digest,))

    def drop_tokens(self, *, before: float) -> None:
        """Forget the tokens that have expired."""
        self._db.execute("DELETE FROM tokens WHERE expires_at <= ?", (before,))

    def troubles(self) -> list[Trouble]:
        """Return the troubles that there are, and those that there were."""
        return [Trouble(*row) for row in self._db.execute("SELECT * FROM troubles")]

    def broken(self) -> frozenset[str]:
        """Return the places where there is trouble now."""
        return frozenset(one.place for one in self.troubles() if one.ended_at is None)

    def select(self, kind: Kind[T], project_id: str, page: Page, now: float) -> list[T]:
        """Return a part of a project's things, most recent first unless the page says otherwise."""
        sort_key = page.sort_key
        if sort_key != "created_at":
            sort_key = f"coalesce({sort_key}, 0)"  # a number comes before any text
        order, beyond = ("DESC", "<") if page.is_descending else ("ASC", ">")
        conditions = ["project_id = :project_id"]
        values = {"project_id": project_id, "now": now, "marker": page.marker}
        for name, value in page.wanted:
            parameter = f"w{len(values)}"
            conditions.append(CONDITIONS.get(name, name + " = {0}").format(f":{parameter}"))
            values[parameter] = value
        if page.marker is not None:
            conditions.append(
                f"({sort_key}, seq) {beyond} (SELECT {sort_key}, seq FROM ({kind.source})"  # noqa: S608
                " WHERE project_id = :project_id AND id = :marker)"
            )
        rows = self._db.execute(
            f"SELECT * FROM ({kind.source}) WHERE {' AND '.join(conditions)}"  # noqa: S608
            f" ORDER BY {sort_key} {order}, seq {order} LIMIT {page.limit} OFFSET {page.offset}",
            values,
        )
        troubles = self.troubles()
        return [kind.read(row, troubles) for row in rows]

    def find(self, kind: Kind[T], project_id: str, thing_id: str | None, now: float) -> T | None:
        """Return one thing of a project, None where it is not there, or not any more."""
        things = self.select(kind, project_id, Page(wanted=(("id", thing_id),)), now)
        return things[0] if things else None

    def count(self, record: type) -> int:
        """Return how many records there are."""
        (number,) = self._db.execute(f"SELECT count(*) FROM {TABLES[record].name}").fetchone()  # noqa: S608
        return int(number)

    def count_made(self, since: float) -> int:
        """Return how many disks were made since then, in whatever project."""
        row = self._db.execute("SELECT count(*) FROM disks WHERE created_at > ?", (since,))
        return int(row.fetchone()[0])

    def save(self, record: type[T], records: Iterable[T]) -> None:
        """Keep records, each in the place of the one with its key if there is one."""
        _save(self._db, record, records)


def reset(path: Path) -> None:
    """Start afresh: make the file what a new sandbox is, whatever it was before.

    It is changed in place, so other processes that have it open go on with the new sandbox.
    Raises SandboxBroken where the file can't be used.
    """
    with _naming_file(path):
        try:
            with closing(_open(path)) as connection, _transaction(connection):
                _wipe(connection)
                _build(connection)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # not SQLite at all, or past reading
            for side_file in _SIDE_FILES:
                path.with_name(path.name + side_file).unlink(missing_ok=True)
            Store(path)
    path.chmod(0o600)


_touching = threading.Lock()


@contextmanager
def _naming_file(path: Path) -> Iterator[None]:
    """Say what is wrong with a file in terms of the sandbox."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        raise SandboxBroken(f"{path} can't be used: {error}") from error
    except sqlite3.DatabaseError as error:
        raise SandboxBroken(f"{path} is not a sandbox ({error}): reset it") from error


def _open(path: Path) -> sqlite3.Connection:
    with _touching:
        _touch(path)
    address = path.absolute().as_uri() + "?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    # A killed process loses nothing so; only a power cut might, which a sandbox need not outlive.
    try:
        connection.execute("PRAGMA synchronous = OFF")
    except BaseException:  # it may be no database at all
        connection.close()
        raise
    return connection


def _touch(path: Path) -> None:
    # Closing a file drops the locks that SQLite holds on it anywhere in the same process. So only
    # a file that is not there yet is opened here, and by one thread at a time.
    if path.exists():
        if not path.is_file():  # a reset would change a device's own mode
            raise SandboxBroken(f"{path} can't be used: it is no regular file")
        return
    for folder in (*reversed(path.parent.parents), path.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _is_blank(connection):
        with _transaction(connection):
            if _is_blank(connection):  # nobody else was quicker
                _build(connection)
    application_id, version = _stamp(connection)
    if application_id != _APPLICATION_ID:
        raise SandboxBroken(f"{path} is not a sandbox: reset it to make it one")
    if version != SCHEMA_VERSION:
        raise SandboxBroken(f"{path} was made by another version of the sandbox: reset it")


def _is_blank(connection: sqlite3.Connection) -> bool:
    thing = connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    return thing is None and _stamp(connection) == (0, 0)


def _stamp(connection: sqlite3.Connection) -> tuple[int, int]:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application_id, version


def _build(connection: sqlite3.Connection) -> None:
    for table in TABLES.values():
        columns = ", ".join(table.columns)
        connection.execute(f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({table.key}))")
    for number, columns in enumerate(INDEXES):
        connection.execute(f"CREATE INDEX index_{number} ON {columns}")
    _save(connection, Server, seed_servers())
    _save(connection, Disk, seed_disks())
    _save(connection, StageRow, stage_rows())
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _save(connection: sqlite3.Connection, record: type[T], records: Iterable[T]) -> None:
    table = TABLES[record]
    parameters = ", ".join("?" * len(table.columns))
    changes = ", ".join(f"{column} = excluded.{column}" for column in table.columns)
    connection.executemany(
        f"INSERT INTO {table.name} VALUES ({parameters})"  # noqa: S608
        f" ON CONFLICT ({table.key}) DO UPDATE SET {changes}",
        map(attrgetter(*table.fields), records),
    )


def _wipe(connection: sqlite3.Connection) -> None:
    things = connection.execute(
        "SELECT type, name FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    for kind, name in things:
        quoted = '"' + name.replace('"', '""') + '"'
        connection.execute(f"DROP {kind.upper()} {quoted}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
