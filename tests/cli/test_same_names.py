"""Things of one name are told apart by zone, or listed with what tells them apart."""

from pathlib import Path

import pytest

import evsrep
from evsrep.errors import ExitCode
from tests.conftest import Run

IN_AZ1 = "0134ced5-f80a-40f7-95c4-0369915473bb"
IN_AZ3 = "1e10eee1-890a-41b9-b3c9-7b9036d346a2"
TWINS = ("--production-disk", "scratch", "--dr-disk", "scratch")


def test_two_disks_of_one_name_are_told_apart_by_the_primary_zone(sandbox: Run) -> None:
    done = sandbox("create", *TWINS, "--priority-station", "az3.dc3", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["volume_ids"] == [IN_AZ3, IN_AZ1]
    assert done.json["priority_station"] == "az3.dc3"


def test_a_program_has_them_told_apart_as_well(home: object) -> None:
    with evsrep.connect("sandbox") as cloud:
        pair = evsrep.create_pair(
            cloud, production_disk="scratch", dr_disk="scratch", priority_station="az1.dc1"
        )
        assert pair.disks == (IN_AZ1, IN_AZ3)
        with pytest.raises(evsrep.UsageFault) as caught:
            evsrep.create_pair(cloud, production_disk="scratch", dr_disk="scratch")
    assert caught.value.message == "2 disks are called 'scratch'"


def test_the_other_disk_may_leave_one_choice(sandbox: Run) -> None:
    for words in (
        ("--production-disk", "scratch", "--dr-disk", IN_AZ3),
        ("--production-disk", IN_AZ1, "--dr-disk", "scratch"),
    ):
        done = sandbox("create", *words, "--dry-run", "-o", "json")
        assert done.exit_code == ExitCode.DONE, done.stderr
        assert done.json["body"]["replication"]["volume_ids"] == [IN_AZ1, IN_AZ3]


@pytest.mark.parametrize("zone", [(), ("--priority-station", "az2.dc2")])
def test_what_is_left_ambiguous_is_listed(sandbox: Run, zone: tuple[str, ...]) -> None:
    done = sandbox("create", *TWINS, *zone)
    assert done.exit_code == ExitCode.USAGE
    assert "2 disks are called 'scratch'" in done.stderr
    assert f"- {IN_AZ1}: az1.dc1, 20 GB, available" in done.stderr
    assert f"- {IN_AZ3}: az3.dc3, 20 GB, available" in done.stderr


def test_one_disk_for_both_is_told(sandbox: Run) -> None:
    words = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data")
    done = sandbox("create", *words)
    assert done.exit_code == ExitCode.USAGE
    assert "the two disks must be different" in done.stderr


def test_pairs_of_one_name_are_listed_with_their_disks(sandbox: Run) -> None:
    for stem in ("db-01-data", "db-01-log"):
        words = ("--production-disk", stem, "--dr-disk", f"{stem}-dr", "--name", "twin")
        assert sandbox("create", *words, "--no-check", "--wait").exit_code == ExitCode.DONE
    done = sandbox("show", "twin")
    assert done.exit_code == ExitCode.USAGE
    assert "2 pairs are called 'twin'" in done.stderr
    listed = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert all(", disks " in line and line.endswith(", available") for line in listed)
    ids = sandbox("list", "-o", "value", "-c", "id").stdout.split()
    for pair_id in ids:
        sandbox("wait", pair_id, "--for", "active")
        assert sandbox("group", "create", "--pair", pair_id, "--name", "g").exit_code == 0
    done = sandbox("group", "show", "g")
    assert done.exit_code == ExitCode.USAGE
    assert done.stderr.count(", pairs: 1, ") == 2


@pytest.mark.parametrize(
    ("row", "disks"),
    [
        ("scratch,scratch,az1.dc1", [IN_AZ1, IN_AZ3]),
        ("scratch,scratch,az3.dc3", [IN_AZ3, IN_AZ1]),
        (f"scratch,{IN_AZ3},", [IN_AZ1, IN_AZ3]),
        (f"{IN_AZ3},scratch,", [IN_AZ3, IN_AZ1]),
    ],
)
def test_a_row_has_disks_of_one_name_told_apart_as_create_has(
    sandbox: Run, tmp_path: Path, row: str, disks: list[str]
) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(f"production_disk,dr_disk,priority_station\n{row}\n")
    for result in ("created", "exists"):
        done = sandbox("apply", str(file), "-o", "json")
        assert done.exit_code == ExitCode.DONE, done.stderr
        assert [(it["result"], it["volume_ids"]) for it in done.json] == [(result, disks)]


def test_a_row_that_stays_ambiguous_lists_the_disks(sandbox: Run, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    rows = "scratch,web-01-data,\ndb-01-data,db-01-data-dr,\n"
    file.write_text(f"production_disk,dr_disk,priority_station\n{rows}")
    done = sandbox("apply", str(file), "-o", "json")
    assert done.exit_code == ExitCode.PARTIAL
    assert [it["result"] for it in done.json] == ["failed", "created"]
    message = done.json[0]["error"]["message"]
    for part in ("2 disks are called 'scratch'", IN_AZ1, IN_AZ3, "20 GB"):
        assert part in message
    assert "must be different" not in done.stderr
