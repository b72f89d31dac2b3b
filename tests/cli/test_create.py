"""`evsrep create`."""

import json
import re
import shlex
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import (
    UNKNOWN,
    SandboxFile,
    Serve,
    WriteProfiles,
    Wsgi,
    next_of,
    requests_in,
    resume_of,
)
from tests.conftest import DR, EXAMPLE, PRODUCTION, FakeClock, Run
from tests.weather.shy import answering, replacing

SCRATCHES = ("0134ced5-f80a-40f7-95c4-0369915473bb", "1e10eee1-890a-41b9-b3c9-7b9036d346a2")
MAIL_DATA = "22c9ec8b-82d9-4310-9fba-d03225dc5207"
MAIL_DR_RUNNING = "7172e11a-15b6-4f14-985b-ba27f81fd066"
LAZY = "4dd0f418-7c97-4d87-84a0-338440f2103e"
COLLECTION = re.compile(r"/v2/[0-9a-f]{32}/os-vendor-replications")


@pytest.fixture
def token_alone(run: Run, served: str, write_profiles: WriteProfiles) -> None:
    """Have the profile 'served' hold a token and the endpoint, and nothing to sign in with."""
    token = run("auth", "token", "-p", "served").stdout.strip()
    identity = run("auth", "check", "-p", "served", "-o", "json").json
    write_profiles(token=token, project_id=identity["project_id"], endpoint=identity["endpoint"])


def disks(production: str, dr: str) -> tuple[str, ...]:
    return ("--production-disk", production, "--dr-disk", dr)


