"""One run of evsrep: what its options are, and the things that they open.

Nothing is imported or opened before its first use: help, completion and usage errors must start
quickly.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, cast

import click

from evsrep.clock import Clock, RealClock
from evsrep.errors import ConfigError, EvsrepError, UsageFault
from evsrep.output.shapes import FORMS, Shape

if TYPE_CHECKING:
    from pathlib import Path

    from evsrep.cloud.client import Cloud
    from evsrep.output.console import Console
    from evsrep.settings.profiles import ProfileFile
    from evsrep.settings.resolve import Profile


class World:
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
        self.environ = os.environ if environ is None else environ
        self.stdin = stdin or sys.stdin or _nowhere("r")
        self.out = out or sys.stdout or _nowhere("w")
        self.err = err or sys.stderr or _nowhere("w")

    @property
    def is_interactive(self) -> bool:
        """Whether somebody is there to be asked."""
        return self.stdin.isatty() and self.err.isatty()


def _nowhere(mode: str) -> TextIO:
    """What stands in for a stream that was closed before we started: Python has None for it."""
    # open as long as the process lasts
    return cast(TextIO, open(os.devnull, mode))  # noqa: PTH123


class Given(NamedTuple):
    """An option's value, and whether a flag said so rather than a variable."""

    value: Any
    by_flag: bool


class App:
    """One run of evsrep: the options of every command, and what they lead to."""

    def __init__(self, world: World, words: Sequence[str] = ()) -> None:
        self.world = world
        self.words = tuple(words)  # as they were typed
        self.clock = world.clock
        self.at_end = ExitStack()  # what is to be closed when the run is over
        self._given: dict[str, Given] = {}

    def keep(self, name: str, given: Given) -> None:
        """Remember an option; the later, inner one wins."""
        self._given[name] = given

    def given(self, name: str) -> Any:
        """The value of an option by flag or variable; None where there is neither."""
        found = self._given.get(name)
        return found.value if found else None

    def by_flag(self, name: str) -> bool:
        """Whether the option was given on the command line itself."""
        return name in self._given and self._given[name].by_flag

    def expect(self, shape: Shape) -> None:
        """Check `-c` against the fields of the result to come, before anything is done."""
        unknown = [name for name in self.columns if name not in shape.fields]
        if unknown:
            from evsrep.settings.resolve import nearest

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

        environ = self.world.environ
        has_color = not (self.given("no_color") or environ.get("NO_COLOR"))
        return Console(
            out=self.world.out,
            err=self.world.err,
            form=self.given("output") or self._profile_default("output", FORMS) or "table",
            columns=self.columns,
            allows_color=has_color and environ.get("TERM") != "dumb",
            is_quiet=bool(self.given("quiet")),
            is_verbose=bool(self.given("verbose")),
            is_debugging=bool(self.given("debug")),
        )

    @cached_property
    def config_path(self) -> "Path":
        """Where the profile file is, whether or not it exists."""
        from pathlib import Path

        given = self.given("config")
        path = Path(given) if given else Path(click.get_app_dir("evsrep")) / "config.toml"
        if not given and str(path).startswith("~"):
            raise ConfigError("there is no home folder", hint="set HOME, or give --config FILE")
        return path

    @cached_property
    def journal_path(self) -> "Path":
        """Where the journal is, whether or not it exists."""
        from evsrep.settings.paths import state_folder

        return state_folder(self.world.environ) / "journal.jsonl"

    @cached_property
    def profile_file(self) -> "ProfileFile":
        """The profile file, read."""
        from evsrep.settings.profiles import read_profiles

        return read_profiles(self.config_path)

    @cached_property
    def profile(self) -> "Profile":
        """The profile of this run."""
        from evsrep.settings.resolve import choose

        named_by = "--profile" if self.by_flag("profile") else "EVSREP_PROFILE"
        given = self.given("profile") or ""
        if self.given("config") and not self.config_path.exists():
            hint = "'evsrep profile init NAME' makes it"
            raise ConfigError(f"there is no profile file {self.config_path}", hint=hint)
        if given:
            return self.profile_named(given, named_by)
        return self.profile_named(*choose("", "", self.profile_file, self.world.environ))

    def profile_named(self, name: str, chosen_by: str) -> "Profile":
        """A profile by its name."""
        from evsrep.settings.resolve import SANDBOX, load

        if name == SANDBOX:
            from evsrep.builtin import sandbox_profile

            return sandbox_profile(chosen_by)
        return load(name, chosen_by, self.profile_file, self.world.environ)

    @cached_property
    def cloud(self) -> "Cloud":
        """The cloud of the profile; nothing is sent before it is asked something."""
        from evsrep.cli.connect import connect  # httpx is slow to import; Tab must stay quick

        return connect(self, self.profile)

    def check_may_change(self, *, is_sure: bool) -> None:
        """Refuse what changes anything where the profile says so."""
        from evsrep.cloud.guard import ChangeGuard

        name, is_named = self.profile.name, self.by_flag("profile")
        is_read_only = self.profile.is_set("read_only")
        is_protected = self.profile.is_set("protected")
        ChangeGuard(name, is_read_only, is_protected, is_named).check(yes=is_sure)
        if is_protected:
            self.__dict__["cloud"] = self.cloud.for_change(yes=is_sure)

    def command(self, *words: str) -> str:
        """An evsrep command that does the next thing, with the profile it must be done in."""
        import shlex

        where: list[str] = []
        for option, flag in (("profile", "-p"), ("config", "--config")):
            if self.by_flag(option):
                where += [flag, str(self.given(option))]
        return shlex.join(["evsrep", *words, *where])

    def _profile_default(self, key: str, known: tuple[str, ...]) -> str:
        """A default that the profile has; a profile that can't be read is told of elsewhere."""
        try:
            found = self.profile.text(key)
        except EvsrepError:
            return ""
        return found if found in known else ""


pass_app = click.make_pass_decorator(App)
