"""Growing both disks of pairs of a group, a call for each: of several in one the service gets the
sizes wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Group, Pair
from evsrep.errors import (
    AuthError,
    EvsrepError,
    Failed,
    NotFound,
    NotOffered,
    Refused,
    UsageFault,
    WaitTimeout,
)
from evsrep.jobs.actions import EXPAND, GROUP_GOALS, goal_of
from evsrep.jobs.find import find_group, find_pair
from evsrep.jobs.group_wait import wait_for_goal
from evsrep.jobs.groups import is_in
from evsrep.jobs.looks import looks
from evsrep.jobs.once import LOOK_SECONDS, Change, run_once
from evsrep.jobs.options import ChangeOptions
from evsrep.jobs.readiness import guard
from evsrep.jobs.report import Outcome, Reporter, failure_of
from evsrep.jobs.verb import verb
from evsrep.jobs.wait import raise_if_hopeless

EXPANDING, EXPANDED = "expanding", "expanded"
FAILED, UNKNOWN = "failed", "unknown"


@dataclass(frozen=True)
class ExpandOptions(ChangeOptions):
    """What `evsrep group expand` takes; `pairs` are pairs by ID or name, and their sizes in GB."""

    group: str
    pairs: Sequence[tuple[str, int]]
    force: bool = False


@dataclass(kw_only=True)
class Expansion(Outcome):
    """A pair that is to grow, and what has become of that."""

    pair: Pair
    size_gb: int

    @property
    def fields(self) -> Mapping[str, Any]:
        """The result, and which pair it is of."""
        return {
            "result": self.result,
            "id": self.pair.id,
            "name": self.pair.name or None,
            "new_size": self.size_gb,
        }

    @property
    def is_growing(self) -> bool:
        """Whether it is under way."""
        return self.result == EXPANDING and self.error is None


@verb(ExpandOptions)
def expand_pairs(cloud: Cloud, options: ExpandOptions, reporter: Reporter) -> list[Expansion]:
    """Grow both disks of pairs of a group; one that fails does not stop the others.

    Raises UsageFault for a pair named twice, NotFound, Refused where profile or state forbid it or
    a pair is in another group; the error of all where they failed alike, else Partial.
    """
    cloud = cloud.for_change(yes=options.yes)
    group = find_group(cloud, options.group)
    expansions = _look_up(cloud, options, group)
    guard(cloud, EXPAND, group, reporter, force=options.force)
    reporter.sending({}, ())
    try:
        _send_all(cloud, expansions, group, options, reporter)
        if options.wait:
            _wait(cloud, expansions, group, options.wait_timeout, reporter)
    finally:
        open_ids = [each.pair.id for each in expansions if each.result in (UNKNOWN, EXPANDING)]
        reporter.resume_with(("show", open_ids[0]) if open_ids else ())
        for expansion in expansions:
            reporter.row(expansion)
    errors = [expansion.error for expansion in expansions if expansion.error]
    failure = failure_of(errors, len(expansions), done="expanded")
    if failure is not None:
        raise failure
    return expansions


def _look_up(cloud: Cloud, options: ExpandOptions, group: Group) -> list[Expansion]:
    expansions: dict[str, Expansion] = {}
    for name_or_id, size_gb in options.pairs:
        pair = find_pair(cloud, name_or_id)
        if pair.id in expansions:
            raise UsageFault(f"pair {pair.id} is named twice")
        if not is_in(pair, group):
            raise Refused(f"pair {pair.id} is not in group {group.label}; nothing was sent")
        expansions[pair.id] = Expansion(pair=pair, size_gb=size_gb)
    return list(expansions.values())


def _send_all(
    cloud: Cloud,
    expansions: Sequence[Expansion],
    group: Group,
    options: ExpandOptions,
    reporter: Reporter,
) -> None:
    for expansion in expansions:
        _send(cloud, expansion, group, reporter)
        if expansion is not expansions[-1] and not options.force:
            goal = GROUP_GOALS["available"]
            wait_for_goal(cloud, group, goal, options.wait_timeout, reporter)


def _send(cloud: Cloud, expansion: Expansion, group: Group, reporter: Reporter) -> None:
    """Have both disks of one pair grow; what goes wrong is kept with it."""
    try:
        _check_grows(cloud, expansion, reporter)
        expansion.result = UNKNOWN  # should this be broken off
        run_once(_change(cloud, expansion, group), cloud.clock, reporter)
        expansion.result = EXPANDING
    except EvsrepError as error:
        expansion.end(error)


def _check_grows(cloud: Cloud, expansion: Expansion, reporter: Reporter) -> None:
    """Raise Refused where a pair would not grow; warn where that can't be looked up."""
    pair = expansion.pair
    try:
        sizes = [size for size in _sizes(cloud, pair) if size is not None]
    except (AuthError, NotFound, NotOffered) as error:
        reporter.warn(f"the sizes of pair {pair.id} could not be looked up: {error.message}")
        return
    if sizes and (max(sizes) > expansion.size_gb or min(sizes) == expansion.size_gb):
        raise Refused(
            f"pair {pair.id} has {max(sizes)} GB, and can only grow",
            hint="nothing was sent for this pair",
        )


