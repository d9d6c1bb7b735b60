"""The state of a run, shown repeatedly until nothing is left."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from imbnas.cli.rates import RateClock

if TYPE_CHECKING:
    from rich.console import RenderableType

    from imbnas.runs.queue.queue import RunProgress
    from imbnas.runs.queue.running_units import Running

_SHOWN = 16


@dataclass(frozen=True)
class RunState:
    """How far a run is.

    Attributes:
        title: of the suite.
        progress: numbers of units by state, and those that are running.
    """

    title: str
    progress: "RunProgress"


def watch(look: Callable[[], RunState], seconds: float, clock: RateClock) -> RunState:
    """Show the state every few seconds until nothing is left; return the last one.

    On a terminal it is one live picture, elsewhere one line each time.
    """
    with _display(clock) as show:
        while True:
            state = look()
            show(state)
            if not state.progress.left:
                return state
            time.sleep(seconds)


@contextmanager
def _display(clock: RateClock) -> Iterator[Callable[[RunState], None]]:
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
        f"{state.title}: {progress.done}/{progress.total} done, {len(progress.running)} running, "
        f"{progress.left} left"
    )
    return ", ".join(filter(None, (counts, clock.describe(progress))))


def picture(state: RunState, clock: RateClock) -> "RenderableType":
    """A bar, and a line for each worker."""
    from rich.console import Group
    from rich.markup import escape
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    progress = state.progress
    table = Table("host", "process", "unit", "at", box=None)
    workers = _by_worker(progress.running)
    for first, others in workers[:_SHOWN]:
        label = f"{first.label}{_and_others(others)}"
        table.add_row(escape(first.host), str(first.pid), escape(label), escape(first.reached))
    if len(workers) > _SHOWN:
        table.add_row("", "", f"… and {len(workers) - _SHOWN} more", "")
    bar = ProgressBar(total=max(progress.total, 1), completed=progress.done, width=60)
    return Group(escape(plain_line(state, clock)), bar, table)


def worker_lines(running: "Sequence[Running]") -> list[str]:
    """What each worker is at, one line each."""
    workers = _by_worker(running)
    lines = [
        f"{first.host} {first.pid}: {first.label}{_and_others(others)}"
        + (f": {first.reached}" if first.reached else "")
        for first, others in workers[:_SHOWN]
    ]
    return [*lines, f"… and {len(workers) - _SHOWN} more"] if len(workers) > _SHOWN else lines


def _by_worker(running: "Sequence[Running]") -> "list[tuple[Running, int]]":
    """A unit of each worker, and how many more it does side by side."""
    workers: dict[tuple[str, int], list[Running]] = {}
    for one in running:
        workers.setdefault((one.host, one.pid), []).append(one)
    return [(units[0], len(units) - 1) for units in workers.values()]


def _and_others(others: int) -> str:
    return f" and {others} more side by side" if others else ""
