"""Tokens that are kept between two runs: 0600, written whole, and one process at a time."""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from evsrep.settings.profiles import write_private

_MOST_SECONDS = 30.0
"""How long to wait for another process that signs in as the same; then we sign in ourselves."""


class TokenShelf:
    """One identity's place in the cache folder; `identity` says who, for what and where.

    A cache that can't be used is no failure: then there is none.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._path = folder / "tokens" / hashlib.sha256(identity.encode()).hexdigest()[:32]

    def read(self) -> bytes | None:
        """What is kept; None where there is nothing, or where others could have put it there."""
        try:
            with self._path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                return None if mode & 0o077 else file.read()
        except OSError:
            return None

    def write(self, content: bytes) -> None:
        """Keep it, in place of what was kept."""
        with contextlib.suppress(OSError):
            write_private(self._path, content)

    def drop(self) -> None:
        """Keep nothing."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Be the only process that signs in as this identity, within reason."""
        descriptor = self._open_lock()
        try:
            if descriptor is not None:
                _lock(descriptor)
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _open_lock(self) -> int | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return None


def _lock(descriptor: int) -> None:
    """Take the lock, or give up waiting for it."""
    end = time.monotonic() + _MOST_SECONDS  # other processes live on the real clock
    while time.monotonic() < end:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            return
        else:
            return
