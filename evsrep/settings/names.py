"""What Tab offers: the names from the last listing, kept in the cache folder."""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evsrep.settings.files import read_regular, write_private

MOST_PAIRS = 2000
"""More than that nobody completes; the file stays quick to read."""

_MOST_BYTES = 16 * 1024 * 1024


class Names(NamedTuple):
    """Pairs, groups and disks by their IDs with their names, and availability zones."""

    pairs: Mapping[str, str]
    zones: tuple[str, ...]
    groups: Mapping[str, str] = {}
    disks: Mapping[str, str] = {}


class NameCache:
    """One profile's place in the cache folder; a cache that can't be used is no failure."""

    def __init__(self, folder: Path, profile: str) -> None:
        digest = hashlib.sha256(profile.encode(errors="replace")).hexdigest()[:32]
        self._path = folder / "names" / f"{digest}.json"

    def read(self) -> Names:
        """Return what is kept; nothing where there is nothing, or nothing that can be read."""
        try:
            kept = json.loads(read_regular(self._path, _MOST_BYTES))
            zones = tuple(map(str, kept["zones"]))
            groups, disks = _texts(kept.get("groups")), _texts(kept.get("disks"))
            return Names(_texts(kept["pairs"]), zones, groups, disks)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return Names({}, ())

    def write(self, names: Names) -> None:
        """Keep the first of these in place of what was kept."""
        pairs = dict(list(names.pairs.items())[:MOST_PAIRS])
        groups = dict(list(names.groups.items())[:MOST_PAIRS])
        disks = dict(list(names.disks.items())[:MOST_PAIRS])
        kept = {"pairs": pairs, "zones": names.zones, "groups": groups, "disks": disks}
        with contextlib.suppress(OSError):
            write_private(self._path, json.dumps(kept).encode())


def _texts(kept: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}
