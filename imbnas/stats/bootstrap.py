"""Percentile bootstrap over architectures.

Only architectures are resampled: the noise that replicates add to each architecture is drawn with
it. What a replicate does to all architectures at once, as the training of a supernet does to its
scores, is another source of chance, for which ``imbnas.stats.crossed`` stands.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, as_vector, complete_rows, optional, same_rows
from imbnas.stats.kendall import ones

MIN_ROWS = 4
MIN_MODELS = 10
"""Below so many architectures a rank correlation says nothing: of 3 rankings at random one in six
has tau = 1, and of 5 the standard deviation of tau is 0.41 where there is no agreement at all."""
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

    Architectures that compute one function are not independent draws; a class is drawn with all
    its members.

    Args:
        classes: shape (A,), equal numbers for members of one class; which numbers they are does
            not matter, only where each occurs first.
        resamples: how many.
        rng: random numbers.

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


def interval_of(samples: Floats, level: float) -> Interval:
    """The percentile interval of a statistic.

    Args:
        samples: shape (1 + B,): the statistic of the sample itself, then of each resample.
        level: in (0, 1).

    Returns:
        An interval without bounds also where the sample's own statistic is undefined.
    """
    if np.isnan(samples[0]) or len(samples) == 1:
        return NO_INTERVAL
    return percentile_interval(samples[1:], level)


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

    Args:
        samples: shape (B,); NaN marks a resample in which the statistic is undefined.

    Returns:
        In (0, 1], or ``None`` when more than half of the samples are undefined.
    """
    above, below = upper_p_value(samples), upper_p_value(-samples)
    return None if above is None or below is None else min(above, below)


@dataclass(frozen=True)
class Bootstrap:
    """How the architectures are resampled and intervals are read off.

    Attributes:
        classes: shape (A,), equal numbers for architectures that compute one function; whole
            classes are resampled then. ``None`` resamples each architecture alone.
        resamples: how many; ``None`` draws 2,000, or 500 of 2,000 architectures and more.
        seed: of the resampling.
        level: of the intervals, in (0, 1).
    """

    classes: ArrayLike | None
    resamples: int | None
    seed: int
    level: float

    def draw(
        self, matrices: Sequence[Floats], name: str
    ) -> tuple[list[Floats], NDArray[np.integer], int]:
        """Drop architectures with missing values and resample the others.

        Args:
            matrices: each of shape (A, R_i) with the same A.
            name: what to call the first of them in an error message.

        Returns:
            The complete rows of the matrices; counts of shape (1 + B, rows), how often each row is
            in the sample itself and then in each resample, with B = 0 below 4 rows; and the number
            of rows dropped.

        Raises:
            InputError: the classes do not fit the rows, or there are too few resamples.
        """
        n = len(matrices[0])
        labels = np.zeros(n) if self.classes is None else as_vector(self.classes, "classes")
        same_rows(matrices[0], labels, f"{name}, classes")
        check_resampling(self._number(n), self.level)
        (*kept, labels), dropped = complete_rows([*matrices, labels[:, None]])
        counts = ones(len(labels))
        if len(labels) < MIN_ROWS:
            return kept, counts, dropped
        rng = np.random.default_rng(self.seed)
        if self.classes is None:
            drawn = resample_counts(len(labels), self._number(len(labels)), rng)
        else:
            drawn = resample_class_counts(labels[:, 0], self._number(len(labels)), rng)
        return kept, np.concatenate([counts, drawn]), dropped

    def distinct(self, matrices: Sequence[Floats]) -> int:
        """How many independent architectures the complete rows are: classes count once.

        Args:
            matrices: as in ``draw``.
        """
        labels = [] if self.classes is None else [as_vector(self.classes, "classes")[:, None]]
        kept, _ = complete_rows([*matrices, *labels])
        return len(kept[0]) if self.classes is None else len(np.unique(kept[-1]))

    def bounded(self, samples: Floats, name: str, prefix: str) -> dict[str, Any]:
        """The sample's own statistic as ``name``, its bounds as ``PREFIX_low`` and ``PREFIX_high``.

        Args:
            samples: as ``interval_of`` takes them.
            name: of the estimate.
            prefix: of the bounds.
        """
        interval = interval_of(samples, self.level)
        bounds = {f"{prefix}_low": interval.low, f"{prefix}_high": interval.high}
        return {name: optional(samples[0]), **bounds}

    def _number(self, n: int) -> int:
        return resamples_for(n) if self.resamples is None else self.resamples
