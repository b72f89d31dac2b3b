"""The wiring of a command: its cloud talks to its console, on its clock."""

import shlex

from evsrep import wiring
from evsrep.cli.app import App
from evsrep.cloud.client import Cloud
from evsrep.settings.resolve import Profile


def connect(app: App, profile: Profile) -> Cloud:
    """The cloud of a profile. Secret commands are run; nothing is sent yet."""
    around = wiring.Surroundings(
        clock=app.clock,
        reporter=app.console,
        environ=app.world.environ,
        file=lambda: app.profile_file,
        limits=wiring.limits(profile, app.given("timeout"), app.given("retries")),
        command=shlex.join(("evsrep", *app.words)),
        at_end=app.at_end,
        is_named=app.by_flag("profile"),
    )
    return wiring.open_cloud(profile, around)
