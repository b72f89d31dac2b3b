"""Consistency groups: create, list, show, update, delete, the actions, and what time does."""

import json
import re
from pathlib import Path

import pytest

from evsrep.sandbox.bulk import seed_more

from .conftest import Client, FakeClock, Json, words
from .test_signatures import signed

NOWHERE = "00000000-0000-4000-8000-000000000000"
GROUPS = "/os-vendor-replication-consistency-groups"


def state(group: Json) -> tuple[str, str | None]:
    return group["status"], group["replication_status"]


def states(demo: Client, clock: FakeClock, group_id: str, seconds: int) -> list[Json]:
    """Watch a group second by second."""
    seen = []
    for _ in range(seconds):
        seen.append(demo.show_group(group_id))
        clock.pass_(1)
    return seen


def order_of(pair_ids: object, **fields: object) -> Json:
    order = {
        "replication_ids": pair_ids,
        "priority_station": "az2.dc2",
        "replication_model": "hypermetro",
    }
    return {"replication_consistency_group": {**order, **fields}}


@pytest.fixture
def second_id(demo: Client, clock: FakeClock, path: Path) -> str:
    """One more pair of the same two zones."""
    seed_more(path, 6)
    pair_id = demo.new_pair("bulk-00003-dr", "az2.dc2", "bulk-00003")
    clock.pass_(60)
    return pair_id


def test_a_new_group_is_answered_as_documented(demo: Client, pair_id: str) -> None:
    reply = demo.order_group([pair_id], "az2.dc2", name="shop", description="the shop")
    assert reply.status == 202
    made = reply.json["replication_consistency_group"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made.pop("id"))
    assert made == {
        "name": "shop",
        "description": "the shop",
        "status": "creating",
        "priority_station": "az2.dc2",
        "created_at": "2023-11-14T22:14:20.000000",
        "updated_at": None,
    }


def test_show_misspells_one_field_and_list_does_not(
    demo: Client, pair_id: str, active_id: str
) -> None:
    shown = demo.show_group(active_id)
    assert shown == {
        "id": active_id,
        "name": "shop",
        "description": None,
        "status": "available",
        "priority_staion": "az2.dc2",
        "created_at": "2023-11-14T22:14:20.000000",
        "updated_at": "2023-11-14T22:15:24.000000",
        "replication_model": "hypermetro",
        "replication_status": "active",
        "replication_ids": [pair_id],
        "fault_level": "0",
    }
    [listed] = demo.get(GROUPS).json["replication_consistency_groups"]
    assert listed.pop("priority_station") == shown.pop("priority_staion")
    assert listed == shown


def test_a_new_group_copies_nothing_before_its_first_sync(
    demo: Client, clock: FakeClock, pair_id: str
) -> None:
    made = demo.order_group([pair_id], "az2.dc2").json["replication_consistency_group"]
    seen = [state(group) for group in states(demo, clock, made["id"], 3)]
    assert seen == [("creating", "inactive")] * 2 + [("available", "inactive")]
    pair = demo.show(pair_id)
    assert state(pair) == ("available", "inactive")
    assert pair["replication_consistency_group_id"] == made["id"]
    listed = demo.get(f"/os-vendor-replications?replication_consistency_group_id={made['id']}")
    assert [each["id"] for each in listed.json["replications"]] == [pair_id]


def test_sync_copies_on_all_pairs_and_ends_active(
    demo: Client, clock: FakeClock, pair_id: str, group_id: str
) -> None:
    demo.do(group_id, "sync")
    seen = []
    for _ in range(6):
        pair = demo.show(pair_id)
        assert state(demo.show_group(group_id)) == state(pair)
        seen.append((*state(pair), pair["progress"]))
        clock.pass_(1)
    assert seen == [
        ("available", "copying", "0"),
        ("available", "copying", "25"),
        ("available", "copying", "50"),
        ("available", "copying", "75"),
        ("available", "active", "100"),
        ("available", "active", "100"),
    ]


@pytest.mark.parametrize(
    ("seconds", "paused"), [(1, "inactive"), (60, "active-stopped")], ids=["copying", "active"]
)
def test_pause_keeps_what_is_alike_and_tells_what_is_not(
    demo: Client, clock: FakeClock, pair_id: str, group_id: str, seconds: float, paused: str
) -> None:
    demo.do(group_id, "sync")
    clock.pass_(seconds)
    demo.do(group_id, "stop")
    assert state(demo.show_group(group_id)) == ("available", paused)
    assert state(demo.show(pair_id)) == ("available", paused)
    demo.do(group_id, "stop")
    assert state(demo.show_group(group_id)) == ("available", paused)


