"""Reliability: which share of the variance of a ranking is not noise of replicates.

For jointly normal variables Kendall's tau and the correlation r are tied by r = sin(π τ / 2)
(Greiner 1909). Formulas for correlations therefore apply after that transform.
"""

from itertools import combinations

import numpy as np

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


def reliability(seed_tau: Floats, replicates: int) -> Floats:
    """Reliability of a ranking by the mean of S replicates.

    Args:
        seed_tau: mean tau-b over all pairs of replicates, in [-1, 1].
        replicates: S ≥ 1.

    Returns:
        In [0, 1].
    """
    return spearman_brown(to_correlation(seed_tau), replicates)


def replicate_pairs(columns: range) -> list[tuple[int, int]]:
    """All pairs of different replicates."""
    return list(combinations(columns, 2))


def mean_over_pairs(taus: Floats) -> Floats:
    """Mean of (P, B) values over P pairs of replicates, shape (B,); NaN where there is no pair."""
    if len(taus) == 0:
        return np.full(taus.shape[1], np.nan)
    return np.asarray(taus.mean(axis=0))
