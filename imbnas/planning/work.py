"""How far a run is by the work of its units, of which some take thousands of times as long."""

import statistics
from dataclasses import dataclass, field

from imbnas.errors import ImbnasError
from imbnas.planning.cost import UnitCosts
from imbnas.planning.suite_images import NotSaidError, SuiteImages
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.strategies import STRATEGIES
from imbnas.suites.expand import Retraining
from imbnas.units.unit import AdaptUnit, Unit


@dataclass(frozen=True)
class WorkDone:
    """Multiply-accumulates of a run.

    Attributes:
        total: of all units that can be done.
        done: of those that are done, and of what is known to be done of those that are running.
    """

    total: float
    done: float


@dataclass
class RunWork:
    """Counts the work of a queue's units as ``plan`` does, from what the suite says of its data.

    A unit whose cost nobody knows counts as much as a median one of its kind.

    Attributes:
        queue: the units.
    """

    queue: Queue
    _macs: dict[str, float | None] = field(default_factory=dict)
    _expected: dict[tuple[str, str, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        resolved = self.queue.plan.expansion.resolved
        self._costs = UnitCosts(
            SuiteImages(resolved),
            # Plug-ins are loaded in processes of units alone.
            [each for each in self.queue.units.values() if _is_here(each)],
            {label: facts.macs for label, facts in resolved.baselines.items()},
        )
        self._any = next((member.architecture for member in resolved.population), None)

    def at(self, progress: RunProgress) -> WorkDone:
        """The work at a look at the run."""
        share = {one.identity: one.share for one in progress.running}
        typical = self._typical()
        total = done = 0.0
        for identity, unit in self.queue.units.items():
            macs = self._of(unit)
            macs = typical.get(unit.kind, 0.0) if macs is None else macs
            if identity not in progress.never:
                total += macs
            done += macs * (identity in progress.finished or share.get(identity, 0.0))
        for retraining in self.queue.retrainings_to_come:
            if retraining.waits_for not in progress.never:
                total += self._to_come(retraining)
        return WorkDone(total, done)

    def _of(self, unit: Unit) -> float | None:
        if unit.identity not in self._macs:
            try:
                cost = self._costs.of(unit)
            except (ImbnasError, NotSaidError):
                cost = None
            self._macs[unit.identity] = None if cost is None else float(cost.macs)
        return self._macs[unit.identity]

    def _to_come(self, retraining: Retraining) -> float:
        """As much as for an architecture of the population."""
        if self._any is None:
            return 0.0
        key = retraining.waits_for, str(retraining.training), retraining.place
        if key not in self._expected:
            unit = self.queue.plan.expansion.retrain(retraining, self._any)
            self._expected[key] = self._of(unit) or 0.0
        return self._expected[key]

    def _typical(self) -> dict[str, float]:
        known: dict[str, list[float]] = {}
        for unit in self.queue.units.values():
            macs = self._of(unit)
            if macs is not None:
                known.setdefault(unit.kind, []).append(macs)
        return {kind: statistics.median(macs) for kind, macs in known.items()}


def _is_here(unit: Unit) -> bool:
    return isinstance(unit, AdaptUnit) and unit.strategy.name in STRATEGIES
