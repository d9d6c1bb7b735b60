"""The means that a forger would want to raise, and the trainings that they are of."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit


def trainings_by_mean(
    suite: ResolvedSuite, records: Mapping[str, Record], best: Callable[[str], str | None]
) -> dict[str, dict[str, float]]:
    """What the tables average → identity → accuracy of each training that only the submission has.

    Networks that a strategy found are averaged by strategy, searcher and training; other trainings
    by condition and scheme, baselines also by model.

    Args:
        suite: of the submission.
        records: that are new.
        best: gives the architecture that a search has named, by the search's identity.
    """
    found: dict[str, dict[str, float]] = defaultdict(dict)
    seen: set[str] = set()
    expansion = Expansion(suite)
    for retraining in expansion.plan().retrainings:
        name = best(retraining.waits_for)
        identity = expansion.retrain(retraining, name).identity if name else ""
        if identity in records:
            chain, training = retraining.chain, retraining.training
            mean = f"{chain.strategy} by {chain.searcher} on {training.condition} {training.scheme}"
            found[mean][identity] = accuracy(records[identity])
            seen.add(identity)
    for identity, record in records.items():
        unit = record.unit
        if isinstance(unit, TrainUnit) and identity not in seen:
            model = "networks" if unit.model.source == "space" else unit.model.label
            place = unit.data.condition.partition(":subset-")[0]
            found[f"{model} on {place} {unit.scheme.name}"][identity] = accuracy(record)
    return dict(found)


def accuracy(record: Record) -> float:
    """Mean per-class test recall of a training in [0, 1]; 0 for what has none."""
    metrics = record.metrics
    return (metrics.mean_accuracy() or 0.0) if isinstance(metrics, TrainMetrics) else 0.0