def test_switchover_is_a_toggle(
    demo: Client, clock: FakeClock, pair_id: str, active_id: str
) -> None:
    demo.do(active_id, "reverse")
    seen = states(demo, clock, active_id, 4)
    assert [state(group) for group in seen] == [("reversing", "active")] * 3 + [
        ("available", "active")
    ]
    assert {group["priority_staion"] for group in seen} == {"az1.dc1"}
    assert demo.show(pair_id)["priority_station"] == "az1.dc1"
    demo.do(active_id, "reverse")
    assert demo.show_group(active_id)["priority_staion"] == "az2.dc2"


def test_failover_and_reprotect(
    demo: Client, clock: FakeClock, pair_id: str, active_id: str
) -> None:
    demo.do(active_id, "failover")
    seen = states(demo, clock, active_id, 3)
    assert [state(group) for group in seen] == [("failovering", "active-stopped")] * 2 + [
        ("failovered", "active-stopped")
    ]
    assert demo.show_group(active_id)["priority_staion"] == "az1.dc1"
    assert demo.show(pair_id)["priority_station"] == "az1.dc1"
    assert "status is failovered" in words(demo.act(active_id, "failover"))
    demo.do(active_id, "reprotect")
    seen = states(demo, clock, active_id, 5)
    assert [state(group) for group in seen] == [("available", "copying")] * 4 + [
        ("available", "active")
    ]
    demo.do(active_id, "reverse")
    assert demo.show_group(active_id)["priority_staion"] == "az2.dc2"


def test_reprotect_is_allowed_on_an_available_group_too(demo: Client, active_id: str) -> None:
    demo.do(active_id, "stop", "reprotect")
    assert state(demo.show_group(active_id)) == ("available", "copying")


def test_sync_is_allowed_after_a_failover_too(
    demo: Client, clock: FakeClock, active_id: str
) -> None:
    demo.do(active_id, "failover")
    clock.pass_(2)
    demo.do(active_id, "sync")
    assert state(demo.show_group(active_id)) == ("available", "copying")


@pytest.mark.parametrize(
    ("before", "call", "why"),
    [
        ("reverse", "failover", "status is reversing"),
        ("reverse", "sync", "status is reversing"),
        ("failover", "stop", "status is failovering"),
        ("failover", "reprotect", "status is failovering, not available or failovered"),
        ("stop", "reverse", "replication_status is active-stopped, not active"),
        ("sync", "reverse", "replication_status is copying"),
    ],
)
def test_what_a_state_does_not_allow_is_refused_with_the_reason(
    demo: Client, active_id: str, before: str, call: str, why: str
) -> None:
    demo.do(active_id, before)
    before_it = demo.show_group(active_id)
    assert why in words(demo.act(active_id, call))
    assert demo.show_group(active_id) == before_it


def test_a_group_that_is_being_created_takes_no_action(demo: Client, pair_id: str) -> None:
    made = demo.order_group([pair_id], "az2.dc2").json["replication_consistency_group"]
    assert "status is creating" in words(demo.act(made["id"], "sync"))


def test_servers_must_be_stopped_where_they_would_write(demo: Client, clock: FakeClock) -> None:
    pair_id = demo.new_pair("db-01-data", "az1.dc1")
    clock.pass_(2)
    made = demo.order_group([pair_id], "az1.dc1").json["replication_consistency_group"]
    clock.pass_(2)
    demo.do(made["id"], "sync")
    clock.pass_(4)
    assert "db-01 in az1.dc1" in words(demo.act(made["id"], "reverse"))
    demo.do(made["id"], "failover")
    clock.pass_(2)
    assert "stop it first" in words(demo.act(made["id"], "reprotect"))


