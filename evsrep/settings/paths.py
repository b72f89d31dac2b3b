"""Where evsrep keeps what it keeps."""

from collections.abc import Mapping
from pathlib import Path

from evsrep.errors import ConfigError


def config_file(environ: Mapping[str, str]) -> Path:
    """The profile file, for who has no Click to ask: `~/.config/evsrep/config.toml` on Linux."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config") / "config.toml"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where the sandbox lives: `~/.local/state/evsrep`, honouring `XDG_STATE_HOME`."""
    return _folder(environ, "XDG_STATE_HOME", ".local/state")


def cache_folder(environ: Mapping[str, str]) -> Path:
    """What may be lost: `~/.cache/evsrep`, honouring `XDG_CACHE_HOME`."""
    return _folder(environ, "XDG_CACHE_HOME", ".cache")


def _folder(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    given = environ.get(variable, "")
    if given.startswith("/"):  # the XDG specification has relative ones ignored
        return Path(given) / "evsrep"
    try:
        return Path.home() / below_home / "evsrep"
    except RuntimeError:
        hint = f"set HOME or {variable}"
        raise ConfigError("there is no home folder", hint=hint) from None
