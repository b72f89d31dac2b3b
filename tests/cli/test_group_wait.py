"""`evsrep group wait`."""

import pytest

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import (
    UNKNOWN,
    MakePair,
    SandboxFile,
    Sent,
    Serve,
    WriteProfiles,
    resume_of,
)
from tests.conftest import FakeClock, Run
from tests.weather.shy import answering


def test_a_group_that_is_gone_is_deleted(grouped: Run, pair: MakePair) -> None:
    done = grouped("group", "wait", UNKNOWN, "--for", "deleted", "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json == {"id": UNKNOWN, "status": "deleted"}


def test_one_look_that_finds_nothing_proves_nothing(
    grouped: Run, sent: Sent, sandbox_file: SandboxFile, group_id: str
) -> None:
    hidden = UNKNOWN
    sent.meanwhile = [
        lambda: sandbox_file.change_group(group_id, id=hidden),
        lambda: sandbox_file.change_group(hidden, id=group_id),
    ]
    done = grouped("group", "wait", group_id, "-o", "value", "-c", "id")
    assert (done.exit_code, done.stdout) == (ExitCode.DONE, f"{group_id}\n")
    assert sent.meanwhile == []


def test_a_group_that_never_shows_is_not_found(grouped: Run, pair: MakePair) -> None:
    done = grouped("group", "wait", UNKNOWN)
    assert done.exit_code == ExitCode.NOT_FOUND
    assert done.stdout == ""


def test_when_the_time_is_up_the_group_is_printed(
    grouped: Run, run: Run, sent: Sent, group_id: str
) -> None:
    grouped("group", "pause", "shop", "--wait")
    done = grouped("group", "wait", "shop", "--for", "active", "--wait-timeout", "20s")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert group_id in done.stdout
    assert "is still 'active-stopped' after 20 s" in done.stderr
    again = resume_of(done.stderr)
    assert again == f"group wait {group_id} --for active -p served"
    grouped("group", "sync", "shop")
    assert run(*again.split()).exit_code == ExitCode.DONE


def test_a_group_that_failed_is_printed_with_what_its_code_means(
    grouped: Run, sandbox_file: SandboxFile, group_id: str, clock: FakeClock
) -> None:
    sandbox_file.change_group(
        group_id, deed="fail-switchover", failure="37100043", since=clock.time()
    )
    done = grouped("group", "wait", "shop", "-o", "json")
    assert done.exit_code == ExitCode.FAILED
    assert done.json["status"] == "error_reversing"
    assert "can't be reached (code 37100043)" in done.error["message"]
    assert done.error["resume"] == f"evsrep group show {group_id} -p served"


@pytest.mark.parametrize("goal", ["available", "active", "paused", "failovered"])
def test_a_group_that_is_going_ends_the_wait(
    grouped: Run, sandbox_file: SandboxFile, group_id: str, goal: str
) -> None:
    sandbox_file.change_group(group_id, deed="delete", since=9e9)
    done = grouped("group", "wait", "shop", "--for", goal)
    assert done.exit_code == ExitCode.FAILED
    assert "is 'deleting'" in done.stderr


def test_a_cloud_that_says_nothing_leaves_the_command_to_go_on_with(run: Run, home: object) -> None:
    done = run(
        "group", "wait", UNKNOWN, "--wait-timeout", "9s", "--timeout", "1s", "-o", "json",
        "-p", "deaf", "--config", _deaf_profile(home),
    )  # fmt: skip
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert done.json == {"id": UNKNOWN}
    assert done.error["resume"].startswith(f"evsrep group wait {UNKNOWN} ")


def _deaf_profile(home: object) -> str:
    from pathlib import Path

    path = Path(str(home)) / "deaf.toml"
    where = 'endpoint = "http://127.0.0.1:9/v2/p"\ntoken = "t"\nproject_id = "p"\n'
    path.write_text(f"[profiles.deaf]\n{where}")
    path.chmod(0o600)
    return str(path)


class ImpatientClock(FakeClock):
    """Somebody presses Ctrl-C at the third pause."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 3:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "resumes"),
    [
        (("switchover", "shop", "--yes", "--wait"), "wait {}"),
        (("failover", "shop", "--yes", "--force", "--wait"), "wait {} --for failovered"),
        (("update", "shop", "--remove", "example", "--pause", "--wait"), "wait {}"),
        (("wait", "shop", "--for", "deleted"), "wait {} --for deleted"),
    ],
)
def test_ctrl_c_while_it_waits_leaves_the_group_and_the_way_on(
    grouped: Run, group_id: str, clock: FakeClock, words: tuple[str, ...], resumes: str
) -> None:
    impatient = ImpatientClock()
    done = grouped("group", *words, "-o", "json", clock=impatient)
    assert done.exit_code == ExitCode.INTERRUPTED
    assert done.json["id"] == group_id
    assert "goes on without us" in done.error["message"]
    assert done.error["resume"] == f"evsrep group {resumes.format(group_id)} -p served"


def test_ctrl_c_while_the_answer_is_looked_for_says_that_it_may_have_taken_effect(
    run: Run, serve: Serve, write_profiles: WriteProfiles, group_id: str
) -> None:
    write_profiles(**ready_profile(serve(lambda app: answering(app, "504 Gone", path="/action"))))
    words = ("group", "switchover", "shop", "--yes", "-o", "json", "-p", "served")
    done = run(*words, clock=ImpatientClock())
    assert done.exit_code == ExitCode.INTERRUPTED
    assert done.json["id"] == group_id
    assert "may have taken effect" in done.error["message"]
    assert done.error["resume"] == f"evsrep group show {group_id} -p served"
