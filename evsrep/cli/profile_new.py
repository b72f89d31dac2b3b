"""`evsrep profile init` and `import`: how a profile comes to be."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.cli.profile import change_file, raise_faults
from evsrep.errors import ConfigError, EvsrepError, UsageFault
from evsrep.settings.declarations import KEYS, KEYS_BY_NAME, Setting, is_secret
from evsrep.settings.paths import working_folder
from evsrep.settings.presets import PRESETS
from evsrep.settings.profile import ENVIRONMENT, SANDBOX, Profile, Value
from evsrep.settings.resolve import from_variables, proposed
from evsrep.settings.values import fault_of

F = TypeVar("F", bound=Callable[..., Any])
Values = dict[str, Any]

_KEPT_ON_APP = tuple(key.name for key in KEYS if key.flags)  # flags that every command has
_OTHER = "other"
_METHODS = {  # what each way to sign in takes, in the order in which a person knows it
    "password": ("user_domain_name", "username", "password", "project_name"),
    "key": ("access_key", "secret_key", "project_name"),
    "token": ("token", "project_name"),
}
_ALTERNATIVES = {  # a question that a flag has answered in another way
    "user_domain_name": ("user_domain_id", "user_id"),
    "username": ("user_id",),
    "password": ("password_command",),
    "secret_key": ("secret_key_command",),
    "token": ("token_command",),
    "project_name": ("project_id",),
}
_MAY_BE_EMPTY = frozenset({"region", "project_name"})


def _key_flags(command: F) -> F:
    """Give a command a flag for each key of a profile."""
    for key in reversed([key for key in KEYS if not key.flags]):
        if key.kind == "flag":
            option = click.option(_flag(key), is_flag=True, default=None, help=key.help)
        else:
            option = click.option(_flag(key), metavar="TEXT", help=key.help)
        command = option(command)
    return command


def _flag(key: Setting) -> str:
    return key.flags[-1] if key.flags else f"--{key.name.replace('_', '-')}"


@click.command(
    cls=Command,
    examples=(
        "evsrep profile init otc",
        "evsrep profile init ci --preset otc --region eu-de --username ci \\",
        "    --user-domain-name OTC-EU-DE-000… --password-command 'pass ci'",
    ),
)
@click.argument("name", metavar="NAME")
@click.option(
    "--preset",
    type=click.Choice([*PRESETS]),
    metavar="CLOUD",
    help=f"{', '.join(PRESETS)}: its addresses follow from the region.",
)
@click.option("--no-test", is_flag=True, help="Save it without signing in.")
@_key_flags
@everywhere
@pass_app
def init(app: App, /, name: str, preset: str | None, no_test: bool, **flags: Any) -> None:
    """Make a profile, step by step.

    On a terminal what is missing is asked for, secrets unseen. The result is tried before it is
    saved. The first profile becomes the default one.
    """
    _check_is_new(app, name)
    values = {key: value for key, value in flags.items() if value is not None}
    values |= {key: app.given(key) for key in _KEPT_ON_APP if app.given(key) is not None}
    _check_values(values, _flag)
    if app.environment.is_interactive:
        app.console.note(
            "each answer is also a flag, and can be changed later; Ctrl-C saves nothing"
        )
        _ask(values, preset)
    elif preset:
        _apply_preset(values, preset)
    _save_new(app, name, values, is_tested=not no_test)


@click.command(
    "import",
    cls=Command,
    examples=(
        "evsrep profile import --env --as otc    # after: . ~/Downloads/otc-openrc.sh",
        "evsrep profile import --openrc ~/Downloads/otc-openrc.sh --as otc",
        "evsrep profile import --cloud otc",
    ),
)
@click.option("--env", is_flag=True, help="The OS_* variables, as they are set here.")
@click.option("--openrc", type=click.Path(), metavar="FILE", help="An openrc file; it is not run.")
@click.option("--cloud", metavar="CLOUD", help="An entry of clouds.yaml.")
@click.option(
    "--as",
    "name",
    metavar="NAME",
    help="The profile's name.  [default: the cloud's, project's or file's]",
)
@click.option("--no-test", is_flag=True, help="Save it without signing in.")
@everywhere
@pass_app
def import_(
    app: App,
    /,
    *,
    env: bool,
    openrc: str | None,
    cloud: str | None,
    name: str | None,
    no_test: bool,
) -> None:
    """Make a profile of OS_* variables, an openrc file or an entry of clouds.yaml.

    An openrc file is read as far as its lines are plain, such as export OS_USERNAME=alice. Any
    other file: source it in a shell, then take over its variables with --env.
    """
    if sum((env, bool(openrc), bool(cloud))) != 1:
        raise UsageFault("give one of --env, --openrc FILE and --cloud CLOUD")
    if openrc:
        imported = _from_openrc(app, openrc)
    else:
        imported = _from_cloud(app, cloud) if cloud else from_variables(app.environment.environ)
    values = {key: held.value for key, held in imported.items()}
    name = name or cloud or values.get("project_name") or Path(openrc or "").stem
    if not name:
        raise UsageFault("give the profile's name with --as NAME")
    _check_is_new(app, name)
    if app.environment.is_interactive:
        _ask(values, None)
    _save_new(app, name, values, is_tested=not no_test)


def _from_openrc(app: App, openrc: str) -> Mapping[str, Value]:
    from evsrep.settings.openrc import read_openrc

    read = read_openrc(Path(openrc), app.environment.environ)
    for name in read.left_out:
        app.console.warn(f"{name} is left out: it has a $ in it that a shell may expand")
    if not read.variables:
        raise ConfigError(f"{openrc} sets none of the OS_* variables", hint="is it an openrc file?")
    return from_variables(read.variables)


def _from_cloud(app: App, cloud: str) -> Mapping[str, Value]:
    from evsrep.settings.clouds import read_cloud

    return read_cloud(cloud, environ=app.environment.environ, folder=working_folder())


def _save_new(app: App, name: str, values: Values, *, is_tested: bool) -> None:
    """Save a profile, as the default one where there is none yet."""
    _check_values(values, lambda key: key.name)
    profile = proposed(name, values, app.environment.environ)
    _check_is_enough(profile)
    if is_tested:
        _try(app, profile)

    def edit(document: dict[str, Any]) -> None:
        document.setdefault("profiles", {})[name] = values
        document.setdefault("default_profile", name)

    change_file(app, edit)
    app.console.note(f"profile '{name}' is saved in {app.settings.config_path}")


def _ask(values: Values, preset: str | None) -> None:
    """Ask on the terminal for what the sign-in still lacks."""
    if "auth_url" not in values:
        _ask_place(values, preset)
    if "auth_url" not in values:
        values["auth_url"] = _answer("auth_url")
    method = proposed("", values, {}).method
    if method == "password" and not _is_answered("password", values):
        choices = click.Choice([*_METHODS])
        method = click.prompt("sign in by", type=choices, default=method, err=True)
    for key in _METHODS[method]:
        if not _is_answered(key, values):
            answer = _answer(key)
            if answer:
                values[key] = answer


def _ask_place(values: Values, preset: str | None) -> None:
    """Ask which cloud, and where in it."""
    if preset is None:
        choices = click.Choice([*PRESETS, _OTHER])
        preset = click.prompt("cloud", type=choices, default=next(iter(PRESETS)), err=True)
    if "region" not in values:
        known = PRESETS[preset].regions if preset in PRESETS else ()
        region = _answer("region", known[0] if known else "")
        values |= {"region": region} if region else {}
    if preset in PRESETS:
        _apply_preset(values, preset)


def _apply_preset(values: Values, preset: str) -> None:
    region = values.get("region") or PRESETS[preset].regions[0]
    values.setdefault("region", region)
    values.setdefault("auth_url", PRESETS[preset].auth_url.format(region=region))


def _answer(key: str, default: str = "") -> str:
    optional = key in _MAY_BE_EMPTY
    rest = "; may be empty" if optional and not default else ""
    return str(
        click.prompt(
            f"{key} ({KEYS_BY_NAME[key].about}{rest})",
            default=default if default or optional else None,
            show_default=bool(default),
            hide_input=is_secret(key),
            err=True,
        )
    ).strip()


def _is_answered(key: str, values: Mapping[str, Any]) -> bool:
    return any(map(values.get, (key, *_ALTERNATIVES.get(key, ()))))


def _try(app: App, profile: Profile) -> None:
    """Sign in with what is to be saved."""

    try:
        session = app.open_cloud(profile, is_trial=True).session()
    except EvsrepError as error:
        error.hint = f"{error.hint}; nothing was saved (--no-test saves it untried)".lstrip("; ")
        raise
    who = f"signed in as {session.user}" if session.user else "nothing was asked of the cloud"
    app.console.note(f"{who}{f' in project {session.project}' if session.project else ''}")


def _check_values(values: Values, name_of: Callable[[Setting], str]) -> None:
    keys = {key: KEYS_BY_NAME[key] for key in values}
    faults = {name: fault_of(key, values[name]) for name, key in keys.items()}
    raise_faults(
        {name: f"{name_of(keys[name])} {fault}" for name, fault in faults.items() if fault}
    )


def _check_is_enough(profile: Profile) -> None:
    if profile.missing:
        raise UsageFault(
            f"still missing: {', '.join(profile.missing)}",
            hint="each is a flag, such as --auth-url; see 'evsrep profile init --help'",
        )


def _check_is_new(app: App, name: str) -> None:
    if name in (SANDBOX, ENVIRONMENT):
        raise UsageFault(f"the name '{name}' is taken: it is built in")
    if not name.strip() or not name.isprintable():
        raise UsageFault("a profile's name is plain text")
    if name in app.settings.profile_file.profiles:
        raise UsageFault(
            f"there is a profile '{name}' already",
            hint=f"change it with 'evsrep profile set {name} KEY=VALUE', or delete it first",
        )
