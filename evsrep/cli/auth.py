"""`evsrep auth`: who this is."""

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.groups import Group
from evsrep.cli.options import Command, everywhere
from evsrep.errors import ConfigError
from evsrep.output.shapes import IDENTITY, TOKEN


@click.group(cls=Group)
@everywhere
def auth() -> None:
    """Sign in, and see as whom."""


@auth.command(
    cls=Command, shape=IDENTITY, examples=("evsrep auth check", "evsrep auth check -p otc")
)
@everywhere
@pass_app
def check(app: App) -> None:
    """Say who you are, in which project, until when, and which endpoints are used."""
    cloud, profile = app.cloud, app.profile
    session = cloud.session()
    app.console.show(
        IDENTITY,
        {
            "profile": profile.name,
            "chosen_by": profile.chosen_by,
            "user": session.user,
            "user_domain": session.user_domain,
            "project": session.project,
            "project_id": cloud.project_id,
            "region": cloud.region,
            "expires_at": session.expires_at,
            "auth_url": cloud.auth_url,
            "endpoint": cloud.endpoint,
            "compute_endpoint": cloud.compute_endpoint or None,
        },
    )


@auth.command(cls=Command, examples=("evsrep auth logout",))
@everywhere
@pass_app
def logout(app: App) -> None:
    """Revoke the token that is kept from earlier runs, and remove it."""
    revoked = app.cloud.forget()
    app.console.note("signed out" if revoked else "no token is kept for this profile")


@auth.command(
    cls=Command,
    shape=TOKEN,
    examples=('curl -H "X-Auth-Token: $(evsrep auth token)" …',),
)
@everywhere
@pass_app
def token(app: App) -> None:
    """Print a token for use with other tools.

    It is a secret: mind where it goes.
    """
    session = app.cloud.session()
    if not session.token:
        raise ConfigError(
            f"profile '{app.profile.name}' signs each request with a key and has no token",
            hint="a token comes with a sign-in by password",
        )
    if app.console.form == "table":
        app.console.print(session.token + "\n")  # to be pasted or captured, so not in a box
        return
    app.console.show(TOKEN, {"token": session.token, "expires_at": session.expires_at})
