"""Work on many samples in threads, a few batches at a time: a million of them need no more memory than a thousand."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from typing import TypeVar

from models.data.sources.base import Progress

PATIENCE = 0.25
"""Seconds after which progress is told even though nothing was finished, so that a cancel is heard."""

EVERY = 50
"""Samples between two calls of `progress`."""

Batch = TypeVar("Batch", bound=Sized)
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Batch, Event], Result], batches: Iterable[Batch], total: int, progress: Progress | None = None
) -> Iterator[Result]:
    """What `work` makes of each batch, in order. Threads help: Pillow and numpy work outside the interpreter's lock.

    Batches are taken one by one, shortly before their turn. `work` gets an event that is set when nobody wants its
    result any more, as after an exception raised in `progress`, which ends all of it.

    Args:
        total: samples in all batches, for `progress`.
    """
    threads = os.cpu_count() or 1
    stopped = Event()
    waiting: deque[tuple[int, Future[Result]]] = deque()
    todo = iter(batches)
    done = told = 0
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="samples")
    try:
        while True:
            for batch in islice(todo, 2 * threads - len(waiting)):
                waiting.append((len(batch), pool.submit(work, batch, stopped)))
            if not waiting:
                break
            size, future = waiting.popleft()
            while not wait([future], timeout=PATIENCE).done:
                _tell(progress, done, total)
            result = future.result()
            done += size
            if done - told >= EVERY or done == total:
                _tell(progress, done, total)
                told = done
            yield result
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def ranges(count: int, size: int) -> Iterator[range]:
    """0 … count − 1 in runs of `size`."""
    for start in range(0, count, size):
        yield range(start, min(start + size, count))
