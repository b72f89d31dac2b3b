"""Several things at once."""

import threading

from evsrep.jobs.pool import WorkerPool


def test_what_was_begun_is_told_from_what_was_only_handed_out() -> None:
    begun, release = threading.Semaphore(0), threading.Event()

    def work(number: int) -> int:
        begun.release()
        if number:
            release.wait(5)
        return number

    pool: WorkerPool[int, int] = WorkerPool(work, size=2)
    results = pool.results(range(9))
    assert next(results) == 0
    for _ in range(3):  # the first, and one for each worker
        assert begun.acquire(timeout=5)
    pool.stop()
    assert list(pool.left()) == [(1, True), (2, True), (3, False)]
    release.set()
    assert sorted(results) == [1, 2]
    assert list(pool.left()) == [(3, False)]
