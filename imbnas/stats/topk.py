"""What a ranking is worth for picking architectures: overlap, best rank and regret at k.

Where the k-th place is tied, each statistic is its expectation under random tie-breaking, so that
no result depends on the order of the rows.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import (
    Floats,
    as_matrix,
    as_vector,
    complete_rows,
    replicate_mean,
    same_rows,
)
from imbnas.stats.summary import MeanSd, mean_sd


def top_k_overlap(predicted: ArrayLike, actual: ArrayLike, k: int) -> float:
    """Share of the predicted top k that is in the actual top k (P@topK, Ning et al. 2021).

    Args:
        predicted: shape (A,), larger is better; rows with NaN on either side are left out.
        actual: shape (A,).
        k: from 1 to the number of complete rows.

    Returns:
        In [0, 1].

    Raises:
        InputError: the shapes or ``k`` do not fit.
    """
    first, second = _complete(predicted, actual, k)
    return float((_chance_of_top(first, k) * _chance_of_top(second, k)).sum() / k)


def best_rank_at_k(predicted: ArrayLike, actual: ArrayLike, k: int) -> float:
    """Best actual rank among the predicted top k over A (BR@K, Ning et al. 2021).

    Arguments and errors are those of ``top_k_overlap``.

    Returns:
        In (0, 1]; 1/A when the best architecture is among them.
    """
    first, second = _complete(predicted, actual, k)
    better = len(second) - np.searchsorted(np.sort(second), second, side="right")
    return _expected_best(first, -(better + 1).astype(np.float64), k) / -len(second)


def regret(predicted: ArrayLike, actual: ArrayLike, k: int = 1) -> MeanSd:
    """How much the best of the predicted top k falls short of the best architecture.

    The spread is that over replicates of the prediction. A bootstrap interval is not offered:
    resampling architectures biases regret upwards.

    Args:
        predicted: shape (A,) or (A, R), larger is better; NaN marks a missing value.
        actual: shape (A,) or (A, S), averaged over its replicates; the unit of the result.
        k: from 1 to the number of complete rows.

    Returns:
        Mean and standard deviation over the R replicates, in [0, ∞).

    Raises:
        InputError: the shapes or ``k`` do not fit.
    """
    scores, accuracies = as_matrix(predicted, "predicted"), as_matrix(actual, "actual")
    same_rows(scores, accuracies, "predicted, actual")
    (scores, accuracies), _ = complete_rows([scores, accuracies])
    _check_k(k, len(scores))
    mean = replicate_mean(accuracies)
    best = float(mean.max())
    return mean_sd([best - _expected_best(column, mean, k) for column in scores.T])


def _complete(predicted: ArrayLike, actual: ArrayLike, k: int) -> tuple[Floats, Floats]:
    first, second = as_vector(predicted, "predicted"), as_vector(actual, "actual")
    same_rows(first, second, "predicted, actual")
    (left, right), _ = complete_rows([first[:, None], second[:, None]])
    _check_k(k, len(left))
    return left[:, 0], right[:, 0]


def _check_k(k: int, n: int) -> None:
    if not 1 <= k <= n:
        raise InputError(f"k: {k} is not between 1 and the number of complete rows, {n}")


def _chance_of_top(values: Floats, k: int) -> Floats:
    """Probability of each row to be in the top k when ties are broken at random."""
    threshold = np.sort(values)[-k]
    above, tied = values > threshold, values == threshold
    chance: Floats = above + tied * ((k - above.sum()) / tied.sum())
    return chance


def _expected_best(scores: Floats, values: Floats, k: int) -> float:
    """Expected largest value among the top k by score when ties are broken at random."""
    threshold = np.sort(scores)[-k]
    above = scores > threshold
    sure = float(values[above].max(initial=-math.inf))
    tied = np.sort(values[scores == threshold])[::-1]
    draws = k - int(above.sum())
    expected, chance_of_none = 0.0, 1.0
    for place, value in enumerate(tied):
        chance = min(1.0, draws / (len(tied) - place))
        expected += chance_of_none * chance * max(sure, float(value))
        chance_of_none *= 1 - chance
    return expected
