"""A run's records, looked up by what the tables ask for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbnas.leaderboards.gc_pause import resting_collector
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Chain, Expansion, Retraining
from imbnas.suites.resolved import ConditionFacts, ResolvedSuite
from imbnas.suites.schema import AdaptationPart, PartKind, Training
from imbnas.units.records import Record, SearchMetrics, TrainMetrics
from imbnas.units.unit import Model, SpaceModel, TrainUnit, Unit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Results:
    """The resolved suite together with its records by identity.

    Attributes:
        resolved: the suite.
        records: identity → record.
        damaged: what is wrong with records that were left out, one line each.
    """

    resolved: ResolvedSuite
    records: dict[str, Record]
    damaged: tuple[str, ...] = ()

    @classmethod
    def collect(cls, resolved: ResolvedSuite, records: Iterable[Record]) -> "Results":
        """Index records by identity; their order does not matter.

        They are sorted, since a sum of floating-point numbers depends on their order.
        """
        indexed = {record.identity: record for record in records}
        return cls(resolved, {identity: indexed[identity] for identity in sorted(indexed)})

    @classmethod
    def read(cls, directory: RunDirectory) -> "Results":
        """Read a run's suite and its sound records."""
        resolved = directory.read_suite()
        damaged: list[str] = []
        with resting_collector():
            records = directory.records(lambda error: damaged.append(str(error)))
            collected = cls.collect(resolved, records)
        return replace(collected, damaged=tuple(damaged))

    @cached_property
    def expansion(self) -> Expansion:
        """The units that the suite expands to."""
        return Expansion(self.resolved)

    @cached_property
    def scope(self) -> dict[str, object]:
        """What every row names: population, its size, replicates, protocol, fidelity."""
        resolved = self.resolved
        return {
            "population": f"{resolved.suite.space}: {resolved.population_rule}",
            "n_architectures": len(resolved.population),
            "n_replicates": resolved.replicates,
            "protocol": resolved.protocol,
            "fidelity": resolved.fidelity,
        }

    @cached_property
    def _population_accuracies(self) -> dict[Training, Floats]:
        return {}

    @cached_property
    def _population_identities(self) -> dict[tuple[Training, int], list[str]]:
        return {}

    def parts(self, kind: PartKind) -> list[tuple[str, object]]:
        """Name and content of every part of one kind; an adaptation part once for each route."""
        found: list[tuple[str, object]] = []
        for name, part in self.resolved.suite.parts.items():
            if part.kind != kind:
                continue
            routes = part.routes(name) if isinstance(part, AdaptationPart) else {name: part}
            found += routes.items()
        return found

    def facts(self, training: Training) -> ConditionFacts:
        """Counts and groups of a training's condition."""
        return self.resolved.conditions[training.condition]

    def record(self, unit: Unit) -> Record | None:
        """The record of a unit, if it is finished."""
        return self.records.get(unit.identity)

    def trained(self, unit: TrainUnit) -> TrainMetrics | None:
        """The metrics of a training, if it is finished."""
        record = self.record(unit)
        return record.metrics if record and isinstance(record.metrics, TrainMetrics) else None

    def population_accuracy(self, training: Training) -> Floats:
        """Mean per-class test recall in [0, 1] of the population, NaN where missing.

        Returns:
            Array of shape (architectures, replicates), not to be written to.
        """
        held = self._population_accuracies.get(training)
        if held is None:
            columns = [
                [self._accuracy(identity) for identity in self.population(training, replicate)]
                for replicate in range(self.resolved.replicates)
            ]
            held = np.array(columns, dtype=np.float64).T
            held.flags.writeable = False
            self._population_accuracies[training] = held
        return held

    def population(self, training: Training, replicate: int) -> list[str]:
        """Identities of the population's trainings, in the population's order."""
        key = training, replicate
        if key not in self._population_identities:
            identities = self.expansion.population_identities(training, replicate)
            self._population_identities[key] = identities
        return self._population_identities[key]

    def model_metrics(self, model: Model, training: Training) -> list[TrainMetrics | None]:
        """The metrics of one model on one training, one entry a replicate."""
        return [
            self.trained(self.expansion.train(model, training, replicate))
            for replicate in range(self.resolved.replicates)
        ]

    def motivation_metrics(
        self, model: SpaceModel, training: Training
    ) -> list[TrainMetrics | None]:
        """The metrics of a network of a motivation part, one entry a replicate."""
        return [
            self.trained(self.expansion.train(model, training, replicate, recipe="motivation"))
            for replicate in range(self.resolved.replicates)
        ]

    def chains(self, part: AdaptationPart, strategy: str) -> list[Chain]:
        """One chain a replicate."""
        return [
            self.expansion.chain(part, strategy, replicate)
            for replicate in range(self.resolved.replicates)
        ]

    def found(self, chain: Chain) -> str | None:
        """The architecture that a chain's search named, if it has ended."""
        scores = self.scores(chain.search)
        return scores.best if scores else None

    def scores(self, unit: Unit) -> SearchMetrics | None:
        """The scores of a finished search."""
        record = self.record(unit)
        return record.metrics if record and isinstance(record.metrics, SearchMetrics) else None

    def retrained(
        self, part: AdaptationPart, strategy: str, training: Training
    ) -> list[TrainMetrics | None]:
        """Metrics of the networks that a strategy found, one entry a replicate."""
        metrics: list[TrainMetrics | None] = []
        for chain in self.chains(part, strategy):
            found = self.found(chain)
            if found is None:
                metrics.append(None)
            else:
                unit = self.expansion.retrain(Retraining(chain, training), found)
                metrics.append(self.trained(unit))
        return metrics

    def _accuracy(self, identity: str) -> float:
        record = self.records.get(identity)
        metrics = record.metrics if record else None
        accuracy = metrics.mean_accuracy() if isinstance(metrics, TrainMetrics) else None
        return np.nan if accuracy is None else accuracy


