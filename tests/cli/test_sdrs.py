"""`evsrep sdrs plan`, and what else is told of the successor: looked up, never guessed."""

import json
import re
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

import evsrep
from evsrep.cloud.sdrs_facts import AS_OF, CODES, FLEXIBLE_ENGINE, HUAWEI, OPEN_TELEKOM, cloud_of
from evsrep.errors import ExitCode
from evsrep.jobs.sdrs import sdrs_name
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import SandboxFile, Serve, WriteProfiles
from tests.conftest import FakeClock, Run
from tests.weather.faults import FAULTS, Fault, status
from tests.weather.server import BadServer
from tests.weather.shy import changing

A, B, C = "az1.dc1", "az2.dc2", "az3.dc3"
SHOP = ("shop-01-system", "shop-01-data", "shop-01-log")
Plan = Callable[..., dict[str, Any]]


def make_pairs(run: Run, *words: str) -> None:
    """Pair what the story is about: a whole server, one with a shared disk, and others."""
    dr_disks = {disk: disk.replace("shop-01", "shop-01-dr") for disk in SHOP}
    dr_disks |= {disk: f"{disk}-dr" for disk in ("web-01-data", "shared-01-data", "db-01-data")}
    for production, dr in dr_disks.items():
        disks = ("--production-disk", production, "--dr-disk", dr, "--name", production)
        assert run("create", *disks, *words).exit_code == ExitCode.DONE
    for production in ("encrypted-data", "rare-type-data"):
        disks = ("--production-disk", production, "--dr-zone", B, "--name", production, "--yes")
        assert run("create", *disks, *words).exit_code == ExitCode.DONE
    ids = [word for disk in SHOP for word in ("--pair", disk)]
    for name in (*SHOP, "db-01-data"):
        run("wait", name, "--for", "active", *words)
    done = run("group", "create", "--name", "shop / Überall", *ids, "--wait", *words)
    assert done.exit_code == ExitCode.DONE, done.stderr


@pytest.fixture
def plan(sandbox: Run, clock: FakeClock) -> Plan:
    """The plan of the sandbox with those pairs; its exit code is 6."""
    make_pairs(sandbox)
    clock.sleep(5000)

    def plan(*names: str, code: ExitCode = ExitCode.REFUSED) -> dict[str, Any]:
        done = sandbox("sdrs", "plan", *names, "-o", "json")
        assert done.exit_code == code, done.stderr
        found: dict[str, Any] = done.json
        return found

    return plan


def rules_of(plan: dict[str, Any], name: str) -> dict[str, Any]:
    """What is not kept by a server, or not known of it, by rule."""
    [server] = [each for each in plan["servers"] if each["name"] == name]
    return {it["rule"]: it["ok"] for it in server["checks"] if it["ok"] is not True}


def test_each_server_gets_its_verdict_with_the_reason(plan: Plan) -> None:
    found = plan()
    verdicts = {it["name"]: it["verdict"] for it in found["servers"]}
    assert verdicts == {
        "shop-01": "fit",
        "db-01": "unknown",
        "cluster-01": "not fit",
        "gpu-01": "not fit",
        "vault-01": "not fit",
        "web-01": "not fit",
    }
    assert [it["verdict"] for it in found["servers"]][:2] == ["fit", "unknown"]
    assert rules_of(found, "shop-01") == {}
    assert rules_of(found, "db-01") == {"system disk": None}
    assert rules_of(found, "web-01")["zones"] is False
    assert rules_of(found, "gpu-01")["flavour there"] is False
    assert rules_of(found, "gpu-01")["flavour"] is None  # SDRS itself decides
    for name, word in (("vault-01", "encrypted"), ("cluster-01", "shared")):
        [server] = [it for it in found["servers"] if it["name"] == name]
        [rule] = [it for it in server["checks"] if it["rule"] == "disk" and it["ok"] is False]
        assert word in rule["value"]
        assert rule["hint"]


def test_groups_become_protection_groups_of_one_network(plan: Plan) -> None:
    groups = {it["name"]: it for it in plan()["groups"]}
    assert set(groups) == {"shop-berall", "db-01"}
    shop = groups["shop-berall"]
    assert (shop["source"], shop["target"], shop["consistency_group"]) == (A, B, "shop / Überall")
    assert [it["name"] for it in shop["servers"]] == ["shop-01"]
    assert shop["domain_id"]
    assert shop["vpc_id"]


def test_what_is_needed_stands_beside_what_there_is(plan: Plan) -> None:
    needs = {it["what"]: it for it in plan("shop / Überall")["needs"]}
    assert {what for what, it in needs.items() if not it["ok"]} == {"disks"}  # tight by one
    disks = needs["disks"]
    assert disks["after"] == disks["now"] + 3 == disks["limit"] + 1
    assert needs["GB of disks"]["after"] - needs["GB of disks"]["now"] == 290
    assert needs["protection groups"]["after"] == 1


