"""Records of a suite that was never run, for tests of tables at any size."""

from collections.abc import Iterator

import numpy as np

from imbnas.suites.expansion import Expansion
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import (
    AdaptMetrics,
    Cost,
    Metrics,
    Provenance,
    Record,
    SearchMetrics,
    SupernetMetrics,
    TrainMetrics,
)
from imbnas.units.work import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit, Unit

PROVENANCE = Provenance(
    imbnas="0", python="3", torch="2", torchvision="0", timm="1", numpy="2", git_revision=None,
    threads=1, platform="none", utc="2026-01-01T00:00:00+00:00",
)  # fmt: skip


def fabricate(resolved: ResolvedSuite, seed: int = 0) -> Iterator[Record]:
    """A record for every unit: accuracies of a linear order with noise, in the plan's order."""
    rng = np.random.default_rng(seed)
    plan = Expansion(resolved).plan()
    found = {}
    for unit in plan.units:
        record = _record(unit, resolved, rng)
        if isinstance(record.metrics, SearchMetrics):
            found[record.identity] = record.metrics.best
        yield record
    known = {unit.identity for unit in plan.units}
    for unit in {u.identity: u for u in plan.found_units(found)}.values():
        if unit.identity not in known:
            yield _record(unit, resolved, rng)


def _record(unit: Unit, resolved: ResolvedSuite, rng: np.random.Generator) -> Record:
    return Record(
        identity=unit.identity,
        unit=unit,
        metrics=_metrics(unit, resolved, rng),
        cost=Cost(seconds=1.5, device="fabricated", images_seen=1000, macs=10**9),
        provenance=PROVENANCE,
    )


def _metrics(unit: Unit, resolved: ResolvedSuite, rng: np.random.Generator) -> Metrics:
    members = {
        m.architecture: i / len(resolved.population) for i, m in enumerate(resolved.population)
    }
    match unit:
        case TrainUnit():
            quality = 0.4 + 0.4 * members.get(unit.model.label, 0.5)
            correct = rng.binomial(80, min(quality + rng.normal(0, 0.02), 1), size=10)
            return TrainMetrics(
                class_correct=tuple(correct.tolist()), class_total=(80,) * 10, params=1000,
                macs=10_000, train_loss=0.5,
            )  # fmt: skip
        case SupernetUnit():
            return SupernetMetrics(weights_sha256="0" * 64, train_loss=1.0)
        case AdaptUnit():
            return AdaptMetrics(weights_sha256="1" * 64)
        case SearchUnit():
            scores = tuple((a, quality + rng.normal(0, 0.2)) for a, quality in members.items())
            best = max(scores, key=lambda pair: pair[1])[0]
            return SearchMetrics(best=best, scores=scores)
