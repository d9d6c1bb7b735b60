"""Progress of a run: a live picture on a terminal or in a notebook, plain lines elsewhere."""

import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.rates import RateClock, counts_work
from imbnas.cli.watch import RunState, picture, plain_line, worker_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imbnas.runs.queue.queue import Queue, RunProgress

_LINE_SECONDS = 10.0
_LINE_SHARE = 0.05
_LONGEST_SECONDS = 600.0
_WORKERS_AFTER = 60.0
"""Seconds after which lines name what workers are at."""


@contextmanager
def progress_display(title: str, queue: "Queue") -> "Iterator[Callable[[RunProgress], None]]":
    """Give a function that shows the progress of a run whenever it is called.

    Args:
        title: of the run.
        queue: its units.
    """
    clock = RateClock(counts_work(queue))
    if in_notebook():
        yield NotebookText(title, clock)
        return
    if not sys.stderr.isatty():
        yield PlainLines(title, clock)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False) as live:

        def show(progress: "RunProgress") -> None:
            live.update(picture(RunState(title, progress), clock), refresh=True)

        yield show


class PlainLines:
    """Prints a line every ten seconds, and less often as time goes on: every ten minutes at last.

    Args:
        title: name of the run.
        clock: of the run.
    """

    def __init__(self, title: str, clock: RateClock) -> None:
        self._title = title
        self._clock = clock
        self._printed = -_LINE_SECONDS
        self._last = ""

    def __call__(self, progress: "RunProgress") -> None:
        """Print the progress if the last line is old enough, or if nothing is left."""
        now = self._clock.elapsed
        wait = min(max(_LINE_SECONDS, _LINE_SHARE * now), _LONGEST_SECONDS)
        if now - self._printed < wait and progress.left:
            return
        described = self._clock.describe(progress)
        line = f"{self._title}: {progress.done}/{progress.total} units {described}".rstrip()
        if line == self._last:
            return
        self._printed, self._last = now, line
        click.echo(line, err=True)
        if now >= _WORKERS_AFTER and progress.left:
            for each in worker_lines(progress.running):
                click.echo(f"  {each}", err=True)


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this, which shows what is displayed below a cell."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


class NotebookText:
    """Shows how far a run is below a notebook's cell, in place of what it showed before.

    Args:
        title: name of the run.
        clock: of the run.
    """

    def __init__(self, title: str, clock: RateClock) -> None:
        self._title = title
        self._clock = clock
        self._shown: Any = None

    def __call__(self, progress: "RunProgress") -> None:
        """Show the progress: a line for the run, and one for each worker."""
        line = plain_line(RunState(self._title, progress), self._clock)
        text = {"text/plain": "\n".join([line, *worker_lines(progress.running)])}
        if self._shown is None:
            display = import_module("IPython.display").display
            self._shown = display(text, raw=True, display_id=True)
        else:
            self._shown.update(text, raw=True)
