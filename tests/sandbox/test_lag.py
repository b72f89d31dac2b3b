"""A sandbox that shows late what it did: its lists and shows tell what was true a while ago."""

from pathlib import Path

import pytest

from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.store import reset
from tests.sandbox.conftest import Client, FakeClock

LAG = 15.0


@pytest.fixture
def app(path: Path, clock: FakeClock) -> Sandbox:
    return Sandbox(path, now=clock, lags=(LAG,))


def listed(client: Client) -> list[str]:
    reply = client.get("/os-vendor-replications")
    return [pair["status"] for pair in reply.json["replications"]]


def test_a_new_pair_is_neither_listed_nor_shown_before_the_lag_is_over(
    demo: Client, clock: FakeClock
) -> None:
    pair_id = demo.new_pair("example-production", "az2.dc2", "example-dr")
    clock.pass_(LAG - 0.1)
    assert listed(demo) == []
    assert demo.get(f"/os-vendor-replications/{pair_id}").status == 404
    clock.pass_(0.2)
    assert listed(demo) == ["creating"]
    assert demo.show(pair_id)["status"] == "creating"


def test_its_disks_are_taken_all_the_same(demo: Client, clock: FakeClock) -> None:
    demo.new_pair("example-production", "az2.dc2", "example-dr")
    second_id = demo.new_pair("example-production", "az2.dc2", "example-dr")
    clock.pass_(LAG + 5)
    assert demo.show(second_id)["failure_detail"] in ("37100053", "37100054")


def test_a_deleted_pair_is_shown_as_it_was(demo: Client, clock: FakeClock, pair_id: str) -> None:
    assert demo.send("DELETE", f"/v2/{demo.project}/os-vendor-replications/{pair_id}").status == 202
    clock.pass_(LAG - 0.1)
    assert demo.show(pair_id)["status"] == "available"
    again = demo.send("DELETE", f"/v2/{demo.project}/os-vendor-replications/{pair_id}")
    assert again.status == 404  # whoever changes something meets what is true
    clock.pass_(0.2)
    assert demo.show(pair_id)["status"] == "deleting"
    clock.pass_(LAG)
    assert listed(demo) == []


def test_a_group_shows_late_what_was_done_to_it(
    demo: Client, clock: FakeClock, active_id: str
) -> None:
    clock.pass_(LAG)
    demo.do(active_id, "failover")
    clock.pass_(LAG - 0.1)
    assert demo.show_group(active_id)["status"] == "available"
    assert demo.show_group(active_id)["priority_staion"] == "az2.dc2"
    clock.pass_(0.2)
    assert demo.show_group(active_id)["status"] == "failovering"
    assert demo.show_group(active_id)["priority_staion"] == "az1.dc1"


def test_each_of_many_changes_shows_in_its_time(
    demo: Client, clock: FakeClock, active_id: str
) -> None:
    for name in ("one", "two", "three"):
        assert demo.update_group(active_id, name=name).status == 202
        clock.pass_(5)
    names = []
    for _ in range(4):
        names.append(demo.show_group(active_id)["name"])
        clock.pass_(5)
    assert names == ["one", "two", "three", "three"]


def test_replicas_are_asked_in_turn(path: Path, clock: FakeClock) -> None:
    demo = Client(Sandbox(path, now=clock, lags=(LAG, 0.0))).signed_in()
    demo.new_pair("example-production", "az2.dc2", "example-dr")
    assert [listed(demo) for _ in range(4)] == [[], ["creating"], [], ["creating"]]


def test_a_sandbox_that_is_reset_goes_on_lagging(
    path: Path, demo: Client, clock: FakeClock, pair_id: str
) -> None:
    reset(path)
    demo = Client(demo.app).signed_in()
    assert listed(demo) == []
    pair_id = demo.new_pair("example-production", "az2.dc2", "example-dr")
    assert demo.get(f"/os-vendor-replications/{pair_id}").status == 404
