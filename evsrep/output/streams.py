"""Writing to stdout: what becomes of what can't be written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from evsrep.errors import OutputClosed, OutputFailed


def abandon(stream: TextIO | None) -> None:
    """Send what is left in the stream's buffer nowhere: at exit Python flushes it once more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass


@contextmanager
def watched(stream: TextIO) -> Iterator[TextIO]:
    """Write to stdout, and raise OutputClosed or OutputFailed where that can't be done."""
    try:
        yield stream
        stream.flush()
    except OSError as error:
        abandon(stream)
        if isinstance(error, BrokenPipeError):
            raise OutputClosed from None
        raise OutputFailed(error.strerror or str(error)) from None
