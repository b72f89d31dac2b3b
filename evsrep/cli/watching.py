"""`--watch`: the same look again and again. On a terminal redrawn, elsewhere a line a change."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from evsrep.cli.app import App
from evsrep.cli.options import Seconds
from evsrep.errors import Unavailable, UsageFault
from evsrep.output.shapes import Shape, Thing

F = TypeVar("F", bound=Callable[..., Any])

_HOME_AND_CLEAR = "\x1b[H\x1b[2J"


def may_watch(command: F) -> F:
    """Give a command `--watch`."""
    return click.option(
        "--watch",
        type=Seconds(),
        metavar="DURATION",
        help="Look again every so often, such as 10s, until Ctrl-C.",
    )(command)


def watch(
    app: App,
    seconds: float,
    shape: Shape,
    *,
    look: Callable[[], Sequence[Thing]],
    draw: Callable[[Sequence[Thing]], None],
    state: Callable[[Thing], str],
) -> None:
    """Look and show, until interrupted; a look that fails is a missed look.

    Raises UsageFault for a form that is one answer, and what a look raises that will not pass.
    """
    console = app.console
    if console.form == "json":
        raise UsageFault("--watch has no end, and json is one array", hint="say -o jsonl")
    before: dict[str, str] = {}
    while True:
        try:
            things = look()
        except Unavailable as error:
            console.warn(f"{error.full_message}; looking again in {seconds:g} s")
        else:
            if console.form == "table" and console.redraws:
                console.print(_HOME_AND_CLEAR)
                draw(things)
                console.note(f"{_now(app)}, every {seconds:g} s; Ctrl-C ends it")
            else:
                before = _report_changes(app, shape, things, state, before)
        app.clock.sleep(seconds)


def _report_changes(
    app: App,
    shape: Shape,
    things: Sequence[Thing],
    state: Callable[[Thing], str],
    before: Mapping[str, str],
) -> dict[str, str]:
    """Print what has come, gone or changed since the look before; return the states seen now."""
    now = {str(thing["id"]): state(thing) for thing in things}
    changed = [thing for thing in things if before.get(str(thing["id"])) != now[str(thing["id"])]]
    if app.console.form != "table":
        app.console.show_all(shape, changed)
        return now
    named = {str(thing["id"]): thing.get("name") for thing in things}
    lines = [(str(thing["id"]), now[str(thing["id"])]) for thing in changed]
    lines += [(gone, "gone") for gone in before if gone not in now]
    for thing_id, word in lines:
        name = f"  {named[thing_id]}" if named.get(thing_id) else ""
        app.console.print_line(f"{_now(app)}  {thing_id}  {word}{name}")
    return now


def _now(app: App) -> str:
    return f"{datetime.fromtimestamp(app.clock.time()).astimezone():%H:%M:%S}"
