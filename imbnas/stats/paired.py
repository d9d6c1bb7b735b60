"""Which of two strategies ranks better: paired bootstrap on the same architectures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from imbnas.stats.arrays import as_matrix, optional, replicate_mean, same_rows
from imbnas.stats.bootstrap import Bootstrap, two_sided_p_value
from imbnas.stats.kendall import tau_b_resampled
from imbnas.stats.multiplicity import holm


@dataclass(frozen=True)
class PairedDifference:
    """Difference of two strategies' tau-b to one target, on the same architectures.

    Attributes:
        first: name of the first strategy.
        second: name of the second strategy.
        tau_first: tau-b of the first strategy to the target; ``None`` where undefined.
        tau_second: tau-b of the second strategy to the target; ``None`` where undefined.
        difference: first − second, in [-2, 2].
        difference_low: lower bound of its bootstrap interval; ``None`` where undefined.
        difference_high: upper bound of its bootstrap interval; ``None`` where undefined.
        p_value: two-sided, of "the difference is 0".
        p_adjusted: after Holm's correction over all pairs; ``None`` for a single comparison.
        n: architectures used.
        n_dropped: architectures left out because a value was missing.
    """

    first: str
    second: str
    tau_first: float | None
    tau_second: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    p_value: float | None
    p_adjusted: float | None
    n: int
    n_dropped: int


def paired_bootstrap(
    first: ArrayLike,
    second: ArrayLike,
    target: ArrayLike,
    *,
    names: tuple[str, str] = ("first", "second"),
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> PairedDifference:
    """Compare two strategies by their tau-b to the same target.

    Args:
        first: scores of shape (A,) or (A, R), averaged over replicates; NaN marks a missing value.
        second: scores of the same architectures.
        target: accuracies of shape (A,) or (A, S), averaged over replicates.
        names: what to call the two strategies.
        resamples: bootstrap resamples of the architectures; ``None`` draws 2,000, or 500 of 2,000
            architectures and more.
        seed: of the resampling.
        level: of the interval, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    sides = [as_matrix(first, names[0]), as_matrix(second, names[1]), as_matrix(target, "target")]
    for name, side in zip(names, sides, strict=False):
        same_rows(side, sides[2], f"{name}, target")
    bootstrap = Bootstrap(None, resamples, seed, level)
    kept, counts, dropped = bootstrap.draw(sides, names[0])
    taus = tau_b_resampled([replicate_mean(side) for side in kept], [(0, 2), (1, 2)], counts)
    samples = taus[0] - taus[1]
    tested = len(samples) > 1 and not np.isnan(samples[0])
    return PairedDifference(
        first=names[0],
        second=names[1],
        tau_first=optional(taus[0, 0]),
        tau_second=optional(taus[1, 0]),
        **bootstrap.bounded(samples, "difference", "difference"),
        p_value=two_sided_p_value(samples[1:]) if tested else None,
        p_adjusted=None,
        n=counts.shape[1],
        n_dropped=dropped,
    )


def compare_strategies(
    scores: Mapping[str, ArrayLike],
    target: ArrayLike,
    *,
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[PairedDifference, ...]:
    """Compare all pairs of strategies, with Holm's correction over the pairs.

    Args:
        scores: strategy → scores, as in ``paired_bootstrap``.
        target: accuracies, as in ``paired_bootstrap``.
        resamples: as in ``paired_bootstrap``.
        seed: of the resampling.
        level: of the intervals, in (0, 1); the intervals themselves are not adjusted.

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    rows = [
        paired_bootstrap(
            scores[first],
            scores[second],
            target,
            names=(first, second),
            resamples=resamples,
            seed=seed,
            level=level,
        )
        for first, second in combinations(sorted(scores), 2)
    ]
    adjusted = holm([row.p_value for row in rows])
    return tuple(replace(row, p_adjusted=p) for row, p in zip(rows, adjusted, strict=True))
