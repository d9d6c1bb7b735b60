"""What following a ranking loses within the population, and what a random pick loses."""

from collections.abc import Callable

import numpy as np

from imbnas.leaderboards.results import Floats
from imbnas.leaderboards.tables.shared.scores import Scores, complete
from imbnas.stats import pair_values


def regret_by_replicate(scores: Scores, actual: Floats) -> Floats:
    """Regret within the population, in percentage points, one value for each replicate.

    The favourite of replicate i is judged by the accuracies of every other replicate j, where it is
    compared with the architecture of the best mean over the replicates other than j, so that
    neither profits from the noise that it is judged by. Where several architectures share the
    highest score, the favourite is one of them at random, and regret its expectation.

    The mean of the values is that over all pairs of replicates; their spread is that of both sides
    (``imbnas.stats.pair_values``).

    Args:
        scores: of the population.
        actual: (A, R) accuracies in [0, 1]; replicates with a missing value are left out.

    Returns:
        (R,) NaN for replicates left out; of exact scores the regret on each replicate.

    Raises:
        ValueError: scores have other columns than one for each replicate.
    """
    replicates = actual.shape[1]
    if not scores.exact and scores.values.shape[1] != replicates:
        raise ValueError(f"scores of {scores.values.shape[1]} replicates of {replicates}")
    rows = np.full((scores.values.shape[1], replicates), np.nan)
    best = _oracles(actual)
    for number in scores.numbers:
        column = scores.values[:, number]
        favourites = actual[column == np.nanmax(column)]
        rows[number] = 100 * (best - favourites.mean(axis=0))
    return rows[0] if scores.exact else pair_values(rows)


def _oracles(actual: Floats) -> Floats:
    """(R,) accuracy on a replicate of the architecture that is best on the others; NaN for none."""
    numbers, best = complete(actual), np.full(actual.shape[1], np.nan)
    for judge in numbers if len(numbers) > 1 else ():
        others = [other for other in numbers if other != judge]
        best[judge] = actual[np.argmax(actual[:, others].mean(axis=1)), judge]
    return best


def _random_pick(actual: Floats) -> Scores:
    """Every architecture is the favourite: the expectation of a uniform draw, exact."""
    return Scores(np.zeros((len(actual), 1)), exact=True)


def _one_replicate_oracle(actual: Floats) -> Scores:
    """What one training of each architecture on the target leads to.

    No ranking by scores can be expected to lose less without knowing more than that.
    """
    return Scores(actual)


REFERENCES: dict[str, Callable[[Floats], Scores]] = {
    "random-pick": _random_pick,
    "one-replicate-oracle": _one_replicate_oracle,
}
"""Rows beside which regrets are read, from accuracies; neither stands for a way to search."""
