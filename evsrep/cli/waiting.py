"""Waiting as a person sees it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evsrep.cli.app import App

if TYPE_CHECKING:
    from evsrep.cloud.models import Group, Pair
    from evsrep.jobs.wait import Goal, Sample
    from evsrep.output.progress import Update


def wait_for(
    app: App, pair_id: str, goal: "Goal", *, seconds: float, learn: "Callable[[Pair], None]"
) -> "Pair | None":
    """Wait for the goal, showing how it goes; `learn` gets the pair each time it was seen."""
    from evsrep.jobs.wait import wait_for_pair

    with _progress(app) as update:

        def seen(sample: "Sample[Pair]") -> None:
            learn(sample.thing)
            _tell("pair", sample, goal, update)

        return wait_for_pair(app.cloud, pair_id, goal, clock=app.clock, seconds=seconds, seen=seen)


def wait_for_group(
    app: App,
    look: "Callable[[float], Group]",
    label: str,
    goal: "Goal",
    *,
    seconds: float,
    learn: "Callable[[Group], None]",
) -> "Group | None":
    """Wait for a group as `wait_for` does for a pair; `look` gets it within so many seconds."""
    from evsrep.jobs.wait import wait_until

    with _progress(app) as update:

        def seen(sample: "Sample[Group]") -> None:
            learn(sample.thing)
            _tell("group", sample, goal, update)

        return wait_until(look, label, goal, clock=app.clock, seconds=seconds, seen=seen)


@contextmanager
def _progress(app: App) -> "Iterator[Update]":
    from evsrep.output.progress import progress

    console = app.console
    with progress(console.err, now=app.clock.now, is_shown=console.shows_progress) as update:
        yield update


def _tell(
    noun: str, sample: "Sample[Pair] | Sample[Group]", goal: "Goal", update: "Update"
) -> None:
    thing = sample.thing
    state = thing.status
    if goal.field == "replication_status" and thing.replication_status:
        state = thing.replication_status
    update(f"{noun} {thing.name or thing.id}: {state}", thing.progress, sample.left_seconds)
