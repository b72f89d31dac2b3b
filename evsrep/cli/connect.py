"""The wiring of a command: its cloud talks to its console, on its clock."""

import shlex

from evsrep import wiring
from evsrep.cli.app import App
from evsrep.cloud.client import Cloud
from evsrep.settings.profile import Profile


def connect(app: App, profile: Profile) -> Cloud:
    """Return the cloud of a profile; nothing is sent yet.

    Raises ConfigError where the profile lacks something or has a wrong value.
    """
    environment = wiring.Environment(
        clock=app.clock,
        reporter=app.console,
        settings=app.settings,
        command=shlex.join(("evsrep", *app.words)),
        at_end=app.at_end,
    )
    return wiring.open_cloud(profile, environment)
