"""clouds.yaml, as openstacksdk has it: an entry of it as the values of a profile.

Nothing but the entry counts: the `OS_*` credentials are not looked at. No error repeats what the
files say, save the names of clouds, keys, vendors and regions: the rest may be a secret.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evsrep.errors import ConfigError
from evsrep.settings.declarations import KEYS, KEYS_BY_NAME, Setting
from evsrep.settings.files import read_regular
from evsrep.settings.presets import PRESETS
from evsrep.settings.profile import Value
from evsrep.settings.spelling import there_are
from evsrep.settings.unsupported import check_is_supported
from evsrep.settings.values import fault_of

_MOST_BYTES = 1024 * 1024
_MOST_NODES = 100_000  # anchors let a short file say a great deal
_MOST_LEVELS = 64
_FLAGS = {  # as YAML 1.1 writes them
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}

_Entry = dict[str, Value]


class _File(NamedTuple):
    """A file that is there: what kind it is, where, and its clouds by name."""

    kind: str
    path: Path
    clouds: Mapping[str, Any]


def read_cloud(name: str, *, environ: Mapping[str, str], folder: Path) -> dict[str, Value]:
    """Return the entry of that name as the keys of a profile; `folder` is the working directory.

    secure.yaml is laid over clouds.yaml. Raises ConfigError where there is no such entry, or where
    it asks for what these clouds do not have.
    """
    files = _files(environ, folder)
    if not files:
        places = ", ".join(map(str, _folders(environ, folder)))
        hint = f"it is looked for in {places}; OS_CLIENT_CONFIG_FILE names another file"
        raise ConfigError(f"there is no clouds.yaml to find cloud '{name}' in", hint=hint)
    entry = _entry(name, files)
    _check_way_to_sign_in(entry)
    values = {key.name: _text(key, entry) for key in KEYS if key.clouds}
    values["region"] = values["region"] or _only_region(entry)
    values["insecure"] = _insecure(entry)
    values["auth_url"] = _auth_url(entry, values["auth_url"], values["region"])
    return {key: value for key, value in values.items() if value is not None}


def _files(environ: Mapping[str, str], folder: Path) -> list[_File]:
    """Return clouds.yaml, and what is laid over it; none where there is no clouds.yaml."""
    folders = list(_folders(environ, folder))
    named, named_secure = (
        [folder / environ[name]] if environ.get(name) else []
        for name in ("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE")
    )
    clouds = _first_there([*named, *_candidates("clouds", folders)])
    if clouds is None:
        return []
    beside = _candidates("secure", [clouds.parent, *folders])
    secure = _first_there([*named_secure, *beside])
    files = [("clouds.yaml", clouds), ("secure.yaml", secure)]
    return [_File(kind, path, _clouds(path)) for kind, path in files if path]


def _folders(environ: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """Yield the folders where openstacksdk looks, in its order."""
    yield folder
    if environ.get("XDG_CONFIG_HOME", "").startswith("/"):
        yield Path(environ["XDG_CONFIG_HOME"]) / "openstack"
    with contextlib.suppress(RuntimeError):  # there is no home
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
        yield home / ".config" / "openstack"
    yield Path("/etc/openstack")


def _candidates(stem: str, folders: Iterable[Path]) -> list[Path]:
    return [folder / f"{stem}{suffix}" for folder in folders for suffix in (".yaml", ".yml")]


def _first_there(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if _is_there(path)), None)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # in a folder that is closed to us
        return False


def _clouds(path: Path) -> dict[str, Any]:
    """Return the clouds in a file, by name."""
    document = _parse(path, _read(path)) or {}
    clouds = (document.get("clouds") or {}) if isinstance(document, dict) else None
    if not isinstance(clouds, dict):
        raise ConfigError(
            f"{path} has no clouds in it",
            hint="below 'clouds:' each cloud has its name, and below that its keys",
        )
    return {str(name): entry for name, entry in clouds.items()}


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, _MOST_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            f"{path} can't be read: {reason}", hint="check the path and its permissions"
        ) from None


def _parse(path: Path, content: bytes) -> Any:
    try:
        import yaml  # an extra, and slow to import
    except ImportError:
        raise ConfigError(
            "clouds.yaml needs PyYAML", hint="pip install 'evsrep[openstack]'"
        ) from None
    try:
        if _is_bounded(yaml.parse(content, Loader=yaml.SafeLoader)):
            return yaml.load(content, Loader=_loader())  # noqa: S506 -- a SafeLoader
    except Exception as error:  # from `!!int x` or `!!bool x` PyYAML lets any kind of error through
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(
            f"{path}{line}: this is not YAML",
            hint="mend it in an editor; a value with special characters goes into quotes",
        ) from None
    raise ConfigError(f"{path} is nested too deeply, or its anchors are")


def _loader() -> Any:
    """Return a loader that takes scalars as the text that is written there, and merges by `<<`."""
    import yaml

    class TextLoader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 -- PyYAML's own way
            "<": [("tag:yaml.org,2002:merge", re.compile("<<"))]
        }

    return TextLoader


def _is_bounded(events: Iterable[Any]) -> bool:
    """Return whether there is not too much, an alias being as much as what it stands for."""
    import yaml

    sizes: dict[str, int] = {}
    levels = [("", 0)]  # of what is open: its anchor, and how much it holds so far
    for event in events:
        anchor, size = str(getattr(event, "anchor", None) or ""), 1
        if isinstance(event, yaml.CollectionStartEvent):
            levels.append((anchor, 1))
            anchor, size = "", 0
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = levels.pop()
        elif isinstance(event, yaml.AliasEvent):
            is_within_itself = anchor in [open_anchor for open_anchor, _ in levels]
            size = _MOST_NODES if is_within_itself else sizes.get(anchor, 1)
        if anchor:
            sizes[anchor] = size
        levels[-1] = (levels[-1][0], levels[-1][1] + size)
        if levels[-1][1] > _MOST_NODES or len(levels) > _MOST_LEVELS:
            return False
    return True


def _entry(name: str, files: list[_File]) -> _Entry:
    """Return what the files say of a cloud, later ones over earlier; `auth.` begins keys in it."""
    entry: _Entry = {}
    for file in files:
        if name in file.clouds:
            entry |= _flat(file.clouds[name], f"{file.kind} {file.path} (cloud {name})")
    if not any(name in file.clouds for file in files):
        known = list(dict.fromkeys(cloud for file in files for cloud in file.clouds))
        message = f"there is no cloud '{name}' in {files[0].path}"
        raise ConfigError(message, hint=there_are(name, known))
    return entry


def _flat(entry: Any, origin: str) -> _Entry:
    """Return the keys of an entry with something to them, `auth`'s as auth.KEY."""
    if not isinstance(entry, dict):
        raise ConfigError(f"{origin}: this is not a mapping of keys to values")
    auth = entry.get("auth") or {}
    if not isinstance(auth, dict):
        raise ConfigError(f"{origin}: 'auth' is not a mapping of keys to values")
    flat = {**entry, **{f"auth.{key}": value for key, value in auth.items()}}
    return {
        str(key).replace("-", "_"): Value(value, origin)
        for key, value in flat.items()
        if value not in (None, "", [])
    }


