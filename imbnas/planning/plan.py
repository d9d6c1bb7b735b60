"""Plans a run: what it would do, what that costs, how long it takes; nothing is written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from imbnas.data.manifests import Manifest
from imbnas.execution.data_pool import Shelf
from imbnas.planning.planned_units import PlannedUnit, plan_units
from imbnas.planning.sample import Sample
from imbnas.planning.throughput import TimeRange, time_range
from imbnas.runs.bind import held_pins, held_replicates, resolve_suite
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expansion import Expansion
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.unit import UNIT_KINDS, AdaptUnit, DeviceType, RankUnit, Unit

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
        device_type: where networks would run.
        workers: processes.
        out: the run directory.
        totals: units by kind.
        of_unknown_cost: what computes units of unknown cost → how many of them.
        time: wall-clock seconds on this machine, units of unknown cost left out.
        alternative: where ``time`` may exceed a day, the longest fidelity that fits in a night, and
            its time.
    """

    title: str
    replicates: int
    device_type: DeviceType
    workers: int
    out: Path
    totals: tuple[KindTotal, ...]
    of_unknown_cost: dict[str, int]
    time: TimeRange
    alternative: tuple[str, TimeRange] | None


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
        resolved = self._resolve(fidelity, request.replicates or held_replicates(request.directory))
        request.directory.check_suite(resolved)
        units, sample = self._units(resolved, (request.directory, *request.reused))
        time = self._time(units, sample)
        unknown = [each.unit for each in units if _is_unknown(each)]
        return RunPlan(
            title=resolved.title,
            replicates=resolved.replicates,
            device_type=request.device_type,
            workers=request.workers,
            out=request.directory.path,
            totals=_totals(units),
            of_unknown_cost=dict(Counter(map(_author, unknown))),
            time=time,
            alternative=self._alternative(fidelity) if time.high > DAY else None,
        )

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf(self.request.locations, torch.device("cpu"), self._pins)

    @property
    def _pins(self) -> tuple[Manifest, ...]:
        return held_pins(self.request.directory, self.request.pins)

    def _resolve(self, fidelity: str, replicates: int | None) -> ResolvedSuite:
        return resolve_suite(
            self.request.suite,
            fidelity,
            self.request.locations,
            self.request.device_type,
            replicates,
            self.request.plugins,
            self._pins,
            self.request.precision,
            self.request.compiled,
        )

    def _units(
        self, resolved: ResolvedSuite, directories: Sequence[RunDirectory]
    ) -> tuple[list[PlannedUnit], Sample]:
        plan = Expansion(resolved).plan(self.request.parts)
        units, costs = plan_units(plan, directories, self._shelf)
        by_identity = {each.unit.identity: each.unit for each in units}
        return units, Sample(by_identity, costs, self.request.device_type)

    def _time(self, units: Sequence[PlannedUnit], sample: Sample) -> TimeRange:
        left, request = [each for each in units if each.cost], self.request
        if not left:
            return TimeRange(0.0, 0.0)
        # Workers beyond the cores take turns, while any number can share a GPU.
        able = self.cores if request.device_type == "cpu" else request.workers
        return time_range(left, sample, request, min(request.workers, able, len(left)))

    def _alternative(self, fidelity: str) -> tuple[str, TimeRange] | None:
        fitting = [(name, time) for name, time in self._others(fidelity) if time.high <= NIGHT]
        return max(fitting, key=lambda other: other[1].high, default=None)

    def _others(self, fidelity: str) -> Iterator[tuple[str, TimeRange]]:
        for name in self.request.suite.fidelities:
            if name != fidelity:
                # Another fidelity would go into another directory, with replicates of its own.
                resolved = self._resolve(name, self.request.replicates)
                yield name, self._time(*self._units(resolved, self.request.reused))


def _totals(units: Sequence[PlannedUnit]) -> tuple[KindTotal, ...]:
    """Totals of each kind that occurs."""
    of_kinds = ([each for each in units if each.unit.kind == kind] for kind in UNIT_KINDS)
    return tuple(_total(of_kind) for of_kind in of_kinds if of_kind)


def _total(units: Sequence[PlannedUnit]) -> KindTotal:
    costs = [each.cost for each in units if each.cost]
    return KindTotal(
        kind=units[0].unit.kind,
        units=len(units),
        known=sum(each.known for each in units),
        images_seen=sum(cost.images_seen for cost in costs),
        macs=sum(cost.macs for cost in costs),
        exact=all(cost.exact for cost in costs),
        of_unknown_cost=sum(map(_is_unknown, units)),
    )


def _is_unknown(planned: PlannedUnit) -> bool:
    return planned.cost is None and not planned.known


def _author(unit: Unit) -> str:
    """The kind of a unit, and the strategy or ranker that computes it."""
    match unit:
        case AdaptUnit():
            return f"adapt by {unit.strategy.label}"
        case RankUnit():
            return f"rank by {unit.ranker.label}"
        case _:
            return unit.kind
