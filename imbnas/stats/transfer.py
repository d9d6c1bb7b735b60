"""Does a ranking of architectures carry over: tau-b with its interval, ceiling and verdict."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from imbnas.stats.arrays import Floats, as_matrix, as_vector, optional, replicate_mean, same_rows
from imbnas.stats.bootstrap import MIN_ROWS, Bootstrap, interval_of, upper_p_value
from imbnas.stats.ceiling import correct_for_noise, noise_ceiling
from imbnas.stats.design import Design
from imbnas.stats.kendall import ones, tau_b_resampled, untied_pairs
from imbnas.stats.pairings import Numbers
from imbnas.stats.reliability import (
    mean_over_pairs,
    noise_variance,
    reliability_on_other_images,
    replicate_pairs,
)
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
    replicates: Numbers | None = None,
    image_variance: tuple[float, float] | None = None,
    at_least: int = 0,
) -> RankTransfer:
    """Compare two rankings of the same architectures, each measured with replicates.

    The result depends neither on the order of the rows nor on the number of threads. Replicates
    must be independent within each side, and across the two sides but for those of one number.

    Args:
        x: shape (A,) or (A, Rx), larger is better; NaN marks a missing value.
        y: shape (A,) or (A, Ry).
        classes: shape (A,), equal numbers for architectures that compute one function; whole
            classes are resampled then. ``None`` takes each for itself.
        resamples: bootstrap resamples of the architectures; ``None`` draws 2,000, or 500 of 2,000
            architectures and more.
        seed: of the resampling.
        level: of all intervals, in (0, 1).
        replicates: numbers of the columns of x and of y. Columns of equal number share training
            images, and with them an effect of (architecture × subset) that lifts tau and hides a
            change; they are never compared. ``tau_b``, its ceiling and the correlations are then
            means over splits of the numbers into two halves, one for either side
            (``imbnas.stats.pairings``), and so lower than those of all replicates together.
            ``None``: no images are shared.
        image_variance: of x and of y, in their squared units, at least 0: what the sampling of test
            images adds to each architecture, where the two sides were tested on *different* test
            splits; ``sd ** 2`` of ``imbnas.stats.image_variance``. It lowers the ceiling. ``None``:
            one test split for both, whose luck both share.
        at_least: below so many complete architectures (distinct ones, with ``classes``) no number
            is given but counts, and a note says so; ``imbnas.stats.MIN_MODELS`` is recommended.

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    left, right = as_matrix(x, "x"), as_matrix(y, "y")
    bootstrap = Bootstrap(classes, resamples, seed, level)
    if replicates is None:
        design = Design.without_sharing(left, right, image_variance)
    else:
        design = Design.with_sharing(left, right, replicates, image_variance)
    return _compare(left, right, bootstrap, design, at_least)