@dataclass(frozen=True)
class AccuracySummary:
    """Accuracy of one model on one condition over its replicates, in percent.

    Groups are those of the condition; ``None`` for a group without classes or when nothing is
    finished. ``sd`` needs two replicates.
    """

    mean: float | None
    sd: float | None
    many: float | None
    medium: float | None
    few: float | None
    worst: float | None
    n_replicates: int
    n_missing: int


def summarise(metrics: Sequence[TrainMetrics | None], facts: ConditionFacts) -> AccuracySummary:
    """Summarise the replicates of one model on one condition."""
    done = [m for m in metrics if m is not None]
    overall = _percent(m.mean_accuracy() for m in done)
    groups = {
        name: mean(_percent(m.mean_accuracy(classes) for m in done)) if classes else None
        for name, classes in facts.groups.items()
    }
    worst = _percent(min(a for a in m.class_accuracy if a is not None) for m in done)
    return AccuracySummary(
        mean=mean(overall),
        sd=float(np.std(overall, ddof=1)) if len(overall) > 1 else None,
        many=groups.get("many"),
        medium=groups.get("medium"),
        few=groups.get("few"),
        worst=mean(worst),
        n_replicates=len(done),
        n_missing=len(metrics) - len(done),
    )


def accuracies(metrics: Sequence[TrainMetrics | None]) -> Floats:
    """(R,) mean per-class recalls in [0, 1], NaN where a training is missing."""
    found = (m.mean_accuracy() if m else None for m in metrics)
    return np.array([np.nan if a is None else a for a in found], dtype=np.float64)


def with_whole_numbers(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Round columns of large counts, so that they are written with all their digits."""
    whole = {name: table[name].astype("Float64").round().astype("Int64") for name in columns}
    return table.assign(**whole)


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean, ``None`` for nothing."""
    return float(np.mean(values)) if len(values) else None


def _percent(accuracies: Iterable[float | None]) -> list[float]:
    return [100 * accuracy for accuracy in accuracies if accuracy is not None]
