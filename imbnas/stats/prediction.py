"""How well scores predict a ranking of accuracies, and whether on two conditions equally well."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.stats.arrays import Floats, as_matrix, optional, replicate_mean, same_rows
from imbnas.stats.bootstrap import Bootstrap, two_sided_p_value
from imbnas.stats.ceiling import correct_for_noise, noise_ceiling
from imbnas.stats.kendall import tau_b_resampled
from imbnas.stats.reliability import mean_over_pairs, reliability, replicate_pairs

RESAMPLES = 2000


@dataclass(frozen=True)
class PredictiveTau:
    """How well scores rank the accuracies that they predict.

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
class PredictiveTauChange:
    """By how much tau-b differs between two conditions, second − first, same architectures.

    Attributes:
        difference: of ``tau_b``; ``None`` where one is undefined.
        difference_low: lower bound of its bootstrap interval.
        difference_high: upper bound of its bootstrap interval.
        corrected_difference: of ``tau_corrected``, so that a condition of noisier accuracies does
            not look harder to predict than it is.
        corrected_low: lower bound of its bootstrap interval.
        corrected_high: upper bound of its bootstrap interval.
        p_value: two-sided, of "``difference`` is 0".
        n: architectures used.
    """

    difference: float | None
    difference_low: float | None
    difference_high: float | None
    corrected_difference: float | None
    corrected_low: float | None
    corrected_high: float | None
    p_value: float | None
    n: int


def predictive_tau(
    scores: ArrayLike,
    accuracies: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> PredictiveTau:
    """Measure how well scores rank accuracies.

    Scores are compared by rank within a replicate and never averaged, since their scale may differ
    between replicates. Noise of the scores is the scorer's own and lowers ``tau_b``; noise of the
    accuracies lowers the ceiling.

    Args:
        scores: shape (A,) or (A, S), larger is better; NaN marks a missing value.
        accuracies: shape (A,) or (A, R), averaged over replicates.
        classes: shape (A,), equal numbers for architectures that compute one function; whole
            classes are resampled then. ``None`` resamples each architecture alone.
        resamples: bootstrap resamples of the architectures.
        seed: of the resampling.
        level: of the interval, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    bootstrap = Bootstrap(classes, resamples, seed, level)
    ((scored, actual),), counts = _draw([(scores, accuracies)], bootstrap)
    samples = _samples(scored, actual, counts)
    single = samples.replicates[~np.isnan(samples.replicates)]
    return PredictiveTau(
        **bootstrap.bounded(samples.tau, "tau_b", "ci"),
        tau_sd=float(single.std(ddof=1)) if len(single) > 1 else None,
        noise_ceiling=optional(samples.ceiling[0]),
        tau_corrected=optional(samples.corrected[0]),
        seed_tau=optional(samples.seed_tau),
        n=len(actual),
    )


def predictive_tau_change(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    *,
    classes: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> PredictiveTauChange:
    """Compare how well scores rank accuracies on two conditions.

    The same architectures are drawn for both in every resample, so that what is common to both
    cancels.

    Args:
        first: scores and accuracies as in ``predictive_tau``.
        second: the same of another condition, for the same architectures in the same order.
        classes: as in ``predictive_tau``.
        resamples: bootstrap resamples of the architectures.
        seed: of the resampling.
        level: of the intervals, in (0, 1).

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    bootstrap = Bootstrap(classes, resamples, seed, level)
    sides, counts = _draw([first, second], bootstrap)
    before, after = (_samples(*side, counts) for side in sides)
    raw, corrected = after.tau - before.tau, after.corrected - before.corrected
    tested = len(raw) > 1 and not np.isnan(raw[0])
    return PredictiveTauChange(
        **bootstrap.bounded(raw, "difference", "difference"),
        **bootstrap.bounded(corrected, "corrected_difference", "corrected"),
        p_value=two_sided_p_value(raw[1:]) if tested else None,
        n=counts.shape[1],
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


def _draw(
    pairs: list[tuple[ArrayLike, ArrayLike]], bootstrap: Bootstrap
) -> tuple[list[tuple[Floats, Floats]], NDArray[np.integer]]:
    """Scores and accuracies of the architectures that miss nothing, and their resamples."""
    matrices = [
        as_matrix(values, name)
        for pair in pairs
        for values, name in zip(pair, ("scores", "accuracies"), strict=True)
    ]
    for matrix in matrices[1:]:
        same_rows(matrices[0], matrix, "scores, accuracies")
    kept, counts, _ = bootstrap.draw(matrices, "scores")
    return list(zip(kept[::2], kept[1::2], strict=True)), counts


def _samples(scores: Floats, accuracies: Floats, counts: NDArray[np.integer]) -> _Samples:
    """The columns are: replicates of the scores, of the accuracies, mean of the accuracies."""
    n_scores, n_actual = scores.shape[1], accuracies.shape[1]
    columns = [*scores.T, *accuracies.T, replicate_mean(accuracies)]
    scored, actual = range(n_scores), range(n_scores, n_scores + n_actual)
    within = replicate_pairs(actual)
    taus = tau_b_resampled(columns, [*((i, len(columns) - 1) for i in scored), *within], counts)
    tau = np.asarray(taus[:n_scores].mean(axis=0))
    seed_tau = mean_over_pairs(taus[n_scores:])
    ceiling = noise_ceiling(np.ones_like(tau), reliability(seed_tau, n_actual))
    between = replicate_pairs(scored)
    agreement = tau_b_resampled(columns, between, counts[:1])[:, 0].mean() if between else np.nan
    return _Samples(
        tau=tau,
        ceiling=ceiling,
        corrected=correct_for_noise(tau, ceiling)[0],
        replicates=taus[:n_scores, 0],
        seed_tau=float(agreement),
    )
