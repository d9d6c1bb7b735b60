"""Means over replicates and intervals of paired differences."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import as_vector, same_rows


@dataclass(frozen=True)
class MeanSd:
    """Mean and spread over replicates.

    Attributes:
        mean: arithmetic mean; ``None`` without a value.
        sd: sample standard deviation (n − 1 in the denominator); ``None`` below two values.
        n: values used.
        n_missing: values that were NaN.
    """

    mean: float | None
    sd: float | None
    n: int
    n_missing: int


def mean_sd(values: ArrayLike) -> MeanSd:
    """Summarise replicates.

    Args:
        values: shape (R,); NaN marks a missing value.

    Raises:
        InputError: not a vector of finite numbers.
    """
    array = as_vector(values, "values")
    kept = np.sort(array[~np.isnan(array)])
    return MeanSd(
        mean=float(kept.mean()) if len(kept) else None,
        sd=float(kept.std(ddof=1)) if len(kept) > 1 else None,
        n=len(kept),
        n_missing=len(array) - len(kept),
    )


def interval_of_mean(mean: float, sd: float, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Student's t interval of a mean, from what ``mean_sd`` gives.

    Args:
        mean: of the values.
        sd: sample standard deviation, at least 0.
        n: values, at least 2.
        level: in (0, 1).

    Raises:
        InputError: there are fewer than two values, or ``level`` is not in (0, 1).
    """
    if n < 2:
        raise InputError(f"n: {n} values have no spread; at least 2 are needed")
    if not 0 < level < 1:
        raise InputError(f"level: {level} is not between 0 and 1; 0.95 is usual")
    from scipy import stats

    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * sd / math.sqrt(n)
    return mean - half, mean + half


@dataclass(frozen=True)
class TInterval:
    """Student's t interval of a mean paired difference.

    Attributes:
        mean: mean of first − second; ``None`` without a complete pair.
        low: lower bound; ``None`` below two complete pairs.
        high: upper bound; ``None`` below two complete pairs.
        p_value: two-sided, of "the mean difference is 0"; ``None`` where it is undefined.
        n: complete pairs.
        n_dropped: pairs left out because a value was missing.
        note: why a number is missing, else empty.
    """

    mean: float | None
    low: float | None
    high: float | None
    p_value: float | None
    n: int
    n_dropped: int
    note: str


def t_interval(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> TInterval:
    """Interval of the mean of paired differences, first − second (Student 1908).

    Args:
        first: shape (R,); NaN marks a missing value.
        second: shape (R,), paired with ``first`` element by element.
        level: in (0, 1).

    Raises:
        InputError: the shapes do not fit or ``level`` is not in (0, 1).
    """
    a, b = as_vector(first, "first"), as_vector(second, "second")
    same_rows(a, b, "first, second")
    if not 0 < level < 1:
        raise InputError(f"level: {level} is not between 0 and 1; 0.95 is usual")
    difference = a - b
    kept = np.sort(difference[~np.isnan(difference)])
    n, dropped = len(kept), len(difference) - len(kept)
    if n == 0:
        return TInterval(None, None, None, None, n, dropped, "no complete pair")
    mean = float(kept.mean())
    if n == 1:
        return TInterval(mean, None, None, None, n, dropped, "one pair has no spread")
    error = float(kept.std(ddof=1)) / math.sqrt(n)
    if kept[0] == kept[-1]:
        return TInterval(mean, mean, mean, None, n, dropped, "all differences are equal")
    from scipy import stats

    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    p_value = 2 * float(stats.t.sf(abs(mean) / error, n - 1))
    return TInterval(mean, mean - half, mean + half, p_value, n, dropped, "")
