"""How well scores predict a ranking of accuracies, and whether on two conditions equally well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, as_matrix, optional, replicate_mean, same_rows
from imbnas.stats.bootstrap import Bootstrap, two_sided_p_value
from imbnas.stats.ceiling import correct_for_noise, noise_ceiling
from imbnas.stats.crossed import CrossedInterval, crossed_interval
from imbnas.stats.kendall import tau_b_resampled
from imbnas.stats.pairings import Numbers, column_numbers, others
from imbnas.stats.reliability import mean_over_pairs, reliability, replicate_pairs

RESAMPLES = 2000

Sources = Literal["architectures", "both"]
"""What an interval holds: the drawing of architectures alone, or that of scorers as well."""


@dataclass(frozen=True)
class PredictiveTau:
    """How well scores rank the accuracies that they predict.

    Every number that cannot be given is ``None``.

    Attributes:
        tau_b: mean over replicates of the scores of tau-b to the mean accuracies, in [-1, 1].
        tau_sd: its standard deviation over replicates of the scores.
        ci_low: lower bound of the interval of ``tau_b``.
        ci_high: upper bound of the interval of ``tau_b``.
        noise_ceiling: the tau-b that noise in the accuracies leaves to perfect scores, in [0, 1].
        tau_corrected: estimated tau-b to accuracies without noise, in [-1, 1].
        seed_tau: mean tau-b between two replicates of the scores.
        n: architectures used.
        tau_corrected_low: lower bound of the interval of ``tau_corrected``.
        tau_corrected_high: upper bound of the interval of ``tau_corrected``.
        sd_architectures: standard error of ``tau_b`` from the drawing of architectures alone;
            only of ``sources="both"``, as the next two.
        sd_scorers: standard error of ``tau_b`` from the spread over replicates of the scores.
        df: degrees of freedom of the interval of ``tau_b``.
    """

    tau_b: float | None
    tau_sd: float | None
    ci_low: float | None
    ci_high: float | None
    noise_ceiling: float | None
    tau_corrected: float | None
    seed_tau: float | None
    n: int
    tau_corrected_low: float | None = None
    tau_corrected_high: float | None = None
    sd_architectures: float | None = None
    sd_scorers: float | None = None
    df: float | None = None


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
    sources: Sources = "architectures",
    replicates: Numbers | None = None,
    at_least: int = 0,
) -> PredictiveTau:
    """Measure how well scores rank accuracies.

    Scores are compared by rank within a replicate and never averaged, since their scale may differ
    between replicates. Noise of the scores is the scorer's own and lowers ``tau_b``; noise of the
    accuracies lowers the ceiling.

    Simulated coverage of the 95% interval with ``sources="both"``, for 32 and 64 architectures and
    3, 6 and 12 scorers whose true tau has a standard deviation of 0 to 0.23: 0.92 to 0.99, where
    resampling architectures alone gives down to 0.56 and Student's t over scorers alone down to
    0.22 (``tests/stats/test_crossed.py``).

    Args:
        scores: shape (A,) or (A, S), larger is better; NaN marks a missing value.
        accuracies: shape (A,) or (A, R), averaged over replicates.
        classes: shape (A,), equal numbers for architectures that compute one function; whole
            classes are resampled then. ``None`` resamples each architecture alone.
        resamples: bootstrap resamples of the architectures.
        seed: of the resampling.
        level: of the interval, in (0, 1).
        sources: ``architectures`` gives the percentile interval of these S scorers on other
            architectures; ``both`` that of other scorers, too, such as supernets trained with other
            seeds (``imbnas.stats.crossed``), which needs S ≥ 2. A scorer without randomness of its
            own, such as MACs, has no second source.
        replicates: numbers of the columns of ``scores`` and of ``accuracies``: columns of equal
            number share training images, and each column of scores is compared with the mean of
            the others only. ``None``: no images are shared.
        at_least: below so many architectures (distinct ones, with ``classes``) no number is given;
            ``imbnas.stats.MIN_MODELS`` is recommended.

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    bootstrap = Bootstrap(classes, resamples, seed, level)
    sides, counts, distinct = _draw([(scores, accuracies)], bootstrap)
    ((scored, actual),) = sides
    if distinct < at_least:
        return PredictiveTau(None, None, None, None, None, None, None, len(actual))
    samples = _samples(scored, actual, counts, replicates)
    single = samples.replicates[~np.isnan(samples.replicates)]
    bounds = (
        _crossed(samples, distinct, level)
        if sources == "both"
        else {
            **bootstrap.bounded(samples.tau, "tau_b", "ci"),
            **bootstrap.bounded(samples.corrected, "tau_corrected", "tau_corrected"),
        }
    )
    return PredictiveTau(
        **bounds,
        tau_sd=float(single.std(ddof=1)) if len(single) > 1 else None,
        noise_ceiling=optional(samples.ceiling[0]),
        seed_tau=optional(samples.seed_tau),
        n=len(actual),
    )


