"""evsrep for programs: open the cloud of a profile, and do to it what the commands do.

    import evsrep

    with evsrep.connect("otc") as cloud:
        pair = evsrep.create_pair(cloud, production_disk="db-01", dr_disk="db-01-dr")
        evsrep.wait_for_pair(cloud, pair.id, "available", seconds=600)

What goes wrong is an `EvsrepError`: its class and `exit_code` say what to do about it, `message`
and `hint` what to tell a person. `OutcomeUnknown` means that a change may have taken effect. What
is done on the way is told to the logger `evsrep`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evsrep import wiring
from evsrep.builtin import sandbox_profile
from evsrep.clock import RealClock
from evsrep.errors import UsageFault
from evsrep.secrets import without_secrets
from evsrep.settings.environment import environment
from evsrep.settings.settings import Settings

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud
    from evsrep.cloud.models import Group, Pair

_LOG = logging.getLogger("evsrep")


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
            reporter=_Logged(),
            settings=settings,
            command="a program, by evsrep.connect",
            at_end=at_end,
        )
        yield wiring.open_cloud(settings.profile, opened_with)


def create_pair(
    cloud: "Cloud",
    *,
    production_disk: str,
    dr_disk: str,
    name: str | None = None,
    description: str | None = None,
    priority_station: str | None = None,
    replication_model: str = "hypermetro",
    checks: bool = True,
    takes_existing: bool = False,
) -> "Pair":
    """Pair two disks, given by IDs or exact names, once: what `evsrep create` does.

    A pair whose answer was lost is looked for. With `takes_existing` a pair of these two disks that
    is there already is returned, if it is what was asked for. Raises UsageFault, NotFound and
    Refused with all that is wrong at once in `faults`, nothing sent; OutcomeUnknown where it can't
    be found out whether the pair is there.
    """
    from evsrep.jobs.check import raise_if_broken, survey
    from evsrep.jobs.create import check_is_as_asked, place
    from evsrep.jobs.order import Wish, faults_of

    wish = Wish(
        production_disk=production_disk,
        dr_disk=dr_disk,
        priority_station=priority_station,
        replication_model=replication_model,
        name=name,
        description=description,
    )
    faults = faults_of(wish, spell=str)
    if faults:
        raise UsageFault("; ".join(faults), faults=tuple(faults))
    seen = survey(cloud, wish, checks=checks, seeks_pair=takes_existing)
    for warning in seen.warnings:
        _LOG.warning(warning)
    if takes_existing and seen.existing is not None:
        check_is_as_asked(seen.existing, seen.order)
        return seen.existing
    raise_if_broken(seen, checks=checks)
    placed = place(cloud, seen.order, clock=cloud.clock, tell=_LOG.info)
    if placed.was_lost:
        check_is_as_asked(placed.pair, seen.order)
    return placed.pair


def delete_pair(cloud: "Cloud", pair: str) -> bool:
    """Have a pair deleted, by ID or exact name; whether it is gone already.

    Raises Refused where its state or its group forbids that.
    """
    from evsrep.jobs.delete import raise_if_kept, remove
    from evsrep.jobs.find import find_pair

    found = find_pair(cloud, pair)
    raise_if_kept(found)
    return remove(cloud, found.id, clock=cloud.clock, tell=_LOG.info)


def wait_for_pair(
    cloud: "Cloud",
    pair_id: str,
    goal: str = "available",
    *,
    seconds: float = 600.0,
    seen: "Callable[[Pair], None] | None" = None,
) -> "Pair | None":
    """Wait until a pair is `available`, `active` or `deleted`; None where it is gone.

    `seen` gets the pair each time it was looked at. Raises Failed where the goal can't be reached
    any more, WaitTimeout when the time is up.
    """
    from evsrep.jobs import wait

    return wait.wait_for_pair(
        cloud,
        pair_id,
        wait.GOALS[goal],
        clock=cloud.clock,
        seconds=seconds,
        seen=lambda sample: seen(sample.thing) if seen else None,
    )


def act(
    cloud: "Cloud", group: str, action: str, *, force: bool = False, seconds: float | None = None
) -> "Group":
    """Do `sync`, `pause`, `failover`, `switchover` or `reprotect` to a group, and return it.

    What the group's state forbids is Refused before it is sent, unless `force`. With `seconds` it
    waits for the end of the action. A switchover undoes itself when it is done twice.
    """
    from evsrep.jobs import actions, wait
    from evsrep.jobs import group as groups
    from evsrep.jobs.find import find_group

    deed, before = actions.ACTIONS[action], find_group(cloud, group)
    if not force:
        checks = groups.readiness(cloud, deed, before)
        actions.raise_if_forbidden(deed, before, checks)
    now = groups.act(cloud, deed, before, clock=cloud.clock, tell=_LOG.info)
    if seconds is None:
        return now
    settled = wait.wait_until(
        lambda left: groups.look_at(cloud.once(left), before.id),
        f"group {before.label}",
        actions.goal_of(deed, before),
        clock=cloud.clock,
        seconds=seconds,
        seen=lambda sample: None,
    )
    return settled or now


class _Logged:
    """Talk for programs: the logger `evsrep`."""

    def __init__(self) -> None:
        self.is_debugging = _LOG.isEnabledFor(logging.DEBUG)
        self.secrets: set[str] = set()

    def warn(self, text: str) -> None:
        _LOG.warning("%s", self.hide(text))

    def verbose(self, text: str) -> None:
        _LOG.info("%s", self.hide(text))

    def debug(self, *lines: str) -> None:
        _LOG.debug("%s", self.hide("\n".join(lines)))

    def hide(self, text: str) -> str:
        return without_secrets(text, self.secrets)


_LOG = logging.getLogger("evsrep")