def test_a_stopped_server_is_no_obstacle(demo: Client, clock: FakeClock) -> None:
    pair_id = demo.new_pair("web-01-data", "az2.dc2")
    clock.pass_(2)
    made = demo.order_group([pair_id], "az2.dc2").json["replication_consistency_group"]
    clock.pass_(2)
    demo.do(made["id"], "sync", "reprotect")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"os-sync-replication-consistency-group": {}},
        {"os-sync-replication-consistency-group": None, "os-stop": None},
        {"os-explode": None},
        {"update": None},
        {"os-extend-replication-volumes": None},
        {"os-extend-replication-volumes": {"replications": None}},
        {"os-extend-replication-volumes": {"replications": []}},
        {"os-extend-replication-volumes": {"replications": [{"id": NOWHERE}]}},
        {"os-extend-replication-volumes": {"replications": [{"id": [], "new_size": 20}]}},
        {"os-extend-replication-volumes": {"replications": [{"id": NOWHERE, "new_size": "20"}]}},
        {"os-extend-replication-volumes": {"replications": [{"id": NOWHERE, "new_size": True}]}},
        {"os-extend-replication-volumes": {"replications": [{"id": NOWHERE, "new_size": 20}] * 2}},
    ],
)
def test_an_action_is_one_known_key(demo: Client, active_id: str, body: object) -> None:
    assert words(demo.to_groups("POST", f"/{active_id}/action", body))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_group_is_not_found(demo: Client, method: str) -> None:
    body = {"replication_consistency_group": {"name": "x"}}
    reply = demo.to_groups(method, f"/{NOWHERE}", body)
    assert reply.status == 404
    assert NOWHERE in reply.json["itemNotFound"]["message"]
    assert demo.act(NOWHERE, "sync").status == 404


def test_a_group_belongs_to_its_project(demo: Client, guest: Client, active_id: str) -> None:
    other = guest.signed_in("sandbox_other")
    assert other.to_groups("GET", f"/{active_id}").status == 404
    assert other.get(GROUPS).json == {"replication_consistency_groups": []}


def test_a_signed_request_is_as_good_as_a_token(guest: Client, active_id: str) -> None:
    path = f"/v2/{guest.project}{GROUPS}/{active_id}"
    body = {"os-stop-replication-consistency-group": None}
    assert signed(guest, "POST", f"{path}/action", body).status == 200
    shown = signed(guest, "GET", path).json["replication_consistency_group"]
    assert shown["replication_status"] == "active-stopped"


def test_a_pair_in_a_group_can_not_be_deleted(demo: Client, pair_id: str, group_id: str) -> None:
    reply = demo.send("DELETE", f"/v2/{demo.project}/os-vendor-replications/{pair_id}")
    assert group_id in words(reply)


# Orders


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "x" * 256}, "EVS.1003"),
        ({"description": "é" * 128}, "EVS.1004"),
        ({"priority_station": "az9.dc9"}, "EVS.1036"),
    ],
)
def test_some_faults_have_a_code_of_their_own(
    demo: Client, pair_id: str, fields: Json, code: str
) -> None:
    reply = demo.to_groups("POST", body=order_of([pair_id], **fields))
    assert reply.status == 400
    assert reply.json["error"]["code"] == code


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"replication_ids": []},
        {"replication_ids": None},
        {"replication_ids": [7]},
        {"replication_ids": NOWHERE},
        {"replication_ids": [NOWHERE]},
        {"replication_ids": [NOWHERE, NOWHERE]},
        {"priority_station": None},
        {"priority_station": "az1.dc1"},
        {"replication_model": "async"},
        {"surprise": 1},
    ],
)
def test_other_faults_are_bad_requests(demo: Client, pair_id: str, fields: Json) -> None:
    assert words(demo.to_groups("POST", body=order_of([pair_id], **fields)))
    assert demo.get(GROUPS).json == {"replication_consistency_groups": []}


@pytest.mark.parametrize("key", ["replication_ids", "priority_station", "replication_model"])
def test_what_is_required_must_be_there(demo: Client, pair_id: str, key: str) -> None:
    order = order_of([pair_id])
    del order["replication_consistency_group"][key]
    assert key in words(demo.to_groups("POST", body=order))


def test_pairs_must_be_available_and_free(demo: Client, pair_id: str, group_id: str) -> None:
    young = demo.new_pair("archive-01-data", "az3.dc3")
    assert "is creating" in words(demo.order_group([young], "az3.dc3"))
    assert group_id in words(demo.order_group([pair_id], "az2.dc2"))


def test_pairs_must_go_the_same_way(demo: Client, clock: FakeClock, pair_id: str) -> None:
    elsewhere = demo.new_pair("web-01-data", "az2.dc2")
    clock.pass_(2)
    why = words(demo.order_group([pair_id, elsewhere], "az2.dc2"))
    assert "goes from az2.dc2 to az3.dc3" in why


