"""Plans a run: what it would do, what that costs, how long it takes; nothing is written."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from imbnas.data.manifests import Manifest
from imbnas.planning.cost import UnitCosts
from imbnas.planning.detectable import Detectable, detectable
from imbnas.planning.reweighting import ReweightedTrainings, reweighted_trainings
from imbnas.planning.sample import Sample
from imbnas.planning.suite_images import SuiteImages
from imbnas.planning.throughput import MOST_SECONDS, Measured, Task, TimeRange, Workload
from imbnas.runs.bind import as_held, held_pins
from imbnas.runs.queue.best_found import best_architectures
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import get_space
from imbnas.suites.expand import Expansion, Plan
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.unit import UNIT_KINDS, AdaptUnit, RankUnit, TrainUnit, Unit

DAY = 24 * 3600.0
NIGHT = 12 * 3600.0

_OTHERS_SECONDS = 5.0
"""After which no further fidelity is looked at."""


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
class PartTotal:
    """What a part takes when it alone is done; parts share units.

    Attributes:
        part: name.
        units: all of the part, and those that they build on.
        known: of them, those with a record.
        macs: multiply-accumulates of the others, as far as they are known.
        time: wall-clock seconds of the others.
    """

    part: str
    units: int
    known: int
    macs: int
    time: TimeRange


@dataclass(frozen=True)
class Untimed:
    """Units that none was timed for: they get the multiply-accumulates per second of others.

    Attributes:
        units: how many.
        share: of the multiply-accumulates that are left, in [0, 1].
    """

    units: int = 0
    share: float = 0.0


@dataclass(frozen=True)
class RunPlan:
    """What a run would do.

    Attributes:
        title: of the suite and fidelity.
        replicates: how many.
        totals: units by kind.
        parts: what each part takes.
        of_unknown_cost: what computes units of unknown cost → how many of them.
        reweighted: what trainings with deferred schemes spend on re-weighting.
        detectable: the smallest differences that a run of this size can show.
        time: wall-clock seconds on this machine, units of unknown cost left out.
        untimed: what of ``time`` rests on units of other kinds.
        alternative: where ``time`` may exceed a day, the longest fidelity that fits in a night, and
            its time, by the timings of this one.
        passed_over: fidelities that there was no time to look at for that.
    """

    title: str
    replicates: int
    totals: tuple[KindTotal, ...]
    parts: tuple[PartTotal, ...]
    of_unknown_cost: Mapping[str, int]
    reweighted: tuple[ReweightedTrainings, ...]
    detectable: Detectable
    time: TimeRange
    untimed: Untimed
    alternative: tuple[str, TimeRange] | None
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedUnits:
    """The units of a plan.

    Attributes:
        known: those with a record.
        tasks: those to be done whose cost is known.
        of_unknown_cost: the others.
        sample: of the plan.
        parts: identities of the units of each part.
    """

    known: Sequence[Unit]
    tasks: Sequence[Task]
    of_unknown_cost: Sequence[Unit]
    sample: Sample
    parts: Mapping[str, frozenset[str]]

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
        tell: is told what is being done, one line each time.
    """

    request: RunRequest
    cores: int
    tell: Callable[[str], None] = lambda _: None

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
        units = self._units(resolved, (request.directory, *request.reused), request.parts)
        measured = self._measured(units)
        taken = self._time(units, measured)
        others = self._others(fidelity, measured) if taken.high > DAY else _Others()
        return RunPlan(
            title=resolved.heading,
            replicates=resolved.replicates,
            totals=units.totals,
            parts=tuple(self._part(name, units, measured) for name in units.parts),
            of_unknown_cost=Counter(map(_maker, units.of_unknown_cost)),
            reweighted=reweighted_trainings(resolved, units.all),
            detectable=detectable(resolved, request.parts),
            time=taken,
            untimed=self._untimed(units, measured),
            alternative=others.longest,
            passed_over=others.passed_over,
        )

    @property
    def _pins(self) -> tuple[Manifest, ...]:
        return held_pins(self.request.directory, self.request.pins)

    def _units(
        self,
        resolved: ResolvedSuite,
        directories: Sequence[RunDirectory],
        parts: tuple[str, ...] | None,
    ) -> PlannedUnits:
        """Look up what of a suite is known in directories; compute the cost of the rest."""
        expansion = Expansion(resolved)
        plan = expansion.plan(parts)
        finished = set[str]().union(*(directory.finished() for directory in directories))
        waits = (retraining.waits_for for retraining in plan.retrainings)
        found = best_architectures(waits, directories)
        units = {unit.identity: unit for unit in (*plan.units, *plan.found_units(found))}
        self.tell(f"counting what {len(units):,} units of fidelity {resolved.fidelity} cost")
        costs = UnitCosts(SuiteImages(resolved), units.values())
        left = [unit for identity, unit in units.items() if identity not in finished]
        priced = [(unit, costs.of(unit)) for unit in left]
        tasks = [Task(unit, unit.requires, cost) for unit, cost in priced if cost]
        yet_to_find = _StandIns(plan, found)
        tasks += [
            Task(unit, (search,), costs.of_any_architecture(unit))
            for search, unit in yet_to_find.of(plan)
        ]
        names = parts or tuple(resolved.suite.parts)
        return PlannedUnits(
            known=[unit for identity, unit in units.items() if identity in finished],
            tasks=tasks,
            of_unknown_cost=[unit for unit, cost in priced if not cost],
            sample=Sample(units, costs, self.request.device_type),
            parts={
                name: yet_to_find.identities(expansion.plan((name,)) if names[1:] else plan)
                for name in names
            },
        )

    def _measured(self, units: PlannedUnits) -> Measured | None:
        """Time what stands for units, if any is left."""
        if not units.tasks:
            return None
        workload = self._workload(units.tasks, units.sample)
        trials = workload.trials()
        kinds = len({trial.group for trial in trials})
        what = "kind" if kinds == 1 else "kinds"
        self.tell(f"timing {kinds} {what} of units in short, {MOST_SECONDS:.0f} s at most")
        return workload.measure(trials, self.request, self._pins)

    def _time(self, units: PlannedUnits, measured: Measured | None) -> TimeRange:
        if not units.tasks or measured is None:
            return TimeRange()
        return self._workload(units.tasks, units.sample).time(measured)

    def _workload(self, tasks: Sequence[Task], sample: Sample) -> Workload:
        request = self.request
        # Workers beyond the cores take turns, while any number can share a GPU.
        able = self.cores if request.device_type == "cpu" else request.workers
        return Workload(tasks, sample, min(request.workers, able, len(tasks)))

    def _untimed(self, units: PlannedUnits, measured: Measured | None) -> Untimed:
        if measured is None:
            return Untimed()
        workload = self._workload(units.tasks, units.sample)
        return Untimed(len(workload.untimed(measured)), workload.untimed_share(measured))

    def _part(self, name: str, units: PlannedUnits, measured: Measured | None) -> PartTotal:
        own = units.parts[name]
        tasks = [task for task in units.tasks if task.unit.identity in own]
        known = sum(unit.identity in own for unit in units.known)
        unforeseen = sum(unit.identity in own for unit in units.of_unknown_cost)
        return PartTotal(
            part=name,
            units=known + unforeseen + len(tasks),
            known=known,
            macs=sum(task.cost.macs for task in tasks),
            time=self._workload(tasks, units.sample).time(measured)
            if tasks and measured
            else TimeRange(),
        )

    def _others(self, fidelity: str, measured: Measured | None) -> "_Others":
        """Other fidelities that fit in a night, as far as they can be looked at in time."""
        suite, parts, start = self.request.suite, self.request.parts, time.perf_counter()
        found: list[tuple[str, TimeRange]] = []
        passed_over = []
        names = list(suite.fidelities)
        place = names.index(fidelity)
        # Suites list their fidelities from the longest to the shortest.
        for name in (*names[place + 1 :], *names[:place]):
            if not set(parts or ()) <= set(suite.at(name).parts):
                continue
            if time.perf_counter() - start > _OTHERS_SECONDS:
                passed_over.append(name)
                continue
            # Another fidelity would go into another directory, with replicates of its own.
            resolved = resolve_suite(replace(self.request, fidelity=name, pins=self._pins))
            taken = self._time(self._units(resolved, self.request.reused, parts), measured)
            if taken.high <= NIGHT:
                found.append((name, taken))
        longest = max(found, key=lambda other: other[1].high, default=None)
        return _Others(longest, tuple(passed_over))


