"""JSON values out of the way: beyond a MiB in a temporary file, if there is room for one."""

import contextlib
import io
import json
import os
import tempfile
import threading
from typing import Any, BinaryIO, cast

_IN_MEMORY_BYTES = 1024 * 1024


class Drawer:
    """JSON values, each found again by where it was put. Safe to use from several threads.

    Where nothing can be written, they stay in memory: then long files take more of that.
    """

    def __init__(self) -> None:
        self._file: BinaryIO = io.BytesIO()
        self._size = 0
        self._is_for_disk = True  # as far as is known
        self._lock = threading.Lock()

    def put(self, value: Any) -> int:
        """Keep a value; where it is."""
        line = json.dumps(value).encode() + b"\n"
        with self._lock:
            position = self._size
            if self._is_for_disk and isinstance(self._file, io.BytesIO):
                self._spill(position + len(line))
            self._append(line)
        return position

    def get(self, position: int) -> Any:
        """Return the value that is there."""
        return self.look(position)[0]

    def look(self, position: int) -> tuple[Any, int]:
        """Return the value that is there, and where the next one is; None behind the last."""
        with self._lock:
            self._file.seek(position)
            line = self._file.readline()
            after = self._file.tell()
        return (json.loads(line) if line else None), after

    def close(self) -> None:
        """Let go of what is kept."""
        self._file.close()

    def _append(self, line: bytes) -> None:
        try:
            self._file.seek(self._size)
            self._file.write(line)
            self._file.flush()  # a full disk is to show now, while all can be saved
        except OSError:
            self._take_back()
            self._file.write(line)
        self._size += len(line)

    def _spill(self, size: int) -> None:
        """Move to a temporary file what has grown too large for memory, if that can be had."""
        if size <= _IN_MEMORY_BYTES:
            return
        content = cast(io.BytesIO, self._file).getvalue()
        try:
            file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 -- ours for long
        except OSError:
            self._is_for_disk = False
            return
        self._file, self._size = file, 0
        self._fill(content)

    def _fill(self, content: bytes) -> None:
        try:
            self._file.write(content)
            self._file.flush()
        except OSError:
            self._is_for_disk = False
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = io.BytesIO(content)
        self._size = len(content)

    def _take_back(self) -> None:
        """Move to memory what a full disk still holds."""
        self._is_for_disk = False
        descriptor = os.dup(self._file.fileno())
        with contextlib.suppress(OSError):
            self._file.close()  # which tries once more to write the rest
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            self._file = io.BytesIO(file.read(self._size))
        self._file.seek(self._size)
