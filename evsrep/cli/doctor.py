"""`evsrep doctor`: what works and what does not."""

from collections.abc import Iterator

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.errors import EvsrepError
from evsrep.jobs.doctor import FAILED, OK, WARNING, Finding, examine
from evsrep.output.shapes import FINDING


@click.command(
    cls=Command, shape=FINDING, examples=("evsrep doctor", "evsrep doctor -p otc -o json")
)
@everywhere
@pass_app
def doctor(app: App) -> None:
    """Say what works and what does not, step by step.

    From the profile file over network, TLS, clock, sign-in and project to whether this cloud offers
    replication. The exit code is that of the first failure.
    """
    findings = list(_findings(app))
    app.console.show_all(FINDING, (_row(found) for found in findings))
    failure = next((found.error for found in findings if found.error), None)
    if failure is not None:
        raise failure


def _findings(app: App) -> Iterator[Finding]:
    try:
        yield _profile(app)
        cloud = app.cloud
    except EvsrepError as error:
        yield Finding("profile", FAILED, error.message, error.hint, error)
        return
    yield from examine(cloud, app.clock)


def _profile(app: App) -> Finding:
    from evsrep.settings.profiles import readable_by_others

    profile = app.profile
    detail = f"'{profile.name}', chosen by {profile.chosen_by}"
    if profile.is_set("insecure"):
        return Finding("profile", WARNING, detail, "insecure = true: TLS is not verified")
    if readable_by_others(app.settings.profile_file):
        hint = f"others can read its secrets: chmod 600 {app.settings.config_path}"
        return Finding("profile", WARNING, detail, hint)
    return Finding("profile", OK, detail)


def _row(found: Finding) -> dict[str, object]:
    return {
        "check": found.check,
        "result": found.result,
        "detail": found.detail or None,
        "hint": found.hint or None,
    }