def _check_way_to_sign_in(entry: _Entry) -> None:
    """Raise ConfigError for ways to sign in that these clouds, or evsrep, do not have."""
    held = entry.get("auth_type")
    auth_type = str(held.value) if held else ""
    keys = [(key.removeprefix("auth."), f"{value.origin}: {key}") for key, value in entry.items()]
    if "applicationcredential" in auth_type or auth_type == "agency":
        kind = "agency" if auth_type == "agency" else "application_credential"
        keys.append((kind, f"auth_type {auth_type}"))
    check_is_supported(keys, auth_type=auth_type)


def _text(key: Setting, entry: _Entry) -> Value | None:
    """Return a value that is to be text; None where there is none."""
    held = _first([f"{place}{name}" for name in key.clouds for place in ("auth.", "")], entry)
    if held is None:
        return None
    is_number = isinstance(held.value, int | float) and not isinstance(held.value, bool)
    value = str(held.value) if is_number else held.value
    fault = fault_of(key, value)
    if fault:
        hint = "mend it in an editor" if isinstance(value, str) else "put it in quotes"
        raise ConfigError(f"{held.origin}: {key.name} {fault}", hint=hint)
    return Value(value, held.origin)


def _first(names: Iterable[str], entry: _Entry) -> Value | None:
    return next((entry[name] for name in names if name in entry), None)


def _only_region(entry: _Entry) -> Value | None:
    """Return the only region that is listed; None where none is."""
    listed = entry.get("regions")
    if not listed:
        return None
    regions = listed.value if isinstance(listed.value, list) else [listed.value]
    names: list[Any] = [one.get("name") if isinstance(one, dict) else one for one in regions]
    if not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{listed.origin}: 'regions' is not a list of names")
    if len(names) > 1:
        raise ConfigError(
            f"{listed.origin}: there are several regions: {', '.join(names)}",
            hint="give the one that is meant as region_name",
        )
    return _text(KEYS_BY_NAME["region"], {"region_name": Value(names[0], listed.origin)})


def _auth_url(entry: _Entry, auth_url: Value | None, region: Value | None) -> Value | None:
    """Return IAM's address, as it stands or by region and `profile` (once called `cloud`)."""
    profile = _first(["profile", "cloud"], entry)
    if profile is None or auth_url:  # beside an address it may be one of the user's own
        return auth_url
    preset = PRESETS.get(str(profile.value))
    if preset is None:
        raise ConfigError(
            f"{profile.origin}: its 'profile' is none that is known here",
            hint=f"there are: {', '.join(PRESETS)}; or give auth_url instead",
        )
    if region is None or not re.fullmatch(r"[A-Za-z0-9-]+", region.value):
        raise ConfigError(
            f"{profile.origin}: profile {profile.value} needs a region for its auth_url",
            hint=f"give region_name, such as {preset.regions[0]}",
        )
    url = preset.auth_url.format(region=region.value)
    return Value(url, f"profile {profile.value} in {profile.origin}")


def _insecure(entry: _Entry) -> Value | None:
    """Return True where TLS is not to be verified; None where it is."""
    for key, meaning in (("insecure", True), ("verify", False)):
        held = entry.get(key)
        if held is None:
            continue
        flag = _FLAGS.get(str(held.value).lower())
        if flag is None:
            raise ConfigError(f"{held.origin}: '{key}' is neither true nor false")
        if flag is meaning:
            return Value(True, held.origin)
    return None
