"""Waits for workers of a cluster, and shows what they have done."""

import math
import time
from collections.abc import Callable

from imbnas.runs.executors.executor import Show
from imbnas.runs.queue.queue import Queue, RunProgress

_LEAVE_SECONDS = 10.0
"""How long workers may take to end when nothing is left for them."""


def wait_for(
    queue: Queue, show: Show, ended: Callable[[], bool], poll_seconds: float
) -> RunProgress:
    """Show the state of a run until workers have ended.

    Args:
        queue: what is being done.
        show: called with the state.
        ended: whether no worker is running or queued any more.
        poll_seconds: between two looks.
    """
    nothing_left = math.inf
    while True:
        over = ended()
        # Read after the look at the workers, so that nothing they did last is missed.
        progress = queue.progress()
        show(progress)
        if not progress.left:
            nothing_left = min(nothing_left, time.monotonic())
        if over or time.monotonic() - nothing_left > _LEAVE_SECONDS:
            return progress
        time.sleep(poll_seconds)
