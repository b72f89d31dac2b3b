"""Tokens that are kept between two runs: 0600, written whole, and one process at a time."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from evsrep.settings.profiles import lock, write_private

_MOST_SECONDS = 30.0
"""How long to wait for another process that signs in as the same; then we sign in ourselves."""


class TokenCacheFile:
    """One identity's place in the cache folder; `identity` says who, for what and where.

    What was had for one `password` is never taken for another. A cache that can't be used is no
    failure: it is warned of, once, and then there is none.
    """

    def __init__(
        self,
        folder: Path,
        identity: str,
        password: Callable[[], str],
        warn: Callable[[str], None],
    ) -> None:
        self._folder = folder / "tokens"
        self._identity = identity
        self._password = password
        self._warn: Callable[[str], None] | None = warn

    @cached_property
    def _path(self) -> Path:
        """Named by a digest: it tells neither the identity nor the password."""
        whole = f"{self._identity}\0{self._password()}".encode(errors="surrogatepass")
        return self._folder / hashlib.sha256(whole).hexdigest()[:32]

    def read(self) -> bytes | None:
        """Return what is kept; None where there is nothing, or where others could have put it."""
        try:
            with self._path.open("rb") as file:
                if not os.fstat(file.fileno()).st_mode & 0o077:
                    return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn_once(f"the kept token can't be read: {error.strerror}: {self._path}")
            return None
        self.invalidate("others can get at it")
        return None

    def invalidate(self, reason: str) -> None:
        """Drop what is kept, and say why."""
        self._warn_once(f"the kept token is not used, since {reason}: {self._path}")
        self.drop()

    def write(self, content: bytes) -> None:
        """Keep it, in place of what was kept."""
        try:
            write_private(self._path, content)
        except OSError as error:
            self._warn_once(
                f"the token can't be kept for the next run: {error.strerror}: {self._path}"
            )

    def drop(self) -> None:
        """Keep nothing."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only process that signs in as this identity, within reason."""
        descriptor = self._open_lock()
        try:
            if descriptor is not None:
                lock(descriptor, _MOST_SECONDS)
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _warn_once(self, text: str) -> None:
        if self._warn:
            self._warn(text)
            self._warn = None  # what follows from the same fault is no news

    def _open_lock(self) -> int | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return None
