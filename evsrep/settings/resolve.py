"""Which profile it is, what it says, and where each value comes from."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evsrep.errors import ConfigError
from evsrep.settings.keys import BY_NAME, SECRET_VARIABLES
from evsrep.settings.nearest import nearest
from evsrep.settings.profiles import ProfileFile

SANDBOX = "sandbox"
ENVIRONMENT = "env"

_COMMAND_SECONDS = 120
_PROJECT_KEYS = ("project_name", "project_id", "region")
_NOT_FOR_CHILDREN = frozenset(
    {
        *SECRET_VARIABLES,
        "OS_PASSWORD",
        "OS_PASSCODE",
        "OS_TOKEN",
        "OS_AUTH_TOKEN",
        "OS_SECRET_KEY",
        "OS_SECURITY_TOKEN",
        "HUAWEICLOUD_SDK_SK",
        "HUAWEICLOUD_SDK_SECURITY_TOKEN",
        "HW_SECRET_KEY",
    }
)
_VARIABLES = (
    ("auth_url", ("OS_AUTH_URL",)),
    ("region", ("OS_REGION_NAME",)),
    ("project_name", ("OS_PROJECT_NAME", "OS_TENANT_NAME")),
    ("project_id", ("OS_PROJECT_ID", "OS_TENANT_ID")),
    ("project_domain_name", ("OS_PROJECT_DOMAIN_NAME", "OS_DOMAIN_NAME")),
    ("project_domain_id", ("OS_PROJECT_DOMAIN_ID", "OS_DOMAIN_ID")),
    ("username", ("OS_USERNAME",)),
    ("user_id", ("OS_USER_ID",)),
    ("user_domain_name", ("OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME")),
    ("user_domain_id", ("OS_USER_DOMAIN_ID", "OS_DOMAIN_ID")),
    ("password", ("OS_PASSWORD",)),
    ("passcode", ("OS_PASSCODE",)),
    ("token", ("OS_TOKEN", "OS_AUTH_TOKEN")),
    ("ca_bundle", ("OS_CACERT",)),
    ("insecure", ("OS_INSECURE",)),
)
_KEY_VARIABLES = (  # the first family that has a key wins, whole
    ("OS_ACCESS_KEY", "OS_SECRET_KEY", "OS_SECURITY_TOKEN"),
    ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    ("HW_ACCESS_KEY", "HW_SECRET_KEY", ""),
)


class Value(NamedTuple):
    """A value, and where it comes from, as a person would say it."""

    value: Any
    origin: str


class Profile(NamedTuple):
    """A profile as it is used: its name, why it is this one, and its values."""

    name: str
    chosen_by: str
    values: Mapping[str, Value]

    def text(self, key: str) -> str:
        """The value of a text key; empty where there is none."""
        found = self.values.get(key)
        return str(found.value) if found is not None else ""

    def is_set(self, key: str) -> bool:
        """Whether a flag is true."""
        found = self.values.get(key)
        return found is not None and found.value is True

    def is_off(self, key: str) -> bool:
        """Whether a flag that is on by default is false."""
        found = self.values.get(key)
        return found is not None and found.value is False

    def number(self, key: str) -> float | None:
        """The value of a number key."""
        found = self.values.get(key)
        return None if found is None else found.value


def choose(
    named: str, named_by: str, file: ProfileFile, environ: Mapping[str, str]
) -> tuple[str, str]:
    """The name of the profile to use, and what decided so; raises ConfigError where nothing does.

    `named` is what the flag or variable says (or empty), `named_by` which of them it was.
    """
    if named:
        return named, named_by
    if file.default:
        return file.default, f"default_profile in {file.path}"
    for variable in ("OS_CLOUD", "OS_AUTH_URL"):
        if environ.get(variable):
            return ENVIRONMENT, f"{variable} is set"
    raise ConfigError(
        "no profile is chosen",
        hint="make one with 'evsrep profile init NAME', or try it without an account: -p sandbox",
    )


def load(name: str, chosen_by: str, file: ProfileFile, environ: Mapping[str, str]) -> Profile:
    """The profile of that name out of the file; `env` is what the `OS_*` variables say.

    With `OS_CLOUD` that is an entry of clouds.yaml, and the other `OS_*` variables are ignored.
    """
    if name in file.profiles:
        values = _from_file(name, file)
    elif name == ENVIRONMENT and environ.get("OS_CLOUD"):
        from evsrep.settings.clouds import read_cloud

        values = read_cloud(environ["OS_CLOUD"], environ=environ, folder=Path.cwd())
    elif name == ENVIRONMENT:
        values = from_variables(environ)
    else:
        raise _no_such_profile(name, file)
    return Profile(name, chosen_by, {**values, **_secrets_of_environment(environ)})


def built_in(name: str, chosen_by: str, keys: Mapping[str, Any]) -> Profile:
    """A profile that is not in any file; variables do not change it."""
    return Profile(name, chosen_by, {k: Value(v, "built in") for k, v in keys.items()})


def proposed(name: str, keys: Mapping[str, Any], environ: Mapping[str, str]) -> Profile:
    """A profile that is not saved yet; its secrets may come from variables."""
    values = {k: Value(v, "given now") for k, v in keys.items()}
    return Profile(name, "its name", {**values, **_secrets_of_environment(environ)})


def checked_value(key: str, value: Any) -> str:
    """What is wrong with a key's value, in words; empty if nothing is."""
    kind = BY_NAME[key].kind
    if kind == "flag":
        return "" if isinstance(value, bool) else "is neither true nor false"
    if kind == "seconds":
        return "" if _is_number(value) and value > 0 else "is no number of seconds above 0"
    if kind == "count":
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100
        return "" if fits else "is no number from 0 to 100"
    if not isinstance(value, str):
        return "is not text"
    if BY_NAME[key].choices and value not in BY_NAME[key].choices:
        return f"'{value}' is none of {', '.join(BY_NAME[key].choices)}"
    return "has a control character in it" if re.search(r"[\x00-\x1f\x7f]", value) else ""