@pytest.mark.parametrize(
    ("production", "dr", "station", "code"),
    [
        ("group-full", "group-full-dr", "az1.dc1", "37100017"),
        ("group-full-dr", "group-full", "az3.dc3", "37100159"),
        ("group-link-down", "group-link-down-dr", "az1.dc1", "37100043"),
        ("group-internal", "group-internal-dr", "az1.dc1", "37000212"),
        ("group-busy", "group-busy-dr", "az1.dc1", "37000216"),
    ],
)
def test_what_fails_fails_late_says_why_and_leaves_the_pairs_alone(
    demo: Client, clock: FakeClock, production: str, dr: str, station: str, code: str
) -> None:
    pair_id = demo.new_pair(production, station, dr)
    clock.pass_(6)
    made = demo.order_group([pair_id], station).json["replication_consistency_group"]
    clock.pass_(1.9)
    assert "failure_detail" not in demo.show_group(made["id"])
    clock.pass_(0.1)
    group = demo.show_group(made["id"])
    assert state(group) == ("error", None)
    assert group["failure_detail"] == code
    assert group["replication_ids"] == []
    assert state(demo.show(pair_id)) == ("available", "active")
    assert "holds no replications" in words(demo.act(made["id"], "sync"))
    assert demo.to_groups("DELETE", f"/{made['id']}").status == 202


# Changing a group


def test_name_and_description_change_at_any_time(
    demo: Client, clock: FakeClock, active_id: str
) -> None:
    reply = demo.update_group(active_id, name="store", replication_model="hypermetro")
    assert reply.status == 202
    assert reply.json["replication_consistency_group"] == {
        "id": active_id,
        "name": "store",
        "description": None,
        "status": "available",
        "priority_station": "az2.dc2",
        "created_at": "2023-11-14T22:14:20.000000",
        "updated_at": "2023-11-14T22:16:20.000000",
    }
    demo.do(active_id, "reverse")
    assert demo.update_group(active_id, description="").status == 202
    clock.pass_(3)
    group = demo.show_group(active_id)
    assert (group["name"], group["description"]) == ("store", "")
    assert state(group) == ("available", "active")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": 7},
        {"replication_model": "async"},
        {"replication_ids": []},
        {"add_replication_ids": NOWHERE},
        {"add_replication_ids": [NOWHERE]},
        {"remove_replication_ids": [NOWHERE]},
        {"remove_replication_ids": [NOWHERE, NOWHERE]},
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(
    demo: Client, active_id: str, changes: Json
) -> None:
    demo.do(active_id, "stop")
    before = demo.show_group(active_id)
    assert words(demo.update_group(active_id, **changes))
    assert demo.show_group(active_id) == before


def test_pairs_come_while_the_group_is_paused(
    demo: Client, clock: FakeClock, pair_id: str, second_id: str, active_id: str
) -> None:
    why = words(demo.update_group(active_id, add_replication_ids=[second_id]))
    assert "replication_status is active, not active-stopped or inactive" in why
    demo.do(active_id, "stop")
    reply = demo.update_group(active_id, add_replication_ids=[second_id])
    assert reply.json["replication_consistency_group"]["status"] == "updating"
    assert "status is updating" in words(demo.act(active_id, "sync"))
    clock.pass_(2)
    group = demo.show_group(active_id)
    assert state(group) == ("available", "inactive")
    assert set(group["replication_ids"]) == {pair_id, second_id}
    demo.do(active_id, "sync")
    assert state(demo.show(second_id)) == ("available", "copying")
    assert active_id in words(demo.order_group([second_id], "az2.dc2"))


def test_pairs_that_do_not_fit_are_not_added(
    demo: Client, clock: FakeClock, pair_id: str, active_id: str
) -> None:
    demo.do(active_id, "stop")
    elsewhere = demo.new_pair("web-01-data", "az2.dc2")
    clock.pass_(2)
    assert "az3.dc3" in words(demo.update_group(active_id, add_replication_ids=[elsewhere]))
    assert active_id in words(demo.update_group(active_id, add_replication_ids=[pair_id]))


def test_a_pair_goes_paused_and_alone(
    demo: Client, clock: FakeClock, pair_id: str, active_id: str
) -> None:
    demo.do(active_id, "stop")
    assert demo.update_group(active_id, remove_replication_ids=[pair_id]).status == 202
    assert demo.show_group(active_id)["replication_ids"] == []
    pair = demo.show(pair_id)
    assert state(pair) == ("available", "active-stopped")
    assert pair["replication_consistency_group_id"] is None
    assert pair["updated_at"] == "2023-11-14T22:16:20.000000"
    path = f"/v2/{demo.project}/os-vendor-replications/{pair_id}"
    assert demo.send("DELETE", path).status == 202


