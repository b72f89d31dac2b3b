"""A zone that is down, a link that is cut, and what is left when all is mended."""

from pathlib import Path

import pytest

from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.store import SandboxBroken
from evsrep.sandbox.trouble import break_link, break_zone, mend

from .conftest import Client, FakeClock, Json, words

PRIMARY, OTHER, THIRD = "az2.dc2", "az1.dc1", "az3.dc3"  # of the example's pair


def state(thing: Json) -> tuple[str, str | None, str]:
    return thing["status"], thing["replication_status"], thing["fault_level"]


def break_(path: Path, place: str) -> None:
    if place == "link":
        break_link(path)
    else:
        break_zone(path, place)


@pytest.mark.parametrize(
    ("places", "seen"),
    [
        ([PRIMARY], ("available", "error", "2")),
        ([OTHER], ("available", "inactive", "5")),
        (["link"], ("available", "inactive", "5")),
        ([PRIMARY, OTHER], ("available", "inactive", "5")),
        ([PRIMARY, "link"], ("available", "inactive", "5")),
        ([THIRD], ("available", "active", "0")),
    ],
)
def test_trouble_shows_at_once_on_pairs_and_groups(
    demo: Client, path: Path, pair_id: str, active_id: str, places: list[str], seen: object
) -> None:
    for place in places:
        break_(path, place)
    assert state(demo.show_group(active_id)) == seen
    assert state(demo.show(pair_id)) == seen
    [listed] = demo.get("/os-vendor-replications").json["replications"]
    assert state(listed) == seen


def test_a_lone_pair_feels_it_too(demo: Client, path: Path, pair_id: str) -> None:
    break_zone(path, PRIMARY)
    assert state(demo.show(pair_id)) == ("available", "error", "2")
    assert demo.show(pair_id)["progress"] is None


def test_a_pair_that_is_not_yet_made_feels_nothing(demo: Client, path: Path) -> None:
    pair_id = demo.new_pair("archive-01-data", "az3.dc3")
    break_link(path)
    assert state(demo.show(pair_id)) == ("creating", None, "0")


def test_what_was_cut_off_stays_so_until_a_sync(
    demo: Client, clock: FakeClock, path: Path, active_id: str
) -> None:
    break_link(path)
    clock.pass_(10)
    assert mend(path, now=clock) == ["link"]
    assert mend(path, now=clock) == []
    assert state(demo.show_group(active_id)) == ("available", "inactive", "0")
    assert "inactive, not active" in words(demo.act(active_id, "reverse"))
    demo.do(active_id, "sync")
    clock.pass_(4)
    assert state(demo.show_group(active_id)) == ("available", "active", "0")


def test_a_paused_group_stays_paused_through_it(
    demo: Client, clock: FakeClock, path: Path, active_id: str
) -> None:
    demo.do(active_id, "stop")
    break_zone(path, PRIMARY)
    assert state(demo.show_group(active_id)) == ("available", "active-stopped", "2")
    mend(path, now=clock)
    assert state(demo.show_group(active_id)) == ("available", "active-stopped", "0")


def test_a_copy_under_way_is_cut_off(
    demo: Client, clock: FakeClock, path: Path, group_id: str
) -> None:
    demo.do(group_id, "sync")
    clock.pass_(1)
    break_zone(path, OTHER)
    assert state(demo.show_group(group_id)) == ("available", "inactive", "5")


def test_a_sync_in_trouble_copies_nothing(
    demo: Client, clock: FakeClock, path: Path, active_id: str
) -> None:
    break_link(path)
    demo.do(active_id, "sync")
    clock.pass_(60)
    assert state(demo.show_group(active_id)) == ("available", "inactive", "5")
    demo.do(active_id, "stop")
    assert state(demo.show_group(active_id)) == ("available", "inactive", "5")


def test_a_drill_from_disaster_to_normal(
    demo: Client, clock: FakeClock, path: Path, pair_id: str, active_id: str
) -> None:
    break_zone(path, PRIMARY)
    assert demo.show_group(active_id)["fault_level"] == "2"
    demo.do(active_id, "failover")
    clock.pass_(2)
    assert state(demo.show_group(active_id)) == ("failovered", "active-stopped", "5")
    assert demo.show_group(active_id)["priority_staion"] == OTHER
    assert "fault_level is 5, not 0" in words(demo.act(active_id, "reprotect"))
    mend(path, now=clock)
    assert state(demo.show_group(active_id)) == ("failovered", "active-stopped", "0")
    demo.do(active_id, "reprotect")
    clock.pass_(4)
    assert state(demo.show(pair_id)) == ("available", "active", "0")
    demo.do(active_id, "reverse")
    clock.pass_(3)
    assert state(demo.show_group(active_id)) == ("available", "active", "0")
    assert demo.show_group(active_id)["priority_staion"] == PRIMARY


@pytest.mark.parametrize("place", ["link", OTHER])
def test_a_failover_that_can_not_work_fails_late_and_is_done_again(
    demo: Client, clock: FakeClock, path: Path, active_id: str, place: str
) -> None:
    break_(path, place)
    demo.do(active_id, "failover")
    assert demo.show_group(active_id)["status"] == "failovering"
    clock.pass_(2)
    group = demo.show_group(active_id)
    assert state(group) == ("error_failovering", "inactive", "5")
    assert (group["failure_detail"], group["priority_staion"]) == ("37100043", PRIMARY)
    mend(path, now=clock)
    demo.do(active_id, "failover")
    clock.pass_(2)
    assert state(demo.show_group(active_id)) == ("failovered", "active-stopped", "0")


