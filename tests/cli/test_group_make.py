"""`evsrep group create | update | delete` and the actions: what is asked, offered and forced."""

import pytest

import evsrep
from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.trouble import break_zone
from tests.cli.conftest import UNKNOWN, MakePair, SandboxFile, Sent, Serve, WriteProfiles, next_of
from tests.conftest import FakeClock, Run
from tests.weather.shy import answering, missing, saying, without

A, B = "az2.dc2", "az1.dc1"
JSON = ("-o", "json")


@pytest.mark.parametrize("verb", ["switchover", "failover"])
def test_a_group_that_changed_while_it_was_asked_is_left_alone(
    grouped: Run, sent: Sent, sandbox_file: SandboxFile, group_id: str, verb: str
) -> None:
    sent.meanwhile = [
        lambda: sandbox_file.change_group(group_id, priority_station=B, peer_station=A)
    ]
    before = list(sent.words)
    done = grouped("group", verb, "shop", typed="shop\n" if verb == "failover" else "y\n")
    assert done.exit_code == ExitCode.REFUSED
    assert "changed since it was shown" in " ".join(done.stderr.split())
    assert f"  - primary zone {B}" in done.stderr
    assert sent.words == before


def test_who_ends_the_question_has_done_nothing(grouped: Run, sent: Sent, group_id: str) -> None:
    for verb, question in (("switchover", "[y/N]: "), ("failover", "all the same: ")):
        done = grouped("group", verb, "shop", typed="")
        assert done.exit_code == ExitCode.INTERRUPTED
        asked, said = done.stderr.splitlines()[-2:]
        assert asked.endswith(question)
        assert said.endswith("interrupted; nothing was done")
    assert sent.words == ["POST", "sync"]


def test_what_is_forced_is_told_first(grouped: Run, sent: Sent, group_id: str) -> None:
    grouped("group", "pause", "shop", "--wait")
    done = grouped("group", "switchover", "shop", "--force", typed="n\n")
    assert done.exit_code == ExitCode.INTERRUPTED
    warned, asked = done.stderr.index("--force: its replication_status"), done.stderr.index("[y/N]")
    assert warned < asked
    assert "is active-stopped; sync it first" in done.stderr
    assert sent.words == ["POST", "sync", "pause"]


def test_on_a_terminal_the_pause_is_offered(grouped: Run, sent: Sent, group_id: str) -> None:
    words = ("group", "update", "shop", "--remove", "example", "--wait")
    refused = grouped(*words, typed="n\n")
    assert "It is active. Pause it first? [y/N]" in refused.stderr
    assert refused.exit_code == ExitCode.INTERRUPTED
    assert "or add --pause" in refused.stderr
    assert sent.words == ["POST", "sync"]
    assert grouped(*words, typed="y\n").exit_code == ExitCode.DONE
    assert sent.words == ["POST", "sync", "pause", "PUT"]


def test_who_is_sure_is_offered_nothing(grouped: Run, sent: Sent, group_id: str) -> None:
    done = grouped("group", "update", "shop", "--remove", "example", "--yes", typed="")
    assert done.exit_code == ExitCode.REFUSED
    assert "[y/N]" not in done.stderr
    assert sent.words == ["POST", "sync"]


