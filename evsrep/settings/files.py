"""Files as evsrep reads and writes them: regular ones of bounded size, whole or not at all.

A pipe, a device or somebody else's file behind a link is none of ours, wherever it lies: reading
one may never end, and writing one may do harm.
"""

import errno
import os
import stat
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: two runs at once may then both sign in; nothing is half-written
    fcntl = None  # type: ignore[assignment]

# a pipe's other end may never come; Windows changes line ends in what is not opened as binary
_PLAINLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

CAN_LOCK = fcntl is not None

_ROOT = 0  # who owns what package managers and administrators lay behind links


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Read a file whole. Raises OSError where it is no regular one, or larger than that.

    The null device is an empty file: who names it wants none.
    """
    if _is_null_device(path):
        return b""
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it is over {most_bytes // 1024**2} MiB")
    return content


def read_end(path: Path, most_bytes: int) -> bytes:
    """Read so much of the end of a file. Raises OSError where it is no regular one."""
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(size - most_bytes, 0))
        return file.read(most_bytes)


def open_regular(path: Path, flags: int) -> int:
    """Open a file without waiting for anybody; one that is made is 0600.

    Raises OSError where it is no regular file, or a link that is not ours, or leads to a file that
    is not ours; to be read, what is root's will do.
    """
    is_read = not flags & (os.O_WRONLY | os.O_RDWR)
    try:
        check_replaceable(path, is_read=is_read)  # devices may act when they are merely opened
        descriptor = os.open(path, flags | _PLAINLY, 0o600)
    except ValueError:  # a NUL, or a half of a character, in the path
        raise OSError(errno.EINVAL, "it is no path") from None
    try:
        _check_regular(os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def check_replaceable(path: Path, *, is_read: bool = False) -> None:
    """Raise OSError where what is there is no regular file, or behind a link that is not ours."""
    if not path.exists():
        return
    seen = path.stat()
    _check_regular(seen)
    if path.is_symlink():
        ours = {_ROOT} if is_read else set()
        if any(not is_ours(each) and each.st_uid not in ours for each in (seen, path.lstat())):
            raise OSError(errno.EINVAL, "it is a link of another user, or to another user's file")


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all, and the folder it is in.

    Raises OSError where that fails, or something else than a regular file is in its place.
    """
    if path.exists():  # a link is replaced itself, wherever it leads
        _check_regular(path.stat())
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAINLY
    try:
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder that is not there yet for its owner alone, and those that it is in.

    Raises OSError where that fails.
    """
    for folder in (*reversed(path.parents), path):  # parents=True would leave them to the umask
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)


def lock(descriptor: int, seconds: float) -> bool:
    """Take the lock on a file or folder, or give up waiting for it after so many seconds."""
    end = time.monotonic() + seconds  # other processes live on the real clock
    while CAN_LOCK and time.monotonic() < end:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            return True  # a file system without locks has nobody to wait for
        else:
            return True
    return not CAN_LOCK


def is_ours(seen: os.stat_result) -> bool:
    """Return whether a file belongs to the user we are."""
    return not hasattr(os, "geteuid") or seen.st_uid == os.geteuid()


def is_in_reach(path: Path) -> bool:
    """Return whether nobody else keeps us from what is there, or would be."""
    try:
        return is_ours(path.stat()) or os.access(path, os.R_OK)
    except OSError as error:
        return not isinstance(error, PermissionError)


def keeps_modes(folder: Path) -> bool:
    """Return whether a file there can be kept from others; some mounts show all files as open."""
    probe = folder / f".{os.urandom(8).hex()}.new"
    try:
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return True  # whoever can write there will see
    try:
        return not os.fstat(descriptor).st_mode & 0o077
    finally:
        os.close(descriptor)
        probe.unlink(missing_ok=True)


def is_no_place(error: OSError) -> bool:
    """Return whether there is nowhere to write at all: not a thing to hear of at each run."""
    return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOSYS)


def _is_null_device(path: Path) -> bool:
    try:
        return path.samefile(os.devnull)
    except (OSError, ValueError):
        return False


def _check_regular(seen: os.stat_result) -> None:
    if stat.S_ISDIR(seen.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(seen.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
