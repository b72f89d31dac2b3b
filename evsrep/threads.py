"""Threads beside the main one, which alone hears signals.

The system hands a signal to any thread that does not block it, and Python's main one, which runs
the handler, then goes on blocking: so all others block them.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def start_thread(run: Callable[[], object]) -> threading.Thread:
    """Return a thread that was started, and lives no longer than the process."""
    thread = threading.Thread(target=run, daemon=True)
    with deaf_threads():
        thread.start()
    return thread


@contextmanager
def deaf_threads() -> Iterator[None]:
    """Have threads that are started within the block hear no signals."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - _FAULTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_FAULTS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}
