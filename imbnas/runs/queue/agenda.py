"""Which unit a worker does next. Looking costs little, however many units there are."""

import time
from collections import deque
from collections.abc import Iterator

from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.unit_state import UnitState, UnitStates
from imbnas.units.unit import TrainUnit, Unit

_LOOK_SECONDS = 1.0
_LOOK_SHARE = 0.05


class Agenda:
    """A worker's view of a queue.

    Single trainings, of which there are many, are walked through once; chains and their
    retrainings, of which there are few, are looked at before each of them.

    Args:
        queue: the plan and the run directory.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._states = UnitStates()
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
        states = self._queue.directory.states()
        for unit in self._queue.add_retrainings(states.done):
            self._chained[unit.identity] = unit
        self._states = states.with_blocked(self._chained.values())
        for identity in self._chained.keys() & (states.ended | self._states.blocked):
            del self._chained[identity]
        took = time.monotonic() - start
        self._next_look = start + took + max(_LOOK_SECONDS, took / _LOOK_SHARE)

    def is_empty(self) -> bool:
        """Whether nothing is left that could ever be done."""
        while self._single and self._states.has_ended(self._single[0].identity):
            self._single.popleft()
        return not self._single and not self._chained

    def candidates(self) -> Iterator[Unit]:
        """Units that could be done now, the most urgent first, each at most once.

        A unit stays on the agenda, behind the others, until ``note_end`` is called for it.
        """
        for unit in [*self._chained.values()]:
            if self._states.done.issuperset(unit.requires):
                yield unit
        for _ in range(len(self._single)):
            unit = self._single.popleft()
            if not self._states.has_ended(unit.identity):
                self._single.append(unit)
                yield unit

    def note_end(self, unit: Unit, state: UnitState) -> None:
        """Note that a unit has ended, here or elsewhere."""
        ended = self._states.failed if state is UnitState.FAILED else self._states.done
        ended.add(unit.identity)
        self._chained.pop(unit.identity, None)
        if not isinstance(unit, TrainUnit):
            # What waited for it can begin now, or never.
            self._next_look = 0.0

    def note_damage(self, identity: str) -> None:
        """Note that a unit, whose record was damaged, is to be done again."""
        self._states.done.discard(identity)
        unit = self._queue.units.get(identity)
        if unit is not None:
            self._chained[identity] = unit
