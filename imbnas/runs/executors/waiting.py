"""Waits for workers that somebody else started, and shows what they have done."""

import time
from collections.abc import Callable

from imbnas.runs.executors.executor import Order, Show
from imbnas.runs.queue import Progress


def wait_for(order: Order, show: Show, ended: Callable[[], bool], poll_seconds: float) -> Progress:
    """Show the state of a run until workers have ended, or nothing is left.

    Args:
        order: what is being done.
        show: called with the state.
        ended: whether no worker is at work or queued any more.
        poll_seconds: between two looks.
    """
    while True:
        over = ended()
        # Read after the look at the workers, so that nothing they did last is missed.
        progress = order.queue.progress()
        show(progress)
        if over or not progress.left:
            return progress
        time.sleep(poll_seconds)
