"""The one file in which a sandbox lives, and everything that is SQL.

A connection lasts for one request, so threads and processes share nothing but the file. Whoever
comes first makes it; readers see it whole or not at all.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from evsrep.sandbox.models import Disk, Pair, Server, Token
from evsrep.sandbox.seed import seed_disks, seed_servers

BUSY_SECONDS = 20.0
SCHEMA_VERSION = 1

_APPLICATION_ID = 0x45565342  # "EVSB": tells a sandbox from any other SQLite file
_SIDE_FILES = ("", "-journal", "-wal", "-shm")

# The columns stand in the order of the records' fields.
_TABLES = (
    """CREATE TABLE tokens (digest TEXT PRIMARY KEY, user_id TEXT, methods TEXT, project_id TEXT,
        domain_id TEXT, issued_at REAL, expires_at REAL)""",
    """CREATE TABLE servers (id TEXT PRIMARY KEY, project_id TEXT, name TEXT, zone TEXT,
        status TEXT, task_state TEXT, created_at REAL)""",
    """CREATE TABLE disks (id TEXT PRIMARY KEY, project_id TEXT, name TEXT, zone TEXT,
        size_gb INTEGER, type TEXT, server_id TEXT, is_shared BOOLEAN, trouble TEXT,
        created_at REAL)""",
    """CREATE TABLE pairs (id TEXT PRIMARY KEY, project_id TEXT, name TEXT, description TEXT,
        first_disk TEXT, second_disk TEXT, priority_station TEXT, model TEXT, metadata TEXT,
        failure TEXT, group_id TEXT, created_at REAL, deed TEXT, since REAL)""",
    "CREATE INDEX pairs_by_first_disk ON pairs (first_disk)",
    "CREATE INDEX pairs_by_second_disk ON pairs (second_disk)",
)

sqlite3.register_converter("BOOLEAN", lambda raw: raw == b"1")


class SandboxBroken(Exception):
    """The sandbox's file can't be used. The message says why and what helps."""


class Store:
    """A sandbox's file, made and seeded where there is none yet. Raises SandboxBroken."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self.session():
            pass

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """Open the file for one request."""
        with _telling(self._path), closing(_open(self._path)) as connection:
            _check(connection, self._path)
            yield Session(connection)


class Session:
    """The sandbox's things, looked up and changed through one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the file alone: what is read inside is still true when it is written."""
        with _writing(self._db):
            yield

    def add_token(self, token: Token) -> None:
        """Keep a token, and forget those that have expired by its birth."""
        with self.writing():
            self._db.execute("DELETE FROM tokens WHERE expires_at <= ?", (token.issued_at,))
            self._db.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(token))

    def find_token(self, digest: str) -> Token | None:
        """Return a token, expired or not."""
        row = self._db.execute("SELECT * FROM tokens WHERE digest = ?", (digest,)).fetchone()
        return Token(*row) if row else None

    def drop_token(self, digest: str) -> None:
        """Forget a token."""
        with self.writing():
            self._db.execute("DELETE FROM tokens WHERE digest = ?", (digest,))

    def servers(self, project_id: str) -> list[Server]:
        """Return a project's servers, most recent first."""
        rows = self._db.execute(
            "SELECT * FROM servers WHERE project_id = ? ORDER BY created_at DESC, rowid",
            (project_id,),
        )
        return [Server(*row) for row in rows]

    def disks(self, project_id: str) -> list[Disk]:
        """Return a project's disks, most recent first."""
        rows = self._db.execute(
            "SELECT * FROM disks WHERE project_id = ? ORDER BY created_at DESC, rowid",
            (project_id,),
        )
        return [Disk(*row) for row in rows]

    def pairs(self, project_id: str) -> list[Pair]:
        """Return a project's pairs, most recent first; among them those that time has removed."""
        rows = self._db.execute(
            "SELECT * FROM pairs WHERE project_id = ? ORDER BY created_at DESC, rowid DESC",
            (project_id,),
        )
        return [_pair(row) for row in rows]

    def pairs_of_disk(self, project_id: str, disk_id: str) -> list[Pair]:
        """Return the pairs that hold a disk, as `pairs` does."""
        rows = self._db.execute(
            "SELECT * FROM pairs WHERE project_id = ? AND (first_disk = ? OR second_disk = ?)"
            " ORDER BY created_at DESC, rowid DESC",
            (project_id, disk_id, disk_id),
        )
        return [_pair(row) for row in rows]

    def find_pair(self, project_id: str, pair_id: str) -> Pair | None:
        """Return one pair, gone or not."""
        row = self._db.execute(
            "SELECT * FROM pairs WHERE project_id = ? AND id = ?", (project_id, pair_id)
        ).fetchone()
        return _pair(row) if row else None

    def add_pair(self, pair: Pair) -> None:
        """Keep a new pair."""
        values = astuple(pair)
        flat = (*values[:4], *pair.disks, *values[5:])
        self._db.execute(
            "INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", flat
        )

    def do_to_pair(self, pair_id: str, deed: str, now: float) -> None:
        """Note the last deed done to a pair."""
        self._db.execute("UPDATE pairs SET deed = ?, since = ? WHERE id = ?", (deed, now, pair_id))

    def drop_pairs(self, deed: str, before: float) -> None:
        """Forget the pairs whose last deed was this one, done before a point in time."""
        self._db.execute("DELETE FROM pairs WHERE deed = ? AND since < ?", (deed, before))


def reset(path: Path) -> None:
    """Start afresh: make the file what a new sandbox is, whatever it was before.

    It is changed in place, so other processes that have it open go on with the new sandbox.
    """
    with _telling(path):
        try:
            with closing(_open(path)) as connection, _writing(connection):
                _wipe(connection)
                _build(connection)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # not SQLite at all, or past reading
            for side_file in _SIDE_FILES:
                path.with_name(path.name + side_file).unlink(missing_ok=True)
            Store(path)
    path.chmod(0o600)


def _pair(row: Sequence[Any]) -> Pair:
    values = (*row[:4], (row[4], row[5]), *row[6:])
    return Pair(*values)


_touching = threading.Lock()


@contextmanager
def _telling(path: Path) -> Iterator[None]:
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
    return sqlite3.connect(
        path.absolute().as_uri() + "?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        detect_types=sqlite3.PARSE_DECLTYPES,
    )


def _touch(path: Path) -> None:
    # Closing a file drops the locks that SQLite holds on it anywhere in the same process. So only
    # a file that is not there yet is opened here, and by one thread at a time.
    if path.exists():
        return
    for folder in (*reversed(path.parent.parents), path.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _is_blank(connection):
        with _writing(connection):
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
    for table in _TABLES:
        connection.execute(table)
    connection.executemany(
        "INSERT INTO servers VALUES (?, ?, ?, ?, ?, ?, ?)", map(astuple, seed_servers())
    )
    connection.executemany(
        "INSERT INTO disks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(astuple, seed_disks())
    )
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _wipe(connection: sqlite3.Connection) -> None:
    things = connection.execute(
        "SELECT type, name FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    for kind, name in things:
        quoted = '"' + name.replace('"', '""') + '"'
        connection.execute(f"DROP {kind.upper()} {quoted}")


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    # Costs a toy cloud at most its last seconds if the power fails; a killed process costs nothing.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
