"""From what units spend and how fast this machine is to how long they take."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imbnas.planning.calibrator import CalibrationJob, Paces
from imbnas.planning.pace import Pace
from imbnas.planning.unit_cost import Forecast, Forecaster
from imbnas.units.unit import BaselineModel, RankUnit, SupernetUnit, TrainUnit, Unit

_ARCHITECTURES = 3
_BASELINES = 6
_BASELINE = "baseline"


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
        trainings: dict[tuple[str, int], TrainUnit] = {}
        supernets: dict[str, SupernetUnit] = {}
        for unit in units:
            if isinstance(unit, TrainUnit):
                trainings.setdefault((unit.model.label, unit.stack), unit)
            elif isinstance(unit, SupernetUnit):
                supernets.setdefault(unit.space, unit)
        weighed = sorted(
            ((_macs(forecaster, unit), unit) for unit in trainings.values()),
            key=lambda pair: pair[0],
        )
        alike: dict[tuple[str, int], list[tuple[float, TrainUnit]]] = {}
        for pair in weighed:
            alike.setdefault(_likeness(pair[1]), []).append(pair)
        chosen = [
            pair
            for (family, _), pairs in sorted(
                alike.items(), key=lambda item: item[0][0] == _BASELINE
            )
            for pair in _spread(pairs, _BASELINES if family == _BASELINE else _ARCHITECTURES)
        ]
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
            if isinstance(unit, TrainUnit) and _same(sampled, unit):
                return _scaled(pace, macs / of_sample)
        family, stack = _likeness(unit)
        relatives = [each for each in timed if _likeness(each[0])[0] == family]
        # Rankers build each network alone; where only stacks are trained, these must do.
        alike = [each for each in relatives if each[0].stack == stack] or relatives
        return _interpolated([(of_sample, pace) for _, of_sample, pace in alike], macs)


def _likeness(unit: TrainUnit | RankUnit) -> tuple[str, int]:
    """What units share of which one tells the pace of another.

    That is being a baseline, or an architecture of one space, and the size of the stack.
    """
    if isinstance(unit, RankUnit):
        return f"space {unit.space}", 1
    model = unit.model
    family = _BASELINE if isinstance(model, BaselineModel) else f"space {model.space}"
    return family, unit.stack


def _same(sampled: TrainUnit, unit: TrainUnit) -> bool:
    return (sampled.model, sampled.stack) == (unit.model, unit.stack)


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
