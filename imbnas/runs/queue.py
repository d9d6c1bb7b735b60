"""Which unit a worker does next, derived from files and the plan alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from imbnas.runs.directory import RunDirectory
from imbnas.suites.expansion import Plan
from imbnas.units.records import SearchMetrics
from imbnas.units.work import TrainUnit, Unit


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        total: units of the plan; trainings of networks yet to be found are counted.
        done: units with a record.
        failed: units with a failure.
        blocked: units that wait for a failed one.
    """

    total: int
    done: int
    failed: int
    blocked: int

    @property
    def left(self) -> int:
        """Units that can still be done."""
        return self.total - self.done - self.failed - self.blocked


@dataclass
class Queue:
    """The units of a plan and what is known of each.

    Attributes:
        plan: what is to be done.
        directory: where it is done.
    """

    plan: Plan
    directory: RunDirectory
    _found: dict[str, str] = field(default_factory=dict)
    _retrainings: dict[str, list[TrainUnit]] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)

    def open_units(self, failed: set[str]) -> list[Unit]:
        """Units that are neither finished nor failed, in the order they should be done."""
        return [
            unit
            for unit in self._known_units()
            if unit.identity not in failed and not self._is_done(unit)
        ]

    def ready(self, unit: Unit) -> bool:
        """Whether everything that the unit builds on is finished."""
        return all(identity in self._done for identity in unit.requires)

    def progress(self) -> Progress:
        """Count units by state, from file names."""
        finished, failed = self.directory.finished(), self.directory.failed()
        units = self._known_units()
        identities = {unit.identity for unit in units}
        stuck = blocked(units, failed)
        waiting = [r.waits_for for r in self.plan.retrainings if r.waits_for not in self._found]
        lost = sum(identity in failed | stuck for identity in waiting)
        return Progress(
            total=len(identities) + len(waiting),
            done=len(identities & finished),
            failed=len(identities & failed - finished),
            blocked=len(stuck - finished) + lost,
        )

    def _known_units(self) -> list[Unit]:
        """Chains first, then what they found, then the many single trainings."""
        self._read_found()
        found = [unit for units in self._retrainings.values() for unit in units]
        chains = [unit for unit in self.plan.units if not isinstance(unit, TrainUnit)]
        ordered: list[Unit] = [*chains, *found, *self.plan.units]
        return list({unit.identity: unit for unit in ordered}.values())

    def _read_found(self) -> None:
        """Read searches that have ended since the last look, and what follows from them."""
        searches = {r.waits_for: r.chain.search for r in self.plan.retrainings}
        for identity, search in searches.items():
            if identity not in self._found and self.directory.has_record(search):
                metrics = self.directory.read_record("search", identity).metrics
                if isinstance(metrics, SearchMetrics):
                    self._found[identity] = metrics.best
                    new = self.plan.found_units({identity: metrics.best})
                    self._retrainings[identity] = list(new)

    def _is_done(self, unit: Unit) -> bool:
        if unit.identity not in self._done and self.directory.has_record(unit):
            self._done.add(unit.identity)
        return unit.identity in self._done


def blocked(units: Iterable[Unit], failed: set[str]) -> set[str]:
    """Identities of units that wait, directly or not, for a failed one."""
    stuck: set[str] = set()
    for unit in units:
        if unit.identity not in failed and any(r in failed | stuck for r in unit.requires):
            stuck.add(unit.identity)
    return stuck
