"""`evsrep profile init` and `import`: how a profile comes to be."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, everywhere
from evsrep.cli.profile import change_file, check_values
from evsrep.errors import ConfigError, EvsrepError, UsageFault
from evsrep.settings import resolve
from evsrep.settings.keys import BY_NAME, KEYS, is_secret
from evsrep.settings.presets import PRESETS

F = TypeVar("F", bound=Callable[..., Any])
Values = dict[str, Any]

_KEPT_ON_APP = ("timeout", "retries", "output")  # flags that every command has
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


def _sentence(about: str) -> str:
    return f"{about[:1].upper()}{about[1:]}."


def _key_flags(command: F) -> F:
    """Give a command a flag for each key of a profile."""
    for key in reversed([key for key in KEYS if key.name not in _KEPT_ON_APP]):
        flag, about = "--" + key.name.replace("_", "-"), _sentence(key.about)
        if key.kind == "flag":
            option = click.option(flag, is_flag=True, default=None, help=about)
        else:
            option = click.option(flag, metavar="TEXT", help=about)
        command = option(command)
    return command


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
    values |= {key: app.given(key) for key in _KEPT_ON_APP if app.by_flag(key)}
    check_values(values)
    if app.world.is_interactive:
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
        "evsrep profile import --openrc ~/Downloads/otc-openrc.sh --as otc",
        "evsrep profile import --cloud otc",
    ),
)
@click.option("--openrc", type=click.Path(), metavar="FILE", help="An openrc file; it is not run.")
@click.option("--cloud", metavar="CLOUD", help="An entry of clouds.yaml.")
@click.option("--as", "name", metavar="NAME", help="The profile's name.  [default: CLOUD]")
@click.option("--no-test", is_flag=True, help="Save it without signing in.")
@everywhere
@pass_app
def import_(
    app: App, openrc: str | None, cloud: str | None, name: str | None, no_test: bool
) -> None:
    """Make a profile of an openrc file or of an entry of clouds.yaml."""
    if bool(openrc) == bool(cloud):
        raise UsageFault("give either --openrc FILE or --cloud CLOUD")
    if openrc and not name:
        raise UsageFault("give the profile's name with --as NAME")
    name = name or str(cloud)
    _check_is_new(app, name)
    found = _from_openrc(app, openrc) if openrc else _from_cloud(app, str(cloud))
    values = {key: held.value for key, held in found.items()}
    check_values(values)
    if app.world.is_interactive:
        _ask(values, None)
    _save_new(app, name, values, is_tested=not no_test)


def _from_openrc(app: App, openrc: str) -> Mapping[str, resolve.Value]:
    from evsrep.settings.openrc import read_openrc

    read = read_openrc(Path(openrc))
    for left_out in read.left_out:
        app.console.warn(f"{left_out} is left out: its value would have to be run to be known")
    if not read.variables:
        raise ConfigError(f"{openrc} sets none of the OS_* variables", hint="is it an openrc file?")
    return resolve.from_variables(read.variables)


def _from_cloud(app: App, cloud: str) -> Mapping[str, resolve.Value]:
    from evsrep.settings.clouds import read_cloud

    return read_cloud(cloud, environ=app.world.environ, folder=Path.cwd())


def _save_new(app: App, name: str, values: Values, *, is_tested: bool) -> None:
    """Save a profile, as the default one where there is none yet."""
    found = resolve.proposed(name, values, app.world.environ)
    _check_is_enough(found)
    if is_tested:
        _try(app, found)

    def edit(document: dict[str, Any]) -> None:
        document.setdefault("profiles", {})[name] = values
        document.setdefault("default_profile", name)

    change_file(app, edit)
    app.console.note(f"profile '{name}' is saved in {app.config_path}")


def _ask(values: Values, preset: str | None) -> None:
    """Ask on the terminal for what the sign-in still lacks."""
    if "auth_url" not in values:
        _ask_place(values, preset)
    if "auth_url" not in values:
        values["auth_url"] = _answer("auth_url")
    method = resolve.method(resolve.proposed("", values, {}))
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
        values |= _given("region", _answer("region", known[0] if known else ""))
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
            f"{key} ({BY_NAME[key].about}{rest})",
            default=default if default or optional else None,
            show_default=bool(default),
            hide_input=is_secret(key),
            err=True,
        )
    ).strip()


def _given(key: str, answer: str) -> Values:
    return {key: answer} if answer else {}


def _is_answered(key: str, values: Mapping[str, Any]) -> bool:
    return any(values.get(each) for each in (key, *_ALTERNATIVES.get(key, ())))


def _try(app: App, found: resolve.Profile) -> None:
    """Sign in with what is to be saved."""
    from evsrep.cli.connect import connect

    try:
        session = connect(app, found).session()
    except EvsrepError as error:
        error.hint = f"{error.hint}; nothing was saved (--no-test saves it untried)".lstrip("; ")
        raise
    who = f"signed in as {session.user}" if session.user else "nothing was asked of the cloud"
    app.console.note(f"{who}{f' in project {session.project}' if session.project else ''}")


def _check_is_enough(found: resolve.Profile) -> None:
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
