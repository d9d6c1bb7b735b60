"""The state of a run, shown repeatedly until nothing is left."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from imbnas.cli.progress import RateClock

if TYPE_CHECKING:
    from rich.console import RenderableType

    from imbnas.runs.queue.queue import RunProgress
    from imbnas.runs.queue.running_units import Running

_SHOWN = 16


@dataclass(frozen=True)
class RunState:
    """How far a run is, and which units are running.

    Attributes:
        title: of the suite.
        progress: numbers of units by state.
        running: units that workers have claimed.
    """

    title: str
    progress: "RunProgress"
    running: "tuple[Running, ...]"


def watch(look: Callable[[], RunState], seconds: float) -> RunState:
    """Show the state every few seconds until nothing is left; return the last one.

    On a terminal it is one live picture, elsewhere one line each time.
    """
    with _display() as show:
        while True:
            state = look()
            show(state)
            if not state.progress.left:
                return state
            time.sleep(seconds)


@contextmanager
def _display() -> Iterator[Callable[[RunState], None]]:
    clock = RateClock()
    if not sys.stdout.isatty():
        yield lambda state: click.echo(plain_line(state, clock))
        return
    from rich.live import Live

    with Live(auto_refresh=False) as live:
        yield lambda state: live.update(picture(state, clock), refresh=True)


def plain_line(state: RunState, clock: RateClock) -> str:
    """One line: done, running, failed, left, rate, time left."""
    progress = state.progress
    counts = (
        f"{state.title}: {progress.done}/{progress.total} done, {len(state.running)} running, "
        f"{progress.left} left"
    )
    return ", ".join(filter(None, (counts, clock.describe(progress))))


def picture(state: RunState, clock: RateClock) -> "RenderableType":
    """A bar, and a line for each running unit."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    progress = state.progress
    table = Table("host", "process", "unit", box=None)
    for one in state.running[:_SHOWN]:
        table.add_row(one.host, str(one.pid), one.label)
    if len(state.running) > _SHOWN:
        table.add_row("", "", f"… and {len(state.running) - _SHOWN} more")
    bar = ProgressBar(total=max(progress.total, 1), completed=progress.done, width=60)
    return Group(plain_line(state, clock), bar, table)
