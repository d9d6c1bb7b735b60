"""Progress of a run on standard error: a live bar on a terminal, plain lines elsewhere."""

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imbnas.runs.queue.queue import RunProgress

_LINE_SECONDS = 10.0
_REPRESENTATIVE_SHARE = 0.1


@contextmanager
def progress_display(title: str) -> "Iterator[Callable[[RunProgress], None]]":
    """Give a function that shows the progress of a run whenever it is called."""
    if not sys.stderr.isatty():
        yield PlainLines(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    clock = RateClock()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as display:
        task = display.add_task(title, total=None, rate="")

        def show(progress: "RunProgress") -> None:
            display.update(
                task, total=progress.total, completed=progress.done, rate=clock.describe(progress)
            )

        yield show


class PlainLines:
    """Prints a line every ten seconds at most.

    Args:
        title: name of the run.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._clock = RateClock()
        self._printed = -_LINE_SECONDS
        self._last = ""

    def __call__(self, progress: "RunProgress") -> None:
        """Print the progress if the last line is old enough, or if nothing is left."""
        now = time.monotonic()
        described = self._clock.describe(progress)
        line = f"{self._title}: {progress.done}/{progress.total} units {described}".rstrip()
        due = now - self._printed >= _LINE_SECONDS or progress.left == 0
        if due and line != self._last:
            self._printed, self._last = now, line
            click.echo(line, err=True)


class RateClock:
    """Rate and time left, from the units done since the first call."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._done_at_start = 0

    def describe(self, progress: "RunProgress") -> str:
        """Failures, rate and time left, as far as they are known."""
        if self._start is None:
            self._start, self._done_at_start = time.monotonic(), progress.done
        parts = [f"{progress.failed} failed"] if progress.failed else []
        if progress.blocked:
            parts.append(f"{progress.blocked} waiting for failed ones")
        done = progress.done - self._done_at_start
        elapsed = time.monotonic() - self._start
        if done and elapsed > 0 and progress.left:
            rate = done / elapsed
            parts.append(f"{rate:.1f} units/s")
            # The longest units come first: their rate does not hold for the many short ones.
            if done >= _REPRESENTATIVE_SHARE * (progress.total - self._done_at_start):
                parts.append(f"about {_duration(progress.left / rate)} left")
        return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
