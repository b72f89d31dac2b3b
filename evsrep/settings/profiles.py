"""The profile file: read whole, changed whole, never half-written.

Read by tomllib, written by tomli-w: beside it, 0600 from its first byte, then moved over the old
one. Keys this version does not know are kept.
"""

import contextlib
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evsrep.errors import ConfigError
from evsrep.settings.declarations import is_secret
from evsrep.settings.files import (
    CAN_LOCK,
    check_replaceable,
    is_ours,
    keeps_modes,
    lock,
    make_folder,
    read_regular,
    write_private,
)

_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""' r"|'''.*?'''" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'" r"|#[^\n]*",
    re.DOTALL,
)
_MOST_BYTES = 4 * 1024 * 1024
_MOST_SECONDS = 30.0
"""How long to wait for another evsrep that writes."""


class ProfileFile(NamedTuple):
    """What a profile file says. A missing file says nothing."""

    path: Path
    document: Mapping[str, Any]

    @property
    def default(self) -> str:
        """The name of the profile to use where none is named; may be empty."""
        return str(self.document.get("default_profile", ""))

    @property
    def profiles(self) -> Mapping[str, Mapping[str, Any]]:
        """Every profile, by name."""
        profiles: Mapping[str, Mapping[str, Any]] = self.document.get("profiles", {})
        return profiles


def read_profiles(path: Path) -> ProfileFile:
    """Read the file; raises ConfigError where it is there and is no profile file."""
    return ProfileFile(path, _parse(path, _read_text(path)))


def change_profiles(path: Path, change: Callable[[dict[str, Any]], None]) -> Path | None:
    """Let `change` edit the document, and write it back, as one step.

    Two evsrep at once take turns. Returns where the old file is kept, if its comments, which a
    rewrite loses, made that worth while. Raises ConfigError where it is no profile file, or can't
    be written.
    """
    try:
        target = _behind_links(path)
        check_replaceable(path)
        if target.exists() and not is_ours(target.stat()):
            hint = "do it as that user, who could not read what another one has written"
            raise ConfigError(f"the profile file {path} belongs to another user", hint=hint)
        make_folder(target.parent)
        with _locked(target.parent):
            return _rewrite(target, change)
    except OSError as error:
        raise _file_error(f"the profile file {path} can't be written", error) from error


def profile_text(name: str, keys: Mapping[str, Any]) -> str:
    """Return a profile as it stands in the file."""
    import tomli_w  # only who writes needs it

    return tomli_w.dumps({"profiles": {name: dict(keys)}})


def readable_by_others(file: ProfileFile) -> bool:
    """Return whether the file holds a secret and others than its owner may read it.

    Where the file system keeps no modes, nobody can do anything about that.
    """
    try:
        mode = file.path.stat().st_mode
    except OSError:
        return False
    has_secret = any(is_secret(key) for profile in file.profiles.values() for key in profile)
    is_open = has_secret and bool(stat.S_IMODE(mode) & 0o077)
    return is_open and keeps_modes(file.path.parent)


def _behind_links(path: Path) -> Path:
    """Return the file itself: a link, as dotfile managers lay them, stays a link."""
    try:
        return path.resolve()
    except RuntimeError as error:  # how Python 3.11 tells of links in a circle
        raise ConfigError(
            f"the profile file {path} is a link that leads back to itself",
            hint="put a file in its place",
        ) from error


def _rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> Path | None:
    import tomli_w  # only who writes needs it

    text = _read_text(path)
    document = _parse(path, text)
    change(document)
    try:
        content = tomli_w.dumps(document).encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            "a value is not UTF-8 text", hint="check the terminal's locale"
        ) from error
    kept = _keep(path, text) if _has_comments(text) else None
    write_private(path, content)
    return kept


def _keep(path: Path, text: str) -> Path:
    """Lay the old text beside the file, over nothing that lies there."""
    for number in range(1, 1000):
        kept = path.with_name(f"{path.name}.{number}.old")
        if not kept.exists():
            write_private(kept, text.encode())
            return kept
    raise ConfigError(f"there are too many old profile files beside {path}", hint="delete some")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait for our turn: a lock on the folder leaves no lock file behind."""
    if not CAN_LOCK:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if not lock(descriptor, _MOST_SECONDS):
            raise ConfigError(
                f"another evsrep has been writing in {folder} for {_MOST_SECONDS:g} s",
                hint="end it, and try again",
            )
        yield
    finally:
        os.close(descriptor)


def _read_text(path: Path) -> str:
    try:
        # Windows puts a mark before it
        return read_regular(path, _MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ConfigError(
            f"the profile file {path} is not UTF-8 text", hint="mend it, or move it away"
        ) from None
    except OSError as error:
        raise _file_error(f"the profile file {path} can't be read", error) from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also for a number of 5000 digits
        raise ConfigError(
            f"the profile file {path} is not TOML: {error}", hint="mend it in an editor"
        ) from None
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values()):
        raise ConfigError(
            f"in the profile file {path}, 'profiles' is not a table of tables",
            hint="a profile starts with a line such as [profiles.otc]",
        )
    if not isinstance(document.get("default_profile", ""), str):
        raise ConfigError(
            f"in the profile file {path}, default_profile is not text",
            hint="it is to be the name of a profile, in quotes",
        )
    return document


def _has_comments(text: str) -> bool:
    return any(token[0].startswith("#") for token in _STRING_OR_COMMENT.finditer(text))


def _file_error(message: str, error: OSError) -> ConfigError:
    reason = error.strerror or str(error)
    return ConfigError(f"{message}: {reason}", hint="check the path and its permissions")
