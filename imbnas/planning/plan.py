"""Plans a run: what it would do, what that costs, how long it takes; nothing is written."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from imbnas.data.manifests import Manifest
from imbnas.execution.data_pool import DataPool
from imbnas.planning.cost import UnitCosts
from imbnas.planning.detectable import Detectable, detectable
from imbnas.planning.reweighting import ReweightedTrainings, reweighted_trainings
from imbnas.planning.sample import Sample
from imbnas.planning.throughput import Task, TimeRange, Workload
from imbnas.runs.bind import as_held, held_pins
from imbnas.runs.queue.best_found import best_architectures
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import get_space
from imbnas.suites.expand import Expansion
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.unit import UNIT_KINDS, AdaptUnit, RankUnit, Unit

DAY = 24 * 3600.0
NIGHT = 12 * 3600.0


@dataclass(frozen=True)
class KindTotal:
    """The units of one kind.

    Attributes:
        kind: of units.
        units: all of the plan.
        known: of them, those with a record.
        images_seen: images through networks that the others will take.
        macs: multiply-accumulates that the others will take.
        exact: whether ``macs`` is what will be recorded, and not its expectation.
        of_unknown_cost: units that no cost here includes.
    """

    kind: str
    units: int
    known: int
    images_seen: int
    macs: int
    exact: bool
    of_unknown_cost: int


@dataclass(frozen=True)
class RunPlan:
    """What a run would do.

    Attributes:
        title: of the suite and fidelity.
        replicates: how many.
        totals: units by kind.
        of_unknown_cost: what computes units of unknown cost → how many of them.
        reweighted: what trainings with deferred schemes spend on re-weighting.
        detectable: the smallest differences that a run of this size can show.
        time: wall-clock seconds on this machine, units of unknown cost left out.
        alternative: where ``time`` may exceed a day, the longest fidelity that fits in a night, and
            its time.
    """

    title: str
    replicates: int
    totals: tuple[KindTotal, ...]
    of_unknown_cost: Mapping[str, int]
    reweighted: tuple[ReweightedTrainings, ...]
    detectable: Detectable
    time: TimeRange
    alternative: tuple[str, TimeRange] | None


@dataclass(frozen=True)
class PlannedUnits:
    """The units of a plan.

    Attributes:
        known: those with a record.
        tasks: those to be done whose cost is known.
        of_unknown_cost: the others.
        sample: of the plan.
    """

    known: Sequence[Unit]
    tasks: Sequence[Task]
    of_unknown_cost: Sequence[Unit]
    sample: Sample

    @property
    def all(self) -> Iterator[Unit]:
        """Units known and unknown."""
        yield from self.known
        yield from (task.unit for task in self.tasks)
        yield from self.of_unknown_cost

    @property
    def totals(self) -> tuple[KindTotal, ...]:
        """Totals of each kind that occurs."""
        totals = map(self._total, UNIT_KINDS)
        return tuple(total for total in totals if total.units)

    def _total(self, kind: str) -> KindTotal:
        costs = [task.cost for task in self.tasks if task.unit.kind == kind]
        known = sum(unit.kind == kind for unit in self.known)
        unknown = sum(unit.kind == kind for unit in self.of_unknown_cost)
        return KindTotal(
            kind=kind,
            units=known + len(costs) + unknown,
            known=known,
            images_seen=sum(cost.images_seen for cost in costs),
            macs=sum(cost.macs for cost in costs),
            exact=all(cost.exact for cost in costs),
            of_unknown_cost=unknown,
        )


@dataclass(frozen=True)
class Planner:
    """Plans runs of one suite.

    Attributes:
        request: what a run would be given.
        cores: processes that can work at the same time on the CPU.
    """

    request: RunRequest
    cores: int

    def plan(self, fidelity: str) -> RunPlan:
        """Plan one fidelity, and look for a smaller one where it would take more than a day.

        Raises:
            InputError: a name is unknown or data is missing.
            RefusedDirectoryError: the directory belongs to something else.
            TimingError: a shortened unit fails.
        """
        request = self.request
        resolved = resolve_suite(replace(as_held(request), fidelity=fidelity))
        request.directory.check_suite(resolved)
        units = self._units(resolved, (request.directory, *request.reused))
        time = self._time(units)
        return RunPlan(
            title=resolved.title,
            replicates=resolved.replicates,
            totals=units.totals,
            of_unknown_cost=Counter(map(_maker, units.of_unknown_cost)),
            reweighted=reweighted_trainings(resolved, units.all),
            detectable=detectable(resolved, request.parts),
            time=time,
            alternative=self._alternative(fidelity) if time.high > DAY else None,
        )

    @cached_property
    def _pool(self) -> DataPool:
        return DataPool(self.request.locations, torch.device("cpu"), self._pins)

    @property
    def _pins(self) -> tuple[Manifest, ...]:
        return held_pins(self.request.directory, self.request.pins)

    def _units(self, resolved: ResolvedSuite, directories: Sequence[RunDirectory]) -> PlannedUnits:
        """Look up what of a suite is known in directories; compute the cost of the rest."""
        plan = Expansion(resolved).plan(self.request.parts)
        finished = set[str]().union(*(directory.finished() for directory in directories))
        waits = (retraining.waits_for for retraining in plan.retrainings)
        found = best_architectures(waits, directories)
        units = {unit.identity: unit for unit in (*plan.units, *plan.found_units(found))}
        costs = UnitCosts(self._pool, units.values())
        left = [unit for identity, unit in units.items() if identity not in finished]
        priced = [(unit, costs.of(unit)) for unit in left]
        tasks = [Task(unit, unit.requires, cost) for unit, cost in priced if cost]
        space, rng = get_space(resolved.suite.space), np.random.default_rng(0)
        stand_ins: dict[str, str] = {}
        for retraining in plan.retrainings:
            if retraining.waits_for not in found:
                if retraining.waits_for not in stand_ins:
                    stand_ins[retraining.waits_for] = space.random(rng)
                unit = plan.expansion.retrain(retraining, stand_ins[retraining.waits_for])
                requires = (retraining.waits_for,)
                tasks.append(Task(unit, requires, costs.of_any_architecture(unit)))
        return PlannedUnits(
            known=[unit for identity, unit in units.items() if identity in finished],
            tasks=tasks,
            of_unknown_cost=[unit for unit, cost in priced if not cost],
            sample=Sample(units, costs, self.request.device_type),
        )

    def _time(self, units: PlannedUnits) -> TimeRange:
        if not units.tasks:
            return TimeRange()
        request, tasks = self.request, units.tasks
        # Workers beyond the cores take turns, while any number can share a GPU.
        able = self.cores if request.device_type == "cpu" else request.workers
        processes = min(request.workers, able, len(tasks))
        return Workload(tasks, units.sample, processes).time(request)

    def _alternative(self, fidelity: str) -> tuple[str, TimeRange] | None:
        fitting = [(name, time) for name, time in self._others(fidelity) if time.high <= NIGHT]
        return max(fitting, key=lambda other: other[1].high, default=None)

    def _others(self, fidelity: str) -> Iterator[tuple[str, TimeRange]]:
        suite, parts = self.request.suite, set(self.request.parts or ())
        for name in suite.fidelities:
            if name != fidelity and parts <= set(suite.at(name).parts):
                # Another fidelity would go into another directory, with replicates of its own.
                resolved = resolve_suite(replace(self.request, fidelity=name, pins=self._pins))
                yield name, self._time(self._units(resolved, self.request.reused))


def _maker(unit: Unit) -> str:
    """The kind of a unit, and the strategy or ranker that does it."""
    match unit:
        case AdaptUnit():
            return f"adapt by {unit.strategy.label}"
        case RankUnit():
            return f"rank by {unit.ranker.label}"
        case _:
            return unit.kind
