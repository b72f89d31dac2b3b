"""`evsrep journal`: what clouds were asked to change, and what came of it."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.errors import ConfigError, UsageFault
from evsrep.output.shapes import CHANGE, Thing
from evsrep.settings.values import WHEN, moment_of


@click.command(
    cls=Command,
    shape=CHANGE,
    examples=(
        "evsrep journal --since 2h",
        "evsrep journal --since 7d -o jsonl | jq 'select(.outcome == \"unknown\")'",
    ),
)
@click.option("--since", metavar="WHEN", help="The last 90s, 10m, 2h or 7d, or 2026-01-31T12:00.")
@everywhere
@pass_app
def journal(app: App, since: str | None) -> None:
    """Show what was changed from here, and what came of it.

    Each request that was to change something has an entry: when, by which profile and command, and
    its outcome: 'done', or the kind of the error. 'unknown' also stands for what was under way when
    evsrep was ended. Requests that only look are not kept, nor are secrets.

    The journal stays on this machine. A profile with 'journal = false' keeps none.
    """
    from evsrep.settings.journal import read_journal

    moment = _moment(since, app.clock.time()) if since else ""
    try:
        found = [entry for entry in read_journal(app.settings.journal_path) if entry.time >= moment]
    except OSError as error:
        raise ConfigError(
            f"the journal {app.settings.journal_path} can't be read: {error.strerror}",
            hint="move it away; evsrep makes a new one",
        ) from error
    summary = partial(_summary, since=since)
    app.console.show_all(CHANGE, (entry._asdict() for entry in found), summary=summary)


def _summary(changes: Sequence[Thing], *, since: str | None) -> str:
    if not changes:
        when = f" since {since}" if since else ""
        return f"nothing was changed from here{when}, as far as the journal goes"
    counts = Counter(str(change["outcome"]) for change in changes).most_common()
    total = f"{len(changes)} change{'' if len(changes) == 1 else 's'}"
    return f"{total}: {', '.join(f'{count} {outcome}' for outcome, count in counts)}"


def _moment(text: str, now: float) -> str:
    """Return a time as the journal writes it; raises UsageFault for what is none."""
    try:
        return moment_of(text, now).isoformat(timespec="milliseconds")
    except ValueError as error:
        raise UsageFault(f"--since: {error}", hint=WHEN) from None
