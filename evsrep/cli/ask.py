"""Asking before what can't be undone."""

import click

from evsrep.cli.app import App
from evsrep.errors import Interrupted, UsageFault


def check_can_ask(app: App, *, is_sure: bool) -> None:
    """Raise UsageFault where nobody is there to ask and nobody has said --yes."""
    if not is_sure and not app.world.is_interactive:
        raise UsageFault("nobody is there to ask", hint="say --yes if you are sure")


def agrees(app: App, question: str) -> bool:
    """Ask on a terminal; elsewhere there is nobody to ask."""
    check_can_ask(app, is_sure=False)
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        app.console.note("")  # the cursor stands behind the question
        raise Interrupted("interrupted; nothing was done") from None