def _crossed(samples: "_Samples", n: int, level: float) -> dict[str, Any]:
    """Fields of a ``PredictiveTau`` whose intervals hold the drawing of scorers, too."""
    tau = crossed_interval([samples.taus], n, level=level, correlation=True)
    corrected = crossed_interval(
        [samples.corrected_taus], n, level=level, pooled=samples.corrected, correlation=True
    )
    return {
        "tau_b": tau.estimate,
        "ci_low": tau.low,
        "ci_high": tau.high,
        "tau_corrected": corrected.estimate,
        "tau_corrected_low": corrected.low,
        "tau_corrected_high": corrected.high,
        "sd_architectures": tau.sd_architectures,
        "sd_scorers": tau.sd_replicates,
        "df": tau.df,
    }


def predictive_tau_change(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    *,
    classes: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
    sources: Sources = "architectures",
    paired: bool = False,
    replicates: tuple[Numbers, Numbers] | None = None,
    at_least: int = 0,
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
        sources: as in ``predictive_tau``; with ``both`` the p-value is that of Student's t.
        paired: with ``sources="both"``: column s of both scores comes from one scorer (or one
            replicate), so that their differences are what varies.
        replicates: for each condition as in ``predictive_tau``.
        at_least: as in ``predictive_tau``.

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    bootstrap = Bootstrap(classes, resamples, seed, level)
    sides, counts, distinct = _draw([first, second], bootstrap)
    if distinct < at_least:
        return PredictiveTauChange(None, None, None, None, None, None, None, counts.shape[1])
    numbers = (None, None) if replicates is None else replicates
    before, after = (
        _samples(*side, counts, number) for side, number in zip(sides, numbers, strict=True)
    )
    if sources == "both":
        return _crossed_change(before, after, paired, distinct, counts.shape[1], level)
    raw, corrected = after.tau - before.tau, after.corrected - before.corrected
    tested = len(raw) > 1 and not np.isnan(raw[0])
    return PredictiveTauChange(
        **bootstrap.bounded(raw, "difference", "difference"),
        **bootstrap.bounded(corrected, "corrected_difference", "corrected"),
        p_value=two_sided_p_value(raw[1:]) if tested else None,
        n=counts.shape[1],
    )


def _crossed_change(
    before: "_Samples", after: "_Samples", paired: bool, distinct: int, n: int, level: float
) -> PredictiveTauChange:
    """A change whose intervals hold the drawing of scorers, too."""
    raw = _difference(before.taus, after.taus, paired)
    corrected = _difference(before.corrected_taus, after.corrected_taus, paired)
    pooled = after.corrected - before.corrected
    difference: CrossedInterval = crossed_interval(raw, distinct, level=level)
    change = crossed_interval(corrected, distinct, level=level, pooled=pooled)
    return PredictiveTauChange(
        difference=difference.estimate,
        difference_low=difference.low,
        difference_high=difference.high,
        corrected_difference=change.estimate,
        corrected_low=change.low,
        corrected_high=change.high,
        p_value=difference.p_value,
        n=n,
    )


def _difference(before: Floats, after: Floats, paired: bool) -> list[Floats]:
    """The groups of ``crossed_interval`` that tell the difference of two means."""
    if not paired:
        return [after, -before]
    if len(before) != len(after):
        raise InputError(
            f"scores: {len(before)} and {len(after)} replicates cannot be paired; give "
            "paired=False, or the same replicates on both sides"
        )
    return [after - before]


@dataclass(frozen=True)
class _Samples:
    """Statistics of the sample itself (first) and of each resample, shape (1 + B,) each.

    ``taus`` and ``corrected_taus`` (S, 1 + B) are those of each replicate of the scores;
    ``seed_tau`` is of the sample itself alone.
    """

    tau: Floats
    ceiling: Floats
    corrected: Floats
    taus: Floats
    corrected_taus: Floats
    seed_tau: float

    @property
    def replicates(self) -> Floats:
        """tau-b of each replicate of the scores in the sample itself, shape (S,)."""
        return self.taus[:, 0]


def _draw(
    pairs: list[tuple[ArrayLike, ArrayLike]], bootstrap: Bootstrap
) -> tuple[list[tuple[Floats, Floats]], NDArray[np.integer], int]:
    """What misses nothing, its resamples, and how many distinct architectures that are."""
    matrices = [
        as_matrix(values, name)
        for pair in pairs
        for values, name in zip(pair, ("scores", "accuracies"), strict=True)
    ]
    for matrix in matrices[1:]:
        same_rows(matrices[0], matrix, "scores, accuracies")
    kept, counts, _ = bootstrap.draw(matrices, "scores")
    sides = list(zip(kept[::2], kept[1::2], strict=True))
    return sides, counts, bootstrap.distinct(matrices)


def _samples(
    scores: Floats,
    accuracies: Floats,
    counts: NDArray[np.integer],
    replicates: Numbers | None = None,
) -> _Samples:
    judges = _judges(scores.shape[1], accuracies.shape[1], replicates)
    taus = _taus(scores, accuracies, judges, counts)
    seed_tau = _agreement(accuracies, counts)
    ceilings = np.array([_ceiling(seed_tau, len(chosen)) for chosen in judges])
    tau = np.asarray(taus.mean(axis=0))
    ceiling = ceilings[0] if len(set(judges)) == 1 else np.asarray(ceilings.mean(axis=0))
    return _Samples(
        tau=tau,
        ceiling=ceiling,
        corrected=correct_for_noise(tau, ceiling)[0],
        taus=taus,
        corrected_taus=correct_for_noise(taus, ceilings)[0],
        seed_tau=float(_agreement(scores, counts[:1])[0]),
    )


def judged_taus(
    scores: Floats,
    accuracies: Floats,
    counts: NDArray[np.integer],
    replicates: Numbers | None = None,
) -> Floats:
    """tau-b of each replicate of the scores to the mean accuracies, in each resample.

    Args:
        scores: shape (A, S) without NaN.
        accuracies: shape (A, R) without NaN.
        counts: shape (B, A).
        replicates: as in ``predictive_tau``.

    Returns:
        Shape (S, B), in [-1, 1]; NaN where a side is constant or no replicate may judge.
    """
    judges = _judges(scores.shape[1], accuracies.shape[1], replicates)
    return _taus(scores, accuracies, judges, counts)


def _taus(
    scores: Floats,
    accuracies: Floats,
    judges: Sequence[tuple[int, ...]],
    counts: NDArray[np.integer],
) -> Floats:
    sets = list(dict.fromkeys(judges))
    columns = [*scores.T, *(_mean(accuracies, chosen) for chosen in sets)]
    targets = [scores.shape[1] + sets.index(chosen) for chosen in judges]
    return tau_b_resampled(columns, list(enumerate(targets)), counts)


def _agreement(matrix: Floats, counts: NDArray[np.integer]) -> Floats:
    """Mean tau-b between two replicates in each resample, shape (B,); NaN for a single one."""
    pairs = replicate_pairs(range(matrix.shape[1]))
    if not pairs:
        return np.full(len(counts), np.nan)
    return mean_over_pairs(tau_b_resampled(list(matrix.T), pairs, counts))


def _judges(n_scores: int, n_actual: int, replicates: Numbers | None) -> Sequence[tuple[int, ...]]:
    """For each replicate of the scores the replicates of the accuracies that judge it."""
    if replicates is None:
        return [tuple(range(n_actual))] * n_scores
    x = column_numbers(replicates[0], n_scores, "scores")
    return others(x, column_numbers(replicates[1], n_actual, "accuracies"))


def _mean(accuracies: Floats, chosen: tuple[int, ...]) -> Floats:
    """Mean over the chosen columns; a constant, which has no rank, of none."""
    if not chosen:
        return np.zeros(len(accuracies))
    return replicate_mean(accuracies[:, chosen])


def _ceiling(seed_tau: Floats, replicates: int) -> Floats:
    if replicates == 0:
        return np.full_like(seed_tau, np.nan)
    return noise_ceiling(np.ones_like(seed_tau), reliability(seed_tau, replicates))
