"""One attempt at a unit: how long it takes, and where its state is kept meanwhile."""

import time
from typing import Protocol

from imbnas.training.checkpoints import Checkpoints, NothingKept
from imbnas.units.work import Unit


class Attempt(Checkpoints, Protocol):
    """The checkpoints of a unit, and the time it took."""

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far, those of earlier attempts that it resumed included."""
        ...


class SingleAttempt(NothingKept):
    """An attempt that keeps nothing and resumes nothing; an ``Attempt``.

    Args:
        unit: what is done.
    """

    def __init__(self, unit: Unit) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far."""
        return time.perf_counter() - self._start
