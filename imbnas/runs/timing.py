"""From what units spend and how fast this machine is to how long they take."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imbnas.execution.forecast import Forecast, Forecaster, ranked_models
from imbnas.execution.pace import Pace
from imbnas.runs.calibrator import CalibrationJob, Paces
from imbnas.units.work import BaselineModel, RankUnit, SupernetUnit, TrainUnit, Unit

_ARCHITECTURES = 3
_BASELINES = 6


@dataclass(frozen=True)
class Sample:
    """The units of a plan that are timed for all others.

    Attributes:
        networks: a few architectures from the smallest to the largest, then baselines.
        supernets: one of each space.
        macs: of one image's forward pass, for each of the networks.
    """

    networks: tuple[TrainUnit, ...]
    supernets: tuple[SupernetUnit, ...]
    macs: tuple[float, ...]

    @classmethod
    def choose(cls, units: Iterable[Unit], forecaster: Forecaster) -> "Sample":
        """Choose among the units of a plan."""
        trainings: dict[str, TrainUnit] = {}
        supernets: dict[str, SupernetUnit] = {}
        for unit in units:
            if isinstance(unit, TrainUnit):
                trainings.setdefault(unit.model.label, unit)
            elif isinstance(unit, SupernetUnit):
                supernets.setdefault(unit.space, unit)
        weighed = sorted(
            ((_macs(forecaster, unit), unit) for unit in trainings.values()),
            key=lambda pair: pair[0],
        )
        cells = [pair for pair in weighed if not isinstance(pair[1].model, BaselineModel)]
        models = [pair for pair in weighed if isinstance(pair[1].model, BaselineModel)]
        chosen = [*_spread(cells, _ARCHITECTURES), *_spread(models, _BASELINES)]
        return cls(
            networks=tuple(unit for _, unit in chosen),
            supernets=tuple(supernets.values()),
            macs=tuple(macs for macs, _ in chosen),
        )

    def job(self, empty: CalibrationJob) -> CalibrationJob:
        """The job that times the sample."""
        return empty.model_copy(update={"networks": self.networks, "supernets": self.supernets})


@dataclass(frozen=True)
class TimeModel:
    """Seconds of any unit of a plan, from those of its sample.

    Attributes:
        sample: what was timed.
        paces: how fast it was.
    """

    sample: Sample
    paces: Paces

    def seconds(self, unit: Unit, forecast: Forecast) -> float:
        """Seconds that a unit takes in one process, storing aside."""
        pace = self._pace(unit, forecast.network_macs)
        return (
            pace.build * forecast.networks
            + pace.train * forecast.trained
            + pace.head * forecast.head
            + pace.evaluate * forecast.evaluated
        )

    def _pace(self, unit: Unit, macs: float) -> Pace:
        if not isinstance(unit, TrainUnit | RankUnit):
            spaces = [supernet.space for supernet in self.sample.supernets]
            return self.paces.supernets[spaces.index(unit.space)]
        timed = list(zip(self.sample.networks, self.sample.macs, self.paces.networks, strict=True))
        for sampled, of_sample, pace in timed:
            if isinstance(unit, TrainUnit) and sampled.model == unit.model:
                return _scaled(pace, macs / of_sample)
        model = unit.model if isinstance(unit, TrainUnit) else ranked_models(unit)[0]
        alike = [
            (of_sample, pace)
            for sampled, of_sample, pace in timed
            if isinstance(sampled.model, BaselineModel) == isinstance(model, BaselineModel)
        ]
        return _interpolated(alike, macs)


def _macs(forecaster: Forecaster, unit: TrainUnit) -> float:
    forecast = forecaster.forecast(unit)
    return forecast.network_macs if forecast else 0.0


def _spread(
    ordered: Sequence[tuple[float, TrainUnit]], count: int
) -> list[tuple[float, TrainUnit]]:
    """The first, the last and some between, evenly; all where there are few."""
    if len(ordered) <= count:
        return list(ordered)
    return [ordered[round(i * (len(ordered) - 1) / (count - 1))] for i in range(count)]


def _interpolated(timed: Sequence[tuple[float, Pace]], macs: float) -> Pace:
    """The pace of a network between two timed ones, linear in multiply-accumulates."""
    weights = [weight for weight, _ in timed]
    place = bisect_left(weights, macs)
    if place == 0:
        return timed[0][1]
    if place == len(timed):
        return _scaled(timed[-1][1], macs / weights[-1])
    (low, below), (high, above) = timed[place - 1], timed[place]
    share = (macs - low) / (high - low)
    first, second = below.model_dump(), above.model_dump()
    return Pace(**{key: first[key] + share * (second[key] - first[key]) for key in first})


def _scaled(pace: Pace, factor: float) -> Pace:
    return pace.model_copy(
        update={key: getattr(pace, key) * factor for key in ("train", "head", "evaluate")}
    )
