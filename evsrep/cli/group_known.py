"""A group that something is done to: what is known of it is never lost."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from evsrep.cli.app import App
from evsrep.cli.ask import agrees
from evsrep.cli.options import Patience
from evsrep.cli.waiting import wait_for_group
from evsrep.cloud.meanings import FAULT_LEVELS
from evsrep.cloud.models import GroupChange
from evsrep.errors import (
    EvsrepError,
    Failed,
    Interrupted,
    OutcomeUnknown,
    OutputClosed,
    OutputFailed,
    Refused,
    WaitTimeout,
)
from evsrep.jobs.actions import GOALS, Action, checks_of, goal_of, raise_if_forbidden
from evsrep.output.shapes import GROUP

if TYPE_CHECKING:
    from evsrep.cloud.models import Group
    from evsrep.jobs.wait import Goal

# the goal of `group wait` that goes on where a command was left
_WAITS_FOR = {
    "sync": "active",
    "pause": "paused",
    "failover": "failovered",
    "reprotect": "active",
    "delete": "deleted",
    **{name: name for name in GOALS},
}


def guard(app: App, action: Action, group: "Group", *, is_forced: bool = False) -> None:
    """Raise Refused where the group's state forbids the action; warn of what can't be seen.

    What is forced is warned of alone, and no disk or server is looked up for it.
    """
    from evsrep.jobs.group import readiness

    if is_forced:
        for check in checks_of(action, group):
            if not check.is_ok:
                app.console.warn(f"--force: its {check.rule} is {check.value}; {check.hint}")
        return
    checks = readiness(app.cloud, action, group)
    for check in checks:
        if check.is_ok is None:
            app.console.warn(f"{check.rule} {check.value}")
    raise_if_forbidden(action, group, checks)


def is_meant(app: App, group: "Group", question: str) -> bool:
    """Show the group's state, and ask; False where the answer is no.

    Raises Refused where the group is another when the answer comes: it may have come late.
    """
    app.console.note(f"group {group.label}")
    for name, value in _facts(group):
        app.console.note(f"  {name:<12}  {value or '-'}")
    if not agrees(app, question):
        app.console.note("nothing was sent")
        return False
    now = app.cloud.group(group.id)
    if (now.status, now.priority_station) != (group.status, group.priority_station):
        raise Refused(
            f"group {group.label} has changed since it was shown",
            hint="nothing was sent; do it again if it is still meant",
            faults=tuple(f"{name} {value or '-'}" for name, value in _facts(now)),
        )
    return True


def _facts(group: "Group") -> Iterator[tuple[str, str]]:
    yield "status", group.status
    yield "replication", group.replication_status
    yield "primary zone", group.priority_station
    meaning = FAULT_LEVELS.get(group.fault_level)
    yield "fault level", f"{group.fault_level}: {meaning.cause}" if meaning else group.fault_level
    if group.pair_ids is not None:
        yield "pairs", str(len(group.pair_ids))


class Known:
    """What is known of a group from when something may have been sent."""

    def __init__(
        self, app: App, group: "Group | None", fields: Mapping[str, Any] | None = None
    ) -> None:
        """`fields` stand in for a group that is not known yet."""
        self.group = group
        self.resume: tuple[str, ...] = ("show", group.id) if group else ("list",)
        self._app = app
        self._fields = fields or {}
        self._is_news = False  # whether anything was sent or seen here
        self._is_sending = False
        self._change = GroupChange()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Whatever ends the block, print what is known and the command to go on with."""
        try:
            yield
        except KeyboardInterrupt:
            goes_on = "what is under way goes on without us"
            message = "it may have taken effect" if self._is_sending else goes_on
            raise self._told(Interrupted(f"interrupted; {message}")) from None
        except EvsrepError as error:
            if not self._is_news and not isinstance(error, OutcomeUnknown | WaitTimeout):
                raise  # it surely took no effect
            raise self._told(error) from error.__cause__

    def act(self, action: Action) -> "Goal":
        """Do an action; returns what to wait for now."""
        from evsrep.jobs.group import act

        before = self._known
        self._is_sending = True
        self._learn(act(self._app.cloud, action, before, clock=self._app.clock, tell=self.tell))
        return self.goes_on(goal_of(action, before))

    def update(self, action: Action, change: GroupChange) -> "Goal":
        """Change the group; returns what to wait for now."""
        from evsrep.jobs.group import update

        before = self._known
        self._change = change
        self._is_sending = True
        self._learn(update(self._app.cloud, change, before, clock=self._app.clock, tell=self.tell))
        return self.goes_on(goal_of(action, before))

    def make(self, create: "Callable[[], Group]") -> None:
        """Create the group."""
        self._is_sending = True
        self._learn(create())
        self.goes_on(GOALS["available"])

    def delete(self, action: Action) -> "Goal":
        """Delete the group; returns what to wait for now."""
        from evsrep.jobs.group import delete

        before = self._known
        self._is_sending = True
        self._learn(delete(self._app.cloud, before, clock=self._app.clock, tell=self.tell))
        return self.goes_on(goal_of(action, before))

    def wait(self, goal: "Goal", seconds: float) -> "Group":
        """Return the group once it has reached a goal, and shows the last change."""
        from evsrep.jobs.group import gone, is_as_wished, look_for, with_status

        group_id, cloud = self._known.id, self._app.cloud

        def look(left: float) -> "Group":
            found = look_for(cloud.once(left), group_id, self._change)
            is_early = found.status == "available" and not is_as_wished(found, self._change)
            return with_status(found, "updating") if is_early else found

        label = f"group {self._known.label}"
        found = wait_for_group(self._app, look, label, goal, seconds=seconds, learn=self._learn)
        self.group = found or gone(self._known)
        return self.group

    def settle(self, goal: "Goal", patience: Patience) -> None:
        """Wait if that is wanted; raise Failed where the group is broken."""
        from evsrep.jobs.wait import raise_if_hopeless

        if patience.waits and self._known.status != "deleted":
            self.wait(goal, patience.seconds)
        else:
            raise_if_hopeless(self._known, goal)

    def show(self, goal: "Goal | None" = None) -> None:
        """Print the group, and on stderr the command to go on with while it is under way."""
        from evsrep.jobs.wait import is_reached

        console = self._app.console
        try:
            console.show(GROUP, self._shown)
        except (OutputClosed, OutputFailed):
            console.resume(self._command)  # nobody got the ID from stdout
            raise
        except KeyboardInterrupt:
            raise Interrupted("interrupted; the deed is done", resume=self._command) from None
        is_over = goal is None or self._known.status == "deleted" or is_reached(self._known, goal)
        if not is_over and not console.is_json:
            console.resume(self._command)

    def goes_on(self, goal: "Goal") -> "Goal":
        """From now on the way to go on is to wait for a goal."""
        name = _WAITS_FOR.get(goal.name, "available")
        how = () if name == "available" else ("--for", name)
        self.resume = ("wait", self._known.id, *how)
        return goal

    def goes_on_with(self, verb: str, *how: str) -> None:
        """From now on the way to go on is another command of the group."""
        self.resume = (verb, self._known.id, *how)

    def tell(self, text: str) -> None:
        """Tell how it goes; with json, stderr is for programs too: one error object or nothing."""
        console = self._app.console
        (console.verbose if console.is_json else console.note)(text)

    def _learn(self, group: "Group") -> None:
        self._is_news, self._is_sending = True, False
        self.group = group

    def _told(self, error: EvsrepError) -> EvsrepError:
        if isinstance(error, Failed) and self.group:
            self.resume = ("show", self.group.id)  # it is at an end: waiting on would not help
        error.resume = self._command
        # where stdout takes nothing, the error has the command, and the command has the ID
        with suppress(OutputClosed, OutputFailed, KeyboardInterrupt):
            self._app.console.show(GROUP, self._shown)
        return error

    @property
    def _known(self) -> "Group":
        assert self.group is not None  # noqa: S101 -- for the type checker
        return self.group

    @property
    def _shown(self) -> Mapping[str, Any]:
        return self.group.fields if self.group else self._fields

    @property
    def _command(self) -> str:
        return self._app.command("group", *self.resume)
