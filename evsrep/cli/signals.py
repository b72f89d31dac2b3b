"""Requests to stop: Ctrl-C, SIGTERM and SIGHUP are one and the same.

The first one breaks off what is being done. From then on, and from the moment in which a command
comes to its end by itself, what is known is told in peace: another one ends it only where that
takes long, as it does where nobody reads.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

# Windows has neither the last one nor timers
_STOPS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_HAS_TIMER = hasattr(signal, "setitimer")
_AGAIN_SECONDS = 0.01
_PEACE_SECONDS = 1.0
"""How long what is known may take to be told once a request to stop came in."""


def listen() -> None:
    """From now on, have a request to stop raise KeyboardInterrupt, whatever it meets."""
    _have(_interrupt, _STOPS)
    if _HAS_TIMER:
        signal.signal(signal.SIGALRM, _interrupt)
    sys.unraisablehook = _raise_again


def end_in_peace() -> None:
    """From now on, have a request to stop wait a moment for the end; only after `listen`."""
    if threading.current_thread() is threading.main_thread():
        _have(_hurry, (number for number in _STOPS if signal.getsignal(number) is _interrupt))


def be_deaf() -> None:
    """Hear nothing any more: all is told, and the process ends with its exit code.

    What is ignored stays so while Python ends; of what has a handler it would die.
    """
    for number in (*_STOPS, *([signal.SIGALRM] if _HAS_TIMER else [])):
        signal.signal(number, signal.SIG_IGN)
    # Python (3.8 to 3.14) dies of SIGINT at its end, its exit code forgotten, where one has met an
    # exec() of text, as dataclasses do, and no other exec() came after it
    exec("")  # noqa: S102


def was_interrupt(error: BaseException | None) -> bool:
    """Whether an error comes of a request to stop: Python 3.11 wraps one that meets an enum."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """While the block lasts, have a request to stop do something else than break off.

    Where `act` was called, whatever follows the block is an end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _STOPS}
    was_heard = False

    def hear(number: int, frame: object) -> None:
        nonlocal was_heard
        del number, frame
        was_heard = True
        act()

    _have(hear, before)
    try:
        yield
    finally:
        if was_heard and before[signal.SIGINT] is _interrupt:
            _have(_hurry, before)
        else:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def heard_later() -> Iterator[None]:
    """While the block lasts, keep requests to stop for its end, unless it takes too long."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _STOPS}
    kept: list[tuple[int, object]] = []

    def keep(number: int, frame: object) -> None:
        kept.append((number, frame))
        _hurry(number, frame)

    _have(keep, before)
    try:
        yield
    finally:
        _interrupt_in(0)
        for number, handler in before.items():
            signal.signal(number, handler)
    for each, _ in kept:
        signal.raise_signal(each)


def _have(handler: Callable[[int, Any], None], numbers: Iterable[signal.Signals]) -> None:
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, handler)


def _interrupt(number: int, frame: object) -> None:
    del number, frame
    end_in_peace()
    raise KeyboardInterrupt


def _hurry(number: int, frame: object) -> None:
    del number, frame
    if _HAS_TIMER and not signal.getitimer(signal.ITIMER_REAL)[0]:
        _interrupt_in(_PEACE_SECONDS)


def _raise_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Raise a request to stop once more where it met a callback, from which nothing is raised."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        _interrupt_in(_AGAIN_SECONDS)
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_in(seconds: float) -> None:
    """Have a request to stop come in so many seconds, where there are timers; 0 is never."""
    if _HAS_TIMER:
        signal.setitimer(signal.ITIMER_REAL, seconds)
