"""The journal: what clouds were asked to change, and what came of it.

JSON Lines, 0600, appended a whole line at a time, so that runs side by side do not mix. A change
has a line before it is sent and one after it was answered; where the second is missing, evsrep was
ended in between. No secret is ever in it: requests are kept without headers and bodies, only with
the disks that a pair is to be of. By these a run knows that one before it asked for the same.
"""

import errno
import json
import os
import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from evsrep.settings.files import is_no_place, lock, make_folder, open_regular, read_end

MOST_BYTES = 4 * 1024 * 1024
"""Of one file; the one before it is kept beside it."""

_MOST_READ_BYTES = 4 * MOST_BYTES
"""Of its end, where runs side by side, or somebody else, have let it grow."""

UNANSWERED = "unknown"
_LOCK_SECONDS = 2.0
_APPENDING = os.O_RDWR | os.O_APPEND | os.O_CREAT


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
        self,
        path: Path,
        *,
        profile: str,
        command: str,
        warn: Callable[[str], None],
        verbose: Callable[[str], None],
    ) -> None:
        self._path = path
        self._profile = profile
        self._command = command
        self._warn = warn
        self._verbose = verbose
        self._is_reported = False
        self._is_begun = False
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
        self._is_closed = True

    def _append(self, **line: Any) -> None:
        """Append a line; nothing stays open, which a program around us might close, or fork."""
        content = json.dumps(line).encode() + b"\n"
        try:
            with self._lock:
                if self._is_closed:
                    return
                if not self._is_begun:
                    _make_room(self._path)
                    self._is_begun = True
                _append_line(self._path, content)
        except OSError as error:
            if not self._is_reported:
                self._is_reported = True
                report = self._verbose if is_no_place(error) else self._warn
                report(f"the journal can't be written: {error.strerror}: {self._path}")


def _make_room(path: Path) -> None:
    """Lay a journal that has grown long beside."""
    make_folder(path.parent)
    descriptor = open_regular(path, _APPENDING)
    try:
        is_ours = lock(descriptor, _LOCK_SECONDS)
        seen = os.fstat(descriptor)
        if is_ours and seen.st_size > MOST_BYTES and seen.st_ino == path.stat().st_ino:
            path.resolve().replace(before(path))  # a link stays, and leads to a new file
    finally:
        os.close(descriptor)


def _append_line(path: Path, content: bytes) -> None:
    """Append a line behind the last whole one: a full disk or a kill may have torn that."""
    descriptor = open_regular(path, _APPENDING)
    try:
        line = b"\n" + content if _is_torn(descriptor) else content
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)


def _is_torn(descriptor: int) -> bool:
    """Return whether a file does not end with its last line."""
    if not os.lseek(descriptor, 0, os.SEEK_END):
        return False
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) != b"\n"


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
        # what begins otherwise is none, and may be millions
        return re.findall(rb"^\{.*", read_end(path, _MOST_READ_BYTES), re.MULTILINE)
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