def _change(cloud: Cloud, expansion: Expansion, group: Group) -> Change[bool | None]:
    def look() -> bool | None:
        return _has_grown(cloud.once(LOOK_SECONDS), expansion) or None

    pair_id = expansion.pair.id
    send = partial(cloud.expand, group.id, pair_id, expansion.size_gb)
    # disks grow in their own time: that they have not yet proves nothing
    return Change(f"the expansion of pair {pair_id}", send, look, is_provable=False)


def _wait(
    cloud: Cloud,
    expansions: Sequence[Expansion],
    group: Group,
    seconds: float,
    reporter: Reporter,
) -> None:
    """Wait until the disks of all pairs under way have grown.

    What goes wrong is kept with the pair that it befalls. A look that fails is a missed look.
    """
    label = f"group {group.name or group.id}"
    with reporter.progress() as update:
        for left in looks(cloud.clock, seconds):
            once = cloud.within(max(left, 1.0)).once()
            failure = _failure_of(once, group)
            for expansion in _growing(expansions):
                _look_at(once, expansion, failure)
            growing = len(_growing(expansions))
            update(f"{label}: {growing} of {len(expansions)} to grow", None, None)
            if not growing:
                return
    for expansion in _growing(expansions):
        expansion.error = WaitTimeout(
            f"pair {expansion.pair.id} has not grown after {seconds:g} s",
            hint="it goes on without us; see the sizes with 'evsrep group show'",
        )


def _growing(expansions: Iterable[Expansion]) -> list[Expansion]:
    return [expansion for expansion in expansions if expansion.is_growing]


def _look_at(cloud: Cloud, expansion: Expansion, failure: Failed | None) -> None:
    try:
        if _has_grown(cloud, expansion):
            expansion.result = EXPANDED
        elif failure is not None:
            expansion.result, expansion.error = FAILED, failure
    except (AuthError, NotFound) as error:
        expansion.error = error  # another look would end the same
    except EvsrepError:
        pass


def _failure_of(cloud: Cloud, group: Group) -> Failed | None:
    """Return why a group that was like this is broken now; None where that is not, or not seen."""
    try:
        raise_if_hopeless(cloud.group(group.id), goal_of(EXPAND, group))
    except Failed as failure:
        return failure
    except EvsrepError:
        pass
    return None


def _has_grown(cloud: Cloud, expansion: Expansion) -> bool:
    return all(size == expansion.size_gb for size in _sizes(cloud, expansion.pair))


def _sizes(cloud: Cloud, pair: Pair) -> list[int | None]:
    return [cloud.disk(disk_id).size_gb for disk_id in pair.disks]