def auth_url(profile: Profile) -> str:
    """IAM's address, put right: people write it with `:443`, a slash at the end, without `/v3`."""
    given = profile.text("auth_url").strip()
    if not re.match(r"https?://[^/\s]", given):
        raise ConfigError(
            f"auth_url '{given}' of profile '{profile.name}' is not an http(s) URL",
            hint="write it like https://iam.eu-de.otc.t-systems.com/v3",
        )
    scheme, _, rest = given.partition("://")
    host, _, path = rest.partition("/")
    if scheme == "https":
        host = host.removesuffix(":443")
    path = re.sub(r"/{2,}", "/", path).strip("/")
    if not re.search(r"(^|/)v\d[\d.]*$", path):
        path = f"{path}/v3".lstrip("/")
    return f"{scheme}://{host}/{path}"


def region(profile: Profile) -> str:
    """The region: given, or the part of a project's name before its `_`."""
    return profile.text("region") or _before_underscore(profile.text("project_name"))


def project_name(profile: Profile) -> str:
    """The project's name: given, or the region's, after which a cloud's first project is called."""
    if profile.text("project_id"):
        return ""
    return profile.text("project_name") or profile.text("region")


def secret(profile: Profile, key: str, environ: Mapping[str, str]) -> str:
    """A secret's value, by its key or by the command that prints it; empty where there is neither.

    Raises ConfigError where the command fails or prints nothing.
    """
    given = profile.text(key)
    command = profile.text(f"{key}_command")
    if not given and command:
        given = _first_line_of(command, f"{key}_command", environ)
    if given and not given.isprintable():
        raise ConfigError(f"the {key} of profile '{profile.name}' has a control character in it")
    return given


def has_secret(profile: Profile, key: str) -> bool:
    """Whether there is a way to that secret; runs no command."""
    return bool(profile.text(key) or profile.text(f"{key}_command"))


def method(profile: Profile) -> str:
    """How a profile signs in: by `token`, `password` or `key`, the first that it has whole.

    A password before a key, as other clients do: files for several tools have keys beside it.
    """
    if has_secret(profile, "token"):
        return "token"
    has_user = bool(profile.text("username") or profile.text("user_id"))
    is_by_key = profile.text("access_key") and not (has_user and has_secret(profile, "password"))
    return "key" if is_by_key else "password"


