"""Disks by the thousand."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from evsrep.sandbox.app import Sandbox
from evsrep.sandbox.bulk import seed_more
from evsrep.sandbox.models import Pair
from evsrep.sandbox.store import Store, reset

from .conftest import PROJECT, START, Client, FakeClock


def names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT name FROM disks WHERE name LIKE 'bulk-%' ORDER BY name")
        return [name for (name,) in rows]


def test_disks_come_in_couples_over_all_zones(demo: Client, clock: FakeClock, path: Path) -> None:
    seed_more(path, 6)
    disks = {disk["name"]: disk for disk in demo.get("/volumes/detail").json["volumes"]}
    zones = set()
    for number in (1, 2, 3):
        one, other = disks[f"bulk-{number:05}"], disks[f"bulk-{number:05}-dr"]
        zones.add((one["availability_zone"], other["availability_zone"]))
        assert one["size"] == other["size"]
        assert one["volume_type"] == other["volume_type"]
        pair_id = demo.new_pair(one["name"], one["availability_zone"])
        clock.pass_(2)
        assert demo.show(pair_id)["status"] == "available"
    assert zones == {("az2.dc2", "az3.dc3"), ("az3.dc3", "az1.dc1"), ("az1.dc1", "az2.dc2")}
    assert next(iter(disks)) == "example-production"


def test_called_again_it_goes_on_with_the_numbers(path: Path) -> None:
    seed_more(path, 3)
    assert names(path) == ["bulk-00001", "bulk-00001-dr", "bulk-00002"]
    seed_more(path, 0)
    seed_more(path, 2)
    assert names(path)[2:] == ["bulk-00002", "bulk-00002-dr", "bulk-00003"]
    reset(path)
    assert names(path) == []


def test_many_disks_are_there_soon_and_slow_nothing_down(path: Path, clock: FakeClock) -> None:
    started = time.process_time()
    seed_more(path, 20_000)
    assert time.process_time() - started < 5
    assert names(path)[-1] == "bulk-10000-dr"
    demo = Client(Sandbox(path, now=clock)).signed_in()
    started = time.process_time()
    for _ in range(20):
        demo.new_pair("bulk-08000", "az3.dc3")
    assert time.process_time() - started < 2


def many_pairs(count: int) -> list[Pair]:
    """Pairs, three in each second, the newest first made last."""
    return [
        Pair(
            id=f"00000000-0000-4000-8000-{number:012}",
            project_id=PROJECT,
            name=f"pair-{number % 100}",
            description=None,
            priority_station="az1.dc1",
            peer_station="az2.dc2",
            model="hypermetro",
            failure="",
            created_at=START - 100_000 + number // 3,
            edited_at=None,
            change="create",
            since=START - 100_000 + number // 3,
            first_disk=f"b0000000-0000-4000-8000-{number:012}",
            second_disk=f"b0000000-0000-4000-9000-{number:012}",
            metadata=None,
            group_id=None,
        )
        for number in range(count)
    ]


def test_thousands_of_pairs_are_paged_quickly_and_each_is_seen_once(
    path: Path, demo: Client
) -> None:
    with Store(path).session() as session, session.writing():
        session.save(Pair, many_pairs(2_000))
    for order in (
        "",
        "&sort_dir=asc",
        "&sort_key=name",
        "&sort_key=updated_at",
        "&status=available",
    ):
        seen: list[str] = []
        started, marker = time.process_time(), ""
        while len(seen) < 2_000:
            address = f"/os-vendor-replications?limit=200{order}{marker}"
            page = demo.get(address).json["replications"]
            assert len(page) == 200
            seen += [pair["id"] for pair in page]
            marker = f"&marker={seen[-1]}"
        assert len(set(seen)) == 2_000
        assert time.process_time() - started < 1.5
