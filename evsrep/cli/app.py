"""One run of evsrep: what its options are, and the things that they open.

Nothing is imported or opened before its first use: help, completion and usage errors must start
quickly.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from evsrep.clock import Clock, RealClock
from evsrep.errors import EvsrepError, UsageFault
from evsrep.output.shapes import Shape
from evsrep.settings.declarations import BY_NAME
from evsrep.settings.environment import environment

if TYPE_CHECKING:
    from evsrep.cli.report import Report
    from evsrep.cloud.client import Cloud
    from evsrep.cloud.models import Defaults
    from evsrep.output.console import Console
    from evsrep.settings.profile import Profile
    from evsrep.settings.settings import Settings


class Environment:
    """What is outside of evsrep: time, the environment, the streams."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        environ: Mapping[str, str] | None = None,
        stdin: TextIO | None = None,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        self.clock = clock or RealClock()
        self.environ = environment() if environ is None else environ
        self.stdin = stdin or sys.stdin or _nowhere("r")
        self.out = out or sys.stdout or _without_reader()
        self.err = err or sys.stderr or _nowhere("w")

    @property
    def is_interactive(self) -> bool:
        """Whether somebody is there to be asked."""
        return self.stdin.isatty() and self.err.isatty()


def _nowhere(mode: str) -> TextIO:
    """Open what stands in for a stream that was closed before we started: Python has None."""
    # open as long as the process lasts
    return cast(TextIO, open(os.devnull, mode))  # noqa: PTH123


def _without_reader() -> TextIO:
    """Open what stands in for a stdout that was closed before we started: nobody reads it."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8", errors="backslashreplace")


class App:
    """One run of evsrep: the options of every command, and what they lead to."""

    def __init__(self, environment: Environment, words: Sequence[str] = ()) -> None:
        self.environment = environment
        self.words = tuple(words)  # as they were typed
        self.clock = environment.clock
        self.at_end = ExitStack()  # what is to be closed when the run is over
        self.resume = ""  # the command that goes on after a bug
        self.conclude: Callable[[BaseException | None], None] = lambda _: (
            None
        )  # tells what is known
        self._given: dict[str, Any] = {}

    def keep(self, name: str, value: Any) -> None:
        """Remember what a flag says; the later, inner one wins."""
        self._given[name] = value

    def given(self, name: str) -> Any:
        """Return what a flag says, on the command line itself; None where it is not there."""
        return self._given.get(name)

    def expect(self, shape: Shape) -> None:
        """Check `-c` against the fields of the result to come, before anything is done."""
        unknown = [name for name in self.columns if name not in shape.fields]
        if unknown:
            from evsrep.settings.spelling import nearest

            near = list(filter(None, (nearest(name, shape.fields) for name in unknown)))
            meant = f"; did you mean {', '.join(near)}?" if near else ""
            raise UsageFault(
                f"no such column of a {shape.noun}: {', '.join(unknown)}{meant}",
                hint=f"there are: {', '.join(shape.fields)}",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that `-c` names."""
        words = (self.given("columns") or "").split(",")
        return tuple(word.strip() for word in words if word.strip())

    @cached_property
    def console(self) -> "Console":
        """Where results and talk go."""
        from evsrep.output.console import Console
        from evsrep.output.terminal import terminal_of

        no_color = bool(self.given("no_color"))
        return Console(
            out=self.environment.out,
            err=self.environment.err,
            form=self._form,
            columns=self.columns,
            terminal=terminal_of(self.environment.environ, no_color=no_color),
            is_quiet=bool(self.given("quiet")),
            is_verbose=bool(self.given("verbose")),
            is_debugging=bool(self.given("debug")),
        )

    @cached_property
    def settings(self) -> "Settings":
        """What the user has decided for this run."""
        from evsrep.builtin import sandbox_profile
        from evsrep.settings.settings import Settings

        return Settings(self.environment.environ, self._given, sandbox_profile)

    @property
    def profile(self) -> "Profile":
        """The profile of this run.

        Raises ConfigError where there is none, or none that can be read.
        """
        return self.settings.profile

    @cached_property
    def cloud(self) -> "Cloud":
        """The cloud of the profile; nothing is sent before it is asked something.

        Raises what `open_cloud` raises.
        """
        return self.open_cloud(self.profile)

    def open_cloud(self, profile: "Profile", *, is_trial: bool = False) -> "Cloud":
        """Return the cloud of a profile; it talks to this run's console, on its clock.

        A trial is of what the profile says now: no token that was kept is used. Raises ConfigError
        where the profile lacks something or has a wrong value.
        """
        import shlex

        # httpx is slow to import; Tab must stay quick. Not `from evsrep import wiring`, for which
        # the package would first look at the whole face for programs
        from evsrep.wiring import Context, open_cloud

        context = Context(
            clock=self.clock,
            reporter=self.console,
            settings=self.settings,
            command=shlex.join(("evsrep", *self.words)),
            at_end=self.at_end,
            is_trial=is_trial,
        )
        return open_cloud(profile, context)

    def report(self, shape: Shape, *, is_many: bool = False) -> "Report":
        """Return the reporter of this run's command, whose result has that shape."""
        from evsrep.cli.report import Report

        report = Report(self, shape, is_many=is_many)
        self.conclude = report.conclude
        return report

    @property
    def defaults(self) -> "Defaults":
        """The profile's defaults. Without a profile there are none, which is told elsewhere."""
        from evsrep.cloud.models import Defaults

        try:
            return Defaults(*map(self.profile.text, Defaults._fields))
        except EvsrepError:
            return Defaults()

    def command(self, *words: str) -> str:
        """Return an evsrep command that does the next thing, in the profile of this run."""
        from evsrep.jobs.shell import shell_join

        where: list[str] = []
        for option, flag in (("profile", "-p"), ("config", "--config")):
            if value := self.settings.value(option):
                where += [flag, str(value)]
        is_asked = bool(_CHANGES.intersection(words[:2])) and "--yes" not in words
        sure = ["--yes"] if is_asked and self.profile.is_set("protected") else []
        return shell_join(["evsrep", *words, *sure, *where])

    @property
    def _form(self) -> str:
        """The form of results; a profile that can't be read is told of elsewhere."""
        try:
            return str(self.settings.value("output"))
        except EvsrepError:
            return str(BY_NAME["output"].default)


_CHANGES = frozenset(
    {
        *("create", "apply", "delete", "update", "expand"),
        *("sync", "pause", "failover", "switchover", "reprotect"),
    }
)
"""The commands, of pairs and groups, that may have to be sure."""

pass_app = click.make_pass_decorator(App)
