"""The progress of one training on standard error."""

import sys
import time
from typing import TYPE_CHECKING

import click

from imbnas.cli.rates import duration
from imbnas.execution.attempts import SingleAttempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from imbnas.training.checkpoints import Reached, Snapshot
    from imbnas.units.unit import Unit

_LINE_SECONDS = 10.0
_LINE_SHARE = 0.1


class TrainingProgress(SingleAttempt):
    """An attempt that tells how far it is: in one line on a terminal, in a few lines elsewhere.

    Args:
        unit: the training.
        notes: that are told once it begins, one line each.
    """

    def __init__(self, unit: "Unit", notes: "Sequence[str]" = ()) -> None:
        super().__init__((unit,))
        self._notes = notes
        self._begun = self._told = time.monotonic()
        self._on_terminal = sys.stderr.isatty()

    def __enter__(self) -> "TrainingProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        """End the line."""
        if self._on_terminal:
            click.echo("\r\x1b[K", err=True, nl=False)

    def open(self) -> "TrainingProgress":
        """Itself; the training begins."""
        for line in self._notes:
            click.echo(line, err=True)
        return self

    def offer(self, take: "Callable[[], Snapshot]", reached: "Reached | None" = None) -> None:
        """Tell how far the training is; keep nothing."""
        now = time.monotonic()
        elapsed = now - self._begun
        if reached is None or not reached.share:
            return
        left = elapsed * (1 - reached.share) / reached.share
        line = f"{reached.text}, {duration(elapsed)} so far, about {duration(left)} left"
        if self._on_terminal:
            click.echo(f"\r\x1b[K{line}", err=True, nl=False)
        elif now - self._told >= max(_LINE_SECONDS, _LINE_SHARE * elapsed):
            self._told = now
            click.echo(line, err=True)
