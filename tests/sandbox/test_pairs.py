"""Pairs: create, list, show, delete, and what time does to them."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from .conftest import Client, FakeClock, Json

PRODUCTION = "18aa67ea-c7cb-4826-800d-50e67f0de75b"
DR = "375d23be-3658-498f-8b50-d3b950a890ec"
NOWHERE = "00000000-0000-4000-8000-000000000000"
EXAMPLE = {
    "name": "my replication",
    "description": "my replication",
    "volume_ids": [PRODUCTION, DR],
    "priority_station": "az2.dc2",
    "replication_model": "hypermetro",
}


def make_example(demo: Client) -> Json:
    reply = demo.order(EXAMPLE)
    assert reply.status == 202
    made: Json = reply.json["replication"]
    return made


def make_pair(demo: Client, production: str, dr: str, station: str) -> str:
    """Pair two disks, given by name, and return the pair's ID."""
    reply = demo.pair(demo.disk(production), demo.disk(dr), station=station)
    assert reply.status == 202, reply
    return str(reply.json["replication"]["id"])


def names(demo: Client, query: str) -> list[str]:
    reply = demo.get(f"/os-vendor-replications?{query}")
    assert reply.status == 200, reply
    return [pair["name"] for pair in reply.json["replications"]]


def test_the_documented_example_is_answered_as_documented(demo: Client) -> None:
    made = make_example(demo)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made.pop("id"))
    assert made == {
        "name": "my replication",
        "description": "my replication",
        "status": "creating",
        "replication_consistency_group_id": None,
        "volume_ids": f"{PRODUCTION}, {DR}",
        "priority_station": "az2.dc2",
        "created_at": "2023-11-14T22:13:20.000000",
        "updated_at": None,
    }


def test_show_says_more_and_list_says_the_same(demo: Client, clock: FakeClock) -> None:
    pair_id = make_example(demo)["id"]
    clock.pass_(60)
    shown = demo.show(pair_id)
    metadata = shown.pop("record_metadata")
    assert json.loads(metadata) == {
        "volume_size": 10,
        "volume_type": "sas",
        "multiattach": False,
    }
    assert shown == {
        "id": pair_id,
        "name": "my replication",
        "description": "my replication",
        "status": "available",
        "replication_consistency_group_id": None,
        "volume_ids": f"{PRODUCTION},{DR}",
        "priority_station": "az2.dc2",
        "created_at": "2023-11-14T22:13:20.000000",
        "updated_at": "2023-11-14T22:13:26.000000",
        "replication_model": "hypermetro",
        "replication_status": "active",
        "progress": "100",
        "fault_level": "0",
    }
    [listed] = demo.get("/os-vendor-replications").json["replications"]
    assert listed == {**shown, "record_metadata": metadata}


def test_a_pair_is_created_copied_and_active_in_time(demo: Client, clock: FakeClock) -> None:
    pair_id = make_example(demo)["id"]
    seen = []
    for _ in range(8):
        pair = demo.show(pair_id)
        seen.append((pair["status"], pair["replication_status"], pair["progress"]))
        clock.pass_(1)
    assert seen == [
        ("creating", None, None),
        ("creating", None, None),
        ("available", "copying", "0"),
        ("available", "copying", "25"),
        ("available", "copying", "50"),
        ("available", "copying", "75"),
        ("available", "active", "100"),
        ("available", "active", "100"),
    ]


def test_a_clock_set_back_makes_a_pair_new_not_strange(demo: Client, clock: FakeClock) -> None:
    pair_id = make_example(demo)["id"]
    clock.pass_(-3600)
    assert demo.show(pair_id)["status"] == "creating"


def test_name_and_description_may_be_left_out(demo: Client) -> None:
    made = demo.pair(PRODUCTION, DR, station="az2.dc2").json["replication"]
    assert made["name"] is None
    assert made["description"] is None


@pytest.mark.parametrize("name", ["[bold]x[/y]", "a\nb", "\x1b[31m", "a\0b", "😀", "שלום", ""])
def test_any_text_is_kept_as_it_is_given(demo: Client, name: str) -> None:
    made = demo.pair(PRODUCTION, DR, station="az2.dc2", name=name).json["replication"]
    assert demo.show(made["id"])["name"] == name


