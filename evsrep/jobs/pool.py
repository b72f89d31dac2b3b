"""Several requests side by side, and a pool of workers for many."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Generic, TypeVar, cast

from evsrep.threads import join, next_of, start_thread

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run calls side by side; return each one's result, or what it ended with, in their order.

    On daemon threads, not in a pool: Ctrl-C must not wait for answers that nobody wants any more.
    """
    results: list[T | Exception] = [RuntimeError("not run")] * len(calls)

    def run(number: int, call: Callable[[], T]) -> None:
        try:
            results[number] = call()
        except Exception as error:
            results[number] = error

    threads = [start_thread(partial(run, number, call)) for number, call in enumerate(calls)]
    for thread in threads:
        join(thread)
    return results


def all_of(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Run calls side by side, and return their results; raises what the first of them raised."""
    results = side_by_side(calls)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return cast(list[T], results)


class WorkerPool(Generic[T, R]):
    """Workers that do one kind of work on many things, so many at once; memory stays flat.

    They are daemon threads. A worker that is done finds the next thing waiting already; what still
    waits when the pool is stopped comes back untouched.
    """

    def __init__(
        self, work: Callable[[T], R], size: int, *, stopping: Callable[[], None] = lambda: None
    ) -> None:
        """`work` is to return whatever happens; what it raises all the same is a bug.

        `stopping` is called once where a `stop` is heard while work is still in flight.
        """
        self._work = work
        self._size = size
        self._stopping = stopping
        self._is_stopping = self._is_broken_off = False
        self._in_flight: dict[int, T] = {}  # by a number of ours; in the order of handing out
        self._untouched: list[T] = []
        self._begun: set[int] = set()
        self._lock = threading.RLock()  # a signal may come in while its own thread has it
        self._todo: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, R | BaseException | None]] = queue.SimpleQueue()

    def left(self) -> Iterator[tuple[T, bool]]:
        """Yield what has not come back, after a `stop`: each thing, and whether it was begun."""
        for number, thing in self._in_flight.items():
            yield thing, number in self._begun
        for thing in self._untouched:
            yield thing, False

    def stop(self) -> None:
        """Begin no more work; what is begun is waited for. May be called by a signal handler."""
        with self._lock:
            self._is_stopping = True
        self._done.put((_NEWS, None))

    def break_off(self) -> None:
        """Begin no more work, and wait for none: the results end. For a signal handler as well."""
        self._is_broken_off = True
        self.stop()

    def results(self, things: Iterable[T]) -> Iterator[R]:
        """Yield the result for each thing as it comes; after a `stop` the rest is left out."""
        numbered = enumerate(things)
        while True:
            while not self._is_stopping and len(self._in_flight) < 2 * self._size:
                number, thing = next(numbered, (_NEWS, None))
                if thing is None:
                    break
                self._hand_out(number, thing)
            if not self._in_flight:
                return
            number, result = next_of(self._done)
            if number != _NEWS:
                yield from self._take(number, result)
            elif self._is_broken_off:
                return
            else:
                self._stopping()
                self._stopping = lambda: None

    def _hand_out(self, number: int, thing: T) -> None:
        if number < self._size:
            start_thread(self._run_worker)
        self._in_flight[number] = thing
        self._todo.put((number, thing))

    def _take(self, number: int, result: R | BaseException | None) -> Iterator[R]:
        thing = self._in_flight.pop(number)
        self._begun.discard(number)
        if result is None:
            self._untouched.append(thing)
        elif isinstance(result, BaseException):
            raise result
        else:
            yield result

    def _run_worker(self) -> None:
        while True:
            number, thing = self._todo.get()
            try:
                self._done.put((number, self._work(thing) if self._may_begin(number) else None))
            except BaseException as error:
                self._done.put((number, error))

    def _may_begin(self, number: int) -> bool:
        """Note that a thing is begun, unless nothing is begun any more: never one and the other."""
        with self._lock:
            if not self._is_stopping:
                self._begun.add(number)
            return not self._is_stopping


_NEWS = -1
"""The number of what is no result: a stop."""
