"""How well replicates repeat a ranking, and how many of them a mean needs.

Everything follows from the mean tau-b between two replicates and two formulas: Greiner's (1909)
r = sin(π τ / 2), which ties tau and correlation, and that of Spearman (1910) and Brown (1910) for
the mean of S replicates, rel(S) = S r / (1 + (S − 1) r). Two means of S replicates each then agree
at tau 2/π asin(rel(S)), their noise ceiling; a mean of S agrees with something without noise of its
own at 2/π asin(ρ √rel(S)), where ρ is the correlation without noise (Spearman 1904).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from imbnas.stats.arrays import as_matrix, optional
from imbnas.stats.bootstrap import MIN_MODELS, Bootstrap, interval_of
from imbnas.stats.ceiling import noise_ceiling
from imbnas.stats.kendall import tau_b_resampled
from imbnas.stats.reliability import (
    mean_over_pairs,
    reliability,
    replicate_pairs,
    replicates_for,
    to_correlation,
)


@dataclass(frozen=True)
class Repeatability:
    """How well replicates repeat a ranking.

    Attributes:
        seed_tau: mean tau-b between two replicates, in [-1, 1]; ``None`` with a single one.
        seed_tau_low: lower bound of its interval; ``None`` below 10 distinct architectures.
        seed_tau_high: upper bound.
        ceiling: tau-b to expect between two means of ``mean_of`` replicates each, in [0, 1].
        ceiling_low: lower bound of its interval.
        ceiling_high: upper bound.
        mean_of: see ``ceiling``.
        n: architectures with all replicates.
        n_dropped: the others.
    """

    seed_tau: float | None
    seed_tau_low: float | None
    seed_tau_high: float | None
    ceiling: float | None
    ceiling_low: float | None
    ceiling_high: float | None
    mean_of: int
    n: int
    n_dropped: int


def repeatability(
    accuracies: ArrayLike,
    *,
    mean_of: int = 3,
    classes: ArrayLike | None = None,
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> Repeatability:
    """Measure how well replicates repeat the ranking of architectures.

    Args:
        accuracies: shape (A, R); NaN marks a missing value.
        mean_of: replicates of the means whose agreement is foretold, at least 1.
        classes: as in ``rank_transfer``.
        resamples: bootstrap resamples of the architectures; ``None`` draws 2,000, or 500 of 2,000
            architectures and more.
        seed: of the resampling.
        level: of the intervals, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    matrix = as_matrix(accuracies, "accuracies")
    bootstrap = Bootstrap(classes, resamples, seed, level)
    (kept,), counts, dropped = bootstrap.draw([matrix], "accuracies")
    if bootstrap.distinct([matrix]) < MIN_MODELS:
        counts = counts[:1]
    pairs = replicate_pairs(range(kept.shape[1]))
    if not pairs or len(kept) < 2:
        return Repeatability(None, None, None, None, None, None, mean_of, len(kept), dropped)
    taus = mean_over_pairs(tau_b_resampled(list(kept.T), pairs, counts))
    found = reliability(taus, mean_of)
    ceilings = noise_ceiling(found, found)
    bounds, limits = interval_of(taus, level), interval_of(ceilings, level)
    return Repeatability(
        seed_tau=optional(taus[0]),
        seed_tau_low=bounds.low,
        seed_tau_high=bounds.high,
        ceiling=optional(ceilings[0]),
        ceiling_low=limits.low,
        ceiling_high=limits.high,
        mean_of=mean_of,
        n=len(kept),
        n_dropped=dropped,
    )


def replicates_to_repeat(seed_tau: float, ceiling: float) -> float | None:
    """Replicates of a mean that agrees with another such mean at a tau, not rounded.

    Args:
        seed_tau: tau-b between two replicates, in [-1, 1].
        ceiling: the wanted tau, in [0, 1].

    Returns:
        At least 0; ``None`` where no number suffices.
    """
    return replicates_for(_correlation(seed_tau), _correlation(ceiling))


def replicates_to_agree(seed_tau: float, limit: float, wanted: float) -> float | None:
    """Replicates of a mean that agrees at a tau with something without noise, not rounded.

    Args:
        seed_tau: tau-b between two replicates, in [-1, 1].
        limit: tau of a mean of infinitely many replicates, in [-1, 1].
        wanted: tau, at most 1.

    Returns:
        At least 0; ``None`` where no number suffices.
    """
    if wanted <= 0:
        return 0.0
    if limit <= 0:
        return None
    ratio = _correlation(wanted) / _correlation(limit)
    return replicates_for(_correlation(seed_tau), min(ratio, 1.0) ** 2)


def _correlation(tau: float) -> float:
    return float(to_correlation(np.array([tau]))[0])
