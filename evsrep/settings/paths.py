"""Where evsrep keeps what it keeps."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from evsrep.errors import ConfigError


def config_file(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return where the profile file is: in the folder that Click calls an application's.

    `~/.config/evsrep/config.toml` on Linux, honouring `XDG_CONFIG_HOME`. Raises ConfigError where
    there is no home folder.
    """
    if platform == "darwin":
        folder = _home("HOME") / "Library/Application Support/evsrep"
    elif platform == "win32":
        roaming = environ.get("APPDATA")
        folder = (Path(roaming) if roaming else _home("APPDATA")) / "evsrep"
    else:
        folder = _folder(environ, "XDG_CONFIG_HOME", ".config")
    return folder / "config.toml"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return where the sandbox lives: `~/.local/state/evsrep`, honouring `XDG_STATE_HOME`.

    Raises ConfigError where there is no home folder.
    """
    return _folder(environ, "XDG_STATE_HOME", ".local/state")


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return where is what may be lost: `~/.cache/evsrep`, honouring `XDG_CACHE_HOME`.

    Raises ConfigError where there is no home folder.
    """
    return _folder(environ, "XDG_CACHE_HOME", ".cache")


def if_any(place: Callable[[Mapping[str, str]], Path], environ: Mapping[str, str]) -> Path | None:
    """Return one of the places above; None where there is no home folder to have it in."""
    try:
        return place(environ)
    except ConfigError:
        return None


def expanded(path: Path) -> Path:
    """Return the path with a `~` at its start replaced; raises ConfigError for nobody's home."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError(f"there is no home folder for {path}", hint="write it out") from None


def working_folder() -> Path:
    """Return the current folder; raises ConfigError where it was deleted."""
    try:
        return Path.cwd()
    except OSError:
        raise ConfigError("the current folder is not there any more", hint="cd to one") from None


def _folder(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    named = environ.get(variable, "")
    if named.startswith("/"):  # the XDG specification has relative ones ignored
        return Path(named) / "evsrep"
    return _home(variable) / below_home / "evsrep"


def _home(variable: str) -> Path:
    try:
        home = Path.home()
        if home != Path(os.devnull):  # which is what services have for none
            return home
    except RuntimeError:
        pass
    instead = f"{variable}, or give --config FILE" if variable in _OF_PROFILES else variable
    raise ConfigError("there is no home folder", hint=f"set HOME or {instead}")


_OF_PROFILES = ("HOME", "APPDATA", "XDG_CONFIG_HOME")
