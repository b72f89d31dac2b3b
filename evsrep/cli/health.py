"""`evsrep health`: what is protected and what is not."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.errors import EvsrepError
from evsrep.output.shapes import HEALTH, Branch

if TYPE_CHECKING:
    from evsrep.jobs.health import Health, HealthOptions
    from evsrep.output.console import Console

_EXIT_CODES = {"protected": 0, "degraded": 1, "critical": 2, "unknown": 3}
_NAGIOS_WORDS = {
    "protected": "OK",
    "degraded": "WARNING",
    "critical": "CRITICAL",
    "unknown": "UNKNOWN",
}
_MOST_REASONS = 5  # Nagios and its like cut long lines, often without a word


@click.command(
    cls=Command,
    shape=HEALTH,
    options="evsrep.jobs.health:HealthOptions",
    examples=("evsrep health", "evsrep health shop -o json", "evsrep health --nagios -p otc"),
)
@click.argument("groups", metavar="[GROUP…]", nargs=-1, shell_complete=complete.groups)
@click.option("--nagios", is_flag=True, help="One line for Nagios and its like.")
@everywhere
@pass_app
def health(app: App, options: "HealthOptions", nagios: bool) -> int:
    """Say what is protected and what is not, and why.

    A line for each group, and for each pair that is in none.

    GROUP is an ID, or the exact name of one group: then it is said of these alone. A group is as
    well as the worst of its pairs.

    The exit codes are its own: 0 all are protected, or nothing is there; 1 something is degraded;
    2 it is time to fail over, or that is not possible; 3 it could not be found out. What is wrong
    with the command line is 2 as everywhere; with --nagios, for which 2 is critical, it is 3.
    --timeout then bounds the whole run, not each request.
    """
    from evsrep.jobs.health import look_at_health, worst

    try:
        if nagios or app.console.draws:
            seconds = app.settings.value("timeout", app.profile)
            cloud = app.cloud.within(seconds) if nagios else app.cloud
            healths = look_at_health(cloud, options)
            (_print_for_nagios if nagios else _draw)(app, healths)
        else:
            report = app.report(HEALTH, is_many=True)
            healths = look_at_health(app.cloud, options, report)
            report.finish()  # nothing less than all of it is told
    except EvsrepError as error:
        if nagios:  # told like every mistake in the call, by `tell_nagios_of`
            raise
        app.console.fail(error, exit_code=_EXIT_CODES["unknown"])
        return _EXIT_CODES["unknown"]
    return _EXIT_CODES[worst(health.verdict.health for health in healths)]


def is_for_nagios(words: Iterable[str]) -> bool:
    """Return whether these words are meant for `health --nagios`, whatever is wrong with them."""
    names = {word.partition("=")[0] for word in words}
    return {"health", "--nagios"} <= names


def tell_nagios_of(error: EvsrepError, console: "Console") -> int:
    """Print a failure as the one line that Nagios reads, and return the exit code for it."""
    console.print(f"EVSREP UNKNOWN - {_in_line(error.full_message)}\n")
    console.fail(error, exit_code=_EXIT_CODES["unknown"])
    return _EXIT_CODES["unknown"]


def _draw(app: App, healths: "Iterable[Health]") -> None:
    """Draw a line each for whoever watches, and below it what is wrong: no table is wide enough."""
    health = None
    for health in healths:
        verdict, kind = health.verdict, health.fields["kind"]
        is_bad = verdict.health != "protected"
        below = [Branch(text) for text in (verdict.reason, verdict.hint) if text and is_bad]
        app.console.show_tree(
            Branch(f"{verdict.health}: {kind} {health.thing.label}", tuple(below))
        )
    if health is None:
        app.console.note("there is nothing to protect")


def _print_for_nagios(app: App, healths: "list[Health]") -> None:
    """Print one line: how it is, what is worst and why, and figures behind a bar."""
    from evsrep.jobs.health import SEVERITY, worst

    counts = Counter(health.verdict.health for health in healths)
    bad = sorted(
        (health for health in healths if health.verdict.health != "protected"),
        key=lambda health: SEVERITY.index(health.verdict.health),
        reverse=True,
    )
    total = len(healths)
    parts = [f"{len(bad)} of {total} not protected" if bad else f"{total} protected"]
    parts += [_nagios_reason(health) for health in bad[:_MOST_REASONS]]
    parts += [f"and {len(bad) - _MOST_REASONS} more"] if len(bad) > _MOST_REASONS else []
    figures = " ".join(f"{word}={counts[word]}" for word in _EXIT_CODES)
    word = _NAGIOS_WORDS[worst(counts)]
    app.console.print(f"EVSREP {word} - {'; '.join(parts)} | {figures}\n")


def _nagios_reason(health: "Health") -> str:
    fields = health.fields
    name = _in_line(f"{fields['kind']} {fields['name'] or ''}").strip()
    return f"{name} {fields['id']} is {fields['health']}: {_in_line(fields['reason'] or '')}"


def _in_line(text: str) -> str:
    """Text that can't end the line, nor begin the figures."""
    from evsrep.output.text import harmless

    return harmless(text).replace("|", "/")
