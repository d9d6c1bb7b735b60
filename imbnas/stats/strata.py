"""Rank correlation within strata, such as architectures of about equal cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.errors import InputError
from imbnas.stats.arrays import (
    Floats,
    Ints,
    as_matrix,
    as_vector,
    complete_rows,
    optional,
    replicate_mean,
    same_rows,
)
from imbnas.stats.bootstrap import (
    MIN_ROWS,
    Bootstrap,
    check_resampling,
    resample_counts,
    resamples_for,
)
from imbnas.stats.kendall import concordance, ones, untied_pairs
from imbnas.stats.pairings import Numbers, column_numbers, everything, halves


@dataclass(frozen=True)
class Stratum:
    """One stratum: its label as text, its architectures, and tau-b among them.

    ``tau_b`` is ``None`` with fewer than two architectures or a constant variable.
    """

    label: str
    n: int
    tau_b: float | None


@dataclass(frozen=True)
class StratifiedTau:
    """Rank correlation of pairs of architectures in the same stratum.

    Attributes:
        tau_b: concordant minus discordant pairs, summed over strata, over √ of the product of the
            summed untied pairs; in [-1, 1], ``None`` where no stratum has an untied pair.
        ci_low: lower bound of the interval, resampling architectures within strata.
        ci_high: upper bound of that interval.
        n: architectures used.
        n_dropped: architectures left out because a value or the label was missing.
        strata: sorted by label.
    """

    tau_b: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    n_dropped: int
    strata: tuple[Stratum, ...]


def quantile_strata(values: ArrayLike, bins: int) -> Ints:
    """Cut architectures into strata of about equal size; equal values stay together.

    Args:
        values: shape (A,), such as MACs, without NaN.
        bins: number of strata to aim at, at least 1; ties may leave fewer.

    Returns:
        Labels of shape (A,), from 0, ascending with the values.

    Raises:
        InputError: a value is missing, there is none, or ``bins`` is below 1.
    """
    array = as_vector(values, "values")
    if bins < 1:
        raise InputError(f"bins: {bins} is below 1")
    if len(array) == 0 or np.isnan(array).any():
        raise InputError("values: empty or with missing values; every architecture needs one")
    inner = np.quantile(array, np.arange(1, bins) / bins, method="inverted_cdf")
    return np.unique(np.searchsorted(inner, array), return_inverse=True)[1].astype(np.int64)


def stratified_tau(
    x: ArrayLike,
    y: ArrayLike,
    strata: Sequence[object] | NDArray[np.generic],
    *,
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
    replicates: Numbers | None = None,
) -> StratifiedTau:
    """tau-b over the pairs of architectures that share a stratum.

    Args:
        x: shape (A,) or (A, Rx), averaged over replicates; NaN marks a missing value.
        y: shape (A,) or (A, Ry).
        strata: shape (A,), integer or text labels; a NaN label is a missing one.
        resamples: bootstrap resamples; ``None`` draws 2,000, or 500 of 2,000
            architectures and more.
        seed: of the resampling.
        level: of the interval, in (0, 1).
        replicates: as in ``rank_transfer``: numbers of the columns of x and of y, of which equal
            ones are not compared; every tau is then a mean over splits of the numbers.

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    left, right = as_matrix(x, "x"), as_matrix(y, "y")
    labels, codes = _codes(strata)
    same_rows(left, right, "x, y")
    same_rows(left, codes, "x, strata")
    resamples = resamples_for(len(left)) if resamples is None else resamples
    check_resampling(resamples, level)
    (kept, left, right), dropped = complete_rows([codes, left, right])
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(kept[:, 0] == code) for code in range(len(labels))]
    drawn = [_counts(len(rows), resamples, rng) for rows in members]
    pooled, single = _taus(_sides(left, right, replicates), members, drawn, resamples)
    bounded = pooled if len(left) >= MIN_ROWS else pooled[:1]
    described = tuple(
        Stratum(label, len(rows), optional(tau))
        for label, rows, tau in zip(labels, members, single, strict=True)
    )
    return StratifiedTau(
        **Bootstrap(None, resamples, seed, level).bounded(bounded, "tau_b", "ci"),
        n=len(left),
        n_dropped=dropped,
        strata=described,
    )


def _sides(x: Floats, y: Floats, replicates: Numbers | None) -> list[tuple[Floats, Floats]]:
    """Means over the replicates that speak for x and for y, in each pairing."""
    if replicates is None:
        pairings = everything(x.shape[1], y.shape[1])
    else:
        left, right = replicates
        pairings = halves(
            column_numbers(left, x.shape[1], "x"), column_numbers(right, y.shape[1], "y")
        )
    return [(replicate_mean(x[:, i]), replicate_mean(y[:, j])) for i, j in pairings]


def _taus(
    sides: Sequence[tuple[Floats, Floats]],
    members: Sequence[NDArray[np.intp]],
    drawn: Sequence[NDArray[np.integer]],
    resamples: int,
) -> tuple[Floats, Sequence[float]]:
    """Means over pairings: (1 + B,) tau-b over all strata, and tau-b of each stratum."""
    if not sides or not members:
        return np.full(1 + resamples, np.nan), [np.nan] * len(members)
    pooled, single = [], []
    for x, y in sides:
        sums = [
            _sums(x[rows], y[rows], counts) for rows, counts in zip(members, drawn, strict=True)
        ]
        pooled.append(_ratio(np.sum(sums, axis=0)))
        single.append([float(_ratio(part)[0]) for part in sums])
    return np.mean(pooled, axis=0), np.mean(single, axis=0).tolist()


def _codes(strata: Sequence[object] | NDArray[np.generic]) -> tuple[list[str], Floats]:
    """Labels as text, and each row's number among them, shape (A, 1), NaN where it has none."""
    array = np.asarray(strata)
    if array.ndim != 1 or array.dtype.kind not in "iufUb":
        raise InputError("strata: give one integer or text label for each architecture")
    missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(len(array), dtype=bool)
    labels, found = np.unique(array[~missing], return_inverse=True)
    codes = np.full((len(array), 1), np.nan)
    codes[~missing, 0] = found
    return [str(label) for label in labels.tolist()], codes


def _counts(n: int, resamples: int, rng: np.random.Generator) -> NDArray[np.integer]:
    """How often each of n architectures is in the sample itself, then in each resample."""
    return np.concatenate([ones(n), resample_counts(n, resamples, rng)])


def _sums(x: Floats, y: Floats, counts: NDArray[np.integer]) -> Floats:
    """Numerator and both denominators of tau-b, shape (3, 1 + B)."""
    return np.stack([concordance(x, y, counts), untied_pairs(x, counts), untied_pairs(y, counts)])


def _ratio(sums: Floats) -> Floats:
    scale = np.sqrt(sums[1] * sums[2])
    tau: Floats = np.full(scale.shape, np.nan)
    np.divide(sums[0], scale, out=tau, where=scale > 0)
    return tau
