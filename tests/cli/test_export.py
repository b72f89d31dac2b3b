"""`evsrep export`: what is printed is what `apply` and bash make it from."""

import io
import shlex
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from evsrep.errors import ExitCode
from evsrep.jobs.export import manifest_lines
from evsrep.jobs.manifest import read_manifest
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


@quick
@given(TEXTS, TEXTS, st.sampled_from(["csv", "jsonl"]))
def test_any_name_is_read_back_as_it_was(name: str, description: str, form: str) -> None:
    text = "".join(manifest_lines(Pairs(name, description), form))  # type: ignore[arg-type]
    with closing(read_manifest(io.BytesIO(text.encode()), form)) as manifest:
        (entry,) = manifest
    assert (entry.request.name or "", entry.request.description or "") == (name, description)
    assert entry.request.volume_ids == (PRODUCTION, DR)
