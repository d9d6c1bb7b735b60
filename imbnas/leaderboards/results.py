"""A run's records, looked up by what the tables ask for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imbnas.leaderboards.gc_pause import gc_paused
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import unchecked_note
from imbnas.runs.store.submitted import Submitted, submissions_of
from imbnas.suites.expand import Chain, Expansion, Retraining
from imbnas.suites.membership import Membership
from imbnas.suites.resolved import ConditionFacts, ResolvedSuite
from imbnas.suites.schema import (
    AdaptationPart,
    BaselinesPart,
    MotivationPart,
    Training,
    TransferPart,
)
from imbnas.units.metrics import SearchMetrics, TrainMetrics, pooled
from imbnas.units.records import Record
from imbnas.units.unit import DataRef, Model, TrainUnit, Unit

Floats = NDArray[np.float64]
P = TypeVar("P", TransferPart, AdaptationPart, BaselinesPart, MotivationPart)


@dataclass(frozen=True)
class Results:
    """The resolved suite together with its records by identity.

    Attributes:
        resolved: the suite.
        records: identity → record.
        damaged: what is wrong with records that were left out, one line each.
        unchecked: how many of the records have no checksum.
        foreign: how many further records were left out, since the suite does not have their units.
        submissions: what a board has taken.
        conflict: one line, where units have another result in a run that was merged.
    """

    resolved: ResolvedSuite
    records: dict[str, Record]
    damaged: tuple[str, ...] = ()
    unchecked: int = 0
    foreign: int = 0
    conflict: str | None = None
    submissions: tuple[Submitted, ...] = ()

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
        damaged = [*directory.faults]
        unchecked: set[str] = set()
        with gc_paused():
            records = directory.records(
                lambda error: damaged.append(str(error)),
                lambda path: unchecked.add(Path(path).stem),
            )
            found = cls.collect(resolved, records)
            own = found.of_the_suite()
        return replace(
            own,
            damaged=tuple(damaged),
            unchecked=len(unchecked & own.records.keys()),
            foreign=len(found.records) - len(own.records),
            submissions=submissions_of(directory),
            conflict=directory.conflict_note(),
        )

    def of_the_suite(self) -> "Results":
        """Without records of units that the suite does not have."""
        held = Membership(self.expansion).holds
        own = {name: record for name, record in self.records.items() if held(record.unit)}
        return replace(self, records=own)

    @property
    def notes(self) -> list[str]:
        """What users should know of the records, one line each."""
        notes = [self.conflict] if self.conflict else []
        if self.unchecked:
            notes.append(unchecked_note(self.unchecked))
        if self.foreign:
            notes.append(f"left out: {self.foreign} records of units that the suite does not have")
        return notes

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
            "fidelity": resolved.scale,
        }

    @property
    def replicates(self) -> range:
        """Numbers of the replicates."""
        return range(self.resolved.replicates)

    def parts(self, kind: type[P]) -> list[tuple[str, P]]:
        """Name and content of every part of one kind; an adaptation part once for each route."""
        found: list[tuple[str, P]] = []
        for name, part in self.resolved.suite.parts.items():
            if isinstance(part, kind):
                routes = part.routes(name) if isinstance(part, AdaptationPart) else {name: part}
                found += routes.items()
        return found

    def facts(self, training: Training) -> ConditionFacts:
        """Counts and groups of a training's condition."""
        return self.resolved.conditions[training.condition]

    def condition(self, data: DataRef) -> str:
        """The suite's name of the condition that a unit's data belong to."""
        return self._conditions.get(data.manifest_sha256, data.condition)

    @cached_property
    def _conditions(self) -> dict[str, str]:
        """Condition by manifest."""
        return {
            ref.manifest_sha256: name
            for name, facts in self.resolved.conditions.items()
            for ref in (*facts.replicates, *facts.retrainings)
        }

    def class_orders(self, *trainings: Training) -> str:
        """Name the class orders of the imbalanced conditions, such as ``identity, reversed``.

        Returns:
            The empty text where every condition is balanced, since no order matters there.
        """
        conditions = [self.facts(training).condition for training in trainings]
        return ", ".join(sorted({str(c.order) for c in conditions if c.ratio != 1}))

    @cached_property
    def functional_classes(self) -> NDArray[np.int64]:
        """(A,) class of each member of the population; one class computes one function."""
        ids = [member.functional_id for member in self.resolved.population]
        return np.unique(ids, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def population_identities(self) -> dict[Training, list[list[str]]]:
        """Training of a transfer part → identities of the population's units, by replicate."""
        trainings = [t for _, part in self.parts(TransferPart) for t in part.trainings]
        return {
            training: [self.expansion.population_identities(training, r) for r in self.replicates]
            for training in dict.fromkeys(trainings)
        }

    @cached_property
    def population_metrics(self) -> dict[Training, list[list[TrainMetrics | None]]]:
        """Training of a transfer part → metrics of the population, by architecture and replicate.

        ``None`` where a training is missing.
        """
        return {
            training: [list(map(self.metrics, row)) for row in zip(*replicates, strict=True)]
            for training, replicates in self.population_identities.items()
        }

    @cached_property
    def population_accuracy(self) -> dict[Training, Floats]:
        """Training of a transfer part → accuracies of the population.

        Each is the mean per-class test recall in [0, 1], shape (architectures, replicates), NaN
        where missing; not to be written to.
        """
        found = {}
        for training, rows in self.population_metrics.items():
            accuracies = [[m.mean_accuracy() if m else None for m in row] for row in rows]
            found[training] = np.array(accuracies, dtype=np.float64)
            found[training].flags.writeable = False
        return found

    def record(self, unit: Unit) -> Record | None:
        """The record of a unit, if it is finished."""
        return self.records.get(unit.identity)

    def trained(self, unit: TrainUnit) -> TrainMetrics | None:
        """The metrics of a training, if it is finished."""
        return self.metrics(unit.identity)

    def metrics(self, identity: str) -> TrainMetrics | None:
        """The metrics of the training of an identity, if it is finished."""
        record = self.records.get(identity)
        return record.metrics if record and isinstance(record.metrics, TrainMetrics) else None

    def model_metrics(self, model: Model, training: Training) -> list[TrainMetrics | None]:
        """The metrics of one model on one training, one entry per replicate."""
        return [self.trained(self.expansion.train(model, training, r)) for r in self.replicates]

    def chains(
        self, part: AdaptationPart, strategy: str, searcher: str | None = None
    ) -> list[Chain]:
        """One chain per replicate; by the fidelity's own searcher unless another one is named."""
        return [self.expansion.chain(part, strategy, r, searcher) for r in self.replicates]

    def found(self, chain: Chain) -> str | None:
        """The architecture that a chain's search named, if it has ended."""
        scores = self.scores(chain.search)
        return scores.best if scores else None

    def scores(self, unit: Unit) -> SearchMetrics | None:
        """The scores of a finished search."""
        record = self.record(unit)
        return record.metrics if record and isinstance(record.metrics, SearchMetrics) else None

    def retrained(
        self,
        part: AdaptationPart,
        strategy: str,
        training: Training,
        searcher: str | None = None,
    ) -> list[TrainMetrics | None]:
        """Metrics of the networks that a strategy found, one entry per replicate.

        Where each is trained several times, counts are summed over its trainings.
        """
        chains = self.chains(part, strategy, searcher)
        return [self._retrained(chain, training) for chain in chains]

    def _retrained(self, chain: Chain, training: Training) -> TrainMetrics | None:
        found = self.found(chain)
        if not found:
            return None
        places = range(self.resolved.settings.retrainings)
        again = (Retraining(chain, training, place) for place in places)
        metrics = [self.trained(self.expansion.retrain(each, found)) for each in again]
        complete = [each for each in metrics if each is not None]
        return pooled(complete) if len(complete) == len(metrics) else None
