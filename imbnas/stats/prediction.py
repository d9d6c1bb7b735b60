"""How well scores given beforehand rank accuracies, and whether on two conditions equally well."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.stats.arrays import (
    Floats,
    as_matrix,
    as_vector,
    complete_rows,
    optional,
    replicate_mean,
    same_rows,
)
from imbnas.stats.bootstrap import (
    MIN_ROWS,
    NO_INTERVAL,
    Interval,
    check_resampling,
    percentile_interval,
    resample_class_counts,
    two_sided_p_value,
)
from imbnas.stats.ceiling import correct_for_noise, noise_ceiling
from imbnas.stats.kendall import ones, tau_b_resampled
from imbnas.stats.reliability import reliability, replicate_pairs

RESAMPLES = 2000


@dataclass(frozen=True)
class Foresight:
    """How well one scoring ranks the accuracies that come of it.

    Every number that cannot be given is ``None``.

    Attributes:
        tau_b: mean over replicates of the scores of tau-b to the mean accuracies, in [-1, 1].
        tau_sd: its standard deviation over replicates of the scores.
        ci_low: lower bound of the bootstrap interval of ``tau_b``.
        ci_high: upper bound of the bootstrap interval of ``tau_b``.
        noise_ceiling: the tau-b that noise in the accuracies leaves to perfect scores, in [0, 1].
        tau_corrected: estimated tau-b to accuracies without noise, in [-1, 1].
        seed_tau: mean tau-b between two replicates of the scores.
        n: architectures used.
    """

    tau_b: float | None
    tau_sd: float | None
    ci_low: float | None
    ci_high: float | None
    noise_ceiling: float | None
    tau_corrected: float | None
    seed_tau: float | None
    n: int


@dataclass(frozen=True)
class ForesightChange:
    """By how much tau-b differs between two conditions, second − first, same architectures.

    Attributes:
        difference: of ``tau_b``; ``None`` where one is undefined.
        low: lower bound of its bootstrap interval.
        high: upper bound of its bootstrap interval.
        corrected: of ``tau_corrected``, so that a condition of noisier accuracies does not look
            harder to foretell than it is.
        corrected_low: lower bound of its bootstrap interval.
        corrected_high: upper bound of its bootstrap interval.
        p_value: two-sided, of "``difference`` is 0".
        n: architectures used.
    """

    difference: float | None
    low: float | None
    high: float | None
    corrected: float | None
    corrected_low: float | None
    corrected_high: float | None
    p_value: float | None
    n: int


def foresight(
    scores: ArrayLike,
    accuracies: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Foresight:
    """Measure how well scores rank accuracies.

    Scores are compared by rank within a replicate and never averaged, since their scale may differ
    between replicates. Noise of the scores is the scorer's own fault and lowers ``tau_b``; noise
    of the accuracies is not, and lowers the ceiling.

    Args:
        scores: shape (A,) or (A, S), larger is better; NaN marks a missing value.
        accuracies: shape (A,) or (A, R), averaged over replicates.
        classes: shape (A,), equal numbers for architectures that compute one function; whole
            classes are resampled then. ``None`` takes each for itself.
        resamples: bootstrap resamples of the architectures.
        seed: of the resampling.
        level: of the interval, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    check_resampling(resamples, level)
    kept, labels = _complete([(scores, accuracies)], classes)
    counts = _resample(labels, resamples, seed)
    samples = _samples(*kept[0], counts)
    interval = _interval(samples.tau, level)
    single = samples.replicates[~np.isnan(samples.replicates)]
    return Foresight(
        tau_b=optional(samples.tau[0]),
        tau_sd=float(single.std(ddof=1)) if len(single) > 1 else None,
        ci_low=interval.low,
        ci_high=interval.high,
        noise_ceiling=optional(samples.ceiling[0]),
        tau_corrected=optional(samples.corrected[0]),
        seed_tau=optional(samples.seed_tau),
        n=len(labels),
    )