def rank_against_predictor(
    predictor: ArrayLike,
    target: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
    image_variance: float = 0.0,
    at_least: int = 0,
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
        image_variance: as in ``rank_transfer``, of the target; 0 asks for this test split alone.
        at_least: as in ``rank_transfer``.

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    left, right = as_vector(predictor, "predictor")[:, None], as_matrix(target, "target")
    bootstrap = Bootstrap(classes, resamples, seed, level)
    design = Design.without_sharing(left, right, (0.0, image_variance), exact=True)
    return _compare(left, right, bootstrap, design, at_least)


def _compare(
    x: Floats, y: Floats, bootstrap: Bootstrap, design: Design, at_least: int
) -> RankTransfer:
    same_rows(x, y, "x, y")
    given = [x, y]
    (x, y), counts, dropped = bootstrap.draw(given, "x")
    distinct = bootstrap.distinct(given)
    mean_x, mean_y = replicate_mean(x), replicate_mean(y)
    if distinct < at_least:
        note = f"{distinct} distinct complete rows: fewer than the {at_least} asked for"
        return _nothing(x, y, dropped, note)
    samples = _samples(x, y, counts, design)
    spearman, weighted = _scipy_correlations(x, y, design)
    undefined = np.isnan(samples.corrected[0])
    return RankTransfer(
        **bootstrap.bounded(samples.tau, "tau_b", "ci"),
        **bootstrap.bounded(samples.ceiling, "noise_ceiling", "ceiling"),
        **bootstrap.bounded(samples.corrected, "tau_corrected", "corrected"),
        clipped=None if undefined else bool(samples.clipped[0]),
        spearman=spearman,
        weighted_tau=weighted,
        **_counts(x, y, dropped),
        seed_tau_x=optional(samples.seed_x[0]),
        seed_tau_y=optional(samples.seed_y[0]),
        **bootstrap.bounded(samples.difference, "difference", "difference"),
        **bootstrap.bounded(samples.single, "difference_single", "difference_single"),
        p_value=_p_value(samples),
        verdict=decide(
            interval_of(samples.difference, bootstrap.level),
            interval_of(samples.single, bootstrap.level),
        ),
        notes=_notes(x, y, mean_x, mean_y, samples, design),
    )


def _counts(x: Floats, y: Floats, dropped: int) -> dict[str, int]:
    return {
        "n": len(x),
        "n_dropped": dropped,
        "n_x": x.shape[1],
        "n_y": y.shape[1],
        "ties_x": _ties(replicate_mean(x)),
        "ties_y": _ties(replicate_mean(y)),
    }


def _nothing(x: Floats, y: Floats, dropped: int, note: str) -> RankTransfer:
    """Counts, a reason, and no other number."""
    numbers: dict[str, Any] = {field.name: None for field in fields(RankTransfer)}
    return RankTransfer(**numbers | _counts(x, y, dropped) | {"notes": (note,)})


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


def _samples(x: Floats, y: Floats, counts: np.ndarray, design: Design) -> _Samples:
    """Recompute the whole pipeline in each resample.

    The columns are: replicates of x, replicates of y, then both means of each pairing.
    """
    n_x, n_y = x.shape[1], y.shape[1]
    means = [
        mean
        for left, right in design.pairings
        for mean in (replicate_mean(x[:, left]), replicate_mean(y[:, right]))
    ]
    columns = [*x.T, *y.T, *means]
    within_x = replicate_pairs(range(n_x))
    within_y = replicate_pairs(range(n_x, n_x + n_y))
    has_ceiling = n_y > 1 and (design.exact or n_x > 1)
    across = [(i, n_x + j) for i, j in design.across] if has_ceiling else []
    paired = [(k, k + 1) for k in range(n_x + n_y, len(columns), 2)]
    groups = [paired, within_x, within_y, across]
    asked = [pair for group in groups for pair in group]
    taus = tau_b_resampled(columns, asked, counts) if asked else np.empty((0, len(counts)))
    tau, seed_x, seed_y, tau_single = (
        mean_over_pairs(part)
        for part in np.split(taus, np.cumsum([len(group) for group in groups])[:-1])
    )
    variance_x, variance_y = design.image_variance
    left = _Side(seed_x, _image_noise(x, counts, variance_x), design.exact)
    right = _Side(seed_y, _image_noise(y, counts, variance_y), exact=False)
    sizes = {(len(i), len(j)) for i, j in design.pairings}
    ceilings = [noise_ceiling(left.of(i), right.of(j)) for i, j in sorted(sizes)]
    ceiling = mean_over_pairs(np.array(ceilings).reshape(-1, len(counts)))
    corrected, clipped = correct_for_noise(tau, ceiling)
    return _Samples(
        tau=tau,
        seed_x=seed_x,
        seed_y=seed_y,
        ceiling=ceiling,
        corrected=corrected,
        clipped=clipped,
        difference=ceiling - tau,
        single=noise_ceiling(left.of(1), right.of(1)) - tau_single,
    )


@dataclass(frozen=True)
class _Side:
    """What tells the reliability of one side, in each resample."""

    seed_tau: Floats
    image_noise: Floats
    exact: bool

    def of(self, replicates: int) -> Floats:
        """Reliability of the mean of so many replicates."""
        if self.exact:
            return np.ones_like(self.seed_tau)
        return reliability_on_other_images(self.seed_tau, replicates, self.image_noise)


def _image_noise(matrix: Floats, counts: np.ndarray, variance: float) -> Floats:
    """Variance by test images over that of a single replicate; NaN where there is no such noise."""
    if variance == 0:
        return np.zeros(len(counts))
    ratio = np.full(len(counts), np.nan)
    if matrix.shape[1] > 1:
        noise = noise_variance(matrix, counts)
        np.divide(variance, noise, out=ratio, where=noise > 0)
    return ratio


def _p_value(samples: _Samples) -> float | None:
    if np.isnan(samples.difference[0]) or np.isnan(samples.single[0]) or len(samples.tau) == 1:
        return None
    means = upper_p_value(samples.difference[1:])
    singles = upper_p_value(samples.single[1:] - CEILING_ERROR)
    return None if means is None or singles is None else max(means, singles)


def _scipy_correlations(x: Floats, y: Floats, design: Design) -> tuple[float | None, float | None]:
    """Spearman's rho and the weighted tau of means, themselves means over pairings."""
    sides = [(replicate_mean(x[:, i]), replicate_mean(y[:, j])) for i, j in design.pairings]
    if not sides or any(len(side) < 2 or np.ptp(side) == 0 for pair in sides for side in pair):
        return None, None
    from scipy import stats

    spearman = np.mean([stats.spearmanr(*pair).statistic for pair in sides])
    weighted = np.mean([stats.weightedtau(*pair).statistic for pair in sides])
    return optional(float(spearman)), optional(float(weighted))


def _ties(column: Floats) -> int:
    n = len(column)
    return (n * (n - 1) - int(untied_pairs(column, ones(n))[0])) // 2


def _notes(
    x: Floats, y: Floats, mean_x: Floats, mean_y: Floats, samples: _Samples, design: Design
) -> tuple[str, ...]:
    notes = []
    if not design.pairings:
        notes.append("no replicates of different images on the two sides: nothing is compared")
    if len(x) < MIN_ROWS:
        notes.append(
            f"{len(x)} complete rows: a correlation needs 2, an interval at least {MIN_ROWS}"
        )
    sides = (("x", mean_x, x, not design.exact), ("y", mean_y, y, True))
    for (name, mean, matrix, noise), variance in zip(sides, design.image_variance, strict=True):
        if variance > 0 and matrix.shape[1] > 1 and not np.ptp(matrix, axis=1).any():
            notes.append(f"replicates of {name} are equal: they have no noise to compare images by")
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
