"""Waiting for several pairs at once: one listing a look, and a row each at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Pair
from evsrep.errors import COMMON_FAILURES, EvsrepError, NotFound, Unavailable, WaitTimeout
from evsrep.jobs.find import find_pair, named
from evsrep.jobs.ids import is_id
from evsrep.jobs.options import WAIT_SECONDS
from evsrep.jobs.report import Reporter, failure_of
from evsrep.jobs.verb import verb
from evsrep.jobs.wait import PAIR_GOALS, Goal, find_in_time, wait_words
from evsrep.jobs.watch import Watch


@dataclass(frozen=True, slots=True)
class WaitManyOptions:
    """What `evsrep wait` takes where it is given several pairs."""

    pairs: Sequence[str]
    goal: str = "available"
    wait_timeout: float = WAIT_SECONDS


@dataclass(slots=True)
class Waiting:
    """A pair that is waited for, as it was seen last, and what went wrong with that."""

    name_or_id: str
    pair: Pair | None = None
    error: EvsrepError | None = None
    is_gone: bool = False
    is_open: bool = True  # it may yet reach the goal

    @property
    def fields(self) -> Mapping[str, Any]:
        """The pair; of one that is gone, or was never seen, what names it."""
        if self.pair is not None and not self.is_gone:
            return self.pair.fields
        pair_id = self.pair.id if self.pair else self.name_or_id
        known = {"id" if is_id(pair_id) else "name": pair_id}
        return {**known, "status": "deleted"} if self.is_gone else known


@verb(WaitManyOptions)
def wait_for_pairs(cloud: Cloud, options: WaitManyOptions, reporter: Reporter) -> list[Waiting]:
    """Wait until each of several pairs reaches a goal; the reporter gets a row for each.

    Raises UsageFault for an unknown goal, what befalls all alike, the error of all where they
    failed alike, else Partial.
    """
    goal = named("goal", options.goal, PAIR_GOALS)
    waiting = [Waiting(name) for name in dict.fromkeys(options.pairs)]
    try:
        _wait(cloud, waiting, goal, options.wait_timeout, reporter)
    finally:
        names = [each.pair.id if each.pair else each.name_or_id for each in waiting if each.is_open]
        reporter.resume_with(wait_words(names, goal, options.wait_timeout) if names else ())
        for each in waiting:
            reporter.row(each)
    errors = [each.error for each in waiting if each.error]
    failure = failure_of(errors, len(waiting), done=_DONE[goal.name])
    if failure is not None:
        raise failure
    return waiting


_DONE = {"available": "made available", "active": "made active", "deleted": "seen to go"}


def _wait(
    cloud: Cloud, waiting: Sequence[Waiting], goal: Goal, seconds: float, reporter: Reporter
) -> None:
    end = cloud.clock.now() + seconds
    by_id: dict[str, list[Waiting]] = {}
    for each in waiting:
        pair_id = _pair_id(cloud, each, goal, end - cloud.clock.now(), reporter)
        if pair_id:
            by_id.setdefault(pair_id, []).append(each)
    watch = Watch(cloud, goal, seconds=max(end - cloud.clock.now(), 0.0))
    for pair_id in by_id:
        watch.add(pair_id)
    with reporter.progress() as update:
        for settled in watch.rest(lambda state: update(state, None, None)):
            for each in by_id[settled.pair_id]:
                each.pair, each.error = settled.pair or each.pair, settled.error
                each.is_gone = settled.pair is None and settled.error is None
                each.is_open = isinstance(settled.error, WaitTimeout)


def _pair_id(cloud: Cloud, waiting: Waiting, goal: Goal, seconds: float, reporter: Reporter) -> str:
    """Return the ID of a pair that is to be waited for; empty where there is nothing to wait for.

    Raises what would befall every one of them alike.
    """
    if is_id(waiting.name_or_id):
        return waiting.name_or_id
    try:
        found = find_in_time(find_pair, cloud, waiting.name_or_id, seconds, reporter)
        waiting.pair, _ = found
        return waiting.pair.id
    except COMMON_FAILURES:
        raise
    except NotFound as error:
        waiting.is_open, waiting.is_gone = False, goal.is_reached_by_absence
        waiting.error = None if waiting.is_gone else error
    except EvsrepError as error:
        waiting.is_open, waiting.error = isinstance(error, Unavailable), error
    return ""