def foresight_change(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    *,
    classes: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> ForesightChange:
    """Compare how well scores rank accuracies on two conditions.

    The same architectures are drawn for both in every resample, so that what is common to both
    cancels.

    Args:
        first: scores and accuracies as in ``foresight``.
        second: the same of another condition, for the same architectures in the same order.
        classes: as in ``foresight``.
        resamples: bootstrap resamples of the architectures.
        seed: of the resampling.
        level: of the intervals, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    check_resampling(resamples, level)
    kept, labels = _complete([first, second], classes)
    counts = _resample(labels, resamples, seed)
    before, after = (_samples(*side, counts) for side in kept)
    raw, corrected = after.tau - before.tau, after.corrected - before.corrected
    interval, corrected_interval = _interval(raw, level), _interval(corrected, level)
    tested = len(raw) > 1 and not np.isnan(raw[0])
    return ForesightChange(
        difference=optional(raw[0]),
        low=interval.low,
        high=interval.high,
        corrected=optional(corrected[0]),
        corrected_low=corrected_interval.low,
        corrected_high=corrected_interval.high,
        p_value=two_sided_p_value(raw[1:]) if tested else None,
        n=len(labels),
    )


@dataclass(frozen=True)
class _Samples:
    """Statistics of the sample itself (first) and of each resample, shape (1 + B,) each.

    ``replicates`` (S,) and ``seed_tau`` are of the sample itself alone.
    """

    tau: Floats
    ceiling: Floats
    corrected: Floats
    replicates: Floats
    seed_tau: float


def _complete(
    pairs: list[tuple[ArrayLike, ArrayLike]], classes: ArrayLike | None
) -> tuple[list[tuple[Floats, Floats]], Floats]:
    """Scores and accuracies of the architectures that miss nothing, and their classes."""
    matrices = [
        as_matrix(values, name)
        for pair in pairs
        for values, name in zip(pair, ("scores", "accuracies"), strict=True)
    ]
    for matrix in matrices[1:]:
        same_rows(matrices[0], matrix, "scores, accuracies")
    # Numbered by order, each is a class of its own.
    labels = np.arange(len(matrices[0]), dtype=np.float64)
    if classes is not None:
        labels = as_vector(classes, "classes")
        same_rows(matrices[0], labels, "scores, classes")
    kept, _ = complete_rows([*matrices, labels[:, None]])
    sides = list(zip(kept[:-1:2], kept[1:-1:2], strict=True))
    return sides, kept[-1][:, 0]


def _resample(labels: Floats, resamples: int, seed: int) -> NDArray[np.integer]:
    """How often each architecture is in the sample itself, then in each resample."""
    if len(labels) < MIN_ROWS:
        return ones(len(labels))
    drawn = resample_class_counts(labels, resamples, np.random.default_rng(seed))
    return np.concatenate([ones(len(labels)), drawn])


def _samples(scores: Floats, accuracies: Floats, counts: NDArray[np.integer]) -> _Samples:
    """The columns are: replicates of the scores, of the accuracies, mean of the accuracies."""
    n_scores, n_actual = scores.shape[1], accuracies.shape[1]
    columns = [*scores.T, *accuracies.T, replicate_mean(accuracies)]
    ours, theirs = range(n_scores), range(n_scores, n_scores + n_actual)
    within = replicate_pairs(theirs)
    taus = tau_b_resampled(columns, [*((i, len(columns) - 1) for i in ours), *within], counts)
    tau = np.asarray(taus[:n_scores].mean(axis=0))
    ceiling = np.full_like(tau, np.nan)
    if within:
        seed_tau = np.asarray(taus[n_scores:].mean(axis=0))
        ceiling = noise_ceiling(np.ones_like(tau), reliability(seed_tau, n_actual))
    between = replicate_pairs(ours)
    alike = tau_b_resampled(columns, between, counts[:1])[:, 0].mean() if between else np.nan
    return _Samples(
        tau=tau,
        ceiling=ceiling,
        corrected=correct_for_noise(tau, ceiling)[0],
        replicates=taus[:n_scores, 0],
        seed_tau=float(alike),
    )


def _interval(samples: Floats, level: float) -> Interval:
    """Interval from the resamples, unless the statistic of the sample itself is undefined."""
    if np.isnan(samples[0]) or len(samples) == 1:
        return NO_INTERVAL
    return percentile_interval(samples[1:], level)
