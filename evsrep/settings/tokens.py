"""Tokens that are kept between two runs: 0600, written whole, and one process at a time."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from evsrep.settings.files import (
    is_no_place,
    is_ours,
    keeps_modes,
    lock,
    make_folder,
    open_regular,
    write_private,
)

_MOST_BYTES = 16 * 1024 * 1024
_MOST_SECONDS = 30.0
"""How long to wait for another process that signs in as the same; then we sign in ourselves."""


class TokenCacheFile:
    """One identity's place in the cache folder; `identity` says who, for what and where.

    What was had for one `password` is never taken for another. A cache that can't be used is no
    failure: it is told of, once, and then there is none.
    """

    def __init__(
        self,
        folder: Path,
        identity: str,
        password: Callable[[], str],
        *,
        warn: Callable[[str], None],
        verbose: Callable[[str], None],
    ) -> None:
        self._folder = folder / "tokens"
        self._identity = identity
        self._password = password
        self._warn = warn
        self._verbose = verbose
        self._is_reported = False

    @cached_property
    def _path(self) -> Path:
        """Named by a digest: it tells neither the identity nor the password."""
        whole = f"{self._identity}\0{self._password()}".encode(errors="surrogatepass")
        return self._folder / hashlib.sha256(whole).hexdigest()[:32]

    def read(self) -> bytes | None:
        """Return what is kept; None where there is nothing, or where others could have put it."""
        try:
            with os.fdopen(open_regular(self._path, os.O_RDONLY), "rb") as file:
                seen = os.fstat(file.fileno())
                if is_ours(seen) and not seen.st_mode & 0o077:
                    return file.read(_MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._report_once("the kept token can't be read", error)
            return None
        self.invalidate("others can get at it")
        return None

    def invalidate(self, reason: str) -> None:
        """Drop what is kept, and say why."""
        if not self._is_reported:
            self._is_reported = True
            self._warn(f"the kept token is not used, since {reason}: {self._path}")
        self.drop()

    def write(self, content: bytes) -> None:
        """Keep it, in place of what was kept."""
        try:
            make_folder(self._folder)
            if not keeps_modes(self._folder):
                raise PermissionError(errno.EPERM, "files there are open to others")
            write_private(self._path, content)
        except OSError as error:
            self._report_once("the token can't be kept for the next run", error)

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

    def _report_once(self, text: str, error: OSError) -> None:
        if not self._is_reported:  # what follows from the same fault is no news
            self._is_reported = True
            report = self._verbose if is_no_place(error) else self._warn
            report(f"{text}: {error.strerror}: {self._path}")

    def _open_lock(self) -> int | None:
        try:
            make_folder(self._folder)
            return open_regular(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
        except OSError:
            return None