def body_of(run: Run, *words: str) -> dict[str, Any]:
    """The body that a create would send."""
    done = run("create", *words, "--dry-run", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    body: dict[str, Any] = done.json["body"]
    return body


# A pair


def test_create_by_id_prints_the_new_pair(sandbox: Run) -> None:
    done = sandbox("create", *EXAMPLE, "--name", "my replication", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    pair = done.json
    assert pair["name"] == "my replication"
    assert pair["status"] == "creating"
    assert pair["volume_ids"] == [PRODUCTION, DR]
    assert pair["priority_station"] == "az2.dc2"


def test_create_by_name_finds_the_disks_first(sandbox: Run) -> None:
    done = sandbox("create", *disks("example-production", "example-dr"), "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["volume_ids"] == [PRODUCTION, DR]


def test_an_id_and_a_name_go_together(sandbox: Run) -> None:
    body = body_of(sandbox, *disks(PRODUCTION, "example-dr"))
    assert body["replication"]["volume_ids"] == [PRODUCTION, DR]


def test_create_prints_the_id_for_a_script(sandbox: Run, sandbox_file: SandboxFile) -> None:
    done = sandbox("create", *EXAMPLE, "-o", "value", "-c", "id")
    assert done.exit_code == ExitCode.DONE
    assert [done.stdout] == [f"{pair_id}\n" for pair_id in sandbox_file.pair_ids()]


def test_create_tells_the_command_to_go_on_with_and_it_works(sandbox: Run, run: Run) -> None:
    done = sandbox("create", *EXAMPLE)
    assert done.exit_code == ExitCode.DONE
    went_on = run(*shlex.split(next_of(done.stderr)), "-o", "json")
    assert went_on.exit_code == ExitCode.DONE
    assert went_on.json["status"] == "available"


def test_create_over_the_network_is_the_same(run: Run, served: str) -> None:
    done = run("create", *EXAMPLE, "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert done.json["status"] == "creating"


# What is sent


def test_dry_run_prints_the_documented_request_and_sends_nothing(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    done = sandbox(
        "create", *EXAMPLE, "--name", "my replication", "--description", "my replication",
        "--priority-station", "az2.dc2", "--replication-model", "hypermetro",
        "--dry-run", "-o", "json",
    )  # fmt: skip
    assert done.exit_code == ExitCode.DONE
    assert list(done.json) == ["method", "url", "body", "checks"]
    assert done.json["method"] == "POST"
    assert re.fullmatch(rf"https?://[^/]+{COLLECTION.pattern}", done.json["url"])
    assert done.json["body"] == {
        "replication": {
            "name": "my replication",
            "description": "my replication",
            "volume_ids": [PRODUCTION, DR],
            "priority_station": "az2.dc2",
            "replication_model": "hypermetro",
        }
    }
    assert sandbox_file.pair_ids() == []


def test_what_is_printed_by_a_dry_run_is_what_is_sent(sandbox: Run) -> None:
    words = (
        "create",
        *EXAMPLE,
        "--name",
        "naïve 🚀",
        "--no-check",
        "--priority-station",
        "az2.dc2",
    )
    planned = sandbox(*words, "--dry-run", "-o", "json").json["body"]
    sent = sandbox(*words, "--debug", "-o", "json").stderr
    bodies = [line[2:] for line in sent.splitlines() if line.startswith("> {")]
    assert [json.loads(body) for body in bodies] == [planned]


def test_options_that_are_not_given_are_not_sent(sandbox: Run) -> None:
    assert body_of(sandbox, *EXAMPLE) == {
        "replication": {
            "volume_ids": [PRODUCTION, DR],
            "priority_station": "az2.dc2",
            "replication_model": "hypermetro",
        }
    }


@pytest.mark.parametrize("flag", ["--name", "--description"])
def test_an_empty_text_that_is_given_is_sent(sandbox: Run, flag: str) -> None:
    assert body_of(sandbox, *EXAMPLE, flag, "")["replication"][flag.removeprefix("--")] == ""


def test_volume_ids_are_sent_in_the_order_given(sandbox: Run) -> None:
    for one, other in ((PRODUCTION, DR), (DR, PRODUCTION)):
        words = ("--volume-id", one, "--volume-id", other, "--priority-station", "az2.dc2")
        assert body_of(sandbox, *words)["replication"]["volume_ids"] == [one, other]
        assert body_of(sandbox, *words, "--no-check")["replication"]["volume_ids"] == [one, other]


def test_the_request_can_be_had_in_every_form(sandbox: Run) -> None:
    for form in ("table", "value", "jsonl"):
        done = sandbox("create", *EXAMPLE, "--dry-run", "-o", form)
        assert done.exit_code == ExitCode.DONE
        assert "POST" in done.stdout
        assert PRODUCTION in done.stdout
    done = sandbox("create", *EXAMPLE, "--dry-run", "-c", "url,method", "-o", "value")
    assert re.fullmatch(rf"https?://[^/]+{COLLECTION.pattern}\tPOST\n", done.stdout)


# The primary zone


def test_the_primary_zone_is_the_production_disks_own(sandbox: Run) -> None:
    assert body_of(sandbox, *disks(DR, PRODUCTION))["replication"]["priority_station"] == "az1.dc1"


def test_with_no_check_the_primary_zone_is_still_the_production_disks_own(sandbox: Run) -> None:
    body = body_of(sandbox, *EXAMPLE, "--no-check")
    assert body["replication"]["priority_station"] == "az2.dc2"


def test_a_profiles_zone_is_for_no_check_alone(run: Run, served: str) -> None:
    assert run("profile", "set", "served", "priority_station=az3.dc3").exit_code == ExitCode.DONE
    words = (*EXAMPLE, "-p", "served")
    assert body_of(run, *words)["replication"]["priority_station"] == "az2.dc2"
    assert body_of(run, *words, "--no-check")["replication"]["priority_station"] == "az3.dc3"
    flag = ("--priority-station", "az2.dc2")
    assert body_of(run, *words, "--no-check", *flag)["replication"]["priority_station"] == "az2.dc2"


def test_a_profiles_zone_tells_the_roles_of_volume_ids_with_no_check(run: Run, served: str) -> None:
    run("profile", "set", "served", "priority_station=az2.dc2")
    words = ("--volume-id", DR, "--volume-id", PRODUCTION, "-p", "served")
    assert body_of(run, *words, "--no-check")["replication"]["priority_station"] == "az2.dc2"
    assert run("create", *words).exit_code == ExitCode.USAGE


def test_volume_ids_get_their_roles_from_the_zone(sandbox: Run) -> None:
    volumes = ("--volume-id", MAIL_DR_RUNNING, "--volume-id", MAIL_DATA)
    as_dr = sandbox("create", *volumes, "--priority-station", "az2.dc2", "--dry-run")
    assert as_dr.exit_code == ExitCode.REFUSED  # its server runs
    assert "mail-02-running" in as_dr.stderr
    as_production = sandbox("create", *volumes, "--priority-station", "az3.dc3", "--dry-run")
    assert as_production.exit_code == ExitCode.DONE


# Faults of the input

INPUT_FAULTS = {
    "no disks at all": ((), ("--production-disk", "--dr-disk")),
    "no DR disk": (("--production-disk", PRODUCTION), ("--dr-disk",)),
    "no production disk": (("--dr-disk", DR), ("--production-disk",)),
    "empty production disk": (disks("", DR), ("--production-disk",)),
    "blank DR disk": (disks(PRODUCTION, " "), ("--dr-disk",)),
    "the same disk twice": (disks(PRODUCTION, PRODUCTION), (PRODUCTION, "different")),
    "the same disk in capitals": (disks(PRODUCTION, PRODUCTION.upper()), ("different",)),
    "the same volume twice": (
        ("--volume-id", DR, "--volume-id", DR.upper(), "--priority-station", "az1.dc1"),
        ("different",),
    ),
    "empty zone": ((*EXAMPLE, "--priority-station", ""), ("--priority-station",)),
    "blank zone": ((*EXAMPLE, "--priority-station", "  "), ("--priority-station",)),
    "unknown model": ((*EXAMPLE, "--replication-model", "metro"), ("metro", "hypermetro")),
    "empty model": ((*EXAMPLE, "--replication-model", ""), ("--replication-model",)),
    "one volume": (("--volume-id", DR, "--priority-station", "az1.dc1"), ("--volume-id",)),
    "three volumes": (
        (*("--volume-id", DR, "--volume-id", PRODUCTION, "--volume-id", LAZY),
         "--priority-station", "az1.dc1"),
        ("--volume-id",),
    ),
    "an empty volume": (
        ("--volume-id", "", "--volume-id", DR, "--priority-station", "az1.dc1"),
        ("--volume-id",),
    ),
    "both ways at once": (
        ("--production-disk", PRODUCTION, "--volume-id", DR, "--volume-id", LAZY),
        ("--volume-id", "--production-disk"),
    ),
    "volumes without a zone": (
        ("--volume-id", PRODUCTION, "--volume-id", DR),
        ("--priority-station",),
    ),
    "a long name": ((*EXAMPLE, "--name", "x" * 256), ("--name", "256", "255")),
    "a long name of few characters": ((*EXAMPLE, "--name", "é" * 128), ("--name", "256")),
    "a long description": (
        (*EXAMPLE, "--description", "🚀" * 64),
        ("--description", "256", "255"),
    ),
    "an unknown flag": ((*EXAMPLE, "--dr-dsik", DR), ("--dr-dsik", "--dr-disk")),
    "a word too many": ((*EXAMPLE, "my replication"), ("my replication",)),
    "a time to wait that is none": ((*EXAMPLE, "--wait-timeout", "soon"), ("soon",)),
}  # fmt: skip


@pytest.mark.parametrize(("words", "told"), INPUT_FAULTS.values(), ids=list(INPUT_FAULTS))
@pytest.mark.parametrize("check", ["--check", "--no-check"])
def test_a_fault_of_the_input_is_told_before_anything_is_sent(
    sandbox: Run,
    sandbox_file: SandboxFile,
    words: tuple[str, ...],
    told: tuple[str, ...],
    check: str,
) -> None:
    done = sandbox("create", *words, check)
    assert done.exit_code == ExitCode.USAGE
    assert done.stdout == ""
    assert "error: " in done.stderr
    assert "help: " in done.stderr
    for word in told:
        assert word in done.stderr
    assert not sandbox_file.was_asked


def test_all_faults_of_the_input_are_told_at_once(sandbox: Run, sandbox_file: SandboxFile) -> None:
    words = (
        "create", *disks(DR, DR.upper()), "--name", "n" * 256, "--description", "é" * 200,
        "--priority-station", "", "--replication-model", "metro",
    )  # fmt: skip
    text = sandbox(*words)
    as_json = sandbox(*words, "-o", "json")
    assert text.exit_code == as_json.exit_code == ExitCode.USAGE
    for told in ("different", "--name", "--description", "--priority-station", "metro"):
        assert told in text.stderr
        assert told in as_json.error["message"]
    assert len(as_json.stderr.splitlines()) == 1
    assert not sandbox_file.was_asked


@pytest.mark.parametrize("flag", ["--name", "--description"])
@pytest.mark.parametrize("text", ["x" * 255, "é" * 127 + "x", "🚀" * 63 + "xyz"])
def test_255_bytes_are_allowed(sandbox: Run, flag: str, text: str) -> None:
    assert len(text.encode()) == 255
    done = sandbox("create", *EXAMPLE, flag, text, "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json[flag.removeprefix("--")] == text


def test_a_name_that_two_disks_have_lists_them(sandbox: Run, sandbox_file: SandboxFile) -> None:
    done = sandbox("create", *disks(PRODUCTION, "scratch"))  # both are in other zones than that
    assert done.exit_code == ExitCode.USAGE
    for disk in SCRATCHES:
        assert disk in done.stderr
    assert sandbox_file.pair_ids() == []


def test_a_name_and_the_id_of_the_same_disk_are_the_same_disk(
    sandbox: Run, sandbox_file: SandboxFile
) -> None:
    done = sandbox("create", *disks("example-dr", DR))
    assert done.exit_code == ExitCode.USAGE
    assert "different" in done.stderr
    assert sandbox_file.pair_ids() == []


# Disks that are not there


@pytest.mark.parametrize("missing", [UNKNOWN, "example-dr ", "Example-DR", "example"])
def test_a_disk_that_is_not_there_is_not_found(
    sandbox: Run, sandbox_file: SandboxFile, missing: str
) -> None:
    done = sandbox("create", *disks(PRODUCTION, missing), "-o", "json")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert done.stdout == ""
    assert done.error["kind"] == "not_found"
    assert missing in done.error["message"]
    assert sandbox_file.pair_ids() == []


def test_two_ids_that_are_not_there_are_both_told(sandbox: Run) -> None:
    other = UNKNOWN.replace("8", "9")
    done = sandbox("create", *disks(UNKNOWN, other))
    assert done.exit_code == ExitCode.NOT_FOUND
    assert UNKNOWN in done.stderr
    assert other in done.stderr


def test_two_names_that_are_not_there_are_both_told(sandbox: Run) -> None:
    done = sandbox("create", *disks("nobody", "nothing"))
    assert done.exit_code == ExitCode.NOT_FOUND
    assert "nobody" in done.stderr
    assert "nothing" in done.stderr


@pytest.mark.parametrize("missing", [UNKNOWN, "nothing"])
def test_a_missing_disk_does_not_hide_what_else_is_wrong(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, missing: str
) -> None:
    done = sandbox("create", *disks(PRODUCTION, missing), "--priority-station", "az1.dc1")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert missing in done.stderr
    assert pair_id in done.stderr  # the production disk is in it
    assert "az1.dc1" in done.stderr  # which is not the production disk's
    assert sandbox_file.pair_ids() == [pair_id]


def test_a_disk_of_another_project_is_not_there(sandbox: Run) -> None:
    done = sandbox("create", *disks(PRODUCTION, "682cfa71-6b5a-4e18-bc52-6b80871ef7a0"))
    assert done.exit_code == ExitCode.NOT_FOUND


# Checks

BROKEN = {
    "one zone": (disks("same-zone-data", "same-zone-data-dr"), ("az3.dc3",)),
    "two types": (disks("odd-type-data", "odd-type-data-dr"), ("SSD", "SATA")),
    "two sizes": (disks("odd-size-data", "odd-size-data-dr"), ("80", "120")),
    "another zone than the production disk's": (
        (*EXAMPLE, "--priority-station", "az1.dc1"),
        ("az1.dc1", "az2.dc2"),
    ),
    "a zone that is no disk's": (
        ("--volume-id", PRODUCTION, "--volume-id", DR, "--priority-station", "az3.dc3"),
        ("az3.dc3",),
    ),
    "a server that runs": (
        disks("mail-01-data", "mail-01-data-dr-running"),
        ("mail-02-running",),
    ),
    "a server that is starting": (
        disks("mail-01-data", "mail-01-data-dr-starting"),
        ("mail-03-starting",),
    ),
}


@pytest.mark.parametrize(("words", "told"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_rule_is_told_before_anything_is_sent(
    sandbox: Run, sandbox_file: SandboxFile, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    done = sandbox("create", *words, "--debug")
    assert done.exit_code == ExitCode.REFUSED
    assert done.stdout == ""
    said = done.stderr[done.stderr.index("error: ") :]
    assert len(said.splitlines()) == 2  # one thing is wrong, and one helps
    for word in told:
        assert word in said
    assert sandbox_file.pair_ids() == []
    changing = [request for request in requests_in(done.stderr) if not request.startswith("GET ")]
    assert changing == ["POST /v3/auth/tokens"]


def test_a_disk_in_another_pair_names_that_pair(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str
) -> None:
    for words in (disks(PRODUCTION, "lazy-loading"), disks("system-busy-dr", DR)):
        done = sandbox("create", *words, "-o", "json")
        assert done.exit_code == ExitCode.REFUSED
        assert done.error["kind"] == "refused"
        assert pair_id in done.error["message"]
    assert sandbox_file.pair_ids() == [pair_id]


def test_the_same_pair_again_is_refused_and_leads_to_if_not_exists(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str
) -> None:
    done = sandbox("create", *EXAMPLE)
    assert done.exit_code == ExitCode.REFUSED
    assert pair_id in done.stderr
    assert "--if-not-exists" in done.stderr
    assert sandbox_file.pair_ids() == [pair_id]


def test_every_broken_rule_is_told_at_once(sandbox: Run, sandbox_file: SandboxFile) -> None:
    words = disks("odd-type-data", "mail-01-data-dr-starting")  # of one zone, too
    done = sandbox("create", *words, "--priority-station", "az2.dc2", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    for told in ("az1.dc1", "SSD", "SAS", "50", "60", "az2.dc2", "mail-03-starting"):
        assert told in done.error["message"]
    text = sandbox("create", *words, "--priority-station", "az2.dc2").stderr
    assert len([line for line in text.splitlines() if line.startswith("  - ")]) == 5
    assert sandbox_file.pair_ids() == []


def test_the_checks_hold_for_a_dry_run_too(sandbox: Run) -> None:
    words = ("create", *disks("odd-type-data", "mail-01-data-dr-running"), "--dry-run")
    done = sandbox(*words, "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    assert done.json["body"]["replication"]["priority_station"] == "az1.dc1"
    assert done.error["checks"] == done.json["checks"]
    checks = {check.pop("rule"): check for check in done.json["checks"]}
    assert list(checks) == ["disk", "zone", "type", "size", "primary zone", "pair", "server"]
    assert checks["disk"] == {
        "production": "odd-type-data", "dr": "mail-01-data-dr-running", "ok": True, "hint": None,
    }  # fmt: skip
    assert checks["size"] == {
        "production": "50 GB",
        "dr": "60 GB",
        "ok": False,
        "hint": "grow odd-type-data to 60 GB, or take a DR disk of 50 GB",
    }
    assert checks["server"]["dr"] == "mail-02-running, not stopped"
    assert {rule: check["ok"] for rule, check in checks.items()} == {
        "disk": True, "zone": True, "type": False, "size": False, "primary zone": True,
        "pair": True, "server": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "broken", "hint"),
    [
        (disks("nope", "db-01-data-dr"), "disk", "check the IDs"),
        (disks("db-01-data", "db-01-log"), "zone", "take a DR disk in another zone than az1.dc1"),
        (
            (*disks("db-01-data", "db-01-data-dr"), "--priority-station", "az2.dc2"),
            "primary zone",
            "give az1.dc1 as the primary zone, or none",
        ),
    ],
)
def test_each_rule_that_is_broken_says_what_mends_it(
    sandbox: Run, words: tuple[str, ...], broken: str, hint: str
) -> None:
    done = sandbox("create", *words, "--dry-run", "-o", "json")
    assert done.exit_code == done.error["exit_code"] in (ExitCode.NOT_FOUND, ExitCode.REFUSED)
    [check] = [check for check in done.json["checks"] if check["rule"] == broken]
    assert check["ok"] is False
    assert check["hint"].startswith(hint)
    assert check["hint"] in done.error["hint"]
    assert "--no-check" not in done.error["hint"]


def test_a_disk_in_a_pair_names_the_pair(sandbox: Run, pair_id: str) -> None:
    done = sandbox("create", *EXAMPLE, "--dry-run", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    [check] = [check for check in done.json["checks"] if check["rule"] == "pair"]
    assert check["production"] == check["dr"] == "my replication, creating"
    done = sandbox("create", *EXAMPLE, "--dry-run", "--if-not-exists", "-o", "json")
    assert (done.exit_code, done.json["checks"]) == (ExitCode.DONE, [])


def test_without_checks_there_are_none(sandbox: Run) -> None:
    done = sandbox("create", *disks("odd-type-data", "odd-size-data-dr"), "--dry-run",
                   "--no-check", "-o", "json")  # fmt: skip
    assert (done.exit_code, done.json["checks"]) == (ExitCode.DONE, [])


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
def test_on_a_terminal_the_two_disks_stand_side_by_side(sandbox: Run, width: int) -> None:
    words = ("create", *disks("odd-type-data", "mail-01-data-dr-running"))
    refused = sandbox(*words, terminal=True, width=width, typed="")
    assert refused.exit_code == ExitCode.REFUSED
    planned = sandbox(*words, "--dry-run", terminal=True, width=width)
    assert planned.exit_code == ExitCode.REFUSED
    assert "production disk" not in planned.stderr, "it is on stdout already"
    for screen in (refused.stderr, planned.stdout):
        text = re.sub(r"\x1b\[[0-9;]*m", "", screen)
        assert max(map(len, text.splitlines())) <= width
        rows = [line.split() for line in text.splitlines()]
        assert ["disk", "odd-type-data", "mail-01-data-dr-running"] in rows
        assert ["x", "size", "50", "GB", "60", "GB"] in [row[:6] for row in rows]
        if width >= 80:
            assert ["x", "type", "SSD", "SAS", "must", "be", "the", "same"] in rows


def test_in_a_pipe_what_is_broken_is_sentences(sandbox: Run) -> None:
    done = sandbox("create", *disks("odd-type-data", "mail-01-data-dr-running"))
    assert "  - the disks' sizes differ: 'odd-type-data' (" in done.stderr
    assert done.stdout == ""


def test_a_dr_disk_on_a_stopped_server_is_fine(sandbox: Run) -> None:
    done = sandbox("create", *disks("web-01-data", "web-01-data-dr"))
    assert done.exit_code == ExitCode.DONE
    assert "warning" not in done.stderr


def test_a_production_disk_on_a_running_server_is_fine(sandbox: Run) -> None:
    done = sandbox("create", *disks("db-01-data", "db-01-data-dr"))
    assert done.exit_code == ExitCode.DONE


# What can't be looked up


def forbidding(path: str) -> Callable[[Wsgi], Wsgi]:
    """The sandbox, with a user who may not see some things."""

    body = b'{"forbidden": {"message": "Policy forbids it.", "code": 403}}'
    return lambda app: answering(app, "403 Forbidden", method="GET", path=path, body=body)


@pytest.mark.parametrize("path", ["/servers/", "/volumes/", "/os-vendor-replications"])
def test_what_may_not_be_looked_up_is_a_warning(
    run: Run, serve: Serve, write_profiles: WriteProfiles, path: str
) -> None:
    write_profiles(**ready_profile(serve(forbidding(path))))
    words = (
        *disks("92829596-db7d-404d-bb2a-b014ab647e04", "761aaa37-151b-46a0-a0e5-620a9c46991f"),
        "--priority-station", "az2.dc2", "-p", "served",
    )  # fmt: skip
    done = run("create", *words, "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert "warning: " in done.stderr
    assert done.json["status"] == "creating"


@pytest.mark.parametrize("check", ["--check", "--no-check"])
def test_whether_there_is_a_pair_must_be_known_to_create_it_if_not(
    run: Run, serve: Serve, write_profiles: WriteProfiles, check: str
) -> None:
    write_profiles(**ready_profile(serve(forbidding("/os-vendor-replications"))))
    words = (*EXAMPLE, check, "--if-not-exists", "--priority-station", "az2.dc2", "-p", "served")
    done = run("create", *words, "--debug")
    assert done.exit_code == ExitCode.AUTH
    assert not any(
        "POST" in request and "replic" in request for request in requests_in(done.stderr)
    )


@pytest.mark.parametrize("check", ["--check", "--no-check"])
def test_a_zone_that_may_not_be_looked_up_is_to_be_given(
    run: Run, serve: Serve, write_profiles: WriteProfiles, check: str
) -> None:
    write_profiles(**ready_profile(serve(forbidding("/volumes/"))))
    done = run("create", *EXAMPLE, check, "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.AUTH
    assert done.error["status"] == 403
    assert "--priority-station" in done.error["hint"]


@pytest.mark.usefixtures("token_alone")
def test_without_a_compute_endpoint_the_server_is_a_warning(run: Run) -> None:
    words = disks("mail-01-data", "mail-01-data-dr-running")
    done = run("create", *words, "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert "warning: " in done.stderr
    assert done.json["status"] == "creating"


# Without the checks


def test_no_check_sends_one_post_and_what_signing_in_needs(sandbox: Run) -> None:
    words = ("create", *EXAMPLE, "--priority-station", "az2.dc2", "--no-check")
    sign_in, create = requests_in(sandbox(*words, "--debug").stderr)
    assert sign_in == "POST /v3/auth/tokens"
    assert COLLECTION.fullmatch(create.removeprefix("POST "))


@pytest.mark.usefixtures("token_alone")
def test_no_check_with_a_token_and_an_endpoint_sends_one_post_alone(run: Run) -> None:
    words = ("create", *EXAMPLE, "--priority-station", "az2.dc2", "--no-check", "-p", "served")
    [create] = requests_in(run(*words, "--debug").stderr)
    assert COLLECTION.fullmatch(create.removeprefix("POST "))


def test_a_look_up_of_a_name_is_all_that_no_check_adds(sandbox: Run) -> None:
    words = ("create", *disks("example-production", DR), "--priority-station", "az2.dc2")
    methods = [
        request.partition(" ")[0]
        for request in requests_in(sandbox(*words, "--no-check", "--debug").stderr)
    ]
    assert methods == ["POST", "GET", "POST"]


def test_what_the_cloud_itself_refuses_is_told_in_its_words(sandbox: Run) -> None:
    done = sandbox("create", *EXAMPLE, "--priority-station", "az9.dc9", "--no-check", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    assert done.stdout == ""
    assert done.error["kind"] == "refused"
    assert done.error["status"] == 400
    assert done.error["code"] == "EVS.1036"
    assert done.error["request_id"].startswith("req-")
    assert done.error["exit_code"] == 6
    assert "az9.dc9" in done.error["message"]


ROLES = ("--priority-station", "az2.dc2")
LATE_FAILURES = {
    "37100041": (disks("odd-size-data", "odd-size-data-dr"), "capacities", "equal"),
    "37100043": (disks("link-down", "link-down-dr"), "reached", "support"),
    "37100044": (disks("lazy-loading", "lazy-loading-dr"), "production disk", "wait"),
    "37100045": (disks("lazy-loading-dr", "lazy-loading"), "DR disk", "wait"),
    "37100048": ((*disks(UNKNOWN, DR), *ROLES), "production disk does not exist", "existing"),
    "37100050": ((*disks(PRODUCTION, UNKNOWN), *ROLES), "DR disk does not exist", "existing"),
    "37100053": (disks(PRODUCTION, "system-busy"), "production disk is in another pair", "free"),
    "37100054": (disks("system-busy-dr", DR), "DR disk is in another pair", "free"),
    "37100058": (disks("mail-01-data", "mail-01-data-dr-running"), "running server", "stop"),
    "37100177": (disks("pool-unhealthy", "pool-unhealthy-dr"), "primary", "support"),
    "37100178": (disks("pool-unhealthy-dr", "pool-unhealthy"), "secondary", "support"),
    "37000212": (disks("internal-error", "internal-error-dr"), "internal error", "support"),
    "37000216": (disks("system-busy", "system-busy-dr"), "busy", "later"),
}


@pytest.mark.parametrize("code", LATE_FAILURES)
def test_a_late_failure_is_told_with_its_meaning_and_what_helps(
    sandbox: Run, pair_id: str, code: str
) -> None:
    words, cause, helps = LATE_FAILURES[code]
    done = sandbox("create", *words, "--no-check", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.FAILED
    assert done.json["status"] == "error"
    assert done.json["failure_detail"] == code
    assert done.error["kind"] == "failed"
    assert done.error["exit_code"] == 9
    assert code in done.error["message"]
    assert cause in done.error["message"]
    assert helps in done.error["hint"]
    assert done.error["resume"] == f"evsrep show {done.json['id']} -p sandbox"


# Waiting


def test_wait_prints_the_pair_when_it_is_available(sandbox: Run, clock: FakeClock) -> None:
    done = sandbox("create", *EXAMPLE, "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["status"] == "available"
    assert 2 <= sum(clock.slept) < 10
    assert done.stderr == ""


@pytest.mark.parametrize("timeout", ["1", "1s", "0.5", "0"])
def test_when_the_time_is_up_the_pair_and_the_way_on_are_told(
    sandbox: Run, run: Run, timeout: str
) -> None:
    done = sandbox(
        "create", *EXAMPLE, "--wait", "--wait-timeout", timeout, "-o", "value", "-c", "id"
    )
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    pair_id = done.stdout.strip()
    words = shlex.split(resume_of(done.stderr))
    assert words[:2] == ["wait", pair_id]
    assert run(*words).exit_code == ExitCode.DONE


def test_the_way_on_is_a_key_of_the_error_object(sandbox: Run) -> None:
    done = sandbox("create", *EXAMPLE, "--wait", "--wait-timeout", "1", "-o", "json")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert done.json["status"] == "creating"
    assert done.error["kind"] == "wait_timeout"
    assert done.error["resume"].startswith(f"evsrep wait {done.json['id']}")


def test_the_time_to_wait_is_ten_minutes_unless_told_otherwise(
    run: Run, clock: FakeClock, serve: Serve, write_profiles: WriteProfiles
) -> None:
    url = serve(lambda app: replacing(app, b'"available"', b'"creating" '))
    write_profiles(**ready_profile(url))
    started = clock.now()
    done = run("create", *EXAMPLE, "--wait", "-p", "served", "-o", "json")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert clock.now() - started == pytest.approx(600, abs=1)
    assert max(clock.slept) <= 60


def test_ctrl_c_while_waiting_keeps_the_pair(
    sandbox: Run, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "sleep", interrupt)
    done = sandbox("create", *EXAMPLE, "--wait", "-o", "json")
    assert done.exit_code == ExitCode.INTERRUPTED
    assert done.json["status"] == "creating"
    assert done.error["kind"] == "interrupted"
    assert done.error["resume"].startswith(f"evsrep wait {done.json['id']}")


# If it is not there yet


def test_if_not_exists_creates_what_is_not_there(sandbox: Run, sandbox_file: SandboxFile) -> None:
    done = sandbox("create", *EXAMPLE, "--if-not-exists", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert sandbox_file.pair_ids() == [done.json["id"]]


@pytest.mark.parametrize("check", ["--check", "--no-check"])
@pytest.mark.parametrize(("age", "status"), [(0, "creating"), (3, "available"), (9, "available")])
def test_if_not_exists_takes_the_pair_that_is_there(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, clock: FakeClock,
    check: str, age: float, status: str,
) -> None:  # fmt: skip
    clock.sleep(age)
    done = sandbox("create", *EXAMPLE, "--if-not-exists", check, "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["id"] == pair_id
    assert done.json["status"] == status
    assert sandbox_file.pair_ids() == [pair_id]


@pytest.mark.parametrize("words", [
    disks("example-production", "example-dr"),
    ("--volume-id", DR, "--volume-id", PRODUCTION, "--priority-station", "az2.dc2"),
    (*disks(PRODUCTION.upper(), DR.upper()), "--priority-station", "az2.dc2", "--no-check"),
])  # fmt: skip
def test_if_not_exists_knows_the_disks_however_they_are_named(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, words: tuple[str, ...]
) -> None:
    done = sandbox("create", *words, "--if-not-exists", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["id"] == pair_id
    assert sandbox_file.pair_ids() == [pair_id]


def test_a_dry_run_of_a_pair_that_is_there_says_that_nothing_would_be_sent(
    sandbox: Run, pair_id: str, sandbox_file: SandboxFile
) -> None:
    done = sandbox("create", *EXAMPLE, "--if-not-exists", "--dry-run", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["method"] == "POST"
    assert (
        f"nothing would be sent: a pair of these disks is there already, {pair_id}" in done.stderr
    )
    assert sandbox_file.pair_ids() == [pair_id]


def test_if_not_exists_waits_for_the_pair_that_is_there(sandbox: Run, pair_id: str) -> None:
    done = sandbox("create", *EXAMPLE, "--if-not-exists", "--wait", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert (done.json["id"], done.json["status"]) == (pair_id, "available")


@pytest.mark.parametrize("words", [
    (*EXAMPLE, "--priority-station", "az1.dc1", "--no-check"),
    (*EXAMPLE, "--priority-station", "az1.dc1"),
    disks(DR, PRODUCTION),
])  # fmt: skip
def test_if_not_exists_refuses_a_pair_with_another_primary_zone(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, words: tuple[str, ...]
) -> None:
    done = sandbox("create", *words, "--if-not-exists", "-o", "json")
    assert done.exit_code == ExitCode.REFUSED
    assert pair_id in done.error["message"]
    assert "az1.dc1" in done.error["message"]
    assert sandbox_file.pair_ids() == [pair_id]


def test_if_not_exists_refuses_a_pair_that_is_going(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, clock: FakeClock
) -> None:
    sandbox_file.begin_to_delete(pair_id, clock.time())
    done = sandbox("create", *EXAMPLE, "--if-not-exists")
    assert done.exit_code == ExitCode.REFUSED
    assert pair_id in done.stderr
    assert sandbox_file.pair_ids() == [pair_id]


def test_if_not_exists_creates_anew_when_the_old_one_is_gone(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str, clock: FakeClock
) -> None:
    sandbox_file.begin_to_delete(pair_id, clock.time())
    clock.sleep(5)
    done = sandbox("create", *EXAMPLE, "--if-not-exists", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["id"] != pair_id


def test_if_not_exists_says_why_the_pair_that_is_there_is_broken(
    sandbox: Run, sandbox_file: SandboxFile, clock: FakeClock
) -> None:
    words = disks("internal-error", "internal-error-dr")
    broken = sandbox("create", *words, "--no-check", "-o", "json").json["id"]
    clock.sleep(3)
    done = sandbox("create", *words, "--if-not-exists", "-o", "json")
    assert done.exit_code == ExitCode.FAILED
    assert done.json["id"] == broken
    assert "37000212" in done.error["message"]
    assert sandbox_file.pair_ids() == [broken]


def test_if_not_exists_does_not_take_a_pair_with_one_other_disk(
    sandbox: Run, sandbox_file: SandboxFile, pair_id: str
) -> None:
    done = sandbox("create", *disks(PRODUCTION, "lazy-loading"), "--if-not-exists")
    assert done.exit_code == ExitCode.REFUSED
    assert sandbox_file.pair_ids() == [pair_id]


def test_if_not_exists_prefers_the_pair_that_holds_the_disks_to_one_that_failed_for_it(
    sandbox: Run, pair_id: str, clock: FakeClock
) -> None:
    clock.sleep(3)
    failed = sandbox("create", *EXAMPLE, "--no-check", "--wait", "-o", "json")
    assert failed.exit_code == ExitCode.FAILED
    done = sandbox("create", *EXAMPLE, "--if-not-exists", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["id"] == pair_id


def test_a_pair_that_failed_keeps_its_disks_until_it_is_deleted(sandbox: Run) -> None:
    words, _, _ = LATE_FAILURES["37100041"]
    failed = sandbox("create", *words, "--no-check", "--wait", "-o", "json")
    pair_id = failed.json["id"]
    assert f"'evsrep delete {pair_id}'" in failed.error["hint"]
    again = sandbox("create", *words, "-o", "json")
    assert again.exit_code == ExitCode.REFUSED
    assert f"{pair_id} (error)" in again.error["message"]
    assert f"'evsrep delete {pair_id}'" in again.error["hint"]
    sandbox("delete", pair_id, "--yes", "--wait")
    assert pair_id not in sandbox("create", *words).stderr


# Text that is more than text

NASTY = {
    "markup": "[bold]x[/y]",
    "a closing tag alone": "[/x] [prod] ",
    "lines": "two\nlines\r\n",
    "a tab": "a\tb",
    "colour and title": "\x1b[31mred\x1b]0;title\x07",
    "a C1 control": "\x9b31m",
    "delete": "\x7f",
    "an emoji": "🚀 :rocket:",
    "right to left": "\u202egnp.exe\u202c \u2066x\u2069",
    "hebrew": "שלום",
    "a combining mark": "e\u0301",
    "JSON": '"}, {"',
    "a leading dash": "-o",
}


def shown(text: str) -> str:
    """What is on the screen, the colours and boxes of our own taken off."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("name", NASTY.values(), ids=list(NASTY))
def test_any_name_is_stored_as_given_and_shown_harmless(sandbox: Run, name: str) -> None:
    created = sandbox("create", *EXAMPLE, "--name", name, "--description", name, "-o", "json")
    assert created.exit_code == ExitCode.DONE
    pair_id = created.json["id"]
    kept = sandbox("show", pair_id, "-o", "json")
    assert created.json["name"] == kept.json["name"] == kept.json["description"] == name
    screens = [
        sandbox("show", pair_id, "-o", "table"),
        sandbox("show", pair_id, "-o", "value"),
        kept,
        sandbox("show", pair_id, terminal=True),
        sandbox("show", pair_id, "--no-color", terminal=True, width=40),
        sandbox("show", pair_id, "-o", "value", terminal=True),
    ]
    for done in screens:
        screen = shown(done.stdout).replace("\n", "")
        bad = [c for c in screen if unicodedata.category(c) == "Cc"]
        assert bad in ([], ["\t"] * len(bad))
        if done is not kept:
            assert not [c for c in screen if unicodedata.bidirectional(c) in BIDI_CONTROLS]
    assert len(screens[1].stdout.splitlines()) == 1
    plain = "".join(c for c in name if c.isascii() and c.isprintable())
    if plain == name:
        assert name.strip() in screens[0].stdout
        assert name.strip() in shown(screens[3].stdout)


BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_a_name_of_escape_sequences_is_harmless_in_what_is_said_of_it(sandbox: Run) -> None:
    name = "\x1b[31mred\x1b]0;title\x07"
    for words in (("show", name), ("create", *disks(name, DR))):
        for form in ("table", "json"):
            done = sandbox(*words, "-o", form)
            assert done.exit_code == ExitCode.NOT_FOUND
            assert "\x1b" not in done.stderr
            assert "\x07" not in done.stderr
