"""What every command has: its options, and the things that they open.

Nothing is imported or opened before its first use: help, completion and usage errors must start
quickly.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, TypeVar, cast

import click
from click.core import ParameterSource

from evsrep import __version__
from evsrep.clock import Clock, RealClock
from evsrep.errors import ConfigError, EvsrepError, Refused, UsageFault
from evsrep.output.shapes import FORMS, Shape

if TYPE_CHECKING:
    from pathlib import Path

    from evsrep.cloud.client import Cloud
    from evsrep.output.console import Console
    from evsrep.settings.profiles import ProfileFile
    from evsrep.settings.resolve import Profile

F = TypeVar("F", bound=Callable[..., Any])

WAIT_SECONDS = 600.0


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

    def __init__(self, world: World) -> None:
        self.world = world
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
            raise UsageFault(
                f"no such column of a {shape.noun}: {', '.join(unknown)}",
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
            from evsrep.cli.sandbox import sandbox_profile

            return sandbox_profile(chosen_by)
        return load(name, chosen_by, self.profile_file, self.world.environ)

    @cached_property
    def cloud(self) -> "Cloud":
        """The cloud of the profile; nothing is sent before it is asked something."""
        from evsrep.cli.connect import connect  # httpx is slow to import; Tab must stay quick

        return connect(self, self.profile)

    def number(self, key: str, profile: "Profile", default: float) -> float:
        """A number that a flag or variable says, else the profile, else the default."""
        given = self.given(key)
        found = profile.number(key) if given is None else given
        return default if found is None else found

    def check_may_change(self, *, is_sure: bool) -> None:
        """Refuse what changes anything where the profile says so."""
        profile = self.profile
        if profile.is_set("read_only"):
            raise Refused(
                f"profile '{profile.name}' is read_only",
                hint=f"'evsrep profile set {profile.name} read_only=false' lifts that",
            )
        if profile.is_set("protected") and not (self.by_flag("profile") and is_sure):
            raise Refused(
                f"profile '{profile.name}' is protected",
                hint=f"say it in full: -p {profile.name} and --yes, both on the command line",
            )

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


class Seconds(click.ParamType[float]):
    """A duration: `90`, `90s`, `10m` or `2h`."""

    name = "duration"

    def __init__(self, *, allows_zero: bool = False) -> None:
        self._allows_zero = allows_zero

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds; fails for what is no duration, and for one beyond a year."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smh]?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a duration such as 90, 90s, 10m or 2h", param, ctx)
        seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]
        if seconds > 366 * 24 * 3600 or (seconds == 0 and not self._allows_zero):
            self.fail(f"{value!r} is out of range", param, ctx)
        return seconds


class Command(click.Command):
    """A command that knows the shape of its result, and sorts its help."""

    def __init__(
        self,
        *args: Any,
        shape: Callable[[Mapping[str, Any]], Shape] | Shape | None = None,
        examples: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shape = shape
        self.examples = examples

    def invoke(self, ctx: click.Context) -> Any:
        """Check the columns before anything is done."""
        shape = self.shape(ctx.params) if callable(self.shape) else self.shape
        if shape is not None:
            ctx.ensure_object(App).expect(shape)
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command's own options, then those that every command has."""
        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, as they are typed."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"  {example}\n")


