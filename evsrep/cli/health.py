"""`evsrep health`: what is protected and what is not."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.cli.watching import may_watch, watch as watch_all
from evsrep.errors import EvsrepError, UsageFault
from evsrep.output.shapes import HEALTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evsrep.jobs.health import Health, HealthOptions
    from evsrep.output.console import Console
    from evsrep.output.shapes import Thing

_EXIT_CODES = {"protected": 0, "degraded": 1, "critical": 2, "unknown": 3}
_NAGIOS_WORDS = {
    "protected": "OK",
    "degraded": "WARNING",
    "critical": "CRITICAL",
    "unknown": "UNKNOWN",
}
_MOST_PROTECTED = 10
_MOST_REASONS = 5  # Nagios and its like cut long lines, often without a word


@click.command(
    cls=Command,
    shape=HEALTH,
    options="evsrep.jobs.health:HealthOptions",
    examples=(
        "evsrep health",
        "evsrep health shop -o json",
        "evsrep health --nagios -p otc",
    ),
)
@click.argument("groups", metavar="[GROUP…]", nargs=-1, shell_complete=complete.groups)
@click.option("--nagios", is_flag=True, help="One line for Nagios and its like.")
@may_watch
@everywhere
@pass_app
def health(app: App, options: "HealthOptions", nagios: bool, watch: float | None) -> int:
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

    if watch is not None:
        _watch(app, options, watch, nagios=nagios)
    try:
        if nagios or app.console.draws:
            seconds = app.settings.value("timeout", app.profile)
            cloud = app.cloud.within(seconds) if nagios else app.cloud
            healths = look_at_health(cloud, options)
            if nagios:
                _print_for_nagios(app, healths)
            else:
                _draw(app, [health.fields for health in healths])
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


def _watch(app: App, options: "HealthOptions", seconds: float, *, nagios: bool) -> None:
    """Look again and again; raises UsageFault where one line is wanted."""
    from evsrep.jobs.health import look_at_health

    if nagios:
        raise UsageFault("--nagios is one line, and --watch has no end")
    watch_all(
        app,
        seconds,
        HEALTH,
        look=lambda: [health.fields for health in look_at_health(app.cloud, options)],
        draw=lambda things: _draw(app, things),
        state=lambda thing: str(thing["health"]),
    )


def is_for_nagios(words: Iterable[str]) -> bool:
    """Return whether these words are meant for `health --nagios`, whatever is wrong with them."""
    names = {word.partition("=")[0] for word in words}
    return {"health", "--nagios"} <= names


def tell_nagios_of(error: EvsrepError, console: "Console") -> int:
    """Print a failure as the one line that Nagios reads, and return the exit code for it."""
    console.print(f"EVSREP UNKNOWN - {_in_line(error.full_message)}\n")
    console.fail(error, exit_code=_EXIT_CODES["unknown"])
    return _EXIT_CODES["unknown"]


def _draw(app: App, healths: "Sequence[Thing]") -> None:
    """Draw how many are protected, then those that are not: the worst last, where the eye is.

    Those that are protected are drawn, too, as long as they are few.
    """
    from evsrep.jobs.health import PROTECTED, SEVERITY

    if not healths:
        app.console.note("there is nothing to protect")
        return
    bad = [health for health in healths if health["health"] != PROTECTED]
    good = len(healths) - len(bad)
    drawn = healths if good <= _MOST_PROTECTED else bad
    app.console.print(f"{good} of {len(healths)} protected\n")
    app.console.draw_health(
        [
            {**health, "hint": _with_profile(app, health["hint"])}
            for health in sorted(drawn, key=lambda each: SEVERITY.index(each["health"]))
        ]
    )


def _with_profile(app: App, hint: str | None) -> str:
    """Return a hint whose commands are as they are to be typed, in the profile of this run."""
    return re.sub(r"'evsrep ([^']*)'", lambda found: app.command(*found[1].split(" ")), hint or "")


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