@pytest.mark.parametrize(("place", "level"), [("link", "5"), (OTHER, "5"), (PRIMARY, "2")])
def test_a_switchover_in_trouble_fails_late_and_a_sync_helps(
    demo: Client, clock: FakeClock, path: Path, active_id: str, place: str, level: str
) -> None:
    break_(path, place)
    demo.do(active_id, "reverse")
    assert demo.show_group(active_id)["status"] == "reversing"
    clock.pass_(3)
    group = demo.show_group(active_id)
    assert state(group) == ("error_reversing", "inactive", level)
    assert (group["failure_detail"], group["priority_staion"]) == ("37100043", PRIMARY)
    mend(path, now=clock)
    demo.do(active_id, "sync")
    clock.pass_(4)
    assert state(demo.show_group(active_id)) == ("available", "active", "0")


def test_disks_of_a_broken_zone_do_not_grow(
    demo: Client, path: Path, pair_id: str, active_id: str
) -> None:
    break_zone(path, PRIMARY)
    assert "replication_status is error" in words(demo.expand(active_id, **{pair_id: 20}))


@pytest.mark.parametrize(
    ("place", "code"),
    [("link", "37100043"), (PRIMARY, "37100177"), (OTHER, "37100178"), (THIRD, None)],
)
def test_a_pair_made_in_trouble_fails_late(
    demo: Client, clock: FakeClock, path: Path, place: str, code: str | None
) -> None:
    break_(path, place)
    pair_id = demo.new_pair("example-production", PRIMARY, "example-dr")
    clock.pass_(2)
    assert demo.show(pair_id).get("failure_detail") == code


@pytest.mark.parametrize(
    ("place", "code"),
    [("link", "37100043"), (PRIMARY, "37100043"), (OTHER, "37100043"), (THIRD, None)],
)
def test_a_group_made_in_trouble_fails_late(
    demo: Client, clock: FakeClock, path: Path, pair_id: str, place: str, code: str | None
) -> None:
    break_(path, place)
    made = demo.order_group([pair_id], PRIMARY).json["replication_consistency_group"]
    clock.pass_(2)
    group = demo.show_group(made["id"])
    assert group.get("failure_detail") == code
    if code:
        assert state(group) == ("error", None, "0")


def test_a_broken_zone_says_so_and_its_servers_stay_down(
    demo: Client, clock: FakeClock, path: Path
) -> None:
    def servers() -> dict[str, tuple[str, object]]:
        found = demo.send("GET", f"/v2.1/{demo.project}/servers/detail").json["servers"]
        return {each["name"]: (each["status"], each["OS-EXT-STS:task_state"]) for each in found}

    def zones() -> list[bool]:
        found = demo.get("/os-availability-zone").json["availabilityZoneInfo"]
        return [zone["zoneState"]["available"] for zone in found]

    break_zone(path, "az1.dc1")
    assert zones() == [False, True, True]
    down = {
        "db-01": ("SHUTOFF", None),
        "web-01": ("ACTIVE", None),
        "web-01-dr": ("SHUTOFF", None),
        "mail-02-running": ("ACTIVE", None),
        "mail-03-starting": ("SHUTOFF", None),
        "db-02": ("SHUTOFF", None),
        "shop-01": ("SHUTOFF", None),
        "shop-01-dr": ("SHUTOFF", None),
        "cluster-01": ("SHUTOFF", None),
        "vault-01": ("SHUTOFF", None),
        "gpu-01": ("SHUTOFF", None),
    }
    assert servers() == down
    assert mend(path, now=clock) == ["az1.dc1"]
    assert zones() == [True, True, True]
    assert servers() == down


def test_a_drill_with_a_server_can_be_finished(demo: Client, clock: FakeClock, path: Path) -> None:
    pair_id = demo.new_pair("db-01-data", "az1.dc1")
    clock.pass_(6)
    made = demo.order_group([pair_id], "az1.dc1").json["replication_consistency_group"]
    clock.pass_(2)
    demo.do(made["id"], "sync")
    clock.pass_(4)
    break_zone(path, "az1.dc1")
    demo.do(made["id"], "failover")
    clock.pass_(2)
    mend(path, now=clock)
    demo.do(made["id"], "reprotect")


def test_every_process_sees_it(app: Sandbox, demo: Client, path: Path, pair_id: str) -> None:
    other = Client(Sandbox(path, now=app._now), demo.token)
    break_link(path)
    assert other.show(pair_id)["fault_level"] == "5"


def test_a_zone_that_there_is_not_can_not_be_broken(path: Path) -> None:
    with pytest.raises(ValueError, match="one of az1"):
        break_zone(path, "az9.dc9")
    assert not path.exists()


def test_a_file_that_is_no_sandbox_can_not_be_broken(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("no database, whatever its name says " * 100)
    with pytest.raises(SandboxBroken, match="reset"):
        break_link(path)
