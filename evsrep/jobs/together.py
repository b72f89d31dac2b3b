"""Several requests side by side."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def together(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run calls side by side; each one's result, or the exception that it ended with, in order.

    On daemon threads, not in a pool: Ctrl-C must not wait for answers that nobody wants any more.
    """
    results: list[T | Exception] = [RuntimeError("not run")] * len(calls)

    def run(number: int, call: Callable[[], T]) -> None:
        try:
            results[number] = call()
        except Exception as error:
            results[number] = error

    threads = [
        threading.Thread(target=run, args=(number, call), daemon=True)
        for number, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
