"""Requests to stop: Ctrl-C, SIGTERM and SIGHUP are one and the same."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """While the block lasts, have a request to stop do something else than break off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _STOPS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, lambda _number, _frame: act())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