def test_the_steps_have_the_ids_and_say_what_protects(plan: Plan) -> None:
    found = plan("shop / Überall")
    steps = found["steps"]
    assert [it["number"] for it in steps] == ["0", "1", "2", "3", "4", "5", "6", "7"]
    [server] = found["servers"]
    take_out = steps[2]
    assert take_out["protected_by"] == "NOTHING"
    assert "nothing protects" in take_out["warning"]
    deleted = [it["path"].split("/")[-1] for it in take_out["calls"] if it["method"] == "DELETE"]
    assert sorted(deleted) == sorted(server["pairs"])
    [made] = steps[3]["calls"]
    assert made["body"]["protected_instance"]["server_id"] == server["id"]
    assert steps[5]["protected_by"].startswith("SDRS")
    assert "no way back" in steps[7]["warning"]
    assert all(it["back"] for it in steps[:7])


def test_it_says_what_is_lost_and_what_nobody_knows(plan: Plan) -> None:
    found = plan()
    lost = " ".join(f"{it['what']} {it['why']}" for it in found["losses"])
    for word in ("DR disk", "zone is lost", "point in time", "VPC", "unprotected"):
        assert word in lost
    assert any("how long the first copy takes" in each for each in found["unknown"])
    assert found["as_of"] == AS_OF


def test_a_person_reads_the_verdict_first_and_no_broken_line(plan: Plan, sandbox: Run) -> None:
    for width in (60, 80, 120):
        done = sandbox("sdrs", "plan", terminal=True, width=width)
        assert done.exit_code == ExitCode.REFUSED
        lines = done.stdout.splitlines()
        assert lines[2].startswith("FIT      server shop-01, az1.dc1 to az2.dc2, ")
        texts = [it for it in lines if not re.match(r" +(POST|GET|PUT|DELETE) |[A-Z]", it)]
        assert max(map(len, texts)) <= width
        assert "WARNING: from here on nothing protects" in done.stdout
    assert "vault-01: not fit" in done.stderr


def test_a_pair_or_a_group_may_be_named(plan: Plan, sandbox: Run) -> None:
    assert [it["name"] for it in plan("db-01-data")["servers"]] == ["db-01"]
    both = plan("db-01-data", "shop / Überall")
    assert {it["name"] for it in both["servers"]} == {"db-01", "shop-01"}
    done = sandbox("sdrs", "plan", "Db-01-data")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert "one is called 'db-01-data'" in done.stderr


