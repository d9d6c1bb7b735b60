"""Which unit a worker does next. Looking costs little, however many units there are."""

import time
from collections import deque
from collections.abc import Iterator

from imbnas.runs.queue.queue import Queue, blocked
from imbnas.units.unit import TrainUnit, Unit

_LOOK_SECONDS = 1.0
_LOOK_SHARE = 0.05


class Agenda:
    """A worker's view of a queue.

    Single trainings, of which there are many, are walked through once; chains and what they
    found, of which there are few, are looked at before each of them.

    Args:
        queue: the plan and the run directory.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._finished: set[str] = set()
        self._failed: set[str] = set()
        self._next_look = 0.0
        self._chained: dict[str, Unit] = {}
        self._single: deque[Unit] = deque()
        for unit in queue.units.values():
            if isinstance(unit, TrainUnit):
                self._single.append(unit)
            else:
                self._chained[unit.identity] = unit
        self.look()

    def look(self) -> None:
        """See what other workers have done, unless the last look was only just now."""
        start = time.monotonic()
        if start < self._next_look:
            return
        directory = self._queue.directory
        self._finished, self._failed = directory.finished(), directory.failed()
        for unit in self._queue.read_found(self._finished):
            self._chained[unit.identity] = unit
        stuck = blocked(self._chained.values(), self._failed)
        for identity in [i for i in self._chained if self._is_settled(i) or i in stuck]:
            del self._chained[identity]
        took = time.monotonic() - start
        self._next_look = start + took + max(_LOOK_SECONDS, took / _LOOK_SHARE)

    def _is_settled(self, identity: str) -> bool:
        return identity in self._finished or identity in self._failed

    def is_empty(self) -> bool:
        """Whether nothing is left that could ever be done."""
        while self._single and self._is_settled(self._single[0].identity):
            self._single.popleft()
        return not self._single and not self._chained

    def candidates(self) -> Iterator[Unit]:
        """Units that could be done now, the most urgent first, each at most once.

        One that is not given to ``settle`` stays on the agenda, behind the others.
        """
        for unit in [*self._chained.values()]:
            if all(identity in self._finished for identity in unit.requires):
                yield unit
        for _ in range(len(self._single)):
            unit = self._single.popleft()
            if not self._is_settled(unit.identity):
                self._single.append(unit)
                yield unit

    def stack_of(self, unit: Unit) -> tuple[Unit, ...]:
        """The units that are done together with one; itself among them."""
        return self._queue.stack_of(unit)

    def settle(self, unit: Unit, finished: bool) -> None:
        """Take note that a unit has ended, here or elsewhere."""
        (self._finished if finished else self._failed).add(unit.identity)
        self._chained.pop(unit.identity, None)
        if not isinstance(unit, TrainUnit):
            # What waited for it can go on, or never will.
            self._next_look = 0.0

    def unsettle(self, identity: str) -> None:
        """Take note that a finished unit turned out not to be."""
        self._finished.discard(identity)
        unit = self._queue.units.get(identity)
        if unit is not None:
            self._chained[identity] = unit
