"""When a worker stops taking units, because its time would not allow them."""

import itertools
import time
from dataclasses import dataclass, field

from imbnas.runs.store.directory import RunDirectory
from imbnas.units.unit import TrainUnit, Unit

_LOOKED_AT = 20


@dataclass
class Deadline:
    """Decides whether a unit fits into the time that is left, from units of its kind.

    Attributes:
        until: seconds since the epoch; ``None`` for no end.
        directory: whose records say how long units take.
    """

    until: float | None
    directory: RunDirectory
    _longest: dict[str, float] = field(default_factory=dict)

    def allows(self, unit: Unit) -> bool:
        """Whether the unit may be started; one of a kind without a known duration may."""
        if self.until is None:
            return True
        together = unit.stack if isinstance(unit, TrainUnit) else 1
        return time.time() + self._expected(unit.kind) * together < self.until

    def note(self, unit: Unit, seconds: float) -> None:
        """Remember how long a unit took; one of a stack, its share."""
        self._longest[unit.kind] = max(seconds, self._longest.get(unit.kind, 0.0))

    def _expected(self, kind: str) -> float:
        if kind not in self._longest:
            costs = [
                self.directory.read_record(kind, identity).cost.seconds
                for identity in itertools.islice(self.directory.finished_of(kind), _LOOKED_AT)
            ]
            if not costs:
                return 0.0
            self._longest[kind] = max(costs)
        return self._longest[kind]
