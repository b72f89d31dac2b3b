"""`evsrep show`."""

import pytest

from evsrep.errors import ExitCode
from tests.conftest import EXAMPLE, Run


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
