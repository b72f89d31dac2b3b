"""Click's complaints in our words, with what was probably meant: people know other tools."""

import re
import shlex
from collections.abc import Iterator

import click

from evsrep.errors import ConfigError, EvsrepError, UsageFault
from evsrep.settings.spelling import did_you_mean

_COMMANDS = {
    **dict.fromkeys(("ls", "pair", "pairs", "replications", "index"), "list"),
    **dict.fromkeys(("rm", "remove", "del", "destroy"), "delete"),
    **dict.fromkeys(("get", "describe", "info", "view", "inspect", "status"), "show"),
    **dict.fromkeys(("new", "add", "make"), "create"),
    **dict.fromkeys(("volumes", "volume", "disk"), "disks"),
    **dict.fromkeys(("login", "signin", "whoami"), "auth check"),
    **dict.fromkeys(("log", "history", "events"), "journal"),
    **dict.fromkeys(("watch", "poll"), "wait"),
    **dict.fromkeys(("config", "configure"), "profile init"),
    "version": "--version",
    "check": "doctor",
    "resume": "group sync",
    "stop": "group pause",
    "switch": "group switchover",
}
_OPTIONS = {
    **dict.fromkeys(("--json", "-j"), "-o json"),
    **dict.fromkeys(("--yaml", "--format", "--out"), "-o json"),
    **dict.fromkeys(("--force", "--assume-yes", "-y", "-f"), "--yes"),
    **dict.fromkeys(("--az", "--zone", "--primary-zone", "--primary"), "--priority-station"),
    **dict.fromkeys(("--production", "--source", "--primary-disk"), "--production-disk"),
    **dict.fromkeys(("--dr", "--target", "--secondary", "--secondary-disk"), "--dr-disk"),
    **dict.fromkeys(("--volume-ids", "--volumes"), "--volume-id ID --volume-id ID"),
    "--wait": "--wait-timeout",
    "--fields": "-c",
    "--no-headers": "-o value",
}
_EXTRA = "Got unexpected extra argument"


def meant_command(word: str, following: str, group: click.Group, ctx: click.Context) -> str:
    """Return "; did you mean 'COMMAND'?" for a word that is no command of a group."""
    there = group.list_commands(ctx)
    meant = _COMMANDS.get(word, "")
    if word in ("pair", "pairs") and (following in there or following in _COMMANDS):
        meant = _COMMANDS.get(following, following)
    if word == "status" and (not following or following.startswith("-")):
        meant = "health"
    root = ctx.find_root()
    if group is not root.command:
        return f"; did you mean '{meant}'?" if meant in there else did_you_mean(word, there)
    below = meant or next((f"{name} {word}" for name in _groups_with(word, root)), "")
    return f"; did you mean '{below}'?" if below else did_you_mean(word, there)


def _groups_with(word: str, root: click.Context) -> Iterator[str]:
    """Yield the groups that have a command of that name."""
    assert isinstance(root.command, click.Group)  # noqa: S101 -- for the type checker
    for name in ("group", "profile", "auth", "sandbox"):
        command = root.command.get_command(root, name)
        if isinstance(command, click.Group) and word in command.list_commands(root):
            yield name


def usage_of(error: click.ClickException) -> EvsrepError:
    """Return Click's complaint in our words, and what helps."""
    ctx = getattr(error, "ctx", None)
    command = ctx.command_path if ctx else "evsrep"
    hint = f"see '{command} --help'"
    if isinstance(error, click.BadParameter) and (variable := _variable_of(error)):
        error.param_hint = variable
    message = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.FileError):
        return ConfigError(message)
    if isinstance(error, click.NoSuchOption):
        message, hint = _no_such_option(error), _dashed(error, command) or hint
    if isinstance(error, click.BadOptionUsage) and "not take a value" in message:
        hint = "for the time: --wait --wait-timeout 60" if error.option_name == "--wait" else hint
    elif signed := re.search(r"'-(\w)' .*: '=(\w+)'", message):
        hint = f"without the sign: -{signed[1]} {signed[2]}"
    if message.startswith(_EXTRA):
        if command.split()[1:2] in (["profile"], ["auth"]):
            message = f"{_EXTRA}s, not repeated here: they may be secrets"
        else:
            hint = _quoted(message, ctx, command) or hint
    return UsageFault(message[:1].lower() + message[1:], hint=hint)


def _quoted(message: str, ctx: click.Context | None, command: str) -> str:
    """Return what helps whoever left out the quotes of a name; empty where no name is wanted."""
    extra = re.search(r"\((.*)\)$", message)
    names = [param for param in ctx.command.params if _takes_one(param)] if ctx else []
    if ctx is None or len(names) != 1 or extra is None:
        return ""
    name = f"{ctx.params.get(names[0].name or '')} {extra[1]}"
    return f"a name of several words wants quotes: {command} {shlex.quote(name)}"


def _dashed(error: click.NoSuchOption, command: str) -> str:
    """Return what helps whoever means a name that begins with a dash."""
    params = error.ctx.command.params if error.ctx else []
    is_short = re.fullmatch(r"-[^-].*", error.option_name)
    if not is_short or error.option_name in _OPTIONS or not any(map(_takes_a_name, params)):
        return ""
    return f"a name that begins with a dash goes behind '--': {command} -- {error.option_name}…"


def _takes_a_name(param: click.Parameter) -> bool:
    return isinstance(param, click.Argument) and param.name != "file"


def _takes_one(param: click.Parameter) -> bool:
    return _takes_a_name(param) and param.nargs == 1


def _no_such_option(error: click.NoSuchOption) -> str:
    """Name one word that was probably meant: Click names several, in the order of the alphabet."""
    there = _options_of(error.ctx)
    meant = _OPTIONS.get(error.option_name, "")
    begun = [word for word in there if word.startswith(error.option_name)]
    meant = meant or (begun[0] if len(error.option_name) > len("--x") and begun else "")
    is_there = meant.split()[:1] and meant.split()[0] in there
    near = f"; did you mean '{meant}'?" if is_there else did_you_mean(error.option_name, there)
    return f"no such option '{error.option_name}'{near}"


def _options_of(ctx: click.Context | None) -> list[str]:
    params = ctx.command.params if ctx else []
    return [word for param in params for word in (*param.opts, *param.secondary_opts)]


def _variable_of(error: click.BadParameter) -> str:
    """Return the variable that a bad value came from; nothing where it was typed."""
    if error.ctx is None or error.param is None or error.param.name is None:
        return ""
    source = error.ctx.get_parameter_source(error.param.name)
    is_environment = source is click.core.ParameterSource.ENVIRONMENT
    return str(error.param.envvar) if is_environment else ""