@pytest.mark.parametrize("text", ["x" * 255, "é" * 127 + "x"])
def test_255_bytes_are_allowed(demo: Client, text: str) -> None:
    reply = demo.pair(PRODUCTION, DR, station="az2.dc2", name=text, description=text)
    assert reply.status == 202


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "x" * 256}, "EVS.1003"),
        ({"name": "é" * 128}, "EVS.1003"),
        ({"description": "é" * 128}, "EVS.1004"),
        ({"volume_ids": [PRODUCTION, "disk"]}, "EVS.1002"),
        ({"volume_ids": [PRODUCTION, DR + "\n"]}, "EVS.1002"),
        ({"priority_station": "az9.dc9"}, "EVS.1036"),
    ],
)
def test_some_faults_have_a_code_of_their_own(demo: Client, fields: Json, code: str) -> None:
    reply = demo.order({**EXAMPLE, **fields})
    assert reply.status == 400
    assert reply.json["error"]["code"] == code


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"description": None},
        {"name": 7},
        {"volume_ids": f"{PRODUCTION},{DR}"},
        {"volume_ids": [PRODUCTION, 7]},
        {"volume_ids": []},
        {"volume_ids": [PRODUCTION]},
        {"volume_ids": [PRODUCTION, PRODUCTION.upper()]},
        {"volume_ids": [PRODUCTION, DR, NOWHERE]},
        {"volume_ids": [PRODUCTION, DR, DR]},
        {"priority_station": ""},
        {"priority_station": None},
        {"priority_station": ["az2.dc2"]},
        {"replication_model": "async"},
        {"replication_model": None},
        {"replication_model": ["hypermetro"]},
        {"surprise": 1},
    ],
)
def test_other_faults_are_bad_requests(demo: Client, fields: Json) -> None:
    reply = demo.order({**EXAMPLE, **fields})
    assert reply.status == 400
    assert reply.json["badRequest"]["code"] == 400
    assert reply.json["badRequest"]["message"]
    assert demo.get("/os-vendor-replications").json == {"replications": []}


@pytest.mark.parametrize("key", ["volume_ids", "priority_station", "replication_model"])
def test_what_is_required_must_be_there(demo: Client, key: str) -> None:
    reply = demo.order({name: value for name, value in EXAMPLE.items() if name != key})
    assert reply.status == 400
    assert key in reply.json["badRequest"]["message"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"replication": []}',
        b'{"replication": {"name": "\\ud800"}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_order_is_a_bad_request(demo: Client, content: bytes) -> None:
    path = f"/v2/{demo.project}/os-vendor-replications"
    reply = demo.send("POST", path, content=content)
    assert reply.status == 400
    assert "badRequest" in reply.json


@pytest.mark.parametrize(
    ("production", "dr", "station", "word"),
    [
        ("same-zone-data", "same-zone-data-dr", "az3.dc3", "availability zone"),
        ("odd-type-data", "odd-type-data-dr", "az1.dc1", "types"),
        ("example-production", "example-dr", "az3.dc3", "priority_station"),
    ],
)
def test_what_can_never_be_a_pair_is_refused_at_once(
    demo: Client, production: str, dr: str, station: str, word: str
) -> None:
    reply = demo.pair(demo.disk(production), demo.disk(dr), station=station)
    assert reply.status == 400
    assert word in reply.json["badRequest"]["message"]


@pytest.mark.parametrize(
    ("production", "dr", "station", "code"),
    [
        ("odd-size-data", "odd-size-data-dr", "az1.dc1", "37100041"),
        ("link-down", "link-down-dr", "az1.dc1", "37100043"),
        ("link-down-dr", "link-down", "az3.dc3", "37100043"),
        ("lazy-loading", "lazy-loading-dr", "az1.dc1", "37100044"),
        ("lazy-loading-dr", "lazy-loading", "az3.dc3", "37100045"),
        ("mail-01-data", "mail-01-data-dr-running", "az2.dc2", "37100058"),
        ("mail-01-data", "mail-01-data-dr-starting", "az2.dc2", "37100058"),
        ("pool-unhealthy", "pool-unhealthy-dr", "az1.dc1", "37100177"),
        ("pool-unhealthy-dr", "pool-unhealthy", "az3.dc3", "37100178"),
        ("internal-error", "internal-error-dr", "az1.dc1", "37000212"),
        ("system-busy", "system-busy-dr", "az1.dc1", "37000216"),
    ],
)
def test_what_fails_fails_late_and_says_why(
    demo: Client, clock: FakeClock, production: str, dr: str, station: str, code: str
) -> None:
    pair_id = make_pair(demo, production, dr, station)
    clock.pass_(1.9)
    assert "failure_detail" not in demo.show(pair_id)
    clock.pass_(0.1)
    pair = demo.show(pair_id)
    assert pair["status"] == "error"
    assert pair["failure_detail"] == code
    assert pair["replication_status"] is None
    assert pair["updated_at"] == "2023-11-14T22:13:22.000000"


