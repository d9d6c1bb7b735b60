"""What is lost on one side by picking architectures on the other: regret of transfer.

An engineer trains every architecture once on x, takes the best, and uses it on y. On y it falls
short of the architecture that training on y would have shown to be best. That oracle is chosen by
the *other* replicates of y, so that it does not profit from the noise of the replicate on which
both are judged; the best of a top k is chosen by the same ones. The expected loss is therefore
that to an oracle of R − 1 trainings, smaller than the loss to the best architecture there is.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, as_matrix, optional, replicate_mean, same_rows
from imbnas.stats.pairings import Numbers, column_numbers

MIN_JUDGES = 3
"""One judges and one chooses; without a third, none can be left out."""


@dataclass(frozen=True)
class TransferRegret:
    """Mean loss over pairs of a picking replicate of x and a judging replicate of y.

    Attributes:
        regret: oracle − pick, in y's unit; may fall below 0 by noise; ``None`` without a pair.
        low: lower bound of its interval; ``None`` below 3 replicates of y or 2 of x.
        high: upper bound of its interval.
        random_pick: the same of k architectures drawn at random.
        gain: random pick − pick: what following x saves.
        gain_low: lower bound of its interval.
        gain_high: upper bound of its interval.
        k: architectures that were picked.
        n: architectures used.
        n_dropped: architectures left out because all values of a side were missing.
        n_x: complete replicates of x that picked.
        n_y: complete replicates of y that judged.
        n_incomplete: replicates of both sides left out because a value was missing.
    """

    regret: float | None
    low: float | None
    high: float | None
    random_pick: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    k: int
    n: int
    n_dropped: int
    n_x: int
    n_y: int
    n_incomplete: int


def regret_of_transfer(
    x: ArrayLike,
    y: ArrayLike,
    k: int = 1,
    *,
    replicates: Numbers | None = None,
    exact: bool = False,
    level: float = 0.95,
) -> TransferRegret:
    """Measure what picking on x loses on y.

    Every replicate of x picks; every replicate of y judges, with the others of y to choose the
    oracle and, for k > 1, the best among the picked. Where the k-th place of x is tied, the result
    is the expectation under random tie-breaking; among the picked, architectures that the choosing
    replicates leave tied are taken in x's order, then at random.

    The interval is that over other replicates of these architectures; over other architectures a
    bootstrap would be biased, since a sample's best grows with its size. Its variance is Tukey's
    (1958) jackknife, which leaves out a replicate at a time, and at least that of one more judge
    (Laplace's rule of succession) who puts oracle and pick as far apart as noise puts two equal
    architectures: a loss that is 0 in each of few replicates is not known to be 0. Simulated
    coverage for 64 architectures, 3 to 12 replicates, k = 1 and 10 and true correlations of 0 to
    1: 0.93 to 1.00 at a level of 0.95 (``tests/stats/test_transfer_regret.py``).

    Args:
        x: shape (A,) or (A, Rx), accuracies or scores, larger is better; NaN marks a missing value.
        y: shape (A, Ry), accuracies; their unit is the result's.
        k: how many are picked, from 1 to the number of architectures.
        replicates: numbers of the columns of x and of y, in any order: a replicate of x is not
            judged by one of its own number, whose training images both saw. ``None``: no images
            are shared. Columns are paired by number alone, so that a missing one shifts none.
        exact: x has no randomness of its own, as MACs have none; a single column then has an
            interval.
        level: of the intervals, in (0, 1).

    Raises:
        InputError: the shapes, the numbers or ``k`` do not fit, or a value is infinite.
    """
    left, right = as_matrix(x, "x"), as_matrix(y, "y")
    same_rows(left, right, "x, y")
    if not 0 < level < 1:
        raise InputError(f"level: {level} is not between 0 and 1; 0.95 is usual")
    sides, n_dropped, n_incomplete = _complete(left, right, replicates)
    n = len(sides.x)
    if not 1 <= k <= n:
        raise InputError(f"k: {k} is not between 1 and the number of complete rows, {n}")
    whole = _losses(sides, k)
    least = _least_variance(sides.y)
    missed, gained = (
        _bounds(value, whole, sides, k, exact, level, least) for value in (_regret, _gain)
    )
    return TransferRegret(
        regret=optional(_regret(whole)),
        low=missed[0],
        high=missed[1],
        random_pick=optional(whole.random),
        gain=optional(_gain(whole)),
        gain_low=gained[0],
        gain_high=gained[1],
        k=k,
        n=n,
        n_dropped=n_dropped,
        n_x=sides.x.shape[1],
        n_y=sides.y.shape[1],
        n_incomplete=n_incomplete,
    )


class _Sides(NamedTuple):
    """Complete columns and their numbers; numbers of two sides that share nothing differ."""

    x: Floats
    y: Floats
    numbers_x: NDArray[np.float64]
    numbers_y: NDArray[np.float64]

    def without(self, number: float) -> "_Sides":
        keep_x, keep_y = self.numbers_x != number, self.numbers_y != number
        return _Sides(
            self.x[:, keep_x], self.y[:, keep_y], self.numbers_x[keep_x], self.numbers_y[keep_y]
        )


class _Losses(NamedTuple):
    """Mean losses of what x picks and of a random pick, over the same pairs; NaN without one."""

    picked: float
    random: float


def _complete(x: Floats, y: Floats, replicates: Numbers | None) -> tuple[_Sides, int, int]:
    """Leave out rows that a side lacks altogether, then columns that lack a value."""
    n_x, n_y = x.shape[1], y.shape[1]
    if replicates is None:
        numbers = np.split(np.arange(n_x + n_y, dtype=np.float64), [n_x])
    else:
        numbers = [
            np.array(column_numbers(given, columns, name))
            for given, columns, name in zip(replicates, (n_x, n_y), ("x", "y"), strict=True)
        ]
    rows = ~(np.isnan(x).all(axis=1) | np.isnan(y).all(axis=1))
    x, y = x[rows], y[rows]
    keep_x, keep_y = ~np.isnan(x).any(axis=0), ~np.isnan(y).any(axis=0)
    sides = _Sides(x[:, keep_x], y[:, keep_y], numbers[0][keep_x], numbers[1][keep_y])
    return sides, int((~rows).sum()), int((~keep_x).sum() + (~keep_y).sum())


def _losses(sides: _Sides, k: int) -> _Losses:
    picked, at_random = [], []
    nobody = np.zeros(len(sides.y))
    for judge, number in enumerate(sides.numbers_y):
        pickers = np.flatnonzero(sides.numbers_x != number)
        if sides.y.shape[1] < 2 or not len(pickers):
            continue
        choosing = replicate_mean(np.delete(sides.y, judge, axis=1))
        values = sides.y[:, judge]
        oracle = float(values[choosing == choosing.max()].mean())
        picks = [oracle - _best_of_top(sides.x[:, i], choosing, values, k) for i in pickers]
        picked += picks
        at_random += [oracle - _best_of_top(nobody, choosing, values, k)] * len(picks)
    if not picked:
        return _Losses(math.nan, math.nan)
    return _Losses(float(np.mean(picked)), float(np.mean(at_random)))


def _best_of_top(scores: Floats, choosing: Floats, values: Floats, k: int) -> float:
    """Expected value of the best by ``choosing`` among the top k by score."""
    threshold = np.partition(scores, -k)[-k]
    above, tied = scores > threshold, scores == threshold
    least = choosing[above].max(initial=-math.inf)
    rivals = tied & (choosing > least)
    levels, place = np.unique(-choosing[rivals], return_inverse=True)
    means = np.bincount(place, values[rivals], len(levels)) / np.bincount(place, None, len(levels))
    ordered = means[np.sort(place)]
    # Rivals are met from the best on; each is among the k with what chance is left for it.
    chance = np.minimum(1.0, (k - above.sum()) / (tied.sum() - np.arange(len(ordered))))
    reached = np.cumprod([1.0, *(1.0 - chance)])
    expected = float(np.sum(reached[:-1] * chance * ordered))
    return expected + float(reached[-1]) * _first(above, scores, choosing, values)


def _first(among: NDArray[np.bool_], scores: Floats, choosing: Floats, values: Floats) -> float:
    """The value of the best by ``choosing``, then by score, then at random; 0 of none."""
    if not among.any():
        return 0.0
    best = among & (choosing == choosing[among].max())
    best &= scores == scores[best].max()
    return float(values[best].mean())


def _regret(losses: _Losses) -> float:
    return losses.picked


def _gain(losses: _Losses) -> float:
    return losses.random - losses.picked


def _least_variance(y: Floats) -> float:
    """(√2 σ / (R + 1))², σ² the variance of a single replicate's noise."""
    judges = int(y.shape[1])
    if judges < 2:
        return math.nan
    return 2 * float(y.var(axis=1, ddof=1).mean()) / (judges + 1) ** 2


def _bounds(
    value: Callable[[_Losses], float],
    whole: _Losses,
    sides: _Sides,
    k: int,
    exact: bool,
    level: float,
    least: float,
) -> tuple[float | None, float | None]:
    """A jackknife interval of a function of the losses."""
    n_x, n_y = sides.x.shape[1], sides.y.shape[1]
    if n_y < MIN_JUDGES or (n_x < 2 and not exact) or math.isnan(whole.picked):
        return None, None
    variance = sum(
        _jackknife([value(_losses(sides.without(number), k)) for number in kind], value(whole))
        for kind in _kinds(sides, exact)
    )
    if math.isnan(variance):
        return None, None
    from scipy import stats

    df = (n_y if exact else min(n_x, n_y)) - 1
    half = float(stats.t.ppf((1 + level) / 2, df)) * math.sqrt(max(variance, least))
    return value(whole) - half, value(whole) + half


def _kinds(sides: _Sides, exact: bool) -> Iterator[Sequence[float]]:
    """Numbers that are left out in turn: of both sides, of x alone, of y alone."""
    x, y = set(sides.numbers_x.tolist()), set(sides.numbers_y.tolist())
    yield sorted(x & y)
    if not exact:
        yield sorted(x - y)
    yield sorted(y - x)


def _jackknife(without: Sequence[float], whole: float) -> float:
    """Variance from values with a replicate left out; about the whole where there is only one."""
    if not without:
        return 0.0
    centre = float(np.mean(without)) if len(without) > 1 else whole
    share = max(0.5, 1 - 1 / len(without))
    return share * float(np.square(np.array(without) - centre).sum())
