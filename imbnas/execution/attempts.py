"""One attempt at a unit, or at some done together: its time, and where its state is kept."""

import time
from collections.abc import Sequence
from typing import Protocol

from imbnas.training.checkpoints import Checkpoints, NothingKept
from imbnas.units.unit import Unit


class Attempt(Checkpoints, Protocol):
    """The checkpoints of a unit, and the time it took."""

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far, those of earlier attempts that it resumed included."""


class SingleAttempt(NothingKept):
    """An attempt that keeps nothing and resumes nothing; an ``Attempt``.

    Args:
        units: what is done.
    """

    def __init__(self, units: Sequence[Unit]) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far."""
        return time.perf_counter() - self._start
