"""Threads beside the main one, which alone hears signals.

The system hands a signal to any thread that does not block it, and Python's main one, which runs
the handler, then goes on blocking: so all others block them.
"""

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_HEARING_SECONDS = 0.2
"""How long the main thread may block: a signal that meets the moment before it does is not heard
until it goes on (Python 3.8 to 3.14), and its handler does not run in another thread."""


def start_thread(run: Callable[[], object]) -> threading.Thread:
    """Return a thread that was started, and lives no longer than the process."""
    thread = threading.Thread(target=run, daemon=True)
    with deaf_threads():
        thread.start()
    return thread


def join(thread: threading.Thread) -> None:
    """Return when a thread has ended, and hear signals meanwhile."""
    while thread.is_alive():
        thread.join(_HEARING_SECONDS)


def next_of(results: "queue.SimpleQueue[T]") -> T:
    """Return what comes out of a queue next, and hear signals meanwhile."""
    while True:
        try:
            return results.get(timeout=_HEARING_SECONDS)
        except queue.Empty:
            continue


@contextmanager
def deaf_threads() -> Iterator[None]:
    """Have threads that are started within the block hear no signals."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows hands them to the main one alone
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - _FAULTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_FAULTS = {
    getattr(signal, name)
    for name in ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT")
    if hasattr(signal, name)
}
