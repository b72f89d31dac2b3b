"""`evsrep export`: what is printed is what `apply` and bash make it from."""

import csv
import io
import shlex
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from evsrep.errors import ExitCode
from evsrep.jobs.export import manifest_lines
from evsrep.jobs.manifest import read_manifest
from evsrep.jobs.report import Reporter
from evsrep.jobs.shell import shell_join
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import Serve, WriteProfiles
from tests.conftest import DR, EXAMPLE, PRODUCTION, Run
from tests.output.test_text import quick
from tests.weather.shy import answering


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_exported_exists_when_it_is_applied(
    run: Run, pair_id: str, home: Path, form: str
) -> None:
    run("create", "-p", "sandbox", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr",
        "--name", 'a "b", c\n=1+é', "--description", "x")  # fmt: skip
    done = run("export", "-p", "sandbox", "--format", form)
    assert done.exit_code == ExitCode.DONE
    assert done.stderr == ""
    file = home / f"pairs.{form}"
    file.write_text(done.stdout)
    applied = run("apply", "-p", "sandbox", str(file), "-o", "json")
    assert applied.exit_code == ExitCode.DONE
    assert [row["result"] for row in applied.json] == ["exists", "exists"]
    assert pair_id in [row["id"] for row in applied.json]


def test_the_zones_of_the_disks_tell_which_is_production(run: Run, pair_id: str) -> None:
    header, line = run("export", "-p", "sandbox").stdout.splitlines()
    assert header.startswith("production_disk,dr_disk,volume_ids,")
    assert line.startswith(f"{PRODUCTION},{DR},,az2.dc2,")


def test_without_the_disks_the_words_of_the_api_do(
    run: Run, serve: Serve, write_profiles: WriteProfiles
) -> None:
    url = serve(lambda app: answering(app, "403 Forbidden", path="/volumes/detail"))
    write_profiles(**ready_profile(url))
    run("create", "-p", "served", *EXAMPLE)
    line = run("export", "-p", "served").stdout.splitlines()[1]
    production, dr, ids, zone, *_ = line.split(",")
    assert (production, dr, zone) == ("", "", "az2.dc2")
    assert set(ids.split()) == {PRODUCTION, DR}


def test_an_empty_project_is_a_header(run: Run) -> None:
    assert len(run("export", "-p", "sandbox").stdout.splitlines()) == 1
    assert run("export", "-p", "sandbox", "--format", "jsonl").stdout == ""


def test_groups_are_the_commands_that_make_them(grouped: Run, group_id: str) -> None:
    (line,) = grouped("export", "--groups").stdout.splitlines()
    words = shlex.split(line)
    assert words[:3] == ["evsrep", "group", "create"]
    grouped("group", "pause", group_id, "--wait")
    grouped("group", "update", group_id, "--remove", "example", "--no-sync", "--wait")
    grouped("group", "delete", group_id, "--yes", "--wait")
    assert grouped(*words[1:], "--wait").exit_code == ExitCode.DONE
    assert grouped("export", "--groups").stdout == f"{line}\n"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_an_empty_project_exports_applies(run: Run, home: Path, form: str) -> None:
    file = home / f"pairs.{form}"
    file.write_text(run("export", "-p", "sandbox", "--format", form).stdout)
    done = run("apply", "-p", "sandbox", str(file))
    assert done.exit_code == ExitCode.DONE
    assert "there is no pair in the file" in done.stderr


def test_a_failed_pair_beside_the_one_that_has_its_disk_is_left_out(
    sandbox: Run, pair_id: str, home: Path
) -> None:
    sandbox("create", "--no-check", "--volume-id", PRODUCTION, "--volume-id", DR,
            "--priority-station", "az2.dc2", "--wait")  # fmt: skip
    (failed,) = sandbox("list", "--status", "error", "-o", "json").json
    done = sandbox("export")
    assert f"left out: pair {failed['id']} is error, and pair {pair_id} has a disk" in done.stderr
    (home / "pairs.csv").write_text(done.stdout)
    applied = sandbox("apply", str(home / "pairs.csv"), "-o", "json")
    assert [row["id"] for row in applied.json] == [pair_id]
    assert applied.exit_code == ExitCode.DONE


def test_a_group_without_pairs_is_a_comment(grouped: Run, group_id: str) -> None:
    grouped("group", "pause", group_id, "--wait")
    pairs = grouped("group", "show", group_id, "-o", "json").json["replication_ids"]
    leaving = [word for pair in pairs for word in ("--remove", pair)]
    assert grouped("group", "update", group_id, *leaving, "--wait").exit_code == ExitCode.DONE
    (line,) = grouped("export", "--groups").stdout.splitlines()
    assert line.startswith("# group ")
    assert line.endswith(" has no pairs")


