"""Disks of a real Cinder: listed in its small pages, and made, with no replication to pair them."""

import shlex

import pytest

from evsrep.errors import ExitCode
from tests.conftest import Run
from tests.openstack.conftest import ask, make_disk

pytestmark = [pytest.mark.openstack, pytest.mark.xdist_group("openstack")]

NEAR, FAR = "eu-test-01", "eu-test-02"


def test_disks_are_listed_over_its_pages(cloud: Run, cinder: dict[str, str]) -> None:
    token = cloud("auth", "token").stdout.strip()
    made = {
        make_disk(token, cinder, name=f"list-{number}", size=1, availability_zone=NEAR)
        for number in range(5)
    }
    done = cloud("disks", "-o", "jsonl", "-c", "id,availability_zone,pair,server")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert all(disk_id in done.stdout for disk_id in made)
    assert "offers no EVS replication" in done.stderr
    near = cloud("disks", "--zone", NEAR, "-o", "json")
    assert made <= {disk["id"] for disk in near.json}
    assert {disk["availability_zone"] for disk in near.json} == {NEAR}


def test_what_fits_is_found(cloud: Run, cinder: dict[str, str]) -> None:
    token = cloud("auth", "token").stdout.strip()
    words = {"size": 3, "volume_type": "SAS"}
    make_disk(token, cinder, name="fit-prod", availability_zone=NEAR, **words)
    fit = make_disk(token, cinder, name="fit-dr", availability_zone=FAR, **words)
    make_disk(token, cinder, name="fit-odd", availability_zone=FAR, size=3, volume_type="SSD")
    done = cloud("disks", "--fits", "fit-prod", "--unpaired", "-o", "json")
    assert [disk["id"] for disk in done.json] == [fit], done.stderr


def test_a_dr_disk_is_made_once_and_told_where_it_can_not_be_paired(
    cloud: Run, cinder: dict[str, str]
) -> None:
    token = cloud("auth", "token").stdout.strip()
    make_disk(token, cinder, name="make", size=1, volume_type="SAS", availability_zone=NEAR)
    words = ("create", "--production-disk", "make", "--dr-zone", FAR, "--yes", "-o", "json")
    checked = cloud(*words)
    assert (checked.exit_code, checked.error["kind"]) == (ExitCode.NOT_FOUND, "not_offered")
    assert named(token, cinder, "make-dr") == []

    for _ in range(2):  # the second run finds the disk of the first
        done = cloud(*words, "--no-check", "--wait-timeout", "60s")
        assert (done.exit_code, done.error["kind"]) == (ExitCode.NOT_FOUND, "not_offered")
        [disk] = named(token, cinder, "make-dr")
        assert (disk["status"], disk["size"], disk["volume_type"]) == ("available", 1, "SAS")
        assert disk["availability_zone"] == FAR
        assert disk["id"] in done.error["message"]
        assert disk["id"] in shlex.split(done.error["resume"])


def test_a_zone_that_is_not_there_is_refused_by_name(cloud: Run, cinder: dict[str, str]) -> None:
    token = cloud("auth", "token").stdout.strip()
    make_disk(token, cinder, name="lost", size=1, availability_zone=NEAR)
    done = cloud("create", "--production-disk", "lost", "--dr-zone", "eu-test-2", "--yes")
    assert done.exit_code in (ExitCode.REFUSED, ExitCode.NOT_FOUND)
    assert "eu-test-02" in done.stderr or "offers no EVS replication" in done.stderr
    assert named(token, cinder, "lost-dr") == []


def named(token: str, cinder: dict[str, str], name: str) -> list[dict[str, object]]:
    """The disks of a name, asked of Cinder itself."""
    url = f"{cinder['CINDER_V2']}/volumes/detail?name={name}"
    found: list[dict[str, object]] = ask(token, url, "GET")["volumes"]
    return found