def test_without_pairs_there_is_nothing_to_move(sandbox: Run) -> None:
    done = sandbox("sdrs", "plan", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert (done.json["servers"], done.json["steps"], done.json["needs"]) == ([], [], [])


def test_a_pair_that_is_not_in_sync_is_healed_first(sandbox: Run) -> None:
    disks = ("--production-disk", "shop-01-data", "--dr-disk", "shop-01-dr-data", "--name", "x")
    assert sandbox("create", *disks).exit_code == ExitCode.DONE
    done = sandbox("sdrs", "plan", "-o", "json")
    assert rules_of(done.json, "shop-01")["pair"] is False


def test_a_disk_of_no_server_is_told_as_that(sandbox: Run) -> None:
    disks = ("--production-disk", "example-production", "--dr-disk", "example-dr")
    assert sandbox("create", *disks, "--name", "x").exit_code == ExitCode.DONE
    sandbox("wait", "x", "--for", "active")
    done = sandbox("sdrs", "plan", "-o", "json")
    [disk] = done.json["servers"]
    assert (disk["kind"], disk["name"], disk["verdict"]) == (
        "disk",
        "example-production",
        "unknown",
    )


def test_programs_get_the_same_plan(plan: Plan) -> None:
    found = plan()
    with evsrep.connect("sandbox") as cloud:
        assert json.loads(json.dumps(evsrep.plan_sdrs(cloud).fields)) == found
        assert evsrep.plan_sdrs(cloud).failure is not None


# Faults


GETS = {
    "domains": "/active-domains",
    "SDRS' quotas": "/sdrs/quotas",
    "EVS' quotas": "/os-quota-sets",
    "ECS' quotas": "/cloudservers/limits",
    "flavours": "/cloudservers/flavors",
    "servers": "/cloudservers/",
    "disks": "/volumes/detail",
}
TROUBLE: dict[str, Fault] = {
    "503": status(503),
    "403": status(403, body=b'{"forbidden": {"message": "no"}}'),
    "SDRS.0003": status(400, body=b'{"error": {"code": "SDRS.0003", "message": "no role"}}'),
    "HTML": FAULTS["html"],
    "another shape": status(200, body=b'{"quotas": 5, "domains": {}, "server": [], "flavors": 1}'),
}


@pytest.fixture
def served_pairs(run: Run, weather: BadServer, clock: FakeClock) -> BadServer:
    make_pairs(run, "-p", "served")
    clock.sleep(5000)
    return weather


def test_nothing_is_sent_but_gets(run: Run, served_pairs: BadServer) -> None:
    before = len(served_pairs.requests)
    assert run("sdrs", "plan", "-p", "served").exit_code == ExitCode.REFUSED
    sent = {(it.method, it.path.split("?")[0]) for it in served_pairs.requests[before:]}
    assert {method for method, path in sent if "/auth/tokens" not in path} == {"GET"}
    assert len(sent) >= len(GETS)


@pytest.mark.parametrize("trouble", TROUBLE)
def test_what_can_not_be_looked_up_is_a_question_mark(
    run: Run, served_pairs: BadServer, trouble: str
) -> None:
    for path in GETS.values():
        served_pairs.clear_up()
        served_pairs.play("GET", path, TROUBLE[trouble], times=99)
        done = run("sdrs", "plan", "shop / Überall", "-p", "served", "-o", "json", "--retries", "0")
        assert done.exit_code == ExitCode.REFUSED, (path, done.stderr)
        verdicts = {it["verdict"] for it in done.json["servers"]}
        is_of_quotas = "quota" in path or "limits" in path
        assert verdicts == ({"fit"} if is_of_quotas else {"unknown"}), path
        assert len(done.json["unknown"]) > 3, path
        if is_of_quotas:
            assert None in {it["ok"] for it in done.json["needs"]}, path


def test_where_there_is_no_sdrs_it_says_what_is_left(run: Run, served_pairs: BadServer) -> None:
    served_pairs.play("GET", "/active-domains", status(404, body=b"<html>"), times=9)
    done = run("sdrs", "plan", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert done.error["kind"] == "not_offered"
    assert "your pairs stay" in done.error["hint"]


def no_sdrs(thing: dict[str, Any]) -> dict[str, Any]:
    """A catalog without SDRS."""
    if "catalog" not in thing:
        return thing
    return {**thing, "catalog": [it for it in thing["catalog"] if it["type"] != "sdrs"]}


def test_a_catalog_without_it_is_not_offered(
    run: Run, serve: Serve, write_profiles: WriteProfiles
) -> None:
    url = serve(lambda app: changing(app, "/v3/auth/tokens", no_sdrs))
    write_profiles(**ready_profile(url))
    done = run("sdrs", "plan", "-p", "served", "-o", "json")
    assert (done.exit_code, done.error["kind"]) == (ExitCode.NOT_FOUND, "not_offered")
    assert "the catalog names no SDRS" in done.error["message"]
    rows = {row["check"]: row for row in run("doctor", "-p", "served", "-o", "json").json}
    assert (rows["SDRS"]["result"], rows["SDRS"]["detail"]) == (
        "ok",
        "not here, as far as can be seen",
    )


def test_on_huawei_cloud_it_is_no_way_out(run: Run, write_profiles: WriteProfiles) -> None:
    keys = ready_profile("https://iam.ap-southeast-1.myhuaweicloud.com")
    write_profiles(**keys)
    done = run("sdrs", "plan", "-p", "served", "-o", "json")  # nothing is asked of anybody
    assert (done.exit_code, done.error["kind"]) == (ExitCode.NOT_FOUND, "not_offered")
    assert "closed to new customers" in done.error["message"]
    assert cloud_of("iam.eu-de.otc.t-systems.com") == OPEN_TELEKOM
    assert cloud_of("iam.ap-southeast-1.myhuaweicloud.com") == HUAWEI
    assert cloud_of("iam.eu-west-0.prod-cloud-ocb.orange-business.com") == FLEXIBLE_ENGINE
    assert cloud_of("localhost") == ""


def test_enough_room_and_nothing_unknown_is_success(
    run: Run, weather: BadServer, clock: FakeClock, sandbox_file: SandboxFile
) -> None:
    make_pairs(run, "-p", "served")
    clock.sleep(5000)
    quota = {"volumes": {"in_use": 1, "limit": -1}, "gigabytes": {"in_use": 1, "limit": 9999}}
    room = status(200, body=json.dumps({"quota_set": quota}).encode())
    weather.play("GET", "/os-quota-sets", room, times=9)
    done = run("sdrs", "plan", "shop / Überall", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.stderr == ""
    assert [it["limit"] for it in done.json["needs"] if it["what"] == "disks"] == [None]


# Names, codes, help


@hypothesis.given(st.lists(st.text(max_size=80), min_size=1, max_size=8))
def test_names_are_such_as_sdrs_takes_and_unlike_one_another(names: list[str]) -> None:
    taken: set[str] = set()
    found = [sdrs_name(name, taken) for name in names]
    assert len(set(found)) == len(found)
    for each in found:
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", each)


def test_the_codes_are_explained_as_those_of_evs_are(run: Run) -> None:
    assert len(CODES) >= 40
    for code, meaning in CODES.items():
        [row] = run("explain", code.lower(), "-o", "json").json
        assert (row["word"], row["meaning"], row["hint"]) == (code, *meaning)


def test_the_topic_tells_the_truths_with_their_date(run: Run) -> None:
    text = run("help", "sdrs").stdout
    for word in (
        *(AS_OF, "eu-de only", "closed to new", "not known today", "DR server", "DR drill"),
        *("different disks", "copied anew", "evsrep sdrs plan"),
    ):
        assert word in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_doctor_tells_of_it_for_information(sandbox: Run) -> None:
    rows = {row["check"]: row for row in sandbox("doctor", "-o", "json").json}
    assert rows["SDRS"]["result"] == "ok"
    assert rows["SDRS"]["detail"] == f"yes, between {A} and {B}"
