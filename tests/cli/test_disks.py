"""`evsrep disks`: what there is to pair, what fits what, and whole servers side by side."""

import csv
import io
import json
import sqlite3
from contextlib import closing

import pytest

import evsrep
from evsrep.errors import ExitCode
from evsrep.sandbox.bulk import seed_more
from tests.cli.conftest import SandboxFile, requests_in
from tests.conftest import PRODUCTION, Run
from tests.weather.faults import FAULTS, status
from tests.weather.server import BadServer

WEB_DR = "761aaa37-151b-46a0-a0e5-620a9c46991f"
LISTINGS = ("/os-vendor-replications?", "/volumes/detail?", "/servers/detail?")


def names(sandbox: Run, *words: str) -> list[str]:
    done = sandbox("disks", *words, "-o", "value", "-c", "name")
    assert done.exit_code == ExitCode.DONE, done.stderr
    return done.stdout.splitlines()


def change(sandbox_file: SandboxFile, words: str, *values: object) -> None:
    with closing(sqlite3.connect(sandbox_file.path)) as file, file:
        file.execute(words, values)


# The list


def test_a_disk_is_listed_with_its_pair_and_server(sandbox: Run, pair_id: str) -> None:
    found = {disk["name"]: disk for disk in sandbox("disks", "-o", "json").json}
    assert len(found) == 53  # two have one name
    paired = found["example-production"]
    assert (paired["pair"], paired["pair_id"], paired["server"]) == (
        "my replication",
        pair_id,
        None,
    )
    assert found["web-01-data-dr"]["server"] == "web-01-dr"
    assert found["web-01-data-dr"]["pair"] is None
    assert found["web-01-data-dr"]["attachments"]  # the cloud's own fields are kept
    assert "against" not in paired


@pytest.mark.parametrize("form", ["table", "jsonl", "value"])
def test_every_form_has_every_disk(sandbox: Run, form: str, pair_id: str) -> None:
    done = sandbox("disks", "-o", form)
    lines = done.stdout.splitlines()
    assert len(lines) == 54 + (form == "table")
    row = next(line for line in lines if "example-production" in line)
    for word in ("az2.dc2", "10", "SAS", "my replication", PRODUCTION):
        assert word in row


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_on_a_terminal_a_disk_is_a_line_with_its_whole_id(sandbox: Run, width: int) -> None:
    done = sandbox("disks", "--zone", "az3.dc3", terminal=True, width=width)
    lines = done.stdout.splitlines()
    assert any(WEB_DR in line for line in lines)
    if width >= 80:
        assert len(lines) == 17
        assert ("web-01-dr" in next(line for line in lines if WEB_DR in line).split()) == (
            width >= 100
        )
    assert "16 disks: 16 in no pair" in done.stderr


def test_conditions_narrow_the_list(sandbox: Run, pair_id: str) -> None:
    assert "example-dr" in names(sandbox)
    assert "example-dr" not in names(sandbox, "--unpaired")
    assert names(sandbox, "--zone", "az2.dc2", "--server", "web-01") == ["web-01-data"]
    assert names(sandbox, "--server", "shop-01") == [
        *("shop-01-system", "shop-01-data", "shop-01-log"),
    ]
    assert len(names(sandbox, "--unpaired", "--limit", "3")) == 3
    server = sandbox("disks", "-o", "json", "--server", "db-02").json[0]["attachments"][0]
    assert names(sandbox, "--server", server["server_id"]) == ["db-02-data", "db-02-log"]