@pytest.mark.parametrize(
    ("volume_ids", "station", "code"),
    [
        ([NOWHERE, DR], "az2.dc2", "37100048"),
        ([DR, NOWHERE], "az2.dc2", "37100048"),
        ([PRODUCTION, NOWHERE], "az2.dc2", "37100050"),
        ([NOWHERE, PRODUCTION], "az2.dc2", "37100050"),
        ([NOWHERE, NOWHERE[:-1] + "1"], "az2.dc2", "37100048"),
        # A disk of another project is one that does not exist.
        ([PRODUCTION, "78c7e54e-3833-4ffd-8bbb-d1eba0b40906"], "az2.dc2", "37100050"),
    ],
)
def test_the_missing_disk_is_the_one_that_the_zone_tells(
    demo: Client, clock: FakeClock, volume_ids: list[str], station: str, code: str
) -> None:
    reply = demo.pair(*volume_ids, station=station)
    assert reply.status == 202
    clock.pass_(2)
    assert demo.show(reply.json["replication"]["id"])["failure_detail"] == code


def test_metadata_of_a_disk_that_is_not_there_is_null(demo: Client) -> None:
    reply = demo.pair(NOWHERE, DR, station="az2.dc2")
    assert demo.show(reply.json["replication"]["id"])["record_metadata"] is None


@pytest.mark.parametrize(
    ("production", "dr", "station"),
    [
        ("db-01-data", "db-01-data-dr", "az1.dc1"),  # production may run
        ("web-01-data", "web-01-data-dr", "az2.dc2"),  # the DR disk's server is stopped
        ("shared-01-data", "shared-01-data-dr", "az1.dc1"),
        ("archive-01-data-dr", "archive-01-data", "az1.dc1"),
    ],
)
def test_healthy_disks_become_a_pair(
    demo: Client, clock: FakeClock, production: str, dr: str, station: str
) -> None:
    pair_id = make_pair(demo, production, dr, station)
    clock.pass_(2)
    assert demo.show(pair_id)["status"] == "available"


def test_the_order_of_the_disks_says_nothing(demo: Client, clock: FakeClock) -> None:
    made = demo.pair(DR, PRODUCTION, station="az2.dc2").json["replication"]
    assert made["volume_ids"] == f"{DR}, {PRODUCTION}"
    clock.pass_(2)
    assert demo.show(made["id"])["status"] == "available"


@pytest.mark.parametrize("age", [0, 1, 60])
def test_a_disk_is_in_one_pair_at_most(demo: Client, clock: FakeClock, age: float) -> None:
    make_example(demo)
    clock.pass_(age)
    again = demo.pair(PRODUCTION, DR, station="az2.dc2").json["replication"]["id"]
    spare = demo.disk("link-down-dr")
    taken_dr = demo.pair(spare, DR, station="az3.dc3").json["replication"]["id"]
    clock.pass_(2)
    assert demo.show(again)["failure_detail"] == "37100053"
    assert demo.show(taken_dr)["failure_detail"] == "37100054"


def test_a_failed_pair_holds_its_disks_unless_it_failed_for_want_of_them(
    demo: Client, clock: FakeClock
) -> None:
    failed = make_pair(demo, "odd-size-data", "odd-size-data-dr", "az1.dc1")
    loser = make_pair(demo, "odd-size-data", "example-production", "az1.dc1")
    clock.pass_(2)
    assert demo.show(failed)["failure_detail"] == "37100041"
    assert demo.show(loser)["failure_detail"] == "37100053"
    winner = make_example(demo)["id"]
    clock.pass_(2)
    assert demo.show(winner)["status"] == "available"


def test_a_deleted_pair_goes_away_and_frees_its_disks(demo: Client, clock: FakeClock) -> None:
    pair_id = make_example(demo)["id"]
    clock.pass_(2)
    path = f"/v2/{demo.project}/os-vendor-replications/{pair_id}"
    done = demo.send("DELETE", path)
    assert (done.status, done.content) == (202, b"")
    clock.pass_(1)
    assert demo.show(pair_id)["status"] == "deleting"
    early = make_example(demo)["id"]
    clock.pass_(1)
    assert demo.send("GET", path).status == 404
    assert demo.send("DELETE", path).status == 404
    late = make_example(demo)["id"]
    clock.pass_(2)
    assert demo.show(early)["failure_detail"] == "37100053"
    assert demo.show(late)["status"] == "available"


def test_a_failed_pair_can_be_deleted(demo: Client, clock: FakeClock) -> None:
    pair_id = make_pair(demo, "odd-size-data", "odd-size-data-dr", "az1.dc1")
    clock.pass_(2)
    path = f"/v2/{demo.project}/os-vendor-replications/{pair_id}"
    assert demo.send("DELETE", path).status == 202
    assert "failure_detail" not in demo.show(pair_id)


