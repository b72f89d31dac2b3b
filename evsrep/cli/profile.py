"""`evsrep profile`: the profiles of the profile file."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.groups import LazyGroup
from evsrep.cli.options import Command, everywhere
from evsrep.errors import ConfigError, UsageFault
from evsrep.jobs.report import ask
from evsrep.output.shapes import PATH, PROFILE, SETTING
from evsrep.settings import resolve
from evsrep.settings.keys import BY_NAME, is_secret
from evsrep.settings.nearest import nearest
from evsrep.settings.profiles import ProfileFile, change_profiles

Document = dict[str, Any]

_MASK = "***"


@click.group(
    cls=LazyGroup,
    modules={
        "Commands": {
            "init": "evsrep.cli.profile_new:init",
            "import": "evsrep.cli.profile_new:import_",
        }
    },
)
@everywhere
def profile() -> None:
    """Keep credentials and settings under a name."""


@profile.command("list", cls=Command, shape=PROFILE, examples=("evsrep profile list",))
@everywhere
@pass_app
def list_(app: App) -> None:
    """List the profiles, the built-in one too."""
    file = app.profile_file
    rows = {**file.profiles, resolve.SANDBOX: _sandbox_keys(app)}
    app.console.show_all(PROFILE, (_row(name, keys, file) for name, keys in rows.items()))


@profile.command(
    cls=Command, shape=SETTING, examples=("evsrep profile show", "evsrep profile show otc")
)
@click.argument("name", metavar="[NAME]", default="")
@everywhere
@pass_app
def show(app: App, name: str) -> None:
    """Show what a profile says, and where each value comes from; secrets are masked.

    Without NAME it is the profile that would be used.
    """
    found = app.profile_named(name, "profile show") if name else app.profile
    if not name:
        app.console.note(f"profile '{found.name}', chosen by {found.chosen_by}")
    rows = [
        {"key": key, "value": _shown(key, held.value), "origin": held.origin}
        for key, held in found.values.items()
    ]
    app.console.show_all(SETTING, rows)


@profile.command(cls=Command, examples=("evsrep profile use otc",))
@click.argument("name", metavar="NAME")
@everywhere
@pass_app
def use(app: App, name: str) -> None:
    """Make a profile the default one."""
    app.profile_named(name, "profile use")  # raises where there is none

    def edit(document: Document) -> None:
        document["default_profile"] = name

    change_file(app, edit)
    app.console.note(f"'{name}' is the default profile now")


@profile.command(
    "set",
    cls=Command,
    examples=("evsrep profile set otc project_name=eu-de_prod timeout=30",),
)
@click.argument("name", metavar="NAME")
@click.argument("settings", metavar="KEY=VALUE…", nargs=-1, required=True)
@everywhere
@pass_app
def set_(app: App, name: str, settings: tuple[str, ...]) -> None:
    """Set keys of a profile.

    'evsrep help files' lists the keys.
    """
    values = _read_settings(settings)
    _check_exists(app, name)

    def edit(document: Document) -> None:
        document["profiles"][name].update(values)

    change_file(app, edit)
    app.console.note(f"profile '{name}' is changed")


@profile.command(cls=Command, examples=("evsrep profile unset otc password",))
@click.argument("name", metavar="NAME")
@click.argument("keys", metavar="KEY…", nargs=-1, required=True)
@everywhere
@pass_app
def unset(app: App, name: str, keys: tuple[str, ...]) -> None:
    """Remove keys of a profile."""
    _check_exists(app, name)
    absent = [key for key in keys if key not in app.profile_file.profiles[name]]
    if absent:
        raise UsageFault(
            f"profile '{name}' has no {', '.join(absent)}",
            hint=f"it has: {', '.join(app.profile_file.profiles[name])}",
        )

    def edit(document: Document) -> None:
        for key in keys:
            document["profiles"][name].pop(key, None)

    change_file(app, edit)
    app.console.note(f"profile '{name}' is changed")


@profile.command(cls=Command, examples=("evsrep profile delete otc --yes",))
@click.argument("name", metavar="NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@everywhere
@pass_app
def delete(app: App, name: str, yes: bool) -> None:
    """Delete a profile.

    It asks on a terminal, and wants --yes elsewhere.
    """
    _check_exists(app, name)
    ask(app.report(PROFILE), f"Delete profile '{name}'?", (), yes=yes)

    def edit(document: Document) -> None:
        document["profiles"].pop(name, None)
        if document.get("default_profile") == name:
            del document["default_profile"]

    was_default = app.profile_file.default == name
    change_file(app, edit)
    app.console.note(
        f"profile '{name}' is deleted"
        + ("; there is no default profile now" if was_default else "")
    )


@profile.command(cls=Command, shape=PATH, examples=("$EDITOR $(evsrep profile path)",))
@everywhere
@pass_app
def path(app: App) -> None:
    """Print where the profile file is."""
    if app.console.form == "table":
        app.console.print(f"{app.config_path}\n")
    else:
        app.console.show(PATH, {"path": str(app.config_path)})


def _check_exists(app: App, name: str) -> None:
    if name == resolve.SANDBOX:
        raise UsageFault("the profile 'sandbox' is built in and can't be changed")
    if name not in app.profile_file.profiles:
        app.profile_named(name, "")  # raises with the names there are
        raise ConfigError(f"profile '{name}' is not in the profile file")


def _read_settings(settings: tuple[str, ...]) -> Document:
    """`KEY=VALUE` words as typed values; raises UsageFault for all faults at once."""
    values: Document = {}
    faults = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            faults.append(f"'{key}' is no KEY=VALUE")
        elif key not in BY_NAME:
            near = nearest(key, BY_NAME)
            faults.append(
                f"there is no key '{key}'" + (f"; did you mean '{near}'?" if near else "")
            )
        else:
            values[key] = _typed(key, text)
    check_values(values, faults)
    return values


def check_values(values: Mapping[str, Any], others: list[str] | None = None) -> None:
    """Raise UsageFault for every value that its key does not take, and for the other faults."""
    wrong = [
        f"{key} {fault}"
        for key, value in values.items()
        if (fault := resolve.checked_value(key, value))
    ]
    faults = [*(others or []), *wrong]
    if faults:
        message = faults[0] if len(faults) == 1 else f"{len(faults)} things are wrong"
        raise UsageFault(
            message,
            hint=f"the keys are: {', '.join(BY_NAME)}",
            faults=tuple(faults) if len(faults) > 1 else (),
        )


def _typed(key: str, text: str) -> Any:
    """The text as the type that the key wants; what does not fit stays text, and is told of."""
    kind = BY_NAME[key].kind
    if kind == "flag":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in ("seconds", "count"):
        try:
            return int(text) if text.isdigit() else float(text)
        except ValueError:
            return text
    return text


def _shown(key: str, value: Any) -> Any:
    """A value as it may be seen: secrets starred out, also the password inside a URL."""
    if is_secret(key):
        return _MASK
    return re.sub(r"(?<=://)[^/@]*@", f"{_MASK}@", value) if isinstance(value, str) else value


def change_file(app: App, edit: Callable[[Document], None]) -> None:
    """Edit the profile file, and tell where the old one is if its comments were worth keeping."""
    kept = change_profiles(app.config_path, edit)
    if kept:
        app.console.note(
            f"the comments of the profile file are lost; the old file is kept as {kept}"
        )


def _row(name: str, keys: Mapping[str, Any], file: ProfileFile) -> Mapping[str, Any]:
    return {
        "name": name,
        "default": name == file.default,
        "auth_url": keys.get("auth_url"),
        "region": keys.get("region"),
        "project": keys.get("project_name") or keys.get("project_id"),
        "user": keys.get("username") or keys.get("user_id"),
    }


def _sandbox_keys(app: App) -> Mapping[str, Any]:
    found = app.profile_named(resolve.SANDBOX, "profile list")
    return {key: held.value for key, held in found.values.items()}
