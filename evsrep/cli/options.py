"""The options of every command, those of every command that may wait, and how help lists them."""

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from evsrep.cli.app import App
from evsrep.cli.docstrings import with_help
from evsrep.cli.version import VersionOption
from evsrep.errors import EvsrepError, UsageFault
from evsrep.output.shapes import Shape
from evsrep.settings.declarations import MOST_RETRIES, SETTINGS, Setting

F = TypeVar("F", bound=Callable[..., Any])

HOW_TO_RUN, OUTPUT, EVERY = "How to run", "Output", "Every command"
COMMON = (OUTPUT, EVERY)
HOW = frozenset(
    {
        "check",
        "dry_run",
        "force",
        "if_not_exists",
        "ignore_missing",
        "jobs",
        "no_test",
        "pause",
        "sync",
        "wait",
        "wait_timeout",
        "yes",
    }
)
_OUTPUT = frozenset({"output", "columns", "quiet", "verbose", "debug", "no_color"})
_EVERY = frozenset({"profile", "config", "timeout", "retries", "version"})


if TYPE_CHECKING:
    _FloatType = click.ParamType[float]
else:
    _FloatType = click.ParamType  # generic only since click 8.4


class Seconds(_FloatType):
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
        from evsrep.settings.values import seconds_in  # its patterns take a millisecond

        try:
            seconds = seconds_in(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds == 0 and not self._allows_zero:
            self.fail(f"{value!r} is out of range", param, ctx)
        return seconds


class Command(click.Command):
    """A command that knows the shape of its result, and sorts its help."""

    def __init__(
        self,
        *args: Any,
        shape: Callable[[Mapping[str, Any]], Shape] | Shape | None = None,
        options: str = "",
        preset: Mapping[str, Any] | None = None,
        examples: tuple[str, ...] = (),
        what: str = "Options",
        **kwargs: Any,
    ) -> None:
        """`options` is where the type is, as `module:name`, that the parameters are made into.

        `preset` has those fields of it that are no parameters.
        """
        super().__init__(*args, **with_help(kwargs.get("callback"), kwargs))
        self.shape = shape
        self._options = options
        self._preset = preset or {}
        self.what = what
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words; a fault knows which command's help to point at."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Check columns and words before anything is done; the words become the options."""
        shape = self.shape(ctx.params) if callable(self.shape) else self.shape
        if shape is not None:
            ctx.ensure_object(App).expect(shape)
        if self._options:
            self._gather_options(ctx)
        return super().invoke(ctx)

    def _gather_options(self, ctx: click.Context) -> None:
        module, _, name = self._options.partition(":")
        options_type = getattr(importlib.import_module(module), name)
        fields = options_type.__dataclass_fields__
        flags = {param.name: param.opts[0] for param in self.params}
        given = {key: ctx.params.pop(key) for key in [*ctx.params] if key in fields}
        options = options_type(**given, **self._preset)
        if hasattr(options, "filled"):
            options = options.filled(ctx.ensure_object(App).defaults)
        if hasattr(options, "validate"):
            try:
                options.validate(flags.__getitem__)
            except UsageFault as fault:
                fault.hint = fault.hint or f"see '{ctx.command_path} --help'"
                raise
        ctx.params["options"] = options

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by what they are for."""
        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, as they are typed."""
        del ctx
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"  {example}\n")


