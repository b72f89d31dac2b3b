"""`evsrep sdrs`: the successor of the replication API, told on one's own servers."""

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.groups import Group
from evsrep.cli.options import Command, everywhere
from evsrep.output.shapes import SDRS_PLAN

if TYPE_CHECKING:
    from evsrep.jobs.sdrs import SdrsPlanOptions


@click.group(cls=Group)
@everywhere
def sdrs() -> None:
    """Plan a move to SDRS, the successor of the replication API; changes nothing."""


def _complete(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    return [*complete.groups(ctx, param, word), *complete.pairs(ctx, param, word)]


@sdrs.command(
    cls=Command,
    shape=SDRS_PLAN,
    options="evsrep.jobs.sdrs:SdrsPlanOptions",
    examples=("evsrep sdrs plan", "evsrep sdrs plan shop -o json"),
)
@click.argument("names", metavar="[PAIR|GROUP…]", nargs=-1, shell_complete=_complete)
@everywhere
@pass_app
def plan(app: App, options: "SdrsPlanOptions") -> None:
    """Say what moving to SDRS would take, lose and need.

    For each server: fit, not fit, or unknown, and why. Then what becomes of the groups, the quotas
    now and after, what is lost, and the steps, each with what protects meanwhile and the way back.
    PAIR and GROUP are IDs or exact names; without them it is about all pairs.

    It only looks: nothing is sent but GETs. It goes by what the manual said on the date that it
    names; what is not documented is a question mark. The exit code is 0 where everything qualifies,
    6 where something does not or is not known, 5 (not_offered) where there is no SDRS to move to.
    """
    from evsrep.jobs.sdrs import plan_sdrs

    console = app.console
    found = plan_sdrs(app.cloud, options, app.report(SDRS_PLAN))
    if console.form == "table" and not app.columns:
        from evsrep.output.plans import plan_text

        console.print(plan_text(found.fields, console.width))
    else:
        console.show(SDRS_PLAN, found.fields)
    if found.failure is not None:
        raise found.failure
