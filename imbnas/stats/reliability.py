"""Reliability: which share of the variance of a ranking is not noise of replicates.

For jointly normal variables Kendall's tau and the correlation r are tied by r = sin(π τ / 2)
(Greiner 1909). Formulas for correlations therefore apply after that transform.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from imbnas.stats.arrays import Floats


def to_correlation(tau: Floats) -> Floats:
    """Greiner's r = sin(π τ / 2), from [-1, 1] to [-1, 1]."""
    return np.sin(np.pi / 2 * tau)


def to_tau(correlation: Floats) -> Floats:
    """The inverse, τ = 2/π asin(r), of values in [-1, 1]."""
    return 2 / np.pi * np.arcsin(correlation)


def spearman_brown(reliability: Floats, replicates: int) -> Floats:
    """Reliability of the mean of several replicates from that of a single one.

    S r / (1 + (S − 1) r) (Spearman 1910; Brown 1910); replicates that agree no better than chance
    (r ≤ 0) give 0.

    Args:
        reliability: correlation between two replicates, in [-1, 1].
        replicates: S ≥ 1.

    Returns:
        In [0, 1].
    """
    floored = np.maximum(reliability, 0.0)
    projected: Floats = replicates * floored / (1 + (replicates - 1) * floored)
    return projected


def replicates_for(single: float, wanted: float) -> float | None:
    """How many replicates a mean needs: the inverse of ``spearman_brown``.

    S = R (1 − r) / (r (1 − R)).

    Args:
        single: r, correlation between two replicates, in [-1, 1].
        wanted: R, reliability of the mean, in [0, 1].

    Returns:
        At least 0 and not rounded; ``None`` where no number suffices: r ≤ 0, or R = 1 with r < 1.
    """
    if wanted <= 0 or single >= 1:
        return 0.0
    if single <= 0 or wanted >= 1:
        return None
    return wanted * (1 - single) / (single * (1 - wanted))


def reliability(seed_tau: Floats, replicates: int) -> Floats:
    """Reliability of a ranking by the mean of S replicates.

    Args:
        seed_tau: mean tau-b over all pairs of replicates, in [-1, 1].
        replicates: S ≥ 1.

    Returns:
        In [0, 1].
    """
    return spearman_brown(to_correlation(seed_tau), replicates)


def reliability_on_other_images(
    seed_tau: Floats, replicates: int, image_noise: Floats | float
) -> Floats:
    """Reliability of a ranking as a measurement on *any* test split of one size.

    Replicates share their test split and what its images add to each architecture, which is noise
    towards rankings on another split. With r = t / (t + 1), the variance t that single replicates
    share measured in that of their noise, the part of t that images add is taken out of the
    numerator: S (r − v (1 − r)) / (1 + (S − 1) r).

    Args:
        seed_tau: mean tau-b over all pairs of replicates, in [-1, 1].
        replicates: S ≥ 1.
        image_noise: v, variance of (architecture × test images) over that of the noise of a single
            replicate, at least 0; 0 gives ``reliability``.

    Returns:
        In [0, 1].
    """
    single = np.maximum(to_correlation(seed_tau), 0.0)
    signal = np.maximum(single - image_noise * (1 - single), 0.0)
    projected: Floats = replicates * signal / (1 + (replicates - 1) * single)
    return projected


def noise_variance(matrix: Floats, counts: NDArray[np.integer]) -> Floats:
    """Variance of a single replicate's noise, from the mean distance of two replicates.

    (√π / 2 · mean |x_i − x_j|)² is the variance of normal noise. Unlike the mean square it hardly
    follows a few architectures of much noise, which hardly lower the agreement of ranks either.

    Args:
        matrix: shape (A, R) without NaN, R ≥ 2.
        counts: shape (B, A), how often each architecture occurs in each resample.

    Returns:
        Shape (B,), in the squared unit of the matrix.
    """
    pairs = replicate_pairs(range(matrix.shape[1]))
    distance = np.mean([np.abs(matrix[:, i] - matrix[:, j]) for i, j in pairs], axis=0)
    mean: Floats = counts @ distance / counts.sum(axis=1)
    return np.pi / 4 * mean**2


def replicate_pairs(columns: range) -> list[tuple[int, int]]:
    """All pairs of different replicates."""
    return list(combinations(columns, 2))


def mean_over_pairs(taus: Floats) -> Floats:
    """Mean of (P, B) values over P pairs of replicates, shape (B,); NaN where there is no pair."""
    if len(taus) == 0:
        return np.full(taus.shape[1], np.nan)
    return np.asarray(taus.mean(axis=0))
