"""Writing what there is as what `apply` and `group create` would make it from."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Group, Pair
from evsrep.errors import AuthError, NotFound, NotOffered, Unavailable, UsageFault
from evsrep.jobs.manifest_faults import COLUMNS
from evsrep.jobs.pair_request import MODELS
from evsrep.jobs.report import Reporter
from evsrep.jobs.shell import shell_join, shell_word
from evsrep.jobs.spreadsheet import HEADING, MARK, as_text
from evsrep.jobs.verb import verb

Cells = dict[str, str]


FORMATS = ("csv", "jsonl")
_COLUMNS = tuple(name for name in COLUMNS if name != "dr_zone")  # whose disks are there


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What `evsrep export` takes."""

    format: str = "csv"
    groups: bool = False
    excel: bool = False

    def validate(self, flag: Callable[[str], str] = str) -> None:
        """Raise UsageFault where a spreadsheet is asked for what is none."""
        if self.excel and (self.groups or self.format != "csv"):
            asked = flag("groups") if self.groups else f"{flag('format')} {self.format}"
            raise UsageFault(f"{flag('excel')} is for CSV, and {asked} is none")


@verb(ExportOptions)
def export(cloud: Cloud, options: ExportOptions, reporter: Reporter) -> Iterator[str]:
    """Return the pairs as a manifest for `apply`, or the groups as commands, line by line.

    Raises UsageFault for options that do not go together, and what keeps them from being looked at.
    """
    options.validate()
    if options.groups:
        return group_commands(cloud)
    return manifest_lines(cloud, options.format, reporter, excel=options.excel)


def manifest_lines(
    cloud: Cloud, format_: str, reporter: Reporter, *, excel: bool = False
) -> Iterator[str]:
    """Yield the project's pairs as a file that `apply` reads.

    The disks' zones tell which is production; where they can't be seen, the API's own words do. A
    disk is in one pair at most: a failed pair beside one that holds its disk is left out, and told.
    Raises what keeps the pairs from being looked at.
    """
    zones = _zones(cloud)
    rows = [_cells(pair, zones) for pair in _held(cloud.pairs(), reporter)]
    if format_ != "csv":
        yield from (json.dumps(_for_json(cells)) + "\n" for cells in rows)
        return
    table = [list(_COLUMNS), *([cells.get(name, "") for name in _COLUMNS] for cells in rows)]
    yield from map(csv_line, _for_spreadsheet(table) if excel else table)


def _held(pairs: Iterable[Pair], reporter: Reporter) -> Iterator[Pair]:
    """Yield the pairs that stay, without the failed ones whose disk another has."""
    staying = [pair for pair in pairs if pair.status != "deleting"]
    holders: dict[str, str] = {}
    for pair in sorted(staying, key=_is_failed):
        for disk in pair.disks:
            holders.setdefault(disk, pair.id)
    for pair in staying:
        holder = next((it for disk in pair.disks if (it := holders[disk]) != pair.id), None)
        if holder and _is_failed(pair):
            reporter.note(f"left out: pair {pair.id} is error, and pair {holder} has a disk of it")
        else:
            yield pair


def _for_spreadsheet(table: list[list[str]]) -> list[list[str]]:
    """Return a table of which nothing is computed, and that says so where that changed a cell."""
    harmless = [[as_text(cell) for cell in row] for row in table]
    if harmless != table:
        harmless = [[*row, ""] for row in harmless]
        harmless[0][-1] = HEADING
    harmless[0][0] = MARK + harmless[0][0]
    return harmless


def group_commands(cloud: Cloud) -> Iterator[str]:
    """Yield the project's groups as the commands that make them, in lines of a shell script.

    Raises what keeps them from being looked at.
    """
    pairs = list({pair.id: pair for pair in cloud.pairs()}.values())
    for group in cloud.groups():
        members = [pair for pair in pairs if _is_member(pair, group)]
        if not members:
            yield f"# group {shell_word(group.name or group.id)} has no pairs\n"
            continue
        words = ["evsrep", "group", "create", "--priority-station", group.priority_station]
        for flag, text in (("--name", group.name), ("--description", _description(group))):
            words += [flag, text] if text else []
        for pair in members:  # by IDs: another pair may be called what this one is
            words += ["--pair", pair.id]
        yield shell_join(words) + "\n"


def csv_line(cells: Sequence[str]) -> str:
    """Return cells as a line of CSV, with its end."""
    line = io.StringIO()
    keeps_blanks = any(cell != cell.strip() for cell in cells)
    # the end of a line has both of its signs quoted
    writer = csv.writer(
        line,
        lineterminator="\r\n",
        quoting=csv.QUOTE_ALL if keeps_blanks else csv.QUOTE_MINIMAL,
    )
    writer.writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def _is_member(pair: Pair, group: Group) -> bool:
    return pair.group_id == group.id or pair.id in (group.pair_ids or ())


def _is_failed(pair: Pair) -> bool:
    return pair.status.startswith("error")


def _zones(cloud: Cloud) -> Mapping[str, str]:
    """Return the zone of each disk that can be seen."""
    try:
        return {disk.id: disk.availability_zone for disk in cloud.disks()}
    except (AuthError, NotFound, NotOffered, Unavailable):
        return {}


def _cells(pair: Pair, zones: Mapping[str, str]) -> Cells:
    cells = {
        "priority_station": pair.priority_station,
        "name": pair.name,
        "description": _description(pair),
        "replication_model": pair.replication_model or MODELS[0],
    }
    production = [disk for disk in pair.disks if zones.get(disk) == pair.priority_station]
    dr = [disk for disk in pair.disks if disk in zones and disk not in production]
    if len(production) == len(dr) == 1:
        cells |= {"production_disk": production[0], "dr_disk": dr[0]}
    else:
        cells["volume_ids"] = " ".join(pair.disks)
    return {name: text for name, text in cells.items() if text}


def _description(thing: Pair | Group) -> str:
    return str(thing.fields.get("description") or "")


def _for_json(cells: Cells) -> dict[str, str | list[str]]:
    listed = {"volume_ids": cells["volume_ids"].split()} if "volume_ids" in cells else {}
    return {**cells, **listed}
