"""Networks in pairs that cost alike and do alike in one measurement, to be compared in another.

Whether networks that cannot be told apart on balanced data differ on long-tailed data is asked of
pairs that are chosen without looking at the latter (IMB-NAS, table 1, shows two such pairs).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, Ints, as_matrix, as_vector, same_rows


@dataclass(frozen=True)
class MatchedPairs:
    """Pairs of networks, none of which is in two.

    Attributes:
        pairs: places of the two networks, the lower first; the closest pair first.
        limit: the largest difference of means that replicates do not tell from 0, in the unit of
            the values; ``None`` where nothing tells how noisy they are.
        n: networks without a missing value.
        note: why there is no pair, else empty.
    """

    pairs: tuple[tuple[int, int], ...]
    limit: float | None
    n: int
    note: str


def matched_pairs(
    values: ArrayLike,
    costs: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    tolerance: float = 0.05,
    level: float = 0.95,
) -> MatchedPairs:
    """Pair networks of about equal cost whose values differ by no more than noise.

    Noise is the residual of network and replicate in a two-way layout, one variance for all, so
    that three replicates of many networks know it well: two means are told apart where they differ
    by more than t · √(2 s² / R), with (A − 1)(R − 1) degrees of freedom. Of all pairs that are left
    the closest is taken, then the closest of the remaining networks, and so on.

    Args:
        values: shape (A, R), such as accuracies on balanced data; a network with a missing value
            (NaN) is left out.
        costs: shape (A,), positive, such as multiply-accumulates; NaN where unknown.
        classes: shape (A,), equal numbers for networks that compute one function, which are never
            paired. ``None``: they all differ.
        tolerance: the larger cost is at most 1 + tolerance times the smaller.
        level: 1 − the chance that two equal networks are told apart, in (0, 1).

    Raises:
        InputError: the shapes do not fit, or a number is out of its range.
    """
    matrix, cost = as_matrix(values, "values"), as_vector(costs, "costs")
    kinds = as_vector(range(len(cost)) if classes is None else classes, "classes")
    same_rows(matrix, cost, "values, costs")
    same_rows(matrix, kinds, "values, classes")
    if (cost <= 0).any():
        raise InputError("costs: one is not positive and has no ratio to others; leave it out")
    if tolerance < 0:
        raise InputError(f"tolerance: {tolerance} is negative; 0.05 allows costs to differ by 5%")
    if not 0 < level < 1:
        raise InputError(f"level: {level} is not between 0 and 1; 0.95 is usual")
    known = np.flatnonzero(~np.isnan(matrix).any(axis=1) & ~np.isnan(cost))
    kept = matrix[known]
    limit = _limit(kept, level)
    if limit is None:
        return MatchedPairs((), None, len(known), "needs two networks and two replicates of each")
    near = _near(kept.mean(axis=1), cost[known], kinds[known], limit, 1 + tolerance)
    places = [(int(known[i]), int(known[j])) for i, j in _disjoint(*near)]
    note = "" if places else f"no two of {len(known)} networks match"
    return MatchedPairs(tuple(places), limit, len(known), note)


def spread(differences: Sequence[Floats]) -> tuple[float | None, float | None]:
    """How far the networks of pairs differ once noise is taken out, and whether they do at all.

    The mean square of K observed mean differences is, in expectation, that of the true ones plus
    the variance of a mean; their ratio is F distributed where no two networks differ (one-way
    analysis of variance, here of differences against 0).

    Args:
        differences: of each pair, one by replicate, independent between pairs; NaN marks a missing
            one.

    Returns:
        Root mean square of the true differences in their unit, 0 where noise explains all, and the
        p-value of "no two networks of a pair differ"; ``None`` where nothing tells the noise.
    """
    kept = [each[~np.isnan(each)] for each in differences]
    kept = [each for each in kept if len(each) > 1]
    if not kept:
        return None, None
    within = sum(len(each) - 1 for each in kept)
    noise = sum(float(((each - each.mean()) ** 2).sum()) for each in kept) / within
    true = np.mean([each.mean() ** 2 - noise / len(each) for each in kept])
    if noise == 0:
        return float(np.sqrt(true)), None
    from scipy import stats

    ratio = float(np.mean([len(each) * each.mean() ** 2 for each in kept])) / noise
    return float(np.sqrt(max(true, 0.0))), float(stats.f.sf(ratio, len(kept), within))


def _limit(matrix: Floats, level: float) -> float | None:
    networks, replicates = matrix.shape
    freedom = (networks - 1) * (replicates - 1)
    if freedom < 1:
        return None
    from scipy import stats

    residual = matrix - matrix.mean(axis=1, keepdims=True) - matrix.mean(axis=0) + matrix.mean()
    variance = float((residual**2).sum()) / freedom
    quantile = float(stats.t.ppf((1 + level) / 2, freedom))
    return quantile * float(np.sqrt(2 * variance / replicates))


def _near(
    means: Floats, costs: Floats, kinds: Floats, limit: float, factor: float
) -> tuple[Ints, Ints]:
    """Places of the first and of the second network of pairs that match, the nearest pair first.

    Pairs of equal distance come in the order of their places.
    """
    distances, firsts, seconds = [np.empty(0)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i in range(len(means) - 1):
        distance = np.abs(means[i + 1 :] - means[i])
        others = costs[i + 1 :]
        alike = np.maximum(others, costs[i]) <= factor * np.minimum(others, costs[i])
        matching = np.flatnonzero(alike & (distance <= limit) & (kinds[i + 1 :] != kinds[i]))
        distances.append(distance[matching])
        firsts.append(np.full(len(matching), i))
        seconds.append(matching + i + 1)
    # Sorting is stable, and the places ascend.
    order = np.argsort(np.concatenate(distances), kind="stable")
    return np.concatenate(firsts)[order], np.concatenate(seconds)[order]


def _disjoint(firsts: Ints, seconds: Ints) -> Iterator[tuple[int, int]]:
    """Pairs in the order given, without those of a network that an earlier one has."""
    taken: set[int] = set()
    for i, j in zip(firsts.tolist(), seconds.tolist(), strict=True):
        if i not in taken and j not in taken:
            taken |= {i, j}
            yield i, j
