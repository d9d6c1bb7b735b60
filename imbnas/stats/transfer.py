"""Does a ranking of architectures carry over: tau-b with its interval, ceiling and verdict."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from imbnas.stats.arrays import Floats, as_matrix, as_vector, optional, replicate_mean, same_rows
from imbnas.stats.bootstrap import MIN_ROWS, Bootstrap, interval_of, upper_p_value
from imbnas.stats.ceiling import correct_for_noise, noise_ceiling
from imbnas.stats.kendall import ones, tau_b_resampled, untied_pairs
from imbnas.stats.reliability import mean_over_pairs, reliability, replicate_pairs
from imbnas.stats.verdict import CEILING_ERROR, Verdict, decide


@dataclass(frozen=True)
class RankTransfer:
    """How well one ranking of architectures agrees with another.

    Every number that cannot be given is ``None``, and ``notes`` says why.

    Attributes:
        tau_b: Kendall's tau-b of the means over replicates, in [-1, 1].
        ci_low: lower bound of its bootstrap interval.
        ci_high: upper bound of its bootstrap interval.
        noise_ceiling: tau-b to expect if both sides measured one ranking, in [0, 1].
        ceiling_low: lower bound of the ceiling's bootstrap interval.
        ceiling_high: upper bound of the ceiling's bootstrap interval.
        tau_corrected: estimated tau-b of the noise-free rankings, in [-1, 1].
        corrected_low: lower bound of its bootstrap interval.
        corrected_high: upper bound of its bootstrap interval.
        clipped: whether the correction left [-1, 1] and was clipped.
        spearman: Spearman's rho of the means over replicates.
        weighted_tau: Vigna's (2015) weighted tau, which gives the best architectures most weight.
        n: architectures used.
        n_dropped: architectures left out because a value was missing.
        n_x: replicates of x.
        n_y: replicates of y.
        ties_x: pairs of architectures tied in x.
        ties_y: pairs of architectures tied in y.
        seed_tau_x: mean tau-b between two replicates of x.
        seed_tau_y: mean tau-b between two replicates of y.
        difference: noise ceiling − tau-b.
        difference_low: lower bound of its bootstrap interval.
        difference_high: upper bound of its bootstrap interval.
        difference_single: the same for single replicates.
        difference_single_low: lower bound of its bootstrap interval.
        difference_single_high: upper bound of its bootstrap interval.
        p_value: two-sided, of "the difference is above 0, and that of single replicates above
            0.02"; the larger of the two.
        verdict: see ``imbnas.stats.verdict.decide``.
        notes: why a number is missing, one sentence each.
        p_adjusted: set by ``imbnas.stats.holm_verdicts`` over the rows of a table.
    """

    tau_b: float | None
    ci_low: float | None
    ci_high: float | None
    noise_ceiling: float | None
    ceiling_low: float | None
    ceiling_high: float | None
    tau_corrected: float | None
    corrected_low: float | None
    corrected_high: float | None
    clipped: bool | None
    spearman: float | None
    weighted_tau: float | None
    n: int
    n_dropped: int
    n_x: int
    n_y: int
    ties_x: int
    ties_y: int
    seed_tau_x: float | None
    seed_tau_y: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    difference_single: float | None
    difference_single_low: float | None
    difference_single_high: float | None
    p_value: float | None
    verdict: Verdict | None
    notes: tuple[str, ...]
    p_adjusted: float | None = None


def rank_transfer(
    x: ArrayLike,
    y: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> RankTransfer:
    """Compare two rankings of the same architectures, each measured with replicates.

    The result depends neither on the order of the rows nor on the number of threads. Replicates
    must be independent within and across the two sides.

    Args:
        x: shape (A,) or (A, Rx), larger is better; NaN marks a missing value.
        y: shape (A,) or (A, Ry).
        classes: shape (A,), equal numbers for architectures that compute one function; whole
            classes are resampled then. ``None`` takes each for itself.
        resamples: bootstrap resamples of the architectures; ``None`` draws 2,000, or 500 of 2,000
            architectures and more.
        seed: of the resampling.
        level: of all intervals, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    left, right = as_matrix(x, "x"), as_matrix(y, "y")
    return _compare(left, right, Bootstrap(classes, resamples, seed, level), exact=False)


