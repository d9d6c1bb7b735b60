"""The units of a plan and how far they are, derived from files and the plan alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from imbnas.runs.queue.stacks import stacks
from imbnas.runs.queue.unit_filter import Selection
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedRecordError
from imbnas.suites.expand import Plan
from imbnas.units.records import SearchMetrics
from imbnas.units.unit import TrainUnit, Unit


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        total: units of the plan; trainings of networks yet to be found are counted.
        done: units with a record.
        failed: units with a failure.
        blocked: units that wait for a failed one.
        stopped_by: which budget ended the run before everything was done.
    """

    total: int
    done: int
    failed: int
    blocked: int
    stopped_by: Literal["time", "units"] | None = None

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
        selection: what of the plan is to be done; ``None`` for all. Trainings of networks yet to
            be found are then counted once they are known.
    """

    plan: Plan
    directory: RunDirectory
    selection: Selection | None = None
    _found: dict[str, str] = field(default_factory=dict)
    _retrainings: list[TrainUnit] = field(default_factory=list)

    @cached_property
    def planned(self) -> tuple[Unit, ...]:
        """Units that are known from the start."""
        return self.selection.of(self.plan.units) if self.selection else self.plan.units

    @property
    def left_out(self) -> int:
        """Units of the plan that the selection leaves out."""
        return len(self.plan.units) - len(self.planned)

    @cached_property
    def units(self) -> dict[str, Unit]:
        """Identity → unit: chains first, then what they found, then the many single trainings.

        Grows with ``read_found``.
        """
        chains = [unit for unit in self.planned if not isinstance(unit, TrainUnit)]
        ordered: list[Unit] = [*chains, *self._retrainings, *self.planned]
        return {unit.identity: unit for unit in ordered}

    def stack_of(self, unit: Unit) -> tuple[Unit, ...]:
        """The units of the queue that are trained side by side with one; itself among them."""
        if not isinstance(unit, TrainUnit) or unit.stack == 1:
            return (unit,)
        return self._stacks[unit.identity]

    @cached_property
    def _stacks(self) -> dict[str, tuple[TrainUnit, ...]]:
        return stacks(unit for unit in self.planned if isinstance(unit, TrainUnit))

    def read_found(self, finished: set[str]) -> list[TrainUnit]:
        """Read searches that have ended since the last look.

        Args:
            finished: identities of finished units.

        Returns:
            The trainings that follow from them and were not known before.
        """
        known = self.units
        new: list[TrainUnit] = []
        for retraining in self.plan.retrainings:
            search = retraining.waits_for
            if search in finished and search not in self._found:
                best = self._best(search)
                if best is not None:
                    self._found[search] = best
                    new += self.plan.found_units({search: best})
        if self.selection:
            new = [unit for unit in new if self.selection.matches(unit)]
        new = [unit for unit in new if unit.identity not in known]
        if new:
            self._retrainings += new
            del self.units
        return new

    def _best(self, search: str) -> str | None:
        try:
            metrics = self.directory.read_record("search", search).metrics
        except (FileNotFoundError, DamagedRecordError):
            return None
        return metrics.best if isinstance(metrics, SearchMetrics) else None

    def progress(self) -> Progress:
        """Count units by state, from file names."""
        finished, failed = self.directory.finished(), self.directory.failed()
        self.read_found(finished)
        identities = self.units.keys()
        stuck = blocked(self.units.values(), failed)
        waiting = [r.waits_for for r in self.plan.retrainings if r.waits_for not in self._found]
        if self.selection:
            waiting = []
        lost = sum(identity in failed | stuck for identity in waiting)
        return Progress(
            total=len(identities) + len(waiting),
            done=len(identities & finished),
            failed=len(identities & failed - finished),
            blocked=len(stuck - finished) + lost,
        )


def blocked(units: Iterable[Unit], failed: set[str]) -> set[str]:
    """Identities of units that wait, directly or not, for a failed one."""
    stuck: set[str] = set()
    if not failed:
        return stuck
    for unit in units:
        if unit.identity not in failed and any(r in failed | stuck for r in unit.requires):
            stuck.add(unit.identity)
    return stuck
