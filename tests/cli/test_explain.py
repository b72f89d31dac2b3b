"""`evsrep explain`."""

import pytest

from evsrep.cloud import meanings
from evsrep.cloud.problems import error_for
from evsrep.errors import EXIT_CODES, ExitCode, ServiceError
from tests.conftest import Run

WORDS = [
    *meanings.FAILURE_DETAILS,
    *meanings.ERROR_CODES,
    *meanings.PAIR_STATUSES,
    *meanings.REPLICATION_STATUSES,
    *meanings.FAULT_LEVELS,
    *(f"{prefix}.{digits}" for prefix in ("APIG", "APIGW") for digits in meanings.GATEWAY_CODES),
    *meanings.HTTP_STATUSES,
    *(status.name for status in meanings.HTTP_STATUSES.values()),
    *(str(int(row.code)) for row in EXIT_CODES),
    *(kind for row in EXIT_CODES for kind in row.kinds),
]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_explained_offline(run: Run, word: str) -> None:
    done = run("explain", word.upper(), "-o", "json")
    assert done.exit_code == ExitCode.DONE
    assert all(row["meaning"] for row in done.json)


# which the API reference lists for every call
LISTED = (400, 401, 403, 404, 405, 406, 407, 408, 409, 500, 501, 502, 503, 504)


@pytest.mark.parametrize("status", LISTED)
def test_a_status_is_explained_with_the_exit_code_it_leads_to(run: Run, status: int) -> None:
    [row] = run("explain", str(status), "-o", "json").json
    assert row["kind"].startswith("HTTP status (")
    assert row["meaning"]
    assert row["hint"]
    error = error_for(ServiceError(status), b'{"itemNotFound": {}}', what="the pair", is_read=True)
    assert row["exit_code"] == error.exit_code


def test_a_word_with_two_meanings_has_both(run: Run) -> None:
    done = run("explain", "error", "-o", "json")
    assert {row["kind"] for row in done.json} >= {"status", "replication status"}


def test_an_unknown_word_gets_the_nearest(run: Run) -> None:
    done = run("explain", "3710041")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert "did you mean '37100041'?" in done.stderr
    assert run("explain", "zzz").exit_code == ExitCode.NOT_FOUND


def test_an_error_of_the_gateway_has_the_same_words() -> None:
    meaning = meanings.meaning_of("APIGW.0308")
    assert meaning is meanings.GATEWAY_CODES["0308"]
    assert meanings.meaning_of("APIGW.9999") is None
    assert meanings.meaning_of("EVS.1002") is meanings.ERROR_CODES["EVS.1002"]