def rank_against_predictor(
    predictor: ArrayLike,
    target: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> RankTransfer:
    """Compare a predictor without noise of its own, such as MACs, with replicated accuracies.

    As ``rank_transfer`` with ``predictor`` as x, but the ceiling holds the noise of the target
    only. A predictor with many ties cannot reach the ceiling: tau-b of a tied against an untied
    variable stays below 1 however well the two agree.

    Args:
        predictor: shape (A,), larger is better; NaN marks a missing value.
        target: shape (A,) or (A, R).
        classes: as in ``rank_transfer``.
        resamples: as in ``rank_transfer``.
        seed: of the resampling.
        level: of all intervals, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    left, right = as_vector(predictor, "predictor")[:, None], as_matrix(target, "target")
    return _compare(left, right, Bootstrap(classes, resamples, seed, level), exact=True)


def _compare(x: Floats, y: Floats, bootstrap: Bootstrap, *, exact: bool) -> RankTransfer:
    same_rows(x, y, "x, y")
    (x, y), counts, dropped = bootstrap.draw([x, y], "x")
    mean_x, mean_y = replicate_mean(x), replicate_mean(y)
    samples = _samples(mean_x, mean_y, x, y, counts, exact)
    spearman, weighted = _scipy_correlations(mean_x, mean_y)
    undefined = np.isnan(samples.corrected[0])
    return RankTransfer(
        **bootstrap.bounded(samples.tau, "tau_b", "ci"),
        **bootstrap.bounded(samples.ceiling, "noise_ceiling", "ceiling"),
        **bootstrap.bounded(samples.corrected, "tau_corrected", "corrected"),
        clipped=None if undefined else bool(samples.clipped[0]),
        spearman=spearman,
        weighted_tau=weighted,
        n=len(x),
        n_dropped=dropped,
        n_x=x.shape[1],
        n_y=y.shape[1],
        ties_x=_ties(mean_x),
        ties_y=_ties(mean_y),
        seed_tau_x=optional(samples.seed_x[0]),
        seed_tau_y=optional(samples.seed_y[0]),
        **bootstrap.bounded(samples.difference, "difference", "difference"),
        **bootstrap.bounded(samples.single, "difference_single", "difference_single"),
        p_value=_p_value(samples),
        verdict=decide(
            interval_of(samples.difference, bootstrap.level),
            interval_of(samples.single, bootstrap.level),
        ),
        notes=_notes(x, y, mean_x, mean_y, samples, exact),
    )


@dataclass(frozen=True)
class _Samples:
    """Statistics of the sample itself (first) and of each resample, shape (1 + B,) each."""

    tau: Floats
    seed_x: Floats
    seed_y: Floats
    ceiling: Floats
    corrected: Floats
    clipped: np.ndarray
    difference: Floats
    single: Floats


def _samples(
    mean_x: Floats, mean_y: Floats, x: Floats, y: Floats, counts: np.ndarray, exact: bool
) -> _Samples:
    """Recompute the whole pipeline in each resample.

    The columns are: mean of x, mean of y, replicates of x, replicates of y.
    """
    n_x, n_y = x.shape[1], y.shape[1]
    columns = [mean_x, mean_y, *x.T, *y.T]
    left, right = range(2, 2 + n_x), range(2 + n_x, 2 + n_x + n_y)
    within_x, within_y = replicate_pairs(left), replicate_pairs(right)
    has_ceiling = n_y > 1 and (exact or n_x > 1)
    across = [(i, j) for i in left for j in right] if has_ceiling else []
    taus = tau_b_resampled(columns, [(0, 1), *within_x, *within_y, *across], counts)
    tau, rest = taus[0], taus[1:]
    seed_x = mean_over_pairs(rest[: len(within_x)])
    seed_y = mean_over_pairs(rest[len(within_x) : len(within_x) + len(within_y)])
    tau_single = mean_over_pairs(rest[len(within_x) + len(within_y) :])
    if exact:
        rel_x = single_x = np.ones_like(tau)
    else:
        rel_x, single_x = reliability(seed_x, n_x), reliability(seed_x, 1)
    ceiling = noise_ceiling(rel_x, reliability(seed_y, n_y))
    ceiling_single = noise_ceiling(single_x, reliability(seed_y, 1))
    corrected, clipped = correct_for_noise(tau, ceiling)
    return _Samples(
        tau=tau,
        seed_x=seed_x,
        seed_y=seed_y,
        ceiling=ceiling,
        corrected=corrected,
        clipped=clipped,
        difference=ceiling - tau,
        single=ceiling_single - tau_single,
    )


def _p_value(samples: _Samples) -> float | None:
    if np.isnan(samples.difference[0]) or np.isnan(samples.single[0]) or len(samples.tau) == 1:
        return None
    means = upper_p_value(samples.difference[1:])
    singles = upper_p_value(samples.single[1:] - CEILING_ERROR)
    return None if means is None or singles is None else max(means, singles)


def _scipy_correlations(x: Floats, y: Floats) -> tuple[float | None, float | None]:
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None, None
    from scipy import stats

    spearman = float(stats.spearmanr(x, y).statistic)
    return optional(spearman), optional(float(stats.weightedtau(x, y).statistic))


def _ties(column: Floats) -> int:
    n = len(column)
    return (n * (n - 1) - int(untied_pairs(column, ones(n))[0])) // 2


def _notes(
    x: Floats, y: Floats, mean_x: Floats, mean_y: Floats, samples: _Samples, exact: bool
) -> tuple[str, ...]:
    notes = []
    if len(x) < MIN_ROWS:
        notes.append(
            f"{len(x)} complete rows: a correlation needs 2, an interval at least {MIN_ROWS}"
        )
    for name, mean, matrix, noise in (("x", mean_x, x, not exact), ("y", mean_y, y, True)):
        if len(mean) > 1 and np.ptp(mean) == 0:
            notes.append(f"{name} is constant: no rank correlation is defined")
        elif len(mean) > 1 and (np.ptp(matrix, axis=0) == 0).any():
            notes.append(f"a replicate of {name} is constant: no noise ceiling is defined")
        if noise and matrix.shape[1] == 1:
            notes.append(f"{name} has a single replicate: no noise ceiling without a second one")
    if samples.ceiling[0] == 0:
        notes.append("replicates agree no better than chance: the correction is undefined")
    undefined = int(np.isnan(samples.tau[1:]).sum())
    if undefined and not np.isnan(samples.tau[0]):
        notes.append(f"{undefined} resamples held a constant variable and were left out")
    return tuple(notes)
