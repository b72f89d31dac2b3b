"""Waiting as a person sees it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from evsrep.cli.app import App

if TYPE_CHECKING:
    from evsrep.cloud.models import Pair
    from evsrep.jobs.wait import Goal, Sample


def wait_for(
    app: App, pair_id: str, goal: "Goal", *, seconds: float, learn: "Callable[[Pair], None]"
) -> "Pair | None":
    """Wait for the goal, showing how it goes; `learn` gets the pair each time it was seen."""
    from evsrep.jobs.wait import wait_for_pair
    from evsrep.output.progress import progress

    console = app.console
    with progress(console.err, now=app.clock.now, is_shown=console.shows_progress) as update:

        def seen(sample: "Sample") -> None:
            pair = sample.pair
            learn(pair)
            state = pair.status
            if goal.field == "replication_status" and pair.replication_status:
                state = pair.replication_status
            update(f"pair {pair.name or pair.id}: {state}", pair.progress, sample.left_seconds)

        return wait_for_pair(app.cloud, pair_id, goal, clock=app.clock, seconds=seconds, seen=seen)
