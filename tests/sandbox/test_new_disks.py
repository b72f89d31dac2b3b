"""Disks that are made: soon there, refused, or in error."""

from pathlib import Path

import pytest

from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.bulk import seed_more

from .conftest import Client, FakeClock, Json, Reply


def asked(**fields: object) -> Json:
    return {
        "name": "new",
        "size": 10,
        "volume_type": "SSD",
        "availability_zone": "az2.dc2",
        "multiattach": False,
        "metadata": {"made_by": "us"},
        **fields,
    }


def make(demo: Client, **fields: object) -> Reply:
    return demo.send("POST", f"/v2/{demo.project}/volumes", {"volume": asked(**fields)})


def status(demo: Client, disk_id: str) -> str:
    return str(demo.get(f"/volumes/{disk_id}").json["volume"]["status"])


def test_a_disk_is_made_and_soon_there(demo: Client, clock: FakeClock) -> None:
    reply = make(demo, multiattach=True)
    assert reply.status == 202
    disk = reply.json["volume"]
    assert disk["status"] == "creating"
    assert {key: disk[key] for key in asked()} == asked(multiattach=True)
    assert demo.get("/volumes/detail?status=creating").json["volumes"][0]["id"] == disk["id"]
    clock.pass_(3)
    assert status(demo, disk["id"]) == "available"
    assert demo.get("/volumes/detail?name=new").json["volumes"][0]["status"] == "available"


def test_one_that_is_not_there_yet_can_not_be_paired(demo: Client, clock: FakeClock) -> None:
    disk_id = make(demo, size=100).json["volume"]["id"]
    early = demo.pair(demo.disk("db-02-data"), disk_id, station="az1.dc1")
    assert early.status == 400
    assert "creating" in early.json["badRequest"]["message"]
    clock.pass_(3)
    assert demo.pair(demo.disk("db-02-data"), disk_id, station="az1.dc1").status == 202


def test_a_type_that_the_zone_lacks_ends_in_error(demo: Client, clock: FakeClock) -> None:
    disk_id = make(demo, volume_type="gpssd", availability_zone="az3.dc3").json["volume"]["id"]
    clock.pass_(3)
    assert status(demo, disk_id) == "error"
    assert demo.pair(demo.disk("db-02-data"), disk_id, station="az1.dc1").status == 400


def test_the_quota_counts_what_was_made(demo: Client) -> None:
    assert make(demo, size=6000).status == 202
    refused = make(demo, size=6000)
    assert refused.status == 413
    assert "Quota" in refused.json["overLimit"]["message"]
    assert "retry-after" not in {name.lower() for name in refused.headers}
    assert make(demo, size=4000).status == 202


def test_an_answer_that_is_lost_is_of_a_disk_that_is_made(demo: Client) -> None:
    reply = make(demo, name="lost-answer-data-dr")
    assert reply.status == 504
    assert demo.disk("lost-answer-data-dr")


def test_encryption_shows(demo: Client) -> None:
    metadata = {"__system__encrypted": "1", "__system__cmkid": "key"}
    assert make(demo, metadata=metadata).json["volume"]["encrypted"] is True
    assert make(demo, metadata={"__system__encrypted": "1"}).status == 400
    assert make(demo).json["volume"]["encrypted"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": "10"},
        {"size": True},
        {"size": 40_000},
        {"availability_zone": "nowhere"},
        {"availability_zone": None},
        {"volume_type": "gold"},
        {"volume_type": 1},
        {"multiattach": "no"},
        {"metadata": {"a": 1}},
        {"metadata": []},
        {"name": "x" * 256},
        {"colour": "red"},
    ],
)
def test_what_is_not_well_formed_is_refused(demo: Client, wrong: Json) -> None:
    before = len(demo.get("/volumes").json["volumes"])
    assert make(demo, **wrong).status == 400
    assert len(demo.get("/volumes").json["volumes"]) == before


def test_a_lagging_cloud_shows_a_new_disk_late(path: Path, clock: FakeClock) -> None:
    demo = Client(Sandbox(path, now=clock, lags=[5.0])).signed_in()
    disk_id = make(demo).json["volume"]["id"]
    assert demo.get(f"/volumes/{disk_id}").status == 404
    clock.pass_(5)
    assert status(demo, disk_id) == "available"


def test_disks_by_the_hundred_do_not_mind_those_that_were_made(demo: Client, path: Path) -> None:
    make(demo)
    seed_more(path, 2)
    assert demo.disk("bulk-00001")
    assert demo.disk("bulk-00001-dr")