def missing(profile: Profile) -> list[str]:
    """What a sign-in by the profile's method still lacks, in the words of its keys."""
    has_place = bool(profile.text("endpoint") and profile.text("project_id"))
    wanted: list[tuple[str, ...]] = [] if has_place else [("auth_url",)]
    if method(profile) == "key":
        wanted += [("secret_key", "secret_key_command"), _PROJECT_KEYS]
    elif method(profile) == "password":
        wanted = [("auth_url",), ("username", "user_id"), ("password", "password_command")]
        if not profile.text("user_id"):  # an ID says its domain, a name does not
            wanted.append(("user_domain_name", "user_domain_id"))
        wanted.append(_PROJECT_KEYS)
    return [" or ".join(keys) for keys in wanted if not any(profile.text(key) for key in keys)]


def _from_file(name: str, file: ProfileFile) -> dict[str, Value]:
    keys = file.profiles[name]
    faults = [
        f"{key} {wrong}"
        for key, value in keys.items()
        if key in BY_NAME and (wrong := checked_value(key, value))
    ]
    if faults:
        raise ConfigError(
            f"profile '{name}' in {file.path}: {'; '.join(faults)}",
            hint=f"mend it with 'evsrep profile set {name} KEY=VALUE'",
        )
    origin = f"profile file {file.path}"
    return {key: Value(value, origin) for key, value in keys.items()}


def from_variables(environ: Mapping[str, str]) -> dict[str, Value]:
    """The values that the variables of an openrc file say."""
    if environ.get("OS_APPLICATION_CREDENTIAL_ID"):
        raise ConfigError(
            "application credentials are not offered by these clouds",
            hint="sign in by user and password: OS_USERNAME, OS_PASSWORD, OS_USER_DOMAIN_NAME",
        )
    values: dict[str, Value] = {}
    for key, variables in _VARIABLES:
        name = next((each for each in variables if environ.get(each)), "")
        if name:
            is_flag = BY_NAME[key].kind == "flag"
            given = environ[name]
            value = given.lower() in ("1", "true", "yes") if is_flag else given
            values[key] = Value(value, f"variable {name}")
    for family in _KEY_VARIABLES:
        if environ.get(family[0]):
            keys = ("access_key", "secret_key", "security_token")
            values |= {
                key: Value(environ[variable], f"variable {variable}")
                for key, variable in zip(keys, family, strict=True)
                if environ.get(variable)
            }
            break
    if not values:
        raise ConfigError(
            "profile 'env' means the OS_* variables, and none is set",
            hint="source an openrc file first, or name another profile",
        )
    return values


def _secrets_of_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    return {
        key: Value(environ[variable], f"variable {variable}")
        for variable, key in SECRET_VARIABLES.items()
        if environ.get(variable)
    }


def _no_such_profile(name: str, file: ProfileFile) -> ConfigError:
    known = [*file.profiles, SANDBOX]
    near = nearest(name, known)
    hint = f"did you mean '{near}'? " if near else ""
    return ConfigError(f"there is no profile '{name}'", hint=f"{hint}there are: {', '.join(known)}")


def _first_line_of(command: str, key: str, environ: Mapping[str, str]) -> str:
    """Run a command without a shell and take its first line; what it prints is never shown."""
    import shlex
    import subprocess

    child = {name: value for name, value in environ.items() if name not in _NOT_FOR_CHILDREN}
    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603 -- the user's own command, split, without a shell
            words, stdout=subprocess.PIPE, timeout=_COMMAND_SECONDS, env=child, check=False
        )
    except (ValueError, IndexError):
        raise ConfigError(f"{key} is not a command: its quotes do not match") from None
    except subprocess.TimeoutExpired:
        message = f"{key} did not end within {_COMMAND_SECONDS} s"
        raise ConfigError(message, hint="run it by hand") from None
    except OSError as error:
        raise ConfigError(
            f"{key} can't be run: {error.strerror or error}", hint="check the command's name"
        ) from None
    if done.returncode != 0:
        message = f"{key} failed (exit code {done.returncode})"
        raise ConfigError(message, hint="run it by hand to see why")
    lines = done.stdout.decode(errors="replace").splitlines()
    if not lines or not lines[0].strip():
        raise ConfigError(f"{key} printed nothing", hint="its first line is to be the secret")
    return lines[0].strip()


def _before_underscore(name: str) -> str:
    return name.partition("_")[0] if "_" in name else ""


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