def write_options(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write a command's options in two lists: its own, and those of every command."""
    own: list[tuple[str, str]] = []
    common: list[tuple[str, str]] = []
    for param in command.get_params(ctx):
        if isinstance(param, click.Argument):  # told of in words, in the description
            continue
        record = param.get_help_record(ctx)
        if record is not None:
            (common if is_everywhere(param) else own).append(record)
    for title, records in (("Options", own), ("Options of every command", common)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def is_everywhere(param: click.Parameter) -> bool:
    """Whether a parameter is one of those that every command has."""
    return param.name in _EVERYWHERE or bool({"--help", "--version"} & set(param.opts))


def everywhere(command: F) -> F:
    """Give a command the options of every command; they are kept on the App."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class Patience(NamedTuple):
    """Whether to wait, and for how many seconds at most."""

    waits: bool
    seconds: float


def may_wait(command: F) -> F:
    """Give a command `--wait` and `--wait-timeout`, as one `patience`."""
    import functools

    @functools.wraps(command)
    def patient(*args: Any, wait: bool, wait_timeout: float, **kwargs: Any) -> Any:
        return command(*args, patience=Patience(wait, wait_timeout), **kwargs)

    decorated = wait_timeout(patient)
    return click.option(  # type: ignore[return-value]
        "--wait", is_flag=True, help="Wait until it is done, and show it then."
    )(decorated)


def wait_timeout(command: F) -> F:
    """Give a command `--wait-timeout`."""
    return click.option(
        "--wait-timeout",
        type=Seconds(allows_zero=True),
        default=WAIT_SECONDS,
        metavar="DURATION",
        help="How long to wait at most: 90, 90s, 10m, 2h.  [default: 10m]",
    )(command)


def _kept(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep an option on the App: what is given further in beats what is given further out."""
    source = ctx.get_parameter_source(param.name or "")
    if value is None or source not in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT):
        return
    by_flag = source is ParameterSource.COMMANDLINE
    if by_flag or ctx.parent is None:  # a variable counts once, at the root
        ctx.ensure_object(App).keep(param.name or "", Given(value, by_flag))


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.ensure_object(App).world.out.write(f"evsrep {__version__}\n")
        ctx.exit()


def _complete_profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    app = ctx.find_object(App)
    try:
        names = [*app.profile_file.profiles, "sandbox"] if app else []
    except EvsrepError:
        names = ["sandbox"]
    return [name for name in names if name.startswith(incomplete)]


def _complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    shape = getattr(ctx.command, "shape", None)
    if callable(shape):
        shape = shape(ctx.params)
    done, _, last = incomplete.rpartition(",")
    before = f"{done}," if done else ""
    fields = shape.fields if shape else ()
    return [before + name for name in fields if name.startswith(last)]


def _option(*names: str, **attributes: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_kept, **attributes)


_OPTIONS = (
    _option(
        "-p",
        "--profile",
        metavar="NAME",
        envvar="EVSREP_PROFILE",
        shell_complete=_complete_profiles,
        help="Which profile; 'sandbox' needs no account.",
    ),
    _option(
        "--config",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        envvar="EVSREP_CONFIG",
        help="The profile file.",
    ),
    _option(
        "-o",
        "--output",
        type=click.Choice(FORMS),
        envvar="EVSREP_OUTPUT",
        help="The form of the result.  [default: table]",
    ),
    _option(
        "-c",
        "--columns",
        metavar="A,B,…",
        shell_complete=_complete_columns,
        help="Which fields, in this order.",
    ),
    _option(
        "--timeout",
        type=Seconds(),
        metavar="DURATION",
        envvar="EVSREP_TIMEOUT",
        help="Most seconds for one request.  [default: 60]",
    ),
    _option(
        "--retries",
        type=click.IntRange(0, 100),
        metavar="N",
        envvar="EVSREP_RETRIES",
        help="Tries after the first.  [default: 3]",
    ),
    _option("-q", "--quiet", is_flag=True, default=None, help="No progress, no notes."),
    _option("-v", "--verbose", is_flag=True, default=None, help="Say what is done."),
    _option(
        "--debug",
        is_flag=True,
        default=None,
        help="Show each request and answer, secrets masked.",
    ),
    _option("--no-color", is_flag=True, default=None, help="No colour, as NO_COLOR."),
    click.option(
        "--version",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Show the version and exit.",
    ),
)
_EVERYWHERE = frozenset(
    {
        "profile",
        "config",
        "output",
        "columns",
        "timeout",
        "retries",
        "quiet",
        "verbose",
        "debug",
        "no_color",
    }
)
