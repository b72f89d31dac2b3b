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
from evsrep.settings.declarations import KEYS_BY_NAME, is_secret
from evsrep.settings.profile import SANDBOX
from evsrep.settings.profiles import ProfileFile, change_profiles
from evsrep.settings.resolve import misspelt
from evsrep.settings.spelling import did_you_mean
from evsrep.settings.values import parse

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
    file = app.settings.profile_file
    rows = {**file.profiles, SANDBOX: _sandbox_keys(app)}
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
    shown = app.settings.profile_named(name, "profile show") if name else app.profile
    if not name:
        app.console.note(f"profile '{shown.name}', chosen by {shown.chosen_by}")
    for warning in misspelt(shown.name, app.settings.profile_file):
        app.console.warn(warning)
    rows = [
        {"key": key, "value": _shown(key, held.value), "origin": held.origin}
        for key, held in shown.values.items()
    ]
    app.console.show_all(SETTING, rows)


@profile.command(cls=Command, examples=("evsrep profile use otc",))
@click.argument("name", metavar="NAME")
@everywhere
@pass_app
def use(app: App, name: str) -> None:
    """Make a profile the default one."""
    app.settings.profile_named(name, "profile use")  # raises where there is none

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
    absent = [key for key in keys if key not in app.settings.profile_file.profiles[name]]
    if absent:
        raise UsageFault(
            f"profile '{name}' has no {', '.join(absent)}",
            hint=f"it has: {', '.join(app.settings.profile_file.profiles[name])}",
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

    was_default = app.settings.profile_file.default == name
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
        app.console.print(f"{app.settings.config_path}\n")
    else:
        app.console.show(PATH, {"path": str(app.settings.config_path)})


def _check_exists(app: App, name: str) -> None:
    if name == SANDBOX:
        raise UsageFault("the profile 'sandbox' is built in and can't be changed")
    if name not in app.settings.profile_file.profiles:
        app.settings.profile_named(name, "")  # raises with the names there are
        raise ConfigError(f"profile '{name}' is not in the profile file")


def _read_settings(settings: tuple[str, ...]) -> Document:
    """Return the typed values of `KEY=VALUE` words."""
    values: Document = {}
    faults: dict[str, str] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            faults[key] = f"'{key}' is no KEY=VALUE"
        elif key not in KEYS_BY_NAME:
            faults[key] = f"there is no key '{key}'{did_you_mean(key, KEYS_BY_NAME)}"
        else:
            try:
                values[key] = parse(KEYS_BY_NAME[key], text)
            except ValueError as error:
                faults[key] = f"{key} {error}"
    raise_faults(faults)
    return values


def raise_faults(faults: Mapping[str, str]) -> None:
    """Raise what is wrong with these keys, if anything: all of it at once.

    It is a UsageFault; where only URLs are wrong, as of a profile that was read, ConfigError.
    """
    if not faults:
        return
    are_urls = all(key in KEYS_BY_NAME and KEYS_BY_NAME[key].kind == "url" for key in faults)
    error = ConfigError if are_urls else UsageFault
    raise error.of([*faults.values()], hint=f"the keys are: {', '.join(KEYS_BY_NAME)}")


def _shown(key: str, value: Any) -> Any:
    """Return a value as it may be seen: secrets starred out, also a password inside a URL."""
    if is_secret(key):
        return _MASK
    return re.sub(r"(?<=://)[^/@]*@", f"{_MASK}@", value) if isinstance(value, str) else value


def change_file(app: App, edit: Callable[[Document], None]) -> None:
    """Edit the profile file, and say where the old one is if its comments were worth keeping.

    Raises ConfigError where it is no profile file, or can't be written.
    """
    kept = change_profiles(app.settings.config_path, edit)
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
    sandbox = app.settings.profile_named(SANDBOX, "profile list")
    return {key: held.value for key, held in sandbox.values.items()}