@quick
@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=8), max_size=6))
def test_a_pasted_command_has_the_words_that_were_meant(words: list[str]) -> None:
    command = shell_join(["printf", "%s\\0", *words])
    assert command.isprintable()
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    meant = [word.encode("utf-8", "surrogateescape") for word in words] or [b""]
    assert done.stdout == b"".join(word + b"\0" for word in meant)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


class Pairs:
    """A cloud that has one pair, whatever it is called."""

    def __init__(self, name: str, description: str) -> None:
        from evsrep.cloud.wire import pair_from_wire

        self.pair = pair_from_wire({
            "id": "p", "name": name, "description": description, "status": "available",
            "volume_ids": f"{PRODUCTION},{DR}", "priority_station": "az2.dc2",
        })  # fmt: skip

    def pairs(self) -> list[object]:
        return [self.pair]

    def disks(self) -> list[object]:
        return []


FORMULAS = st.builds(
    "".join, st.tuples(st.sampled_from(["", "'", "''"]), st.sampled_from([*"=+-@\t\r\n'＝"]), TEXTS)
)


@quick
@given(TEXTS | FORMULAS, TEXTS | FORMULAS, st.sampled_from(["csv", "jsonl", "excel"]))
def test_any_name_is_read_back_as_it_was(name: str, description: str, form: str) -> None:
    cloud, is_excel = Pairs(name, description), form == "excel"
    form = "csv" if is_excel else form
    lines = manifest_lines(cloud, form, Reporter(), excel=is_excel)  # type: ignore[arg-type]
    text = "".join(lines)
    with closing(read_manifest(io.BytesIO(text.encode()), form)) as manifest:
        (entry,) = manifest
    assert (entry.request.name or "", entry.request.description or "") == (name, description)
    assert entry.request.volume_ids == (PRODUCTION, DR)


@quick
@given(TEXTS | FORMULAS)
def test_a_spreadsheet_computes_no_cell_and_knows_that_it_is_utf_8(name: str) -> None:
    cloud = Pairs(name, "")
    text = "".join(manifest_lines(cloud, "csv", Reporter(), excel=True))  # type: ignore[arg-type]
    assert text.startswith("\ufeff")
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        assert not any(cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) for cell in row)


def test_what_a_spreadsheet_saves_anew_is_read_back(sandbox: Run, home: Path) -> None:
    """Excel opens it, and saves it with its own separator, and in its own encoding."""
    assert sandbox("create", *EXAMPLE, "--name=-=1é").exit_code == ExitCode.DONE
    heading, row = csv.reader(io.StringIO(sandbox("export", "--excel").stdout.lstrip("\ufeff")))
    assert "'-=1é" in row
    for number, coding in enumerate(("utf-8", "utf-8-sig", "utf-16")):
        file = home / f"{number}.csv"
        with file.open("w", newline="", encoding=coding) as saved:
            csv.writer(saved, delimiter=";").writerows([heading, row])
        done = sandbox("apply", str(file), "-o", "json")
        assert [(row["result"], row["name"]) for row in done.json] == [("exists", "-=1é")]
        assert "but its name" not in done.stderr


@pytest.mark.parametrize("name", ["=1+2", "-x", "@a", '=cmd|"/c calc"!A1', "'x", "'=1"])
def test_without_excel_a_cell_is_what_the_name_is(sandbox: Run, name: str) -> None:
    assert sandbox("create", *EXAMPLE, f"--name={name}").exit_code == ExitCode.DONE
    (pair,) = csv.DictReader(io.StringIO(sandbox("export").stdout))
    assert pair["name"] == name


@pytest.mark.parametrize("words", [["--groups"], ["--format", "jsonl"]])
def test_a_spreadsheet_is_csv(sandbox: Run, words: list[str]) -> None:
    done = sandbox("export", "--excel", *words)
    assert (done.exit_code, done.stdout) == (ExitCode.USAGE, "")
    assert "--excel is for CSV" in done.stderr


def test_a_terminal_obeys_nothing_of_a_name(sandbox: Run, run: Run) -> None:
    name = "a\x1b]0;title\x07b\nc"
    sandbox("create", *EXAMPLE, "--name", name)
    assert name in sandbox("export").stdout
    done = sandbox("export", terminal=True)
    assert "\x1b" not in done.stdout
    assert "a\\x1b]0;title\\x07b\\nc" in done.stdout