def test_only_a_settled_pair_can_be_deleted(demo: Client, clock: FakeClock) -> None:
    pair_id = make_example(demo)["id"]
    path = f"/v2/{demo.project}/os-vendor-replications/{pair_id}"
    young = demo.send("DELETE", path)
    assert young.status == 400
    assert "is creating" in young.json["badRequest"]["message"]
    clock.pass_(2)
    assert demo.send("DELETE", path).status == 202
    assert "is deleting" in demo.send("DELETE", path).json["badRequest"]["message"]


def test_a_pair_in_a_group_can_not_be_deleted(demo: Client, clock: FakeClock, path: Path) -> None:
    pair_id = make_example(demo)["id"]
    clock.pass_(2)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE pairs SET group_id = ?", (NOWHERE,))
    reply = demo.send("DELETE", f"/v2/{demo.project}/os-vendor-replications/{pair_id}")
    assert reply.status == 400
    assert NOWHERE in reply.json["badRequest"]["message"]


def test_an_unknown_pair_is_not_found(demo: Client) -> None:
    reply = demo.get(f"/os-vendor-replications/{NOWHERE}")
    assert reply.status == 404
    assert NOWHERE in reply.json["itemNotFound"]["message"]


def test_a_pair_belongs_to_its_project(demo: Client, guest: Client) -> None:
    pair_id = make_example(demo)["id"]
    other = guest.signed_in("sandbox_other")
    assert other.get(f"/os-vendor-replications/{pair_id}").status == 404
    assert other.get("/os-vendor-replications").json == {"replications": []}


@pytest.fixture
def three(demo: Client, clock: FakeClock) -> list[str]:
    """Three pairs, made a minute apart: b, then a (which fails), then c."""
    made = []
    for name, production, dr, station in (
        ("b", "example-production", "example-dr", "az2.dc2"),
        ("a", "odd-size-data", "odd-size-data-dr", "az1.dc1"),
        ("c", "db-01-data", "db-01-data-dr", "az1.dc1"),
    ):
        reply = demo.pair(demo.disk(production), demo.disk(dr), station=station, name=name)
        made.append(reply.json["replication"]["id"])
        clock.pass_(60)
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["c", "a", "b"]),
        ("sort_dir=asc", ["b", "a", "c"]),
        ("sort_key=name", ["c", "b", "a"]),
        ("sort_key=name&sort_dir=asc", ["a", "b", "c"]),
        ("limit=2", ["c", "a"]),
        ("limit=1000", ["c", "a", "b"]),
        ("offset=1", ["a", "b"]),
        ("offset=5", []),
        ("name=a", ["a"]),
        ("status=error", ["a"]),
        ("status=available&limit=1", ["c"]),
        ("priority_station=az1.dc1", ["c", "a"]),
        (f"replication_consistency_group_id={NOWHERE}", []),
        (f"volume_id={PRODUCTION}", ["b"]),
        (f"volume_ids={DR},{PRODUCTION}", ["b"]),
        (f"volume_ids={DR}%2C%20{NOWHERE}", []),
        ("volume_id=", []),
        ("changes-since=2023-11-14T22:14:21", ["c", "a"]),
        ("changes-since=" + quote("2023-11-15T00:14:23+02:00"), ["c"]),
        ("unheard_of=1", ["c", "a", "b"]),
    ],
)
def test_the_list_is_sorted_filtered_and_cut(
    demo: Client, three: list[str], query: str, expected: list[str]
) -> None:
    assert len(three) == 3
    assert names(demo, query) == expected


def test_a_page_begins_after_the_marker(demo: Client, three: list[str]) -> None:
    _, middle, newest = three
    assert names(demo, f"limit=1&marker={newest}") == ["a"]
    assert names(demo, f"marker={middle}") == ["b"]
    assert names(demo, f"marker={middle}&sort_dir=asc") == ["c"]
    assert names(demo, f"marker={middle}&status=available") == ["b"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=",
        "limit=ten",
        "limit=-1",
        "limit=" + "9" * 5000,
        "offset=-1",
        "offset=x",
        f"marker={NOWHERE}",
        "sort_key=colour",
        "sort_dir=up",
        "changes-since=yesterday",
    ],
)
def test_bad_parameters_are_bad_requests(demo: Client, three: list[str], query: str) -> None:
    reply = demo.get(f"/os-vendor-replications?{query}")
    assert reply.status == 400
    assert reply.json["badRequest"]["code"] == 400


def test_sorting_by_a_field_that_may_be_null_works(demo: Client, three: list[str]) -> None:
    demo.pair(demo.disk("link-down"), demo.disk("link-down-dr"), station="az1.dc1")
    assert [name or "-" for name in names(demo, "sort_key=updated_at")] == ["c", "a", "b", "-"]