def test_a_group_is_paused_emptied_and_then_deleted(
    demo: Client, clock: FakeClock, pair_id: str, active_id: str
) -> None:
    assert "replication_status is active" in words(demo.to_groups("DELETE", f"/{active_id}"))
    demo.do(active_id, "stop")
    assert "holds 1 replications" in words(demo.to_groups("DELETE", f"/{active_id}"))
    demo.update_group(active_id, remove_replication_ids=[pair_id])
    assert "status is updating" in words(demo.to_groups("DELETE", f"/{active_id}"))
    clock.pass_(2)
    reply = demo.to_groups("DELETE", f"/{active_id}")
    assert (reply.status, reply.content) == (202, b"")
    assert demo.show_group(active_id)["status"] == "deleting"
    assert "status is deleting" in words(demo.to_groups("DELETE", f"/{active_id}"))
    clock.pass_(2)
    assert demo.to_groups("GET", f"/{active_id}").status == 404
    assert demo.to_groups("DELETE", f"/{active_id}").status == 404


# Growing


def sizes(demo: Client, *names: str) -> list[int]:
    return [demo.get(f"/volumes/detail?name={name}").json["volumes"][0]["size"] for name in names]


def test_both_disks_of_a_pair_grow(demo: Client, pair_id: str, active_id: str) -> None:
    before = state(demo.show_group(active_id))
    reply = demo.expand(active_id, **{pair_id: 20})
    assert (reply.status, reply.content) == (200, b"")
    assert sizes(demo, "example-production", "example-dr") == [20, 20]
    assert json.loads(demo.show(pair_id)["record_metadata"])["volume_size"] == 20
    assert state(demo.show_group(active_id)) == before


@pytest.mark.parametrize("size", [10, 9, 0, -1, 32769, 10**30])
def test_disks_grow_only_and_not_for_ever(
    demo: Client, pair_id: str, active_id: str, size: int
) -> None:
    assert "10 GB" in words(demo.expand(active_id, **{pair_id: size}))


def test_only_pairs_of_the_group_grow(demo: Client, second_id: str, active_id: str) -> None:
    assert "is not in" in words(demo.expand(active_id, **{second_id: 60}))


def test_growing_two_pairs_in_one_call_ends_in_an_error_and_sync_helps(
    demo: Client, clock: FakeClock, pair_id: str, second_id: str
) -> None:
    made = demo.order_group([pair_id, second_id], "az2.dc2").json["replication_consistency_group"]
    clock.pass_(2)
    assert demo.expand(made["id"], **{pair_id: 20, second_id: 60}).status == 200
    group = demo.show_group(made["id"])
    assert state(group) == ("error", "inactive")
    assert group["failure_detail"] == "37100041"
    assert sizes(demo, "example-production", "bulk-00003") == [10, 10]
    assert "status is error" in words(demo.expand(made["id"], **{pair_id: 20}))
    demo.do(made["id"], "sync")
    clock.pass_(4)
    assert state(demo.show_group(made["id"])) == ("available", "active")
    assert "failure_detail" not in demo.show_group(made["id"])


# Lists


@pytest.fixture
def three(demo: Client, clock: FakeClock, pair_id: str) -> list[str]:
    """Three groups, made a minute apart: b, then a (which fails), then c."""
    made = []
    for name, production, station in (
        ("b", "", "az2.dc2"),
        ("a", "group-busy", "az1.dc1"),
        ("c", "db-01-data", "az1.dc1"),
    ):
        pair = demo.new_pair(production, station) if production else pair_id
        clock.pass_(2)
        reply = demo.order_group([pair], station, name=name)
        made.append(reply.json["replication_consistency_group"]["id"])
        clock.pass_(60)
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "cab"),
        ("sort_dir=asc", "bac"),
        ("sort_key=name", "cba"),
        ("limit=2", "ca"),
        ("offset=1", "ab"),
        ("name=a", "a"),
        ("status=error", "a"),
        ("status=available&limit=1", "c"),
        ("priority_station=az1.dc1", "ca"),
        ("changes-since=2023-11-14T22:15:20", "ca"),
        (f"volume_id={NOWHERE}", "cab"),
    ],
)
def test_the_list_is_sorted_filtered_and_cut(
    demo: Client, three: list[str], query: str, expected: str
) -> None:
    found = demo.get(f"{GROUPS}?{query}").json["replication_consistency_groups"]
    assert "".join(group["name"] for group in found) == expected


def test_a_page_begins_after_the_marker(demo: Client, three: list[str]) -> None:
    found = demo.get(f"{GROUPS}?marker={three[1]}").json["replication_consistency_groups"]
    assert [group["id"] for group in found] == [three[0]]
    assert NOWHERE in words(demo.get(f"{GROUPS}?marker={NOWHERE}"))
    assert words(demo.get(f"{GROUPS}?changes-since=yesterday"))
