"""`evsrep doctor`: what works and what does not."""

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
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
    from evsrep.jobs.doctor import DoctorOptions, check_profile, examine

    with app.report(FINDING, is_many=True) as report:
        cloud = check_profile(app.settings, lambda: app.cloud, report)
        examine(cloud, DoctorOptions(), report)
