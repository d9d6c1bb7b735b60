"""Do rankers without a supernet predict long-tailed accuracy as well as balanced accuracy?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.controls import balanced_control
from imbnas.leaderboards.tables.shared.prediction import LEVEL, predicted, predicted_change
from imbnas.leaderboards.tables.shared.rankings import Ranking, rankings
from imbnas.leaderboards.tables.shared.scores import Scores
from imbnas.stats import holm
from imbnas.suites.schema import Training, TransferPart

Row = dict[str, Any]
COLUMNS = (
    "part", "ranker", "condition", "scheme", "tau_b", "tau_sd", "ci_low", "ci_high",
    "noise_ceiling", "tau_corrected", "seed_tau", "compared_with", "compared_scheme",
    "difference", "difference_low", "difference_high", "corrected_difference", "corrected_low",
    "corrected_high", "p_adjusted", "verdict", "cost_ratio", "n_undefined", "class_orders",
    "population", "n_architectures", "n_replicates", "n_missing", "protocol", "fidelity",
)  # fmt: skip
LEAST_RESAMPLES = 2000


def rankers(results: Results) -> pd.DataFrame:
    """Rows for every ranker of a transfer part, and for plain parameter and MAC counts.

    - ``tau_b``: between a ranker's scores for a training and the accuracies that the training
      gave, mean over replicates of the scores, each judged by the accuracies of the others. Its
      interval holds other architectures and, but for plain counts, other replicates of the
      ranker. ``noise_ceiling`` is what noise in the accuracies would leave to perfect scores.
    - ``difference``: ``tau_b`` here minus that for the training it is ``compared_with``, which is
      the part's reference, and for a long-tailed condition also its balanced control of equal
      size; over the replicates that are finished for both, which are paired. The interval draws
      the same architectures for both. ``corrected_difference`` is the same of
      ``tau_corrected``: accuracies on a long tail may be no harder to predict, only noisier.
    - ``verdict``: ``ranks worse`` or ``ranks better`` than there where ``p_adjusted`` (Holm, over
      the comparisons of a part) is at most 0.05 and the interval of ``corrected_difference``
      leaves out 0 on the same side; else ``no difference shown``.
    - ``cost_ratio``: multiply-accumulates of ranking the population over those of training it.
    - ``n_undefined`` counts scores that were not finite numbers; they share the last place.
    """
    rows = [
        row
        for name, part in results.parts(TransferPart)
        if part.rankers
        for row in _rows(results, name, part)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(results: Results, name: str, part: TransferPart) -> Iterator[Row]:
    ranked = {training: list(rankings(results, part, training)) for training in part.trainings}
    pairs = [(training, other) for training in part.trainings for other in _others(part, training)]
    number = len(ranked[part.reference])
    # Holm's correction over many comparisons needs small p-values, and they need resamples.
    resamples = max(LEAST_RESAMPLES, 80 * len(pairs) * number)
    incomplete = {t for t in part.trainings if np.isnan(results.population_accuracy[t]).any()}
    rows, awaited = [], 0
    for place in range(number):
        for training, other in [(part.reference, None), *pairs]:
            row = {"part": name, **_agreement(results, training, ranked[training][place])}
            if other is not None:
                before, after = ((t, ranked[t][place].scores) for t in (other, training))
                row |= _difference(results, before, after, resamples)
                awaited += "p_value" not in row and not incomplete.isdisjoint((training, other))
            rows.append(row)
    adjusted = holm([row.get("p_value") for row in rows], awaited=awaited)
    for row, p_adjusted in zip(rows, adjusted, strict=True):
        yield row | {"p_adjusted": p_adjusted, "verdict": verdict(row, p_adjusted)}


def _others(part: TransferPart, training: Training) -> list[Training]:
    """What a training is compared with: the reference, and its balanced control."""
    if training == part.reference:
        return []
    control = balanced_control(training, part.trainings)
    return [part.reference] + ([control] if control not in (None, part.reference) else [])


def _agreement(results: Results, training: Training, ranking: Ranking) -> Row:
    """What one ranking is worth for one training."""
    actual = results.population_accuracy[training]
    row: Row = {
        "ranker": ranking.label,
        "condition": training.condition,
        "scheme": training.scheme,
        "cost_ratio": _cost_ratio(results, ranking, training),
        "n_undefined": ranking.n_undefined,
        "class_orders": results.class_orders(training),
        **results.scope,
        "n_missing": ranking.n_missing + int(np.isnan(actual).sum()),
    }
    found = predicted(results, ranking.scores, actual)
    if found is not None:
        row |= {**vars(found), "n_architectures": found.n}
    return row


def _difference(
    results: Results,
    before: tuple[Training, Scores],
    after: tuple[Training, Scores],
    resamples: int,
) -> Row:
    """A ranking for one training (after) against the same ranker's for another one (before)."""
    (other, _), (training, _) = before, after
    row: Row = {
        "compared_with": other.condition,
        "compared_scheme": other.scheme,
        "class_orders": results.class_orders(training, other),
    }
    first, second = ((scores, results.population_accuracy[t]) for t, scores in (before, after))
    change = predicted_change(results, first, second, resamples)
    return row if change is None else row | vars(change)


def verdict(row: Mapping[str, Any], p_adjusted: float | None) -> str | None:
    """Whether a ranker ranks better or worse; noise of the accuracies alone does not count.

    Args:
        row: the fields of a ``PredictiveTauChange``, if there is one.
        p_adjusted: of its p-value.

    Returns:
        ``None`` where an interval cannot be given.
    """
    fields = ("difference", "corrected_low", "corrected_high")
    difference, low, high = (row.get(field) for field in fields)
    if p_adjusted is None or difference is None or low is None or high is None:
        return None
    if p_adjusted <= 1 - LEVEL + 1e-12:
        if difference < 0 and high < 0:
            return "ranks worse"
        if difference > 0 and low > 0:
            return "ranks better"
    return "no difference shown"


def _cost_ratio(results: Results, ranking: Ranking, training: Training) -> float | None:
    """Of the finished replicates of the ranking, over as many replicates of the training."""
    if ranking.macs == 0:
        return None if ranking.n_missing else 0.0
    spent = [_train_macs(results, ids) for ids in results.population_identities[training]]
    whole = [macs for macs in spent if macs is not None]
    if not whole:
        return None
    ratio: float = ranking.macs / len(ranking.scores.numbers) / float(np.mean(whole))
    return ratio


def _train_macs(results: Results, identities: Sequence[str]) -> int | None:
    """Multiply-accumulates of the population's trainings; ``None`` while one is missing."""
    records = [results.records.get(identity) for identity in identities]
    found = [record.cost.macs for record in records if record is not None]
    return sum(found) if len(found) == len(records) else None
