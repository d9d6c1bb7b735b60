"""What is still to be done of a suite, what it will spend, and how long it will take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from imbnas.planning.timing import Sample, TimeModel
from imbnas.planning.unit_cost import Forecast, Forecaster
from imbnas.runs.queue.best_found import best_architectures
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Plan
from imbnas.units.unit import UNIT_KINDS, Unit

_FASTER, _SLOWER = 0.8, 1.5
"""How far a few timed steps and a whole run differ, either way."""

_STORING_SECONDS = 0.03
"""The most that claiming and storing takes for each unit."""


@dataclass(frozen=True)
class Item:
    """One unit of a plan.

    Attributes:
        unit: a training of a network yet to be found has a typical architecture instead.
        requires: identities of the units that must be finished before.
        known: whether a record of it exists.
        forecast: what it will spend; ``None`` where nobody can know.
    """

    unit: Unit
    requires: tuple[str, ...]
    known: bool
    forecast: Forecast | None


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
        unforeseen: units without a forecast, which no number here includes.
    """

    kind: str
    units: int
    known: int
    images_seen: int
    macs: int
    exact: bool
    unforeseen: int


@dataclass(frozen=True)
class TimeRange:
    """Wall-clock seconds, from and to."""

    low: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """All units of a plan."""

    items: tuple[Item, ...]

    @property
    def totals(self) -> tuple[KindTotal, ...]:
        """Totals of each kind that occurs."""
        kinds = dict.fromkeys((*UNIT_KINDS, *(item.unit.kind for item in self.items)))
        of_kinds = ([i for i in self.items if i.unit.kind == kind] for kind in kinds)
        return tuple(_total(items) for items in of_kinds if items)

    @cached_property
    def left(self) -> tuple[Item, ...]:
        """Units that are to be done and whose cost can be told."""
        return tuple(item for item in self.items if not item.known and item.forecast)

    def sample(self, forecaster: Forecaster) -> Sample:
        """Units to time for those that are left."""
        kinds = {item.unit.kind for item in self.left}
        wanted = {"train"} if kinds & {"train", "rank"} else set()
        if not kinds <= {"train", "rank"}:
            wanted.add("supernet")
        return Sample.choose(
            (item.unit for item in self.items if item.unit.kind in wanted), forecaster
        )

    def time(
        self, alone: TimeModel, together: Sequence[TimeModel], workers: int, startup: float
    ) -> TimeRange:
        """Wall-clock seconds until everything that is left is done.

        Args:
            alone: from steps timed while nothing else ran.
            together: from steps timed while as many processes worked.
            workers: processes that can work at the same time.
            startup: seconds until a worker is ready.
        """
        if not self.left:
            return TimeRange(0.0, 0.0)
        low = self._makespan(alone, workers, 0.0)
        slowest = max(self._makespan(model, workers, _STORING_SECONDS) for model in together)
        return TimeRange(_FASTER * low, _SLOWER * max(slowest, low) + startup)

    def _makespan(self, model: TimeModel, workers: int, storing: float) -> float:
        """Work shared evenly, but no shorter than the longest chain of units."""
        ends: dict[str, float] = {}
        work = 0.0
        for item in self.left:
            if item.forecast is None:
                continue
            seconds = model.seconds(item.unit, item.forecast) + storing
            begin = max((ends.get(required, 0.0) for required in item.requires), default=0.0)
            ends[item.unit.identity] = begin + seconds
            work += seconds
        return max(work / workers, *ends.values())


def look_ahead(plan: Plan, directories: Sequence[RunDirectory], forecaster: Forecaster) -> Outlook:
    """Find out what of a plan is known in directories, and forecast the rest."""
    finished = set[str]().union(*(directory.finished() for directory in directories))
    found = best_architectures((r.waits_for for r in plan.retrainings), directories)
    units = {unit.identity: unit for unit in (*plan.units, *plan.found_units(found))}
    forecaster.acquaint(units.values())
    items = [
        _item(unit, unit.requires, unit.identity in finished, forecaster) for unit in units.values()
    ]
    typical = plan.expansion.resolved.population[0].architecture
    for retraining in plan.retrainings:
        if retraining.waits_for not in found:
            unit = forecaster.typical(plan.expansion.retrain(retraining, typical))
            forecast = forecaster.forecast(unit)
            forecast = forecast and replace(forecast, exact=False)
            items.append(Item(unit, (retraining.waits_for,), False, forecast))
    return Outlook(tuple(items))


def _item(unit: Unit, requires: tuple[str, ...], known: bool, forecaster: Forecaster) -> Item:
    return Item(unit, requires, known, None if known else forecaster.forecast(unit))


def _total(items: Sequence[Item]) -> KindTotal:
    forecasts = [item.forecast for item in items if item.forecast]
    known = sum(item.known for item in items)
    return KindTotal(
        kind=items[0].unit.kind,
        units=len(items),
        known=known,
        images_seen=sum(forecast.images_seen for forecast in forecasts),
        macs=sum(forecast.macs for forecast in forecasts),
        exact=all(forecast.exact for forecast in forecasts),
        unforeseen=len(items) - known - len(forecasts),
    )
