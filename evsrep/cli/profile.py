"""`evsrep profile`: the profiles of the profile file."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from evsrep.cli.app import App, Command, everywhere, pass_app
from evsrep.cli.groups import Group
from evsrep.errors import ConfigError, EvsrepError, UsageFault
from evsrep.output.shapes import PATH, PROFILE, SETTING
from evsrep.settings import resolve
from evsrep.settings.keys import BY_NAME, KEYS, is_secret
from evsrep.settings.profiles import ProfileFile, change_profiles

F = TypeVar("F", bound=Callable[..., Any])
Document = dict[str, Any]

_MASK = "***"
_ASKED = (  # what a sign-in by password takes, in the order in which a person knows it
    "auth_url",
    "region",
    "user_domain_name",
    "username",
    "password",
    "project_name",
)
_KEPT_ON_APP = ("timeout", "retries", "output")  # flags that every command has


@click.group(cls=Group)
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
        {"key": key, "value": _MASK if is_secret(key) else held.value, "origin": held.origin}
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

    def change(document: Document) -> None:
        document["default_profile"] = name

    _change(app, change)
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
    """Set keys of a profile. The keys are those of 'evsrep help files'."""
    values = _read_settings(settings)
    _check_exists(app, name)

    def change(document: Document) -> None:
        document["profiles"][name].update(values)

    _change(app, change)
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

    def change(document: Document) -> None:
        for key in keys:
            document["profiles"][name].pop(key, None)

    _change(app, change)
    app.console.note(f"profile '{name}' is changed")


@profile.command(cls=Command, examples=("evsrep profile delete otc --yes",))
@click.argument("name", metavar="NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@everywhere
@pass_app
def delete(app: App, name: str, yes: bool) -> None:
    """Delete a profile. It asks on a terminal, and wants --yes elsewhere."""
    _check_exists(app, name)
    if not yes and not _agrees(app, f"Delete profile '{name}'?"):
        return

    def change(document: Document) -> None:
        document["profiles"].pop(name, None)
        if document.get("default_profile") == name:
            del document["default_profile"]

    was_default = app.profile_file.default == name
    _change(app, change)
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


def _key_flags(command: F) -> F:
    """Give a command a flag for each key of a profile."""
    for key in reversed([key for key in KEYS if key.name not in _KEPT_ON_APP]):
        flag = "--" + key.name.replace("_", "-")
        if key.kind == "flag":
            option = click.option(flag, is_flag=True, default=None, help=key.about)
        else:
            option = click.option(flag, metavar="TEXT", help=key.about)
        command = option(command)
    return command


@profile.command(
    cls=Command,
    examples=(
        "evsrep profile init otc",
        "evsrep profile init ci --auth-url $URL --username ci --password-command 'pass ci' …",
    ),
)
@click.argument("name", metavar="NAME")
@click.option("--no-test", is_flag=True, help="Save it without signing in.")
@_key_flags
@everywhere
@pass_app
def init(app: App, /, name: str, no_test: bool, **flags: Any) -> None:
    """Make a profile, step by step.

    On a terminal what is missing is asked for, secrets unseen. The result is tried before it is
    saved. The first profile becomes the default one.
    """
    _check_is_new(app, name)
    values = {key: value for key, value in flags.items() if value is not None}
    values |= {key: app.given(key) for key in _KEPT_ON_APP if app.by_flag(key)}
    _check_values(values)
    if app.world.is_interactive:
        _ask(app, values)
    _check_is_enough(name, values)
    if not no_test:
        _try(app, name, values)

    def change(document: Document) -> None:
        document.setdefault("profiles", {})[name] = values
        document.setdefault("default_profile", name)

    _change(app, change)
    app.console.note(f"profile '{name}' is saved in {app.config_path}")


def _ask(app: App, values: Document) -> None:
    """Ask on the terminal for what a sign-in by password still lacks."""
    if any(key in values for key in ("token", "token_command")):
        return
    app.console.note("Each answer is also a flag, and may be changed later. Ctrl-C saves nothing.")
    for key in _ASKED:
        if not _is_answered(key, values):
            answer = _answer(key)
            if answer:
                values[key] = answer


def _answer(key: str) -> str:
    about = BY_NAME[key].about
    optional = key in ("region", "project_name")
    shown = f"{key} ({about}{'; may be empty' if optional else ''})"
    return str(
        click.prompt(
            shown,
            default="" if optional else None,
            show_default=False,
            hide_input=is_secret(key),
            err=True,
        )
    ).strip()


def _is_answered(key: str, values: Mapping[str, Any]) -> bool:
    """Whether a question needs no asking, since a flag answered it in its own or another way."""
    others = {
        "user_domain_name": ("user_domain_id", "user_id"),
        "username": ("user_id",),
        "password": ("password_command",),
        "project_name": ("project_id",),
    }
    return any(values.get(each) for each in (key, *others.get(key, ())))


def _try(app: App, name: str, values: Mapping[str, Any]) -> None:
    """Sign in with what is to be saved."""
    from evsrep.cli.connect import connect

    found = resolve.built_in(name, "profile init", values)
    try:
        session = connect(app, found).session()
    except EvsrepError as error:
        error.hint = f"{error.hint}; nothing was saved (--no-test saves it untried)".lstrip("; ")
        raise
    app.console.note(f"signed in as {session.user} in project {session.project}")


def _check_is_enough(name: str, values: Mapping[str, Any]) -> None:
    found = resolve.built_in(name, "profile init", values)
    missing = resolve.missing(found)
    if missing:
        raise UsageFault(
            f"still missing: {', '.join(missing)}",
            hint="each is a flag, such as --auth-url; see 'evsrep profile init --help'",
        )
    if found.text("auth_url"):
        resolve.auth_url(found)


def _check_is_new(app: App, name: str) -> None:
    if name in (resolve.SANDBOX, resolve.ENVIRONMENT):
        raise UsageFault(f"the name '{name}' is taken: it is built in")
    if not name.strip() or not name.isprintable():
        raise UsageFault("a profile's name is plain text")
    if name in app.profile_file.profiles:
        raise UsageFault(
            f"there is a profile '{name}' already",
            hint=f"change it with 'evsrep profile set {name} KEY=VALUE', or delete it first",
        )


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
            near = resolve.nearest(key, BY_NAME)
            faults.append(
                f"there is no key '{key}'" + (f"; did you mean '{near}'?" if near else "")
            )
        else:
            values[key] = _typed(key, text)
    _check_values(values, faults)
    return values


def _check_values(values: Mapping[str, Any], others: list[str] | None = None) -> None:
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


def _agrees(app: App, question: str) -> bool:
    """Ask on a terminal; elsewhere there is nobody to ask."""
    if not app.world.is_interactive:
        raise UsageFault("nobody is there to ask", hint="say --yes if you are sure")
    return click.confirm(question, err=True)


def _change(app: App, change: Callable[[Document], None]) -> None:
    kept = change_profiles(app.config_path, change)
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
