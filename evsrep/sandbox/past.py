"""What was true a while ago: the lists and shows of a cloud may lag behind its books.

A file that has a past keeps each pair and group as it was before every change, and until when. To
look back is to lay tables of that time, which only one connection has, over the present ones.
"""

import sqlite3
from collections.abc import Sequence

from evsrep.sandbox.models import Group, Pair
from evsrep.sandbox.tables import TABLES

_PRESENT = "1e18"  # behind whatever is past


def keep_past(connection: sqlite3.Connection) -> None:
    """Let a file remember from now on what it has been."""
    for name, columns in _lagging():
        old = ", ".join(f"old.{column}" for column in columns)
        connection.execute(f"CREATE TABLE IF NOT EXISTS past_{name} ({', '.join(columns)}, until)")
        connection.execute(
            f"""
            CREATE TRIGGER IF NOT EXISTS keep_{name} AFTER UPDATE ON {name} BEGIN
                INSERT INTO past_{name}
                VALUES ({old}, max(new.since, coalesce(new.edited_at, 0)));
            END"""  # noqa: S608 - all words are ours
        )


def look_back(connection: sqlite3.Connection, then: float) -> None:
    """Have a connection see pairs and groups as they were `then`."""
    connection.execute("PRAGMA temp_store = MEMORY")
    for name, columns in _lagging():
        listed = ", ".join(columns)
        connection.execute(
            f"""
            CREATE TEMP TABLE {name} AS SELECT {listed} FROM (
                SELECT *, min(seq) FROM (
                    SELECT {listed}, {_PRESENT} AS until, {_PRESENT} AS seq FROM main.{name}
                    UNION ALL SELECT {listed}, until, rowid FROM past_{name}
                ) WHERE created_at <= :then AND until > :then GROUP BY id
            ) AS seen ORDER BY (SELECT rowid FROM main.{name} AS now WHERE now.id = seen.id)""",  # noqa: S608 - all words are ours
            {"then": then},
        )


def look_back_at_disks(connection: sqlite3.Connection, then: float) -> None:
    """Have a connection miss the disks that were not there `then`."""
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(
        "CREATE TEMP TABLE disks AS SELECT * FROM main.disks WHERE created_at <= :then"
        " ORDER BY rowid",
        {"then": then},
    )


def _lagging() -> Sequence[tuple[str, Sequence[str]]]:
    return [(TABLES[record].name, TABLES[record].columns) for record in (Pair, Group)]
