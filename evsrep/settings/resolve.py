"""Which profile it is, and what the file or the environment says of it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from evsrep.errors import ConfigError
from evsrep.settings.declarations import KEYS, KEYS_BY_NAME, SECRET_VARIABLES, Setting
from evsrep.settings.paths import working_folder
from evsrep.settings.profile import ENVIRONMENT, SANDBOX, Profile, Value
from evsrep.settings.profiles import ProfileFile
from evsrep.settings.spelling import nearest, there_are
from evsrep.settings.unsupported import check_is_supported
from evsrep.settings.values import fault_of

_KEY_PAIR = tuple(KEYS_BY_NAME[name] for name in ("access_key", "secret_key", "security_token"))
_TABLES = ("default_profile", "profiles")
_OF_OTHER_TOOLS = re.compile(r"(?:OS|HW|HUAWEICLOUD_SDK)_(.+)")


def choose(file: ProfileFile, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the profile to use where none is named, and what decided so.

    Raises ConfigError where nothing does.
    """
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
    """Return the profile of that name out of the file; `env` is what the `OS_*` variables say.

    With `OS_CLOUD` that is an entry of clouds.yaml, and the other `OS_*` variables are ignored.
    Raises ConfigError where there is no such profile, or a value of it is wrong.
    """
    if name in file.profiles:
        values = _from_file(name, file)
    elif name == ENVIRONMENT and environ.get("OS_CLOUD"):
        from evsrep.settings.clouds import read_cloud

        values = read_cloud(environ["OS_CLOUD"], environ=environ, folder=working_folder())
    elif name == ENVIRONMENT:
        values = from_variables(environ)
    else:
        raise _no_such_profile(name, file)
    return Profile(name, chosen_by, {**values, **_secrets_of_environment(environ)})


def proposed(name: str, keys: Mapping[str, Any], environ: Mapping[str, str]) -> Profile:
    """Return a profile that is not saved yet: what is given, and of variables what that lacks."""
    profile = Profile.of(name, keys, chosen_by="its name", origin="given now")
    secrets = _secrets_of_environment(environ)
    if not profile.missing:  # then it is tried as it is given, but a one-time code is never kept
        secrets = {key: held for key, held in secrets.items() if key == "passcode"}
    return profile._replace(values={**secrets, **profile.values})


def from_variables(environ: Mapping[str, str]) -> dict[str, Value]:
    """Return what the variables of openrc files say, as the keys of a profile.

    Raises ConfigError where there are none, a value is wrong, or they ask for a way to sign in
    that is not offered.
    """
    _check_is_supported(environ)
    named = {key: name for key in KEYS if key not in _KEY_PAIR and (name := _set_in(environ, key))}
    values = {
        key.name: Value(_of_variable(key, environ[name]), f"variable {name}")
        for key, name in (named | _key_pair(environ)).items()
    }
    if not values:
        raise ConfigError(
            "none of the OS_* variables is set that a profile is made of",
            hint="source an openrc file first, or name another profile",
        )
    faults = [
        f"{origin}: {key} {fault}"
        for key, (value, origin) in values.items()
        if (fault := fault_of(KEYS_BY_NAME[key], value))
    ]
    if faults:
        raise ConfigError.of(faults, "{n} variables are wrong", hint="set them to other values")
    return values


def _check_is_supported(environ: Mapping[str, str]) -> None:
    words = ((_OF_OTHER_TOOLS.fullmatch(name), name) for name in environ if environ[name])
    keys = [(word[1].lower(), name) for word, name in words if word]
    check_is_supported(keys, auth_type=environ.get("OS_AUTH_TYPE", ""))


def misspelt(name: str, file: ProfileFile) -> list[str]:
    """Return a warning for each key that no setting is called, but nearly so."""
    here = f"profile '{name}' in {file.path}"
    places = [
        (here, file.profiles.get(name, {}), tuple(KEYS_BY_NAME)),
        (str(file.path), file.document, _TABLES),
    ]
    return [
        f"{place}: '{key}' is no key, and is not looked at; did you mean '{near}'?"
        for place, keys, known in places
        for key in keys
        if key not in known and (near := nearest(key, known))
    ]


def _safety_faults(keys: Iterable[str]) -> list[str]:
    """Return what keys are nearly `read_only` or `protected`: who wrote them meant to be safe."""
    return [
        f"there is no key '{key}'; did you mean '{near}'?"
        for key in keys
        if key not in KEYS_BY_NAME and (near := _safety_meant(key))
    ]


def _safety_meant(key: str) -> str:
    plain = re.sub(r"[^a-z]", "", key.lower())
    for safety, stem in (("read_only", "readonly"), ("protected", "protect")):
        if stem in plain or nearest(plain, [*KEYS_BY_NAME, stem]) in (safety, stem):
            return safety
    return ""


def _from_file(name: str, file: ProfileFile) -> dict[str, Value]:
    keys = file.profiles[name]
    where = f"profile '{name}' in {file.path}"
    auth_type = str(keys.get("auth_type", ""))
    named = [(key, f"{where}: {key}") for key in keys if key not in KEYS_BY_NAME]
    check_is_supported(named, auth_type=auth_type)
    faults = _safety_faults([*keys, *(key for key in file.document if key not in _TABLES)])
    faults += [
        f"{key} {fault}"
        for key, value in keys.items()
        if key in KEYS_BY_NAME and (fault := fault_of(KEYS_BY_NAME[key], value))
    ]
    if faults:
        raise ConfigError(
            f"profile '{name}' in {file.path}: {'; '.join(faults)}",
            hint=f"mend it with 'evsrep profile set {name} KEY=VALUE'",
        )
    origin = f"profile file {file.path}"
    return {key: Value(value, origin) for key, value in keys.items()}


def _set_in(environ: Mapping[str, str], key: Setting) -> str:
    """Return the first of a key's variables that is set; empty where none is."""
    return next((name for name in key.openrc if environ.get(name)), "")


def _key_pair(environ: Mapping[str, str]) -> dict[Setting, str]:
    """Return the variables of the first family that has an access key, and of no other."""
    access_key = _KEY_PAIR[0].openrc
    family = next((at for at, name in enumerate(access_key) if environ.get(name)), len(access_key))
    named = {key: name for key in _KEY_PAIR for name in key.openrc[family : family + 1]}
    return {key: name for key, name in named.items() if environ.get(name)}


def _of_variable(key: Setting, text: str) -> Any:
    return text.lower() in ("1", "true", "yes") if key.kind == "flag" else text


def _secrets_of_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    return {
        key: Value(environ[variable], f"variable {variable}")
        for variable, key in SECRET_VARIABLES.items()
        if environ.get(variable)
    }


def _no_such_profile(name: str, file: ProfileFile) -> ConfigError:
    hint = there_are(name, [*file.profiles, SANDBOX])
    return ConfigError(f"there is no profile '{name}'", hint=hint)