def test_a_pause_that_would_not_help_is_not_offered(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    done = grouped("group", "delete", "shop", typed="y\ny\n")
    assert done.exit_code == ExitCode.REFUSED
    assert "take its pairs out first" in done.stderr
    assert "[y/N]" not in done.stderr
    assert sent.words == ["POST", "sync"]


def test_an_update_that_fails_after_its_pause_says_how_to_protect_again(
    grouped: Run, sent: Sent, group_id: str, pair: MakePair
) -> None:
    pair("db-01-data")  # of other zones
    words = ("group", "update", "shop", "--add", "db-01-data", "--pause", *JSON)
    done = grouped(*words)
    assert done.exit_code == ExitCode.REFUSED
    assert "az1.dc1, not az2.dc2" in done.error["message"]
    assert sent.words == ["POST", "sync"]
    done = grouped(*words, "--force")
    assert done.exit_code == ExitCode.REFUSED
    assert "400" in str(done.error["status"])
    assert done.json["replication_status"] == "active-stopped"
    assert done.error["resume"].startswith(f"evsrep group sync {group_id} --wait")
    assert sent.words == ["POST", "sync", "pause", "PUT"]


@pytest.mark.parametrize("flag", ["--name", "--description"])
def test_texts_that_are_too_long_are_told_before_anything_is_sent(
    grouped: Run, sent: Sent, flag: str
) -> None:
    for words in (("create", "--pair", "x"), ("update", "shop")):
        done = grouped("group", *words, flag, "é" * 128)
        assert done.exit_code == ExitCode.USAGE
        assert f"{flag} has 256 bytes" in done.stderr


def test_an_empty_zone_is_none(grouped: Run, sent: Sent, pair: MakePair) -> None:
    pair("example-production")
    done = grouped("group", "create", "--pair", "example", "--priority-station", "")
    assert done.exit_code == ExitCode.USAGE
    assert "--priority-station is empty" in done.stderr
    assert sent.words == []


def test_an_update_without_a_change_is_a_usage_fault(grouped: Run, group_id: str) -> None:
    done = grouped("group", "update", "shop")
    assert done.exit_code == ExitCode.USAGE
    assert "--add, --remove, --name or --description" in done.stderr


def test_a_pair_of_another_group_or_none_is_told(
    grouped: Run, sent: Sent, group_id: str, pair: MakePair
) -> None:
    pair("db-01-data")
    done = grouped("group", "update", "shop", "--remove", "db-01-data", "--pause")
    assert done.exit_code == ExitCode.REFUSED
    assert "is not in group 'shop'" in done.stderr
    done = grouped("group", "update", "shop", "--add", "example", "--pause")
    assert "is in group 'shop'" in done.stderr
    assert sent.words == ["POST", "sync"]


def test_a_sync_of_a_new_group_waits_until_it_is_made(
    grouped: Run, sent: Sent, pair: MakePair
) -> None:
    pair("example-production")
    assert grouped("group", "create", "--name", "shop", "--pair", "example", "--no-sync")
    done = grouped("group", "sync", "shop")
    assert done.exit_code == ExitCode.DONE
    assert "is creating; waiting" in done.stderr
    assert next_of(done.stderr).endswith("--for active -p served")
    assert sent.words == ["POST", "sync"]


def test_a_second_attempt_that_fails_ends_the_wait_too(
    grouped: Run, sandbox_file: SandboxFile, group_id: str, clock: FakeClock
) -> None:
    from evsrep.sandbox.trouble import break_link

    break_link(sandbox_file.path)
    for _ in range(2):
        done = grouped("group", "failover", "shop", "--yes", "--force", "--wait", *JSON)
        assert done.exit_code == ExitCode.FAILED, done.error
        assert done.json["status"] == "error_failovering"
        assert done.error["resume"].startswith(f"evsrep group show {group_id}")


@pytest.fixture
def shy(run: Run, serve: Serve, write_profiles: WriteProfiles, sent: Sent, group_id: str) -> Run:
    """Type a command to a cloud which does not say what pairs a group has."""
    write_profiles(**ready_profile(serve(lambda app: without(sent.around(app), "replication_ids"))))
    return lambda *words, **how: run(*words, "-p", "served", **how)


def test_a_group_that_does_not_tell_its_pairs_has_them_all_the_same(
    shy: Run, sent: Sent, group_id: str
) -> None:
    assert "replication_ids" not in shy("group", "show", "shop", *JSON).json
    ready = shy("group", "ready", "shop", "--for", "delete", *JSON)
    assert {row["rule"]: row["value"] for row in ready.json}["replication_ids"] == "not empty (1)"
    done = shy("group", "delete", "shop", "--yes", "--pause")
    assert done.exit_code == ExitCode.REFUSED
    assert "take its pairs out first" in done.stderr
    assert sent.words == ["POST", "sync"]
    done = shy("group", "update", "shop", "--remove", "example", "--pause", "--wait")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert shy("group", "delete", "shop", "--yes", "--wait").exit_code == ExitCode.DONE


def test_show_names_pairs_that_are_not_to_be_found(
    run: Run, serve: Serve, write_profiles: WriteProfiles, sent: Sent, group_id: str
) -> None:
    url = serve(lambda app: saying(app, replication_ids=[UNKNOWN]))
    write_profiles(**ready_profile(url))
    done = run("group", "show", "shop", "-p", "served", terminal=True, width=100)
    assert f"pair {UNKNOWN}: not among the project's pairs" in done.stdout


@pytest.mark.parametrize("path", ["/volumes", "/os-vendor-replications"])
def test_servers_that_can_not_be_looked_up_are_not_ready(
    run: Run, serve: Serve, write_profiles: WriteProfiles, sent: Sent, group_id: str, path: str
) -> None:
    url = serve(lambda app: answering(sent.around(app), "403 No", path=path))
    write_profiles(**ready_profile(url))
    where = ("-p", "served")
    ready = run("group", "ready", "shop", "--for", "switchover", *JSON, *where)
    assert ready.exit_code == ExitCode.REFUSED
    last = ready.json[-1]
    assert (last["rule"], last["ok"]) == ("servers", None)
    assert last["value"].startswith("could not be looked up: ")
    assert "its servers could not be looked up" in ready.error["message"]
    done = run("group", "switchover", "shop", "--yes", *where)
    assert done.exit_code == ExitCode.REFUSED
    assert "its servers could not be looked up" in done.stderr
    assert "look whether the servers in the primary zone are stopped, then add --force" in (
        done.stderr
    )
    assert sent.words == ["POST", "sync"]
    assert run("group", "switchover", "shop", "--yes", "--force", *where).exit_code == ExitCode.DONE
    assert sent.words == ["POST", "sync", "switchover"]


def test_a_group_that_somebody_else_deleted_is_gone_all_the_same(
    grouped: Run, run: Run, serve: Serve, write_profiles: WriteProfiles, group_id: str
) -> None:
    grouped("group", "update", "shop", "--remove", "example", "--pause", "--wait")
    write_profiles(**ready_profile(serve(lambda app: missing(app, method="DELETE"))))
    done = run("group", "delete", "shop", "--yes", "--wait", *JSON, "-p", "served")
    assert done.exit_code == ExitCode.DONE
    assert (done.json["id"], done.json["status"]) == (group_id, "deleted")


def test_a_program_is_refused_what_could_not_be_looked_up(
    serve: Serve, write_profiles: WriteProfiles, sent: Sent, group_id: str
) -> None:
    url = serve(lambda app: answering(sent.around(app), "403 No", path="/volumes"))
    write_profiles(**ready_profile(url))
    with evsrep.connect("served") as cloud:
        for call in (evsrep.rehearse, evsrep.act):
            with pytest.raises(evsrep.Refused, match="its servers could not be looked up"):
                call(cloud, "shop", "switchover")
        assert sent.words == ["POST", "sync"]
        evsrep.act(cloud, "shop", "switchover", force=True)
    assert sent.words == ["POST", "sync", "switchover"]


CREATE = ("group", "create", "--name", "shop", "--pair", "example", "--if-not-exists")


def test_a_group_of_these_pairs_that_is_there_is_success(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    before = list(sent.words)
    for more in ((), ("--wait",), ("--priority-station", A), ("--name", "other")):
        done = grouped(*CREATE, *more, *JSON)
        assert done.exit_code == ExitCode.DONE, done.stderr
        assert done.json["id"] == group_id
    assert sent.words == before
    refused = grouped(*CREATE, "--priority-station", B)
    assert refused.exit_code == ExitCode.REFUSED
    assert f"its primary zone is {A}, not {B}" in refused.stderr
    assert grouped(*CREATE[:-1]).exit_code == ExitCode.REFUSED


def test_a_group_that_is_not_there_yet_is_made(grouped: Run, sent: Sent, pair: MakePair) -> None:
    pair("example-production")
    assert grouped(*CREATE, "--wait").exit_code == ExitCode.DONE
    assert sent.words == ["POST", "sync"]


def test_a_paused_group_that_is_there_is_not_synced_but_the_sync_is_told(
    grouped: Run, sent: Sent, group_id: str
) -> None:
    grouped("group", "pause", "shop", "--wait")
    before = list(sent.words)
    done = grouped(*CREATE, "--wait")
    assert done.exit_code == ExitCode.DONE
    assert done.stderr.splitlines()[-1].startswith(f"next: evsrep group sync {group_id} --wait")
    assert sent.words == before


def test_a_group_in_error_that_is_there_is_a_failure(
    grouped: Run, sandbox_file: SandboxFile, clock: FakeClock, group_id: str
) -> None:
    break_zone(sandbox_file.path, A, now=clock.time)
    assert grouped("group", "switchover", "shop", "--yes", "--force", "--wait").exit_code == 9
    done = grouped(*CREATE)
    assert done.exit_code == ExitCode.FAILED
    assert group_id in done.stdout


@pytest.mark.parametrize("name", ["nope", UNKNOWN])
def test_a_group_that_is_missing_may_be_ignored(grouped: Run, sent: Sent, name: str) -> None:
    assert grouped("group", "delete", name, "--yes").exit_code == ExitCode.NOT_FOUND
    done = grouped("group", "delete", name, "--yes", "--ignore-missing", *JSON)
    assert done.exit_code == ExitCode.DONE
    assert done.json["status"] == "deleted"
    assert sent.words == []
    assert grouped("group", "wait", name, "--for", "deleted").exit_code == ExitCode.DONE


def test_programs_have_the_same(group_id: str) -> None:
    with evsrep.connect("sandbox") as cloud:
        group = evsrep.create_group(cloud, pairs=["example"], if_not_exists=True)
        assert group.id == group_id
        assert evsrep.delete_group(cloud, "nope", ignore_missing=True) is None
        with pytest.raises(evsrep.UsageFault, match="jobs is 0"):
            evsrep.delete_pairs(cloud, ["example"], jobs=0)
