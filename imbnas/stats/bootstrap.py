"""Percentile bootstrap over architectures.

Only architectures are resampled. Resampling replicates as well would count their noise twice:
the point estimate already holds it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats

MIN_ROWS = 4
RESAMPLES = 2000
FEWER_RESAMPLES = 500
MANY_ROWS = 2000
_CHUNK = 2**20
# Absorbs the rounding of products such as 0.05 · 1000 that ought to be whole.
_TINY = 1e-9


@dataclass(frozen=True)
class Interval:
    """An estimate between two bounds; a bound is ``None`` where it cannot be given."""

    low: float | None
    high: float | None


NO_INTERVAL = Interval(None, None)


def resamples_for(n: int, tests: int = 1) -> int:
    """How many resamples of n architectures serve a table of several tests.

    An interval's bound wanders by 0.06 of its standard error with 2,000 resamples and by 0.12
    with 500. From 2,000 architectures on, that error is below 0.002 in tau and the time is long.
    The smallest p-value of B resamples is 2 / (B + 1): many tests need more of them before Holm's
    correction lets any verdict stand.

    Returns:
        2,000, or 500 from 2,000 architectures on; at least 80 for each test.
    """
    return max(RESAMPLES if n < MANY_ROWS else FEWER_RESAMPLES, 80 * tests)


def check_resampling(resamples: int, level: float) -> None:
    """Refuse settings under which no interval could be read off.

    Raises:
        InputError: ``level`` is not in (0, 1), or ``resamples`` is too small for it.
    """
    if not 0 < level < 1:
        raise InputError(f"level: {level} is not between 0 and 1; 0.95 is usual")
    least = math.ceil(2 / (1 - level) - _TINY) - 1
    if resamples < least:
        raise InputError(
            f"resamples: {resamples} is too few for level {level}; give at least {least}"
        )


def resample_counts(n: int, resamples: int, rng: np.random.Generator) -> NDArray[np.integer]:
    """Draw resamples of n architectures with replacement.

    Returns:
        Shape (resamples, n): how often each architecture was drawn; rows sum to n.
    """
    dtype = np.int16 if n < 2**15 else np.int32
    counts = np.empty((resamples, n), dtype=dtype)
    if n == 0:
        return counts
    size = max(1, _CHUNK // n)
    for start in range(0, resamples, size):
        part = counts[start : start + size]
        drawn = rng.integers(0, n, size=part.shape)
        drawn += n * np.arange(len(part))[:, None]
        part[...] = np.bincount(drawn.ravel(), minlength=part.size).reshape(part.shape)
    return counts


def resample_class_counts(
    classes: Floats, resamples: int, rng: np.random.Generator
) -> NDArray[np.integer]:
    """Draw resamples of whole classes with replacement.

    Architectures that compute one function are no independent draws; a class comes with all its
    members or not at all.

    Args:
        classes: shape (A,), equal numbers for members of one class; which numbers they are does
            not matter, only where each occurs first.
        resamples: how many.
        rng: source of chance.

    Returns:
        Shape (resamples, A): how often each architecture was drawn.
    """
    _, first, inverse = np.unique(classes, return_index=True, return_inverse=True)
    by_appearance = np.argsort(np.argsort(first))[inverse]
    return resample_counts(len(first), resamples, rng)[:, by_appearance]


def percentile_interval(samples: Floats, level: float) -> Interval:
    """The percentile interval from order statistics: the (B+1)(1−level)/2-th from either end.

    This choice makes ``p_value(samples) <= 1 - level`` and "the interval leaves out 0" one
    statement (Davison & Hinkley 1997, section 5.2).

    Args:
        samples: shape (B,); NaN marks a resample in which the statistic is undefined.
        level: in (0, 1).

    Returns:
        An interval without bounds when more than half of the samples are undefined or too few
        are left for the level.
    """
    defined = np.sort(samples[~np.isnan(samples)])
    k = math.floor((1 - level) / 2 * (len(defined) + 1) + _TINY)
    if k < 1 or 2 * len(defined) <= len(samples):
        return NO_INTERVAL
    return Interval(float(defined[k - 1]), float(defined[-k]))


def upper_p_value(samples: Floats) -> float | None:
    """Two-sided p-value of the claim that a statistic is above 0.

    Twice the share of resamples at or below 0, with the sample itself counted among them, at
    most 1: a statistic below 0 never gives a small value.

    Returns:
        In (0, 1], or ``None`` when more than half of the samples are undefined.
    """
    defined = samples[~np.isnan(samples)]
    if 2 * len(defined) <= len(samples):
        return None
    return min(1.0, 2 * (1 + int((defined <= 0).sum())) / (len(defined) + 1))


def two_sided_p_value(samples: Floats) -> float | None:
    """Two-sided p-value of the claim that a statistic differs from 0.

    Returns:
        In (0, 1], or ``None`` when more than half of the samples are undefined.
    """
    above, below = upper_p_value(samples), upper_p_value(-samples)
    return None if above is None or below is None else min(above, below)
