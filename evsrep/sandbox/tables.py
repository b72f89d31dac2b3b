"""What is kept in which table, and how a row becomes a record again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from evsrep.sandbox.lifecycle import MAKING_SECONDS, Moment, StageRow, under
from evsrep.sandbox.models import Disk, Group, Pair, Server, Token, Trouble

T = TypeVar("T")
R = TypeVar("R", Pair, Group)
Wanted = Sequence[tuple[str, object]]
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Where records of one type are kept: a column for each field, in their order."""

    name: str
    key: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]


# Files that older versions made call the column so.
_COLUMNS = {"change": "deed"}


def _table(name: str, record: type, key: str = "id") -> Table:
    names = tuple(field.name for field in fields(record))
    return Table(name, key, names, tuple(_COLUMNS.get(name, name) for name in names))


TABLES: Mapping[type, Table] = {
    Token: _table("tokens", Token, "digest"),
    Server: _table("servers", Server),
    Disk: _table("disks", Disk),
    Pair: _table("pairs", Pair),
    Group: _table("groups", Group),
    Trouble: _table("troubles", Trouble, "place"),
    StageRow: _table("stages", StageRow, "deed, starts"),
}

# None begins with the project: SQLite would take it for rare, and prefer it to what is.
INDEXES = (
    "disks (created_at)",
    "disks (name)",
    "disks (server_id) WHERE server_id IS NOT NULL",
    "pairs (created_at)",
    "pairs (name)",
    "pairs (group_id) WHERE group_id IS NOT NULL",
    "pairs (first_disk)",
    "pairs (second_disk)",
    "groups (created_at)",
)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. `wanted` are parameters of the API, such as `name`, and their values."""

    wanted: Wanted = ()
    sort_key: str = "created_at"
    is_descending: bool = True
    marker: str | None = None
    offset: int = 0
    limit: int = -1  # no limit


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """Things that are listed: where their rows come from, and what is made of one."""

    source: str
    read: Callable[[Row, Sequence[Trouble]], T]


def _staged(record: type[R], status: str) -> Kind[tuple[R, Moment]]:
    """Things that time changes, each joined with the stage that it is in; those gone have none."""
    table = TABLES[record]
    width = len(table.columns)

    def read(row: Row, troubles: Sequence[Trouble]) -> tuple[R, Moment]:
        thing, moment = record(*row[:width]), Moment(*row[width : width + 4])
        return thing, under(troubles, thing, moment) if troubles else moment

    elapsed = "max(0, :now - since)"  # a clock may be set back; nobody is younger than new
    source = f"""
        SELECT {table.name}.*, stages.{status} AS status, replication_status,
            first + CAST((last - first) * ({elapsed} - starts) / (ends - starts) AS INTEGER),
            nullif(max(iif(starts > 0, since + starts, 0), coalesce(edited_at, 0)), 0)
                AS updated_at,
            {table.name}.rowid AS seq
        FROM {table.name} CROSS JOIN stages ON stages.deed = {table.name}.deed
            AND {elapsed} >= starts AND {elapsed} < ends"""  # noqa: S608 - all words are ours
    return Kind(source, read)


PAIRS = _staged(Pair, "pair_status")
GROUPS = _staged(Group, "status")
SERVERS = Kind("SELECT *, rowid AS seq FROM servers", lambda row, _: Server(*row[:-1]))
_DISKS = f"""
    SELECT *, CASE WHEN created_at + {MAKING_SECONDS} > :now THEN 'creating' WHEN fails THEN 'error'
        WHEN server_id IS NULL THEN 'available' ELSE 'in-use' END AS status, rowid AS seq
    FROM disks"""  # noqa: S608 - all words are ours
DISKS = Kind(_DISKS, lambda row, _: _disk(row))
SHOWN_DISKS = Kind(_DISKS, lambda row, _: (_disk(row), str(row[-2])))  # with their status


def _disk(row: Row) -> Disk:
    *fields, _status, _seq = row
    disk = Disk(*fields)
    return replace(disk, is_shared=bool(disk.is_shared), fails=bool(disk.fails))  # SQLite has none


CONDITIONS = {
    "availability_zone": "zone = {0}",
    "made-since": "created_at > {0}",
    "changes-since": "coalesce(updated_at, created_at) >= {0}",
    "replication_consistency_group_id": "group_id = {0}",
    "volume_id": "seq IN (SELECT rowid FROM pairs WHERE first_disk = {0}"
    " UNION ALL SELECT rowid FROM pairs WHERE second_disk = {0})",
}