def test_nothing_found_says_what_was_looked_for(sandbox: Run) -> None:
    done = sandbox("disks", "--zone", "az9", "--unpaired", terminal=True)
    assert done.exit_code == ExitCode.DONE
    assert "no disk with --zone az9 --unpaired" in done.stderr
    assert "evsrep disks" in done.stderr
    assert sandbox("disks", "--zone", "az9", "-o", "json").json == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--zone", ""), "--zone: empty"),
        (("--server", "", "--fits", ""), "--server and --fits: empty"),
        (("--limit", "0"), "--limit"),
        (("db-01",), "DR-SERVER without --match"),
        (("--dr-zone", "az1.dc1", "--format", "csv"), "--dr-zone and --format without --match"),
        (("--match", "a", "b", "--unpaired"), "does not go with"),
        (("--match", "a"), "wants a second server, or --dr-zone"),
        (("--match", "a", "b", "--dr-zone", "c"), "wants a second server, or --dr-zone"),
        (("--match", "", "b"), "--match is empty"),
        (("--fits", "scratch"), "2 disks are called 'scratch'"),
        (("-c", "colour"), "no such column of a disk: colour"),
    ],
)
def test_what_is_wrong_is_told(sandbox: Run, words: tuple[str, ...], message: str) -> None:
    done = sandbox("disks", *words)
    assert done.exit_code == ExitCode.USAGE
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words", [("--server", "nope"), ("--fits", "nope")])
def test_what_is_not_there_is_exit_5(sandbox: Run, words: tuple[str, ...]) -> None:
    done = sandbox("disks", *words)
    assert done.exit_code == ExitCode.NOT_FOUND
    assert "is called 'nope'" in done.stderr


def test_servers_of_one_name_are_told_apart(sandbox: Run, sandbox_file: SandboxFile) -> None:
    sandbox("list")
    change(sandbox_file, "UPDATE servers SET name = 'db-01' WHERE name = 'shop-01-dr'")
    done = sandbox("disks", "--server", "db-01")
    assert done.exit_code == ExitCode.USAGE
    assert "2 servers are called 'db-01'" in done.stderr
    assert ": stopped" in done.stderr
    assert ": not stopped" in done.stderr


def test_it_asks_for_lists_alone(sandbox: Run, sandbox_file: SandboxFile, pair_id: str) -> None:
    seed_more(sandbox_file.path, 2500)
    done = sandbox("disks", "-o", "jsonl", "--debug")
    assert len(done.stdout.splitlines()) == 2554
    asked = [each for each in requests_in(done.stderr) if "/auth/" not in each]
    assert all(any(listing in each for listing in LISTINGS) for each in asked), asked
    assert len(asked) <= 3 + 2 + 1 + 1


def test_without_attached_disks_no_server_is_asked_for(sandbox: Run) -> None:
    done = sandbox("disks", "--limit", "2", "-o", "json", "--debug")
    assert len(done.json) == 2
    assert "/servers" not in done.stderr
    assert "limit=2" in done.stderr


# What can't be looked up