def write_options(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write a command's options by what they are for, all in two columns alike."""
    found = {
        title: [option.get_help_record(ctx) or ("", "") for option in options]
        for title, options in option_groups(command, ctx).items()
    }
    width = max((len(flags) for rows in found.values() for flags, _ in rows), default=0)
    for title, rows in found.items():
        with formatter.section(title):
            formatter.write_dl([(f"{flags:<{min(width, 28)}}", about) for flags, about in rows])


def option_groups(command: click.Command, ctx: click.Context) -> dict[str, list[click.Option]]:
    """Return a command's options by what they are for; those of every command come last."""
    own = getattr(command, "what", "Options")
    found: dict[str, list[click.Option]] = {title: [] for title in (own, HOW_TO_RUN, *COMMON)}
    for param in command.get_params(ctx):
        if isinstance(param, click.Option) and not param.hidden:
            found[_title(param) or own].append(param)
    return {title: options for title, options in found.items() if options}


def _title(param: click.Parameter) -> str:
    """Return what an option is for, by its name; empty for what the command is about."""
    if "--help" in param.opts:  # which Click may name otherwise
        return EVERY
    groups = ((HOW_TO_RUN, HOW), (OUTPUT, _OUTPUT), (EVERY, _EVERY))
    return next((title for title, names in groups if param.name in names), "")


def everywhere(command: F) -> F:
    """Give a command the options of every command; they are kept on the App."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def may_wait(command: F) -> F:
    """Give a command `--wait` and `--wait-timeout`."""
    return click.option("--wait", is_flag=True, help="Wait until it is done, and show it then.")(
        wait_timeout(command)
    )


def changes(*, asks: bool = False, about: str = "") -> Callable[[F], F]:
    """Give a command that changes something `--yes`; one that asks first does so without it."""
    about = about or ("Do not ask." if asks else "Wanted where the profile is protected.")
    return click.option("--yes", is_flag=True, help=about)


def goal(*names: str) -> Callable[[F], F]:
    """Give a command `--for`, which takes one of these; the first is the default."""
    return click.option(
        "--for",
        "goal",
        type=click.Choice(names),
        metavar="STATE",
        default=names[0],
        help=f"One of {', '.join(names)}.  [default: {names[0]}]",
    )


def texts(command: F) -> F:
    """Give a command `--name` and `--description`."""
    for flag in ("--description", "--name"):
        command = click.option(flag, metavar="TEXT", help="At most 255 bytes as UTF-8.")(command)
    return command


def may_skip_checks(command: F) -> F:
    """Give a command `--check` and `--no-check`."""
    return click.option(
        "--check/--no-check",
        default=True,
        help="Look the constraints up before sending.  [default: check]",
    )(command)


def wait_timeout(command: F) -> F:
    """Give a command `--wait-timeout`."""
    return click.option(
        "--wait-timeout",
        type=Seconds(allows_zero=True),
        default=600.0,
        metavar="DURATION",
        help="How long to wait at most: 90, 90s, 10m, 2h.  [default: 10m]",
    )(command)


def many_at_once(command: F) -> F:
    """Give a command of many `--jobs`."""
    help_ = "Requests at once.  [default: 8]"
    return click.option("--jobs", type=int, default=8, metavar="N", help=help_)(command)


def _kept(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep an option on the App: what is given further in beats what is given further out.

    A variable is only checked by Click, once for all commands; it is read with the other settings.
    """
    name = param.name or ""
    if value is not None and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        ctx.ensure_object(App).keep(name, value)


def _complete_profiles(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    app = ctx.find_object(App)
    try:
        names = [*app.settings.profile_file.profiles, "sandbox"] if app else []
    except EvsrepError:
        names = ["sandbox"]
    return [name for name in names if name.startswith(incomplete)]


def _complete_columns(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    shape = getattr(ctx.command, "shape", None)
    if callable(shape):
        shape = shape(ctx.params)
    done, comma, last = incomplete.rpartition(",")
    before = f"{done}{comma}" if done else ""
    fields = shape.fields if shape else ()
    return [before + name for name in fields if name.startswith(last)]


def _option(setting: Setting) -> Callable[[F], F]:
    """Return the option of a setting, as its declaration has it."""
    return click.option(
        *setting.flags,
        metavar=setting.metavar,
        is_flag=setting.kind == "flag",
        default=None,
        type=click.Choice(setting.choices) if setting.choices else _TYPES.get(setting.kind),
        envvar=setting.variable or None,
        shell_complete=_COMPLETIONS.get(setting.name),
        help=setting.help,
        expose_value=False,
        callback=_kept,
    )


_TYPES: Mapping[str, "click.ParamType[Any]"] = {
    "file": click.Path(dir_okay=False),
    "seconds": Seconds(),
    "count": click.IntRange(0, MOST_RETRIES),
}
_COMPLETIONS = {"profile": _complete_profiles, "columns": _complete_columns}
_OPTIONS = (
    *(_option(setting) for setting in SETTINGS if setting.flags),
    click.option(
        "--version",
        cls=VersionOption,
        is_flag=True,
        is_eager=True,
        expose_value=False,
        help="Show the version and exit; with -v those of all that it uses.",
    ),
)
