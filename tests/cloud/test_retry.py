"""What is sent again, and when."""

from email.utils import formatdate

import pytest
from hypothesis import given, strategies as st

from evsrep.cloud import retry

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("status", "after", "rule"),
    [
        (429, None, retry.RATE_LIMITED),
        (413, 3.0, retry.RATE_LIMITED),
        (413, 0.0, retry.REFUSED),
        (413, None, retry.REFUSED),
        (408, None, retry.OVERLOADED),
        (500, None, retry.OVERLOADED),
        (502, None, retry.OVERLOADED),
        (503, None, retry.OVERLOADED),
        (504, None, retry.OVERLOADED),
        (501, None, retry.CRASHED),
        (505, None, retry.CRASHED),
        (400, None, retry.REFUSED),
        (404, None, retry.REFUSED),
        (302, None, retry.REFUSED),
        (303, None, retry.CRASHED),
    ],
)
def test_each_status_has_its_row(status: int, after: float | None, rule: retry.Rule) -> None:
    assert retry.rule_for_status(status, after) is rule


def test_a_change_that_may_have_taken_effect_is_never_repeated() -> None:
    for rule in retry.RULES:
        assert not (rule.may_have_taken_effect and rule.changes_again), rule.name


@pytest.mark.parametrize(
    ("headers", "words", "seconds"),
    [
        ({"retry-after": "7"}, "", 7),
        ({"retry-after": "0"}, "", 0),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, "", 30),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, "", 0),
        ({"retry-after": "soon"}, "", None),
        ({}, "limit:200,time:5 second", 5),
        ({}, "limit:200,time:5 minute", 16),
        ({}, "too many", None),
    ],
)
def test_the_cloud_is_left_alone_as_long_as_it_asks(
    headers: dict[str, str], words: str, seconds: float | None
) -> None:
    assert retry.retry_after_seconds(headers, words, NOW) == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_in_its_place_is_no_crash(given_after: str, words: str) -> None:
    found = retry.retry_after_seconds({"retry-after": given_after}, words, NOW)
    assert found is None or found >= 0


@given(st.integers(0, 100), st.floats(0, 1))
def test_pauses_grow_are_spread_and_have_an_end(attempt: int, chance: float) -> None:
    pause = retry.pause_seconds(attempt, None, chance)
    whole = retry.pause_seconds(attempt, None, 1.0)
    assert whole / 2 <= pause <= whole <= 16
    assert retry.pause_seconds(attempt + 1, None, 1.0) >= whole


def test_what_the_cloud_asks_for_beats_the_back_off() -> None:
    assert retry.pause_seconds(0, 5.0) == 5.0
