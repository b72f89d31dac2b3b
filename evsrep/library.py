"""evsrep for programs: open the cloud of a profile, and do to it what the commands do.

    import evsrep

    with evsrep.connect("otc") as cloud:
        pair = evsrep.create_pair(cloud, production_disk="db-01", dr_disk="db-01-dr")
        evsrep.wait_for_pair(cloud, pair.id, "available", wait_timeout=600)

The verbs are those of the commands, and so are their options: `help(evsrep.CreateOptions)` has
those of `create_pair`. What goes wrong is an `EvsrepError`: class and `exit_code` say what to do
about it, `message` and `hint` what to tell a person. `OutcomeUnknown` means that a change may have
taken effect. What is done on the way is told to the logger `evsrep`.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evsrep import wiring
from evsrep.builtin import sandbox_profile
from evsrep.clock import RealClock
from evsrep.jobs.act import ActOptions as ActOptions
from evsrep.jobs.act import act as act
from evsrep.jobs.apply import ApplyOptions as ApplyOptions
from evsrep.jobs.apply import apply_pairs as apply_pairs
from evsrep.jobs.create import CreateOptions as CreateOptions
from evsrep.jobs.create import create_pair as create_pair
from evsrep.jobs.create import plan_pair as plan_pair
from evsrep.jobs.delete import DeleteOptions as DeleteOptions
from evsrep.jobs.delete import delete_pair as delete_pair
from evsrep.jobs.delete import delete_pairs as delete_pairs
from evsrep.jobs.expand import ExpandOptions as ExpandOptions
from evsrep.jobs.expand import expand_pairs as expand_pairs
from evsrep.jobs.export import ExportOptions as ExportOptions
from evsrep.jobs.export import export as export
from evsrep.jobs.find import find_disk as find_disk
from evsrep.jobs.find import find_group as find_group
from evsrep.jobs.find import find_pair as find_pair
from evsrep.jobs.group_make import GroupCreateOptions as GroupCreateOptions
from evsrep.jobs.group_make import GroupDeleteOptions as GroupDeleteOptions
from evsrep.jobs.group_make import GroupUpdateOptions as GroupUpdateOptions
from evsrep.jobs.group_make import create_group as create_group
from evsrep.jobs.group_make import delete_group as delete_group
from evsrep.jobs.group_make import update_group as update_group
from evsrep.jobs.group_wait import GroupWaitOptions as GroupWaitOptions
from evsrep.jobs.group_wait import wait_for_group as wait_for_group
from evsrep.jobs.health import HealthOptions as HealthOptions
from evsrep.jobs.health import look_at_health as look_at_health
from evsrep.jobs.listing import GroupListOptions as GroupListOptions
from evsrep.jobs.listing import ListOptions as ListOptions
from evsrep.jobs.listing import list_groups as list_groups
from evsrep.jobs.listing import list_pairs as list_pairs
from evsrep.jobs.readiness import ReadyOptions as ReadyOptions
from evsrep.jobs.readiness import rehearse as rehearse
from evsrep.jobs.report import LogReporter as LogReporter
from evsrep.jobs.wait import WaitOptions as WaitOptions
from evsrep.jobs.wait import wait_for_pair as wait_for_pair
from evsrep.settings.environment import environment
from evsrep.settings.settings import Settings

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud


@contextmanager
def connect(
    profile: str = "",
    *,
    config: str | Path | None = None,
    timeout: float | None = None,
    retries: int | None = None,
) -> "Iterator[Cloud]":
    """Open the cloud of a profile; without a name, of the one that the commands would use.

    What is not given is taken from the variables `EVSREP_*`, then from the profile. `timeout` is
    seconds for one request, from start to last byte. Nothing is sent before the cloud is asked
    something. Raises ConfigError where there is no such profile or file, or it lacks something;
    UsageFault for a wrong `timeout`, `retries` or variable.
    """
    given = {"profile": profile, "config": config, "timeout": timeout, "retries": retries}
    settings = Settings(environment(), given, sandbox_profile, named_by="the program")
    with ExitStack() as at_end:
        opened_with = wiring.Environment(
            clock=RealClock(),
            reporter=LogReporter(),
            settings=settings,
            command="a program, by evsrep.connect",
            at_end=at_end,
        )
        yield wiring.open_cloud(settings.profile, opened_with)
