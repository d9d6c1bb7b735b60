"""Applying a function to many files in threads."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_BATCH = 256
_MOST_THREADS = 8


def in_parallel(function: Callable[[A], B], items: Sequence[A]) -> Iterator[B]:
    """Apply a function in threads, up to eight; results in order.

    At most a few thousand results wait to be taken, however long one of them takes. The first
    exception stops the work and is raised.
    """

    def work(part: Iterable[A]) -> list[B]:
        return [function(item) for item in part]

    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    waiting: deque[Future[list[B]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for start in range(0, len(items), _BATCH):
                waiting.append(pool.submit(work, items[start : start + _BATCH]))
                if len(waiting) > 2 * threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
