"""Do rankers without a supernet foretell long-tailed accuracy as well as balanced accuracy?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.class_orders import class_orders
from imbnas.leaderboards.tables.controls import balanced_control
from imbnas.leaderboards.tables.rank_correlation import functional_classes
from imbnas.leaderboards.tables.rankings import Ranking, rankings
from imbnas.stats import ForesightChange, foresight, foresight_change, holm
from imbnas.suites.schema import Training, TransferPart

COLUMNS = (
    "part", "ranker", "condition", "scheme", "tau_b", "tau_sd", "ci_low", "ci_high",
    "noise_ceiling", "tau_corrected", "seed_tau", "compared_with", "compared_scheme",
    "difference", "difference_low", "difference_high", "corrected_difference", "corrected_low",
    "corrected_high", "p_adjusted", "verdict", "cost_ratio", "n_undefined", "class_orders",
    "population", "n_architectures", "n_replicates", "n_missing", "protocol", "fidelity",
)  # fmt: skip
LEVEL = 0.95
LEAST_RESAMPLES = 2000


def rankers(results: Results) -> pd.DataFrame:
    """Rows for every ranker of a transfer part, and for plain parameter and MAC counts.

    - ``tau_b``: between a ranker's scores for a training and the accuracies that the training
      gave, mean over replicates of the scores; ``noise_ceiling`` is what noise in the accuracies
      would leave to perfect scores.
    - ``difference``: ``tau_b`` here minus that for the training it is ``compared_with``, which is
      the part's reference, and for a long-tailed condition also its balanced control of equal
      size; the interval draws the same architectures for both. ``corrected_difference`` is the
      same of ``tau_corrected``: accuracies on a long tail may be no harder to foretell, only
      noisier.
    - ``verdict``: ``ranks worse`` or ``ranks better`` than there where ``p_adjusted`` (Holm, over
      the comparisons of a part) is at most 0.05 and the interval of ``corrected_difference``
      leaves out 0 on the same side; else ``no difference shown``.
    - ``cost_ratio``: multiply-accumulates of ranking the population over those of training it.
    - ``n_undefined`` counts scores that were no finite numbers; they share the last place.
    """
    rows = [
        row
        for name, part in results.parts("transfer")
        if isinstance(part, TransferPart) and part.rankers
        for row in _rows(results, name, part)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Comparison:
    """A ranking for one training, and the same ranker's for another one."""

    training: Training
    ranking: Ranking
    other: Training | None
    change: ForesightChange | None


def _rows(results: Results, name: str, part: TransferPart) -> Iterator[dict[str, object]]:
    ranked = {training: list(rankings(results, part, training)) for training in part.trainings}
    pairs = [(training, other) for training in part.trainings for other in _others(part, training)]
    labels = range(len(ranked[part.reference]))
    # Holm's correction over many comparisons asks for small p-values, and they for resamples.
    resamples = max(LEAST_RESAMPLES, 80 * len(pairs) * len(labels))
    comparisons = [
        _compare(results, ranked, place, training, other, resamples)
        for place in labels
        for training, other in [(part.reference, None), *pairs]
    ]
    adjusted = holm([c.change.p_value if c.change else None for c in comparisons])
    for comparison, p_adjusted in zip(comparisons, adjusted, strict=True):
        yield _row(results, name, comparison, p_adjusted)


def _others(part: TransferPart, training: Training) -> list[Training]:
    """What a training is compared with: the reference, and its balanced control."""
    if training == part.reference:
        return []
    control = balanced_control(training, part.trainings)
    return [part.reference] + ([control] if control not in (None, part.reference) else [])


def _compare(
    results: Results,
    ranked: dict[Training, list[Ranking]],
    place: int,
    training: Training,
    other: Training | None,
    resamples: int,
) -> _Comparison:
    ranking, change = ranked[training][place], None
    if other is not None and ranking.scores.size and ranked[other][place].scores.size:
        change = foresight_change(
            (ranked[other][place].scores, results.population_accuracy(other)),
            (ranking.scores, results.population_accuracy(training)),
            classes=functional_classes(results),
            resamples=resamples,
            level=LEVEL,
        )
    return _Comparison(training, ranking, other, change)


def _row(
    results: Results, name: str, comparison: _Comparison, p_adjusted: float | None
) -> dict[str, object]:
    training, ranking, other = comparison.training, comparison.ranking, comparison.other
    actual = results.population_accuracy(training)
    row: dict[str, object] = {
        "part": name,
        "ranker": ranking.label,
        "condition": training.condition,
        "scheme": training.scheme,
        "compared_with": other.condition if other else None,
        "compared_scheme": other.scheme if other else None,
        **_changed(comparison.change, p_adjusted),
        "cost_ratio": _cost_ratio(results, ranking, training),
        "n_undefined": ranking.n_undefined,
        "class_orders": class_orders(results, *([training, other] if other else [training])),
        **results.scope,
        "n_missing": ranking.n_missing + int(np.isnan(actual).sum()),
    }
    if ranking.scores.size:
        row |= _foreseen(results, ranking.scores, actual)
    return row


def _foreseen(results: Results, scores: Floats, actual: Floats) -> dict[str, object]:
    found = foresight(scores, actual, classes=functional_classes(results), level=LEVEL)
    statistics = (
        "tau_b", "tau_sd", "ci_low", "ci_high", "noise_ceiling", "tau_corrected", "seed_tau",
    )  # fmt: skip
    return {name: getattr(found, name) for name in statistics} | {"n_architectures": found.n}


def _changed(change: ForesightChange | None, p_adjusted: float | None) -> dict[str, object]:
    if change is None:
        return {}
    return {
        "difference": change.difference,
        "difference_low": change.low,
        "difference_high": change.high,
        "corrected_difference": change.corrected,
        "corrected_low": change.corrected_low,
        "corrected_high": change.corrected_high,
        "p_adjusted": p_adjusted,
        "verdict": verdict(change, p_adjusted),
    }


def verdict(change: ForesightChange, p_adjusted: float | None) -> str | None:
    """Whether a ranker ranks better or worse; noise of the accuracies alone does not count.

    Returns:
        ``None`` where an interval cannot be given.
    """
    low, high = change.corrected_low, change.corrected_high
    if p_adjusted is None or change.difference is None or low is None or high is None:
        return None
    if p_adjusted <= 1 - LEVEL + 1e-12:
        if change.difference < 0 and high < 0:
            return "ranks worse"
        if change.difference > 0 and low > 0:
            return "ranks better"
    return "no difference shown"


def _cost_ratio(results: Results, ranking: Ranking, training: Training) -> float | None:
    """Of the finished replicates of the ranking, over as many replicates of the training."""
    if ranking.macs == 0:
        return None if ranking.n_missing else 0.0
    spent = [_train_macs(results, training, r) for r in range(results.resolved.replicates)]
    whole = [macs for macs in spent if macs is not None]
    if not whole:
        return None
    ratio: float = ranking.macs / ranking.scores.shape[1] / float(np.mean(whole))
    return ratio


def _train_macs(results: Results, training: Training, replicate: int) -> int | None:
    """Multiply-accumulates of the population's trainings; ``None`` while one is missing."""
    identities: Sequence[str] = results.population(training, replicate)
    records = [results.records.get(identity) for identity in identities]
    found = [record.cost.macs for record in records if record is not None]
    return sum(found) if len(found) == len(records) else None
