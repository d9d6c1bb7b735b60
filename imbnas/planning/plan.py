"""Plans a run: counts its units, forecasts what they spend, times a few, writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from imbnas.data.manifests import Manifest
from imbnas.execution.data_pool import DataPool
from imbnas.planning.calibration import Calibrators, calibrators
from imbnas.planning.calibrator import CalibrationJob
from imbnas.planning.outlook import KindTotal, Outlook, TimeRange, look_ahead
from imbnas.planning.timing import TimeModel
from imbnas.planning.unit_cost import Forecaster
from imbnas.runs.bind import held_pins, held_replicates
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.unit import DeviceType

DAY = 24 * 3600.0
NIGHT = 12 * 3600.0


@dataclass(frozen=True)
class Alternative:
    """A fidelity of the same suite that takes less.

    Attributes:
        fidelity: its name.
        low: seconds at least.
        high: seconds at most.
    """

    fidelity: str
    low: float
    high: float


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
        time: wall-clock seconds on this machine.
        alternative: where ``time`` may exceed a day, the longest fidelity that fits in a night.
    """

    title: str
    replicates: int
    device_type: DeviceType
    workers: int
    out: Path
    totals: tuple[KindTotal, ...]
    time: TimeRange
    alternative: Alternative | None


@dataclass(frozen=True)
class Planner:
    """Plans runs of one suite.

    Attributes:
        request: what a run would be given.
        cores: processes that can work at the same time.
    """

    request: RunRequest
    cores: int

    def plan(self, fidelity: str) -> RunPlan:
        """Plan one fidelity, and look for a smaller one where it would take more than a day.

        Raises:
            InputError: a name is unknown or data is missing.
            RefusedDirectoryError: the directory belongs to something else.
        """
        resolved = self._resolve(
            fidelity, self.request.replicates or held_replicates(self.request.directory)
        )
        self.request.directory.check_suite(resolved)
        forecaster = Forecaster(DataPool(self.request.locations, torch.device("cpu"), self._pins))
        outlook = self._outlook(
            resolved, (self.request.directory, *self.request.reused), forecaster
        )
        alternative = None
        time = TimeRange(0.0, 0.0)
        if outlook.left:
            with calibrators(min(self._parallel, 2), self._empty_job) as ready:
                time = self._time(outlook, forecaster, ready)
                if time.high > DAY:
                    alternative = self._alternative(fidelity, forecaster, ready)
        return RunPlan(
            title=resolved.title,
            replicates=resolved.replicates,
            device_type=self.request.device_type,
            workers=self.request.workers,
            out=self.request.directory.path,
            totals=outlook.totals,
            time=time,
            alternative=alternative,
        )

    @property
    def _parallel(self) -> int:
        """Processes that really work at the same time; one device is shared by all."""
        return min(self.request.workers, self.cores) if self.request.device_type == "cpu" else 1

    @property
    def _empty_job(self) -> CalibrationJob:
        return CalibrationJob(
            networks=(),
            supernets=(),
            device_type=self.request.device_type,
            root=self.request.locations.root,
            paths=self.request.locations.paths,
            offline=self.request.locations.offline,
            cache=self.request.locations.cache,
            plugins=tuple(self.request.plugins),
            pins=self._pins,
        )

    @property
    def _pins(self) -> tuple[Manifest, ...]:
        return held_pins(self.request.directory, self.request.pins)

    def _resolve(self, fidelity: str, replicates: int | None) -> ResolvedSuite:
        asked = replace(self.request, fidelity=fidelity, replicates=replicates, pins=self._pins)
        return resolve_suite(asked)

    def _outlook(
        self,
        resolved: ResolvedSuite,
        directories: Sequence[RunDirectory],
        forecaster: Forecaster,
    ) -> Outlook:
        return look_ahead(Expansion(resolved).plan(self.request.parts), directories, forecaster)

    def _time(self, outlook: Outlook, forecaster: Forecaster, ready: Calibrators) -> TimeRange:
        sample = outlook.sample(forecaster)
        job = sample.job(self._empty_job)
        alone = TimeModel(sample, ready.alone(job))
        together = [alone]
        if len(ready.processes) > 1:
            together = [TimeModel(sample, paces) for paces in ready.together(job)]
        return outlook.time(alone, together, self._parallel, ready.startup)

    def _alternative(
        self, fidelity: str, forecaster: Forecaster, ready: Calibrators
    ) -> Alternative | None:
        fitting = [
            alternative
            for alternative in self._others(fidelity, forecaster, ready)
            if alternative.high <= NIGHT
        ]
        return max(fitting, key=lambda alternative: alternative.high, default=None)

    def _others(
        self, fidelity: str, forecaster: Forecaster, ready: Calibrators
    ) -> Iterator[Alternative]:
        for name in self.request.suite.fidelities:
            if name != fidelity:
                # Another fidelity would go into another directory, with replicates of its own.
                resolved = self._resolve(name, self.request.replicates)
                outlook = self._outlook(resolved, self.request.reused, forecaster)
                time = self._time(outlook, forecaster, ready)
                yield Alternative(name, time.low, time.high)
