"""A fault level is told in words wherever a pair or group is shown to a person."""

import logging

import pytest

import evsrep
from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import MakePair, Serve, WriteProfiles, Wsgi
from tests.conftest import Run
from tests.weather.shy import changing

LINK_DOWN = "the link is down"


@pytest.fixture
def faulty(run: Run, serve: Serve, write_profiles: WriteProfiles, group_id: str) -> str:
    """The profile of a cloud in which the link of all that there is has gone down."""

    def around(app: Wsgi) -> Wsgi:
        return changing(app, "os-vendor-replication", lambda thing: with_fault(thing, "5"))

    write_profiles(**ready_profile(serve(around)))
    return "served"


def with_fault(thing: dict[str, object], level: str) -> dict[str, object]:
    return {**thing, "fault_level": level} if "id" in thing else thing


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "words", ["list", "show example", "health", "group list", "group show shop", "wait example"]
)
def test_the_link_is_down(run: Run, faulty: str, words: str, terminal: bool) -> None:
    done = run(*words.split(), "-p", faulty, terminal=terminal, width=250)
    is_line = terminal and "list" in words
    assert ("link down (5)" if is_line else LINK_DOWN) in done.stdout


@pytest.mark.parametrize("words", ["list", "group list", "show example", "group show shop"])
def test_json_keeps_the_field(run: Run, faulty: str, words: str) -> None:
    done = run(*words.split(), "-p", faulty, "-o", "json")
    [thing] = done.json if "list" in words else [done.json]
    assert (thing["fault_level"], thing["status"]) == ("5", "available")
    values = run(*words.split(), "-p", faulty, "-o", "value", "-c", "status").stdout
    assert values == "available\n"


@pytest.mark.parametrize("words", ["wait example", "group wait shop"])
def test_a_wait_says_that_no_progress_is_to_be_expected(
    run: Run, faulty: str, words: str, group_id: str
) -> None:
    goal = ("--for", "deleted", "--wait-timeout", "30s")
    done = run(*words.split(), *goal, "-p", faulty)
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    [warning] = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert warning.endswith("(fault level 5); no progress is to be expected")
    assert "it goes on without us" not in done.stderr


def test_a_program_is_warned(run: Run, faulty: str, caplog: pytest.LogCaptureFixture) -> None:
    with evsrep.connect(faulty) as cloud, caplog.at_level(logging.WARNING, "evsrep"):
        evsrep.wait_for_pair(cloud, "example")
    assert LINK_DOWN in caplog.text


def test_a_novel_level_is_told_by_its_number(
    run: Run, serve: Serve, write_profiles: WriteProfiles, pair: MakePair
) -> None:
    pair("example-production")
    url = serve(lambda app: changing(app, "replications", lambda thing: with_fault(thing, "7")))
    write_profiles(**ready_profile(url))
    assert "available, fault level 7" in run("list", "-p", "served").stdout
