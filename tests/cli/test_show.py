"""`evsrep show`."""

import re

import pytest

from evsrep.errors import ExitCode
from tests.conftest import DR, EXAMPLE, PRODUCTION, FakeClock, Run


def test_show_prints_the_pair_that_create_made(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", pair_id, "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert done.json["id"] == pair_id
    assert done.json["status"] == "creating"


def test_show_takes_the_exact_name(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", "my replication", "-o", "value", "-c", "id")
    assert done.stdout == f"{pair_id}\n"


def test_show_of_an_unknown_name_says_how_to_find_the_right_one(sandbox: Run) -> None:
    done = sandbox("show", "nope")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert done.stdout == ""
    assert "no pair is called 'nope'" in done.stderr
    assert "help: " in done.stderr


@pytest.mark.parametrize("words", [["show", ""], ["delete", " ", "--yes"], ["wait", ""]])
def test_an_empty_word_is_no_pair_though_a_pair_may_have_no_name(
    sandbox: Run, words: list[str]
) -> None:
    sandbox("create", *EXAMPLE, "--wait")
    done = sandbox(*words)
    assert done.exit_code == ExitCode.USAGE
    assert "the pair is empty" in done.stderr


def test_show_of_an_unknown_id_tells_the_clouds_own_words(sandbox: Run) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    done = sandbox("show", unknown, "-o", "json")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert done.error["kind"] == "not_found"
    assert done.error["status"] == 404
    assert done.error["request_id"].startswith("req-")
    assert unknown in done.error["message"]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_on_a_terminal_both_disks_are_told_with_name_zone_and_size(
    sandbox: Run, pair_id: str, width: int
) -> None:
    sandbox("wait", pair_id)
    sandbox("group", "create", "--name", "shop", "--pair", pair_id)
    screen = sandbox("show", pair_id, terminal=True, width=width, clock=FakeClock()).stdout
    plain = re.sub(r"\x1b\[[0-9;]*m", "", screen)
    assert max(map(len, plain.splitlines())) <= width
    words = " ".join(plain.split())
    assert f"production example-production, az2.dc2, 10 GB SAS, available, {PRODUCTION}" in words
    assert f"DR example-dr, az1.dc1, 10 GB SAS, available, {DR}" in words
    assert "group 'shop' (" in words
    assert "created 2023-11-14 22:13 UTC (" in words


def test_on_a_terminal_a_failure_says_what_it_means(sandbox: Run, clock: FakeClock) -> None:
    words = ("--production-disk", "link-down", "--dr-disk", "link-down-dr", "--name", "mail")
    sandbox("create", *words)
    clock.sleep(10)
    shown = sandbox("show", "mail", terminal=True, width=200).stdout
    assert "37100043: the peer availability zone can't be reached; contact" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "accepted: the pair is being created; "),
        (("--wait",), "the pair is available; the DR disk has the data once it is active; "),
    ],
)
def test_after_a_create_it_is_told_how_it_stands(
    sandbox: Run, words: tuple[str, ...], said: str
) -> None:
    done = sandbox("create", *EXAMPLE, *words)
    protected = "example-production in az2.dc2 is protected by example-dr in az1.dc1"
    assert f"{said}{protected}\n" in done.stderr
    sandbox("sandbox", "reset")
    assert protected not in sandbox("create", *EXAMPLE, *words, "-q").stderr
    sandbox("sandbox", "reset")
    assert sandbox("create", *EXAMPLE, *words, "-o", "json").stderr == ""
