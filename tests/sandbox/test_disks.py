"""Disks, zones and servers."""

from uuid import UUID

import pytest

from .conftest import Client


def test_the_documented_example_is_there_and_ready_to_be_paired(demo: Client) -> None:
    production = demo.get("/volumes/18aa67ea-c7cb-4826-800d-50e67f0de75b").json["volume"]
    dr = demo.get("/volumes/375d23be-3658-498f-8b50-d3b950a890ec").json["volume"]
    assert (production["name"], production["availability_zone"]) == (
        "example-production",
        "az2.dc2",
    )
    assert (dr["name"], dr["availability_zone"]) == ("example-dr", "az1.dc1")
    for key in ("size", "volume_type", "status", "attachments", "metadata", "multiattach"):
        assert production[key] == dr[key]
    assert production["status"] == "available"
    assert production["attachments"] == []


def test_there_is_enough_to_play_with(demo: Client) -> None:
    disks = demo.get("/volumes/detail").json["volumes"]
    assert len(disks) == 54
    assert {disk["availability_zone"] for disk in disks} == {"az1.dc1", "az2.dc2", "az3.dc3"}
    assert {disk["volume_type"] for disk in disks} == {"SATA", "SAS", "SSD", "GPSSD"}
    assert len({disk["id"] for disk in disks}) == len(disks)
    for disk in disks:
        assert str(UUID(disk["id"])) == disk["id"]


@pytest.mark.parametrize(
    "name", ["db-01-data", "db-01-log", "web-01-data", "archive-01-data", "shared-01-data"]
)
def test_a_healthy_disk_has_a_partner_with_its_name_and_dr(demo: Client, name: str) -> None:
    disks = {disk["name"]: disk for disk in demo.get("/volumes/detail").json["volumes"]}
    one, other = disks[name], disks[f"{name}-dr"]
    assert one["availability_zone"] != other["availability_zone"]
    for key in ("size", "volume_type", "multiattach"):
        assert one[key] == other[key]


def test_an_attached_disk_is_in_use_and_names_its_server(demo: Client) -> None:
    disk = demo.get(f"/volumes/{demo.disk('db-01-data')}").json["volume"]
    assert disk["status"] == "in-use"
    [attachment] = disk["attachments"]
    assert attachment["device"] == "/dev/vdb"
    path = f"/v2.1/{demo.project}/servers/{attachment['server_id']}"
    server = demo.send("GET", path).json["server"]
    assert server["name"] == "db-01"
    assert {"id": disk["id"]} in server["os-extended-volumes:volumes_attached"]


def test_shared_disks_say_so_as_a_boolean(demo: Client) -> None:
    [disk] = demo.get("/volumes/detail?name=shared-01-data").json["volumes"]
    assert disk["multiattach"] is True


def test_disks_come_most_recent_first_and_in_pages(demo: Client) -> None:
    everything = demo.get("/volumes/detail").json["volumes"]
    assert everything == sorted(everything, key=lambda disk: disk["created_at"], reverse=True)
    seen: list[object] = []
    path = "/volumes?limit=10"
    while page := demo.get(path).json["volumes"]:
        seen += [disk["id"] for disk in page]
        path = f"/volumes?limit=10&marker={seen[-1]}"
    assert seen == [disk["id"] for disk in everything]
    assert [disk["id"] for disk in demo.get("/volumes?offset=31").json["volumes"]] == seen[31:]


def test_a_full_page_links_to_a_host_that_nobody_can_reach(demo: Client) -> None:
    body = demo.get("/volumes?limit=2").json
    assert set(body["volumes"][0]) == {"id", "name", "links"}
    [link] = body["volumes_links"]
    assert link["href"].startswith("https://volume.internal.sandbox.invalid")
    assert "volumes_links" not in demo.get("/volumes").json


def test_disks_are_filtered_by_name_status_and_zone(demo: Client) -> None:
    scratch = demo.get("/volumes/detail?name=scratch").json["volumes"]
    assert [disk["availability_zone"] for disk in scratch] == ["az1.dc1", "az3.dc3"]
    in_use = demo.get("/volumes/detail?status=in-use&availability_zone=az3.dc3").json["volumes"]
    assert {disk["name"] for disk in in_use} == {"web-01-data-dr", "mail-01-data-dr-running"}
    assert demo.get("/volumes/detail?name=nope").json == {"volumes": []}


def test_a_project_does_not_see_another_ones_disks(guest: Client) -> None:
    other = guest.signed_in("sandbox_other")
    names = [disk["name"] for disk in other.get("/volumes/detail").json["volumes"]]
    assert names == ["other-data", "other-data-dr"]
    reply = other.get("/volumes/18aa67ea-c7cb-4826-800d-50e67f0de75b")
    assert reply.status == 404
    assert reply.json["itemNotFound"]["code"] == 404


def test_the_zones_are_all_up(demo: Client) -> None:
    zones = demo.get("/os-availability-zone").json["availabilityZoneInfo"]
    assert [zone["zoneName"] for zone in zones] == ["az1.dc1", "az2.dc2", "az3.dc3"]
    assert all(zone["zoneState"]["available"] for zone in zones)


def test_servers_run_are_stopped_or_are_about_to_run(demo: Client) -> None:
    path = f"/v2.1/{demo.project}/servers/detail"
    servers = {server["name"]: server for server in demo.send("GET", path).json["servers"]}
    states = {
        name: (server["status"], server["OS-EXT-STS:task_state"])
        for name, server in servers.items()
    }
    assert states == {
        "db-01": ("ACTIVE", None),
        "web-01": ("ACTIVE", None),
        "web-01-dr": ("SHUTOFF", None),
        "mail-02-running": ("ACTIVE", None),
        "mail-03-starting": ("SHUTOFF", "powering-on"),
        "db-02": ("ACTIVE", None),
        "shop-01": ("ACTIVE", None),
        "shop-01-dr": ("SHUTOFF", None),
        "cluster-01": ("SHUTOFF", None),
        "vault-01": ("SHUTOFF", None),
        "gpu-01": ("SHUTOFF", None),
    }


def test_servers_are_listed_shown_and_missed(demo: Client) -> None:
    root = f"/v2.1/{demo.project}/servers"
    [found] = demo.send("GET", f"{root}?name=web-01-dr").json["servers"]
    assert set(found) == {"id", "name", "links"}
    server = demo.send("GET", f"{root}/{found['id']}").json["server"]
    assert server["OS-EXT-AZ:availability_zone"] == "az3.dc3"
    missing = demo.send("GET", f"{root}/nope")
    assert missing.status == 404
    assert "nope" in missing.json["itemNotFound"]["message"]
