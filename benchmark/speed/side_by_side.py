"""Runs the same work in several single-threaded processes at once, in step with each other."""

import multiprocessing
import os
import time
from collections.abc import Callable
from threading import Barrier
from typing import Any

from imbnas.runs.worker_environment import SINGLE_THREADED


def side_by_side(work: Callable[..., Any], count: int, *arguments: Any) -> list[Any]:
    """Results of ``work(barrier, *arguments)``, one of each process.

    Args:
        work: a function that a new process can import; the barrier holds it until all are there.
        count: of the processes.
        arguments: further ones.
    """
    context = multiprocessing.get_context("spawn")
    barrier, pipes, processes = context.Barrier(count, timeout=300), [], []
    held = {name: os.environ.get(name) for name in SINGLE_THREADED}
    os.environ.update(SINGLE_THREADED)
    try:
        for _ in range(count):
            receiving, sending = context.Pipe(duplex=False)
            process = context.Process(target=_call, args=(sending, work, barrier, *arguments))
            process.start()
            sending.close()
            pipes.append(receiving)
            processes.append(process)
        return [pipe.recv() for pipe in pipes]
    finally:
        for name, value in held.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        for process in processes:
            process.join(30)
            process.kill()


def _call(sending: Any, work: Callable[..., Any], barrier: Barrier, *arguments: Any) -> None:
    try:
        sending.send(work(barrier, *arguments))
    except BaseException:
        barrier.abort()
        raise


def timed(barrier: Barrier, work: Callable[[], Any]) -> float:
    """Wall-clock seconds of some work that all processes begin together."""
    barrier.wait()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
