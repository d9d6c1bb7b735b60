"""The units of a plan and how many are in which state."""

from collections.abc import Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from imbnas.runs.queue.best_found import best_architectures
from imbnas.runs.queue.running_units import Running, running_units
from imbnas.runs.queue.stacks import stacks
from imbnas.runs.queue.unit_filter import UnitFilter
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.unit_state import UnitStates
from imbnas.suites.expand import Plan, Retraining
from imbnas.units.unit import TrainUnit, Unit


@dataclass(frozen=True)
class RunProgress:
    """How far a run is.

    Attributes:
        total: units of the plan, including trainings whose network a search has yet to find.
        done: units with a record.
        failed: units with a failure.
        blocked: units that wait for a failed one.
        stopped_by: which budget ended the run before everything was done.
        finished: identities of units with a record, whatever plan they are of.
        never: identities of units that failed or wait for one that did.
        running: units that workers are at.
        merged: trainings that are no units of their own, since several searches found the same
            network, or one that is trained anyway; ``total`` has become smaller by them.
    """

    total: int
    done: int
    failed: int
    blocked: int
    stopped_by: Literal["time", "units"] | None = None
    finished: Set[str] = field(default=frozenset(), repr=False)
    never: Set[str] = field(default=frozenset(), repr=False)
    running: tuple[Running, ...] = ()
    merged: int = 0

    @property
    def left(self) -> int:
        """Units that can still be done."""
        return self.total - self.done - self.failed - self.blocked


@dataclass
class Queue:
    """The units of a plan in a run directory.

    Attributes:
        plan: what is to be done.
        directory: where it is done.
        unit_filter: which units of the plan are to be done; ``None`` for all. With a filter,
            trainings of networks that searches have yet to find count once they are known.
    """

    plan: Plan
    directory: RunDirectory
    unit_filter: UnitFilter | None = None
    _best: dict[str, str] = field(default_factory=dict)
    _retrainings: list[TrainUnit] = field(default_factory=list)

    @cached_property
    def planned(self) -> tuple[Unit, ...]:
        """Units that are known from the start."""
        return self.unit_filter.of(self.plan.units) if self.unit_filter else self.plan.units

    @cached_property
    def units(self) -> dict[str, Unit]:
        """Identity → unit: chains first, then their retrainings, then the many single trainings.

        Grows with ``add_retrainings``.
        """
        chains = [unit for unit in self.planned if not isinstance(unit, TrainUnit)]
        ordered: list[Unit] = [*chains, *self._retrainings, *self.planned]
        return {unit.identity: unit for unit in ordered}

    def stack_of(self, unit: Unit) -> tuple[Unit, ...]:
        """The units of the queue that are trained side by side with one, including itself."""
        if not isinstance(unit, TrainUnit) or unit.stack == 1:
            return (unit,)
        return self._stacks[unit.identity]

    @cached_property
    def _stacks(self) -> dict[str, tuple[TrainUnit, ...]]:
        return stacks(unit for unit in self.planned if isinstance(unit, TrainUnit))

    def add_retrainings(self, done: set[str]) -> list[TrainUnit]:
        """Add the trainings of networks that searches have found since the last call.

        Args:
            done: identities of finished units.

        Returns:
            The trainings that were not known before.
        """
        best = best_architectures((s for s in self._searches if s in done), [self.directory])
        self._best |= best
        known, units = self.units, self.plan.found_units(best)
        if self.unit_filter:
            units = tuple(unit for unit in units if self.unit_filter.matches(unit))
        new = [unit for unit in units if unit.identity not in known]
        if new:
            self._retrainings += new
            # All trainings of what one search found become known together.
            self._stacks.update(stacks(new))
            del self.units
        return new

    @property
    def retrainings_to_come(self) -> list[Retraining]:
        """Retrainings of networks that searches have yet to find, as far as they are to be done."""
        if self.unit_filter:
            return []
        return [each for each in self.plan.retrainings if each.waits_for not in self._best]

    def _merged(self, waiting: int) -> int:
        """Retrainings that were counted while they waited, and became no units of their own."""
        return len(self.plan.retrainings) - waiting - len(self._retrainings)

    @property
    def _searches(self) -> list[str]:
        """The searches that retrainings wait for, one for each of these."""
        waits_for = (retraining.waits_for for retraining in self.plan.retrainings)
        return [search for search in waits_for if search not in self._best]

    def states(self) -> UnitStates:
        """The states of all units, from file names, after ``add_retrainings``."""
        states = self.directory.states()
        self.add_retrainings(states.done)
        return states.with_blocked(self.units.values())

    def progress(self, states: UnitStates | None = None) -> RunProgress:
        """Count units by state; ``states`` are those of a look just taken."""
        states = states or self.states()
        identities = self.units.keys()
        waiting = [] if self.unit_filter else self._searches
        never = states.failed | states.blocked
        return RunProgress(
            total=len(identities) + len(waiting),
            done=len(identities & states.done),
            failed=len(identities & states.failed),
            blocked=len(states.blocked) + sum(search in never for search in waiting),
            finished=states.done,
            never=never,
            running=running_units(self.directory, states.claimed, self.units),
            merged=0 if self.unit_filter else self._merged(len(waiting)),
        )
