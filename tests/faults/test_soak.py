"""A small soak; `python -m tests.faults.soak` runs the long one."""

import pytest

from tests.faults.season import season
from tests.faults.soak import soak


def test_the_cloud_has_exactly_the_pairs_that_stdout_claims() -> None:
    report = soak(60, seed=11, workers=2)
    assert report.faults > 20
    assert report.claimed == report.there > 20
    assert (report.twice, report.lost) == (0, 0)
    assert set(report.first_exit_codes) > {0, 7}


@pytest.mark.parametrize("seed", range(6))
def test_after_a_season_the_books_are_what_was_told(seed: int) -> None:
    outcome = season(seed)
    assert outcome.differences == []
    assert outcome.commands > 3
