"""The journal: what clouds were asked to change, and what came of it.

JSON Lines, 0600, appended a whole line at a time, so that runs side by side do not mix. A change
has a line before it is sent and one after it was answered; where the second is missing, evsrep was
ended in between. No secret is ever in it: requests are kept without headers and bodies, only with
the disks that a pair is to be of. By these a run knows that one before it asked for the same.
"""

import json
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from evsrep.settings.profiles import lock

MOST_BYTES = 4 * 1024 * 1024
"""Of one file; the one before it is kept beside it."""

UNANSWERED = "unknown"
_LOCK_SECONDS = 2.0


class Entry(NamedTuple):
    """A change that a cloud was asked for. `outcome` is `done`, or the kind of the error."""

    time: str  # UTC
    profile: str
    project_id: str
    command: str
    method: str
    path: str
    outcome: str
    status: int | None
    id: str | None  # of what was made or changed
    request_id: str | None


class Journal:
    """Where one run writes; a journal that can't be written is told of once, and done without."""

    def __init__(
        self, path: Path, *, profile: str, command: str, warn: Callable[[str], None]
    ) -> None:
        self._path = path
        self._profile = profile
        self._command = command
        self._warn: Callable[[str], None] | None = warn
        self._descriptor: int | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def begin(self, at: float, method: str, path: str, about: Sequence[str] = ()) -> str:
        """Note a change that is about to be sent, `at` seconds since 1970, and return its key."""
        key = os.urandom(8).hex()
        self._append(
            key=key,
            time=_time_text(at),
            profile=self._profile,
            command=self._command,
            method=method,
            path=path,
            **({"about": list(about)} if about else {}),
        )
        return key

    def asked_since(self, at: float) -> Collection[frozenset[str]]:
        """Return what changes since then were about that took effect, or may have."""
        return {
            frozenset(map(str, change["about"]))
            for change in self._since(at)
            if isinstance(change.get("about"), list)
        }

    def made_since(self, at: float) -> Collection[str]:
        """Return the IDs of what was made since then, and not deleted again."""
        made = set[str]()
        for change in self._since(at):
            path = str(change.get("path", ""))
            if change.get("method") == "DELETE":
                made.discard(_id_in(path) or "")
            elif change.get("method") == "POST" and _id_in(path) is None and change.get("id"):
                made.add(str(change["id"]))
        return made

    def _since(self, at: float) -> Iterator[dict[str, Any]]:
        """Yield this profile's changes since then that took effect, or may have."""
        try:
            changes = _changes(_lines(self._path))
        except OSError:
            return
        for change in changes:
            is_ours = change.get("profile") == self._profile
            may_be_done = change.get("outcome", UNANSWERED) in ("done", UNANSWERED)
            if is_ours and may_be_done and str(change.get("time")) >= _time_text(at):
                yield change

    def end(self, key: str, **outcome: Any) -> None:
        """Note what came of it."""
        self._append(key=key, **outcome)

    def close(self) -> None:
        """Write no more."""
        with self._lock:
            self._is_closed = True
            if self._descriptor is not None:
                os.close(self._descriptor)

    def _append(self, **line: Any) -> None:
        content = json.dumps(line).encode() + b"\n"
        try:
            with self._lock:
                if self._is_closed:  # its descriptor may be another file's by now
                    return
                if self._descriptor is None:
                    self._descriptor = _open(self._path)
                os.write(self._descriptor, content)
        except OSError as error:
            warn, self._warn = self._warn, None
            if warn:
                warn(f"the journal can't be written: {error.strerror}: {self._path}")


def _open(path: Path) -> int:
    """Open the journal for appending; one that has grown long is laid beside first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = _descriptor(path)
    try:
        is_ours = lock(descriptor, _LOCK_SECONDS)
        seen = os.fstat(descriptor)
        if is_ours and seen.st_size > MOST_BYTES and seen.st_ino == path.stat().st_ino:
            path.replace(before(path))
    finally:
        os.close(descriptor)
    return _descriptor(path)


def _descriptor(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def before(path: Path) -> Path:
    """Return where the journal before this one is."""
    return path.with_name(f"{path.name}.old")


def read_journal(path: Path) -> Iterator[Entry]:
    """Yield every change, oldest first; lines that are none are passed over."""
    changes = _changes((*_lines(before(path)), *_lines(path)))
    yield from (_entry(change) for change in changes if "time" in change)


def _changes(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    """Return the changes, oldest first, each with what came of it."""
    changes: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            noted = json.loads(line)
            changes.setdefault(noted["key"], {}).update(noted)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return changes.values()


def _time_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except FileNotFoundError:
        return []


def _entry(change: dict[str, Any]) -> Entry:
    path = str(change.get("path", ""))
    status = change.get("status")
    return Entry(
        time=str(change["time"]),
        profile=str(change.get("profile", "")),
        project_id=_project_in(path),
        command=str(change.get("command", "")),
        method=str(change.get("method", "")),
        path=path,
        outcome=str(change.get("outcome", UNANSWERED)),
        status=status if isinstance(status, int) else None,
        id=change.get("id") or _id_in(path),
        request_id=change.get("request_id") or None,
    )


def _id_in(path: str) -> str | None:
    """Return the ID of what a request was about: the one behind the collection, if there is one."""
    parts = path.split("/")
    behind = [part for part in parts if part.startswith("os-vendor-")]
    ids = parts[parts.index(behind[0]) + 1 :] if behind else []
    return ids[0] if ids and ids[0] else None


def _project_in(path: str) -> str:
    """Return the project that a path is in: `/v2/{project_id}/…`, wherever the endpoint has it."""
    parts = path.split("/")
    return parts[parts.index("v2") + 1] if "v2" in parts[:-1] else ""