def test_a_cloud_without_replication_still_lists_disks(run: Run, weather: BadServer) -> None:
    weather.play("GET", "/os-vendor-replications", status(404, body=b"<html></html>"), times=9)
    done = run("disks", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert len(done.json) == 54
    assert "offers no EVS replication" in done.stderr


def test_servers_that_may_not_be_seen_are_known_by_their_ids(run: Run, weather: BadServer) -> None:
    weather.play("GET", "/servers", FAULTS["403"], times=9)
    done = run("disks", "-p", "served", "-o", "json", "--zone", "az3.dc3")
    assert done.exit_code == ExitCode.DONE
    assert done.json[0]["server"] == done.json[0]["attachments"][0]["server_id"]
    fits = run("disks", "-p", "served", "-o", "json", "--fits", "web-01-data")
    assert "is not known" in fits.json[0]["against"][0]
    by_name = run("disks", "-p", "served", "--server", "web-01")
    assert by_name.exit_code == ExitCode.AUTH
    by_id = run("disks", "-p", "served", "-o", "json", "--server", done.json[0]["server"])
    assert [disk["name"] for disk in by_id.json] == ["web-01-data-dr"]


def test_pairs_that_may_not_be_seen_are_a_warning_unless_they_matter(
    run: Run, weather: BadServer
) -> None:
    weather.play("GET", "/os-vendor-replications", FAULTS["403"], times=9)
    done = run("disks", "-p", "served", "-o", "json")
    assert (done.exit_code, len(done.json)) == (ExitCode.DONE, 54)
    assert "no permission" in done.stderr
    assert run("disks", "-p", "served", "--unpaired").exit_code == ExitCode.AUTH


# What fits


def test_what_fits_is_elsewhere_alike_and_free(sandbox: Run, sandbox_file: SandboxFile) -> None:
    assert names(sandbox, "--fits", "db-01-data") == ["db-01-data-dr"]
    assert names(sandbox, "--fits", "shared-01-data") == ["shared-01-data-dr"]
    assert names(sandbox, "--fits", "odd-size-data") == []
    change(sandbox_file, "UPDATE disks SET is_shared = 1 WHERE name = 'db-01-data-dr'")
    assert names(sandbox, "--fits", "db-01-data") == []
    sandbox("create", "--production-disk", "db-01-log", "--dr-disk", "db-01-log-dr")
    assert names(sandbox, "--fits", "db-02-log") == []


def test_what_still_stands_against_one_is_told(sandbox: Run) -> None:
    found = sandbox("disks", "--fits", "mail-01-data", "-o", "json").json
    assert {disk["name"]: disk["against"] for disk in found} == {
        "mail-01-data-dr-running": ["its server mail-02-running is not stopped"],
        "mail-01-data-dr-starting": ["its server mail-03-starting is not stopped"],
    }
    [ready] = sandbox("disks", "--fits", "db-01-data", "-o", "json").json
    assert ready["against"] == []
    shown = sandbox("disks", "--fits", "mail-01-data", terminal=True, width=80)
    assert "    its server mail-02-running is not stopped" in shown.stdout
    assert "2 could be the DR disk of mail-01-data, 0 as they are" in shown.stderr


def test_where_nothing_fits_one_can_be_made(sandbox: Run) -> None:
    done = sandbox("disks", "--fits", "beyond-quota-data", terminal=True)
    assert "evsrep create --production-disk beyond-quota-data --dr-zone AZ" in done.stderr


# Two servers side by side


def match(sandbox: Run, *words: str) -> tuple[list[dict[str, str]], str, int]:
    done = sandbox("disks", "--match", *words, "--format", "csv")
    return [*csv.DictReader(io.StringIO(done.stdout))], done.stderr, done.exit_code


def test_disks_of_two_servers_are_put_side_by_side(sandbox: Run) -> None:
    shown = sandbox("disks", "--match", "shop-01", "shop-01-dr", "-o", "json")
    assert shown.exit_code == ExitCode.DONE
    assert [(row["device"], row["production"], row["dr"]) for row in shown.json] == [
        ("/dev/vdb", "shop-01-system", "shop-01-dr-system"),
        ("/dev/vdc", "shop-01-data", "shop-01-dr-data"),
        ("/dev/vdd", "shop-01-log", "shop-01-dr-log"),
    ]
    table = sandbox("disks", "--match", "shop-01", "shop-01-dr", terminal=True, width=80)
    assert "shop-01-dr-system" in table.stdout


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_the_file_is_applied_and_then_says_the_same(
    sandbox: Run, home: object, format_: str
) -> None:
    words = ("disks", "--match", "shop-01", "shop-01-dr", "--format", format_)
    file = sandbox(*words).stdout
    path = home / f"pairs.{format_}"
    path.write_text(file)
    applied = sandbox("apply", str(path), "-o", "jsonl")
    results = [json.loads(line)["result"] for line in applied.stdout.splitlines()]
    assert (applied.exit_code, results) == (ExitCode.DONE, ["created"] * 3)
    again = sandbox(*words)
    assert (again.exit_code, again.stdout) == (ExitCode.DONE, file)


def test_what_is_left_over_is_told_and_exit_6(sandbox: Run, sandbox_file: SandboxFile) -> None:
    sandbox("list")
    change(sandbox_file, "UPDATE disks SET size_gb = 60 WHERE name = 'shop-01-dr-log'")
    rows, said, code = match(sandbox, "shop-01", "shop-01-dr")
    assert code == ExitCode.REFUSED
    assert [row["name"] for row in rows] == ["shop-01-system", "shop-01-data"]
    assert "'shop-01-log'" in said
    assert "'shop-01-dr-log'" in said
    assert "no free disk of 50 GB, SSD" in said


def test_disks_alike_are_matched_by_device_where_that_is_clear(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    sandbox("list")
    change(sandbox_file, "UPDATE disks SET size_gb = 50, type = 'SSD' WHERE name LIKE 'shop-01-%'")
    # the letters go on after z, and another bus has other first letters
    change(sandbox_file, "UPDATE disks SET device = '/dev/vdaa' WHERE name = 'shop-01-system'")
    change(sandbox_file, "UPDATE disks SET device = '/dev/sdz' WHERE name = 'shop-01-dr-system'")
    rows, _, code = match(sandbox, "shop-01", "shop-01-dr")
    assert code == ExitCode.DONE
    assert [row["name"] for row in rows] == ["shop-01-data", "shop-01-log", "shop-01-system"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("UPDATE disks SET device = '' WHERE name = 'shop-01-dr-data'", "tell no order"),
        ("UPDATE disks SET device = '/dev/vdb' WHERE name LIKE 'shop-01-%'", "tell no order"),
        ("DELETE FROM disks WHERE name = 'shop-01-dr-data'", "which belongs to which"),
        ("UPDATE disks SET zone = 'az1.dc1' WHERE name LIKE 'shop-01-dr-%'", "both are in az1.dc1"),
    ],
)
def test_nothing_is_guessed(
    sandbox: Run, sandbox_file: SandboxFile, spoil: str, reason: str
) -> None:
    sandbox("list")
    change(sandbox_file, "UPDATE disks SET size_gb = 50, type = 'SSD' WHERE name LIKE 'shop-01-%'")
    change(sandbox_file, spoil)
    rows, said, code = match(sandbox, "shop-01", "shop-01-dr")
    assert (rows, code) == ([], ExitCode.REFUSED)
    assert reason in said
    for name in ("shop-01-system", "shop-01-data", "shop-01-log"):
        assert f"'{name}'" in said


def test_a_disk_in_another_pair_is_left_over(sandbox: Run, sandbox_file: SandboxFile) -> None:
    sandbox("list")
    change(sandbox_file, "UPDATE disks SET size_gb = 50 WHERE name = 'db-01-data-dr'")
    sandbox("create", "--production-disk", "shop-01-log", "--dr-disk", "db-01-data-dr",
            "--name", "other")  # fmt: skip
    rows, said, code = match(sandbox, "shop-01", "shop-01-dr")
    assert (len(rows), code) == (2, ExitCode.REFUSED)
    assert "it is in pair other with another disk" in said


def test_a_shared_disk_of_both_is_left_over(sandbox: Run, run: Run, weather: BadServer) -> None:
    shown = json.loads(run("disks", "-p", "served", "-o", "json", "--server", "db-01").stdout)
    second = run("disks", "-p", "served", "-o", "json", "--server", "db-02").json[0]["attachments"]
    shown[0]["attachments"] += second
    body = json.dumps({"volumes": shown}).encode()
    weather.play("GET", "/volumes/detail", status(200, body=body), times=2)
    done = run("disks", "-p", "served", "--match", "db-01", "db-02")
    assert done.exit_code == ExitCode.REFUSED
    assert "is attached to db-02 as well" in done.stderr


def test_a_dr_server_that_runs_is_a_warning(sandbox: Run) -> None:
    done = sandbox("disks", "--match", "shop-01-dr", "shop-01")
    assert done.exit_code == ExitCode.DONE
    assert "server shop-01 is not stopped" in done.stderr


def test_two_servers_are_to_be_two(sandbox: Run) -> None:
    done = sandbox("disks", "--match", "db-01", "db-01")
    assert done.exit_code == ExitCode.USAGE
    assert "must be different" in done.stderr


# Programs, and Tab


def test_programs_have_the_same(sandbox: Run, pair_id: str) -> None:
    with evsrep.connect("sandbox") as cloud:
        free = [each.disk.name for each in evsrep.list_disks(cloud, unpaired=True, zone="az2.dc2")]
        assert "example-production" not in free
        [fit] = evsrep.list_disks(cloud, fits="db-01-data")
        assert (fit.disk.name, fit.against) == ("db-01-data-dr", ())
        matching = evsrep.match_disks(cloud, server="shop-01", dr_server="shop-01-dr")
        assert [match.production.name for match in matching.matches] == [
            *("shop-01-system", "shop-01-data", "shop-01-log"),
        ]
        assert matching.failure() is None
        with pytest.raises(evsrep.UsageFault, match="zone: empty"):
            evsrep.list_disks(cloud, zone="")