class _Others(NamedTuple):
    """The longest fidelity that fits in a night, and those that were not looked at."""

    longest: tuple[str, TimeRange] | None = None
    passed_over: tuple[str, ...] = ()


class _StandIns:
    """Random architectures in place of those that searches have yet to find.

    Args:
        plan: whose searches may not have ended.
        found: identity of a search → what it has found.
    """

    def __init__(self, plan: Plan, found: Mapping[str, str]) -> None:
        space = get_space(plan.expansion.resolved.suite.space)
        rng = np.random.default_rng(0)
        self._found = found
        self._architectures: dict[str, str] = {}
        for search in dict.fromkeys(each.waits_for for each in plan.retrainings):
            if search not in found:
                self._architectures[search] = space.random(rng)

    def of(self, plan: Plan) -> Iterator[tuple[str, TrainUnit]]:
        """Each search that has not ended, and a training that follows."""
        for retraining in plan.retrainings:
            architecture = self._architectures.get(retraining.waits_for)
            if architecture:
                yield retraining.waits_for, plan.expansion.retrain(retraining, architecture)

    def identities(self, plan: Plan) -> frozenset[str]:
        """Identities of the units of a plan of the same suite."""
        units = (*plan.units, *plan.found_units(self._found), *(unit for _, unit in self.of(plan)))
        return frozenset(unit.identity for unit in units)


def _maker(unit: Unit) -> str:
    """The kind of a unit, and the strategy or ranker that does it."""
    match unit:
        case AdaptUnit():
            return f"adapt by {unit.strategy.label}"
        case RankUnit():
            return f"rank by {unit.ranker.label}"
        case _:
            return unit.kind
