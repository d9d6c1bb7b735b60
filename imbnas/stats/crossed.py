"""Intervals of a mean over replicates where architectures were drawn, too: two crossed sources.

A statistic of A architectures, such as a supernet's tau, is averaged over S replicates, such as
supernets trained with different seeds. With a statistic that is nearly a mean over architectures
its variance is

    V = σ²_a / A  +  σ²_s / S  +  σ²_as / (A S)

(Searle, Casella & McCulloch 1992, section 4.7). Resampling architectures with the replicates held
estimates the first and the third term, the spread over replicates divided by S the second and the
third; how much less a mean over replicates varies under resampling than a single replicate does
tells the third, which is then subtracted once (Owen 2007, "The pigeonhole bootstrap", shows that
resampling both at once would count it three times). Student's t with Satterthwaite's (1946)
degrees of freedom turns V into an interval: a bootstrap of S = 3 replicates has only ten different
resamples, and its percentiles are far too narrow. Two sources of chance leave no less uncertain
than one of them alone: where Satterthwaite's approximation says otherwise, the interval is that of
the wider source.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imbnas.stats.arrays import Floats
from imbnas.stats.bootstrap import MIN_ROWS


@dataclass(frozen=True)
class CrossedInterval:
    """A mean over replicates, and what architectures and replicates leave uncertain about it.

    Attributes:
        estimate: in the statistic's unit; ``None`` where it is undefined.
        low: lower bound; ``None`` below two replicates or four architectures.
        high: upper bound.
        p_value: two-sided, of "the true value is 0"; ``None`` where nothing varies.
        sd_architectures: standard error from the drawing of architectures, replicates held.
        sd_replicates: standard error from the spread over replicates, architectures held.
        df: Satterthwaite's degrees of freedom.
    """

    estimate: float | None
    low: float | None
    high: float | None
    p_value: float | None
    sd_architectures: float | None
    sd_replicates: float | None
    df: float | None


def crossed_interval(
    groups: Sequence[Floats],
    n: int,
    *,
    level: float,
    pooled: Floats | None = None,
    correlation: bool = False,
) -> CrossedInterval:
    """The sum of the means of groups of replicates, with an interval over both sources of chance.

    One group gives a mean; the difference of two unpaired means is that of ``[first, -second]``.
    Replicates of different groups must be independent; the resamples of all groups must be the
    same ones, so that what architectures have in common cancels.

    Args:
        groups: each of shape (S, 1 + B): for each replicate the statistic of all architectures,
            then of each of B resamples of them; NaN where it is undefined.
        n: architectures (or classes of them) that were resampled.
        level: in (0, 1).
        pooled: shape (1 + B,), where the estimate is another function of the replicates than the
            sum of means; the groups then tell its spread over replicates alone.
        correlation: the statistic lies in [-1, 1]; the interval is that of Fisher's (1915)
            artanh, transformed back, and stays in there.
    """
    if pooled is None:
        pooled = np.sum([group.mean(axis=0) for group in groups], axis=0)
    if np.isnan(pooled[0]):
        return _nothing(None)
    estimate = float(pooled[0])
    between = [_mean_square(group) for group in groups]
    defined = ~np.isnan(pooled[1:])
    if None in between or n < MIN_ROWS or 2 * defined.sum() <= len(defined):
        return _nothing(estimate)
    resampled = float(pooled[1:][defined].var(ddof=1))
    parts = [(resampled, n - 1.0), *(part for part in between if part is not None)]
    total = _total(parts, sum(_interaction(group) for group in groups))
    replicates = math.sqrt(sum(variance for variance, _ in parts[1:]))
    if total == 0:
        return CrossedInterval(estimate, estimate, estimate, None, 0.0, 0.0, None)
    df = total**2 / sum(variance**2 / freedom for variance, freedom in parts)
    sources = [(total, df), *parts]
    low, high, p_value = _student(estimate, sources, level, correlation)
    return CrossedInterval(estimate, low, high, p_value, math.sqrt(resampled), replicates, df)


def _nothing(estimate: float | None) -> CrossedInterval:
    return CrossedInterval(estimate, None, None, None, None, None, None)


def _mean_square(group: Floats) -> tuple[float, float] | None:
    """Variance of a mean by its spread over replicates, and its degrees of freedom."""
    values = group[:, 0][~np.isnan(group[:, 0])]
    if len(values) < 2:
        return None
    return float(values.var(ddof=1)) / len(values), len(values) - 1.0


def _interaction(group: Floats) -> float:
    """σ²_as / (A S), which both other estimates hold: at least 0."""
    boot = group[:, 1:]
    boot = boot[:, ~np.isnan(boot).any(axis=0)]
    if boot.shape[1] < 2:
        return 0.0
    alone, together = boot.var(axis=1, ddof=1).mean(), boot.mean(axis=0).var(ddof=1)
    return max(0.0, float(alone - together) / (len(group) - 1))


def _total(parts: Sequence[tuple[float, float]], counted_twice: float) -> float:
    variances = [variance for variance, _ in parts]
    return max(sum(variances) - counted_twice, *variances)


def _student(
    estimate: float, sources: Sequence[tuple[float, float]], level: float, correlation: bool
) -> tuple[float, float, float]:
    """Bounds and p-value by the widest of several variances with their degrees of freedom."""
    from scipy import stats

    scale = 1.0
    if correlation and abs(estimate) < 1:
        scale = 1 / (1 - estimate**2)
        estimate = math.atanh(estimate)
    errors = [(scale * math.sqrt(variance), df) for variance, df in sources if variance > 0]
    half = max(float(stats.t.ppf((1 + level) / 2, df)) * error for error, df in errors)
    p_value = max(2 * float(stats.t.sf(abs(estimate) / error, df)) for error, df in errors)
    low, high = estimate - half, estimate + half
    return (math.tanh(low), math.tanh(high), p_value) if correlation else (low, high, p_value)
