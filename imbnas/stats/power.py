"""The smallest difference that a run of a given size can be expected to show."""

from dataclasses import dataclass

import numpy as np

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats
from imbnas.stats.ceiling import noise_ceiling
from imbnas.stats.reliability import reliability, to_correlation, to_tau
from imbnas.stats.verdict import CEILING_ERROR

_SAMPLE = 600
_STEPS = 20


@dataclass(frozen=True)
class SmallestChange:
    """The least change of a ranking that is found with the power asked for.

    Attributes:
        correlation: of the two true accuracies, in [-1, 1).
        true_tau: tau of the two true rankings.
        tau_b: expected tau-b of the means over replicates.
        noise_ceiling: expected ceiling of it.
        difference: noise ceiling − tau-b, as a table prints it.
    """

    correlation: float
    true_tau: float
    tau_b: float
    noise_ceiling: float
    difference: float


def smallest_detectable_change(
    n: int,
    replicates: int,
    seed_tau: float,
    *,
    comparisons: int = 1,
    power: float = 0.8,
    level: float = 0.95,
) -> SmallestChange | None:
    """How far two rankings must differ for ``rank_transfer`` to find *changed*.

    For normal accuracies of equal reliability on both sides. Expected values follow from Greiner's
    relation, standard errors from the projection of each statistic on single architectures
    (Hoeffding 1948) in one fixed simulated population; both conditions of the verdict must hold.
    ``tests/stats/test_power.py`` compares the power with that of simulated verdicts.

    Args:
        n: distinct architectures, at least 4.
        replicates: of each side, at least 2. Where sides share numbers of replicates, half of them
            stand on either side of a comparison: give half.
        seed_tau: tau-b between two single replicates, in (0, 1).
        comparisons: rows of the table that Holm's correction counts.
        power: chance to find the change, in (0, 1).
        level: of the intervals, in (0, 1).

    Returns:
        ``None`` where not even the opposite ranking is found.

    Raises:
        InputError: an argument is out of its range.
    """
    _check(n >= 4, "n", n, "give at least 4 architectures")
    _check(replicates >= 2, "replicates", replicates, "a ceiling needs two")
    _check(0 < seed_tau < 1, "seed_tau", seed_tau, "give a number between 0 and 1")
    _check_test(comparisons, power, level)
    from scipy import stats

    critical = float(stats.norm.isf((1 - level) / 2 / comparisons))
    population = _Population(replicates, seed_tau)
    low, high = -1.0, 1.0
    if population.power(low, n, critical) < power:
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        found = population.power(middle, n, critical) >= power
        low, high = (middle, high) if found else (low, middle)
    tau, ceiling = population.expected(low, replicates)
    true = float(to_tau(np.array(low)))
    return SmallestChange(low, true, tau, ceiling, ceiling - tau)


def smallest_detectable_difference(
    sd: float, n: int, *, comparisons: int = 1, power: float = 0.8, level: float = 0.95
) -> float:
    """How large a mean paired difference must be for Student's t to tell it from 0.

    From the noncentral t distribution; Holm's correction is counted at its first, strictest step.

    Args:
        sd: standard deviation of the paired differences over replicates, at least 0.
        n: pairs, at least 2.
        comparisons: tests that Holm's correction counts.
        power: chance to find the difference, in (0, 1).
        level: 1 − the error rate, in (0, 1).

    Returns:
        In the unit of ``sd``.

    Raises:
        InputError: an argument is out of its range.
    """
    _check(0 <= sd < np.inf, "sd", sd, "give a finite number of at least 0")
    _check(n >= 2, "n", n, "one pair has no spread")
    _check_test(comparisons, power, level)
    from scipy import optimize, stats

    critical = float(stats.t.isf((1 - level) / 2 / comparisons, n - 1))

    def lacking(shift: float) -> float:
        return float(stats.nct.sf(critical, n - 1, shift)) - power

    largest = 2 * critical
    while lacking(largest) < 0:
        largest *= 2
    return float(optimize.brentq(lacking, 0.0, largest)) * sd / float(np.sqrt(n))


class _Population:
    """Replicated normal accuracies of one reliability, whose two sides correlate as asked."""

    def __init__(self, replicates: int, seed_tau: float) -> None:
        rng = np.random.default_rng(0)
        self._truths: Floats = rng.normal(size=(2, _SAMPLE, 1))
        self._seed_tau = seed_tau
        single = float(to_correlation(np.array(seed_tau)))
        noise: Floats = rng.normal(size=(2, _SAMPLE, replicates))
        self._noise = np.sqrt((1 - single) / single) * noise
        self._replicates = replicates

    def power(self, correlation: float, n: int, critical: float) -> float:
        """Chance that both differences exceed their bounds by so many standard errors."""
        from scipy import stats

        error, together = self._errors(correlation, n)
        above = []
        for place, (replicates, bound) in enumerate(((self._replicates, 0.0), (1, CEILING_ERROR))):
            tau, ceiling = self.expected(correlation, replicates)
            above.append((ceiling - tau - bound) / error[place] - critical)
        joint = stats.multivariate_normal([0.0, 0.0], [[1.0, together], [together, 1.0]])
        return float(joint.cdf(above))

    def expected(self, correlation: float, replicates: int) -> tuple[float, float]:
        """tau-b of means over replicates, and its ceiling (Greiner 1909)."""
        share = reliability(np.array(self._seed_tau), replicates)
        return float(to_tau(correlation * share)), float(noise_ceiling(share, share))

    def _errors(self, correlation: float, n: int) -> tuple[tuple[float, float], float]:
        """Standard errors of the difference of means and of singles, and their correlation."""
        x, other = self._truths
        y = correlation * x + np.sqrt(1 - correlation**2) * other
        sides = [truth + noise for truth, noise in zip((x, y), self._noise, strict=True)]
        signs = [np.array([_signs(column) for column in side.T]) for side in sides]
        sums = [sign.sum(axis=0) for sign in signs]
        pairs = self._replicates * (self._replicates - 1)
        seeds: Floats = np.zeros(_SAMPLE)
        for total, sign in zip(sums, signs, strict=True):
            seeds += _influence((total**2 - np.square(sign).sum(axis=0)) / pairs)
        means = _influence(_signs(sides[0].mean(axis=1)) * _signs(sides[1].mean(axis=1)))
        singles = _influence(sums[0] * sums[1] / self._replicates**2)
        of_means = self._slope(self._replicates) * seeds - means
        of_singles = self._slope(1) * seeds - singles
        error = float(of_means.std() / np.sqrt(n)), float(of_singles.std() / np.sqrt(n))
        # At correlations near ±1 the two are one, and the joint distribution is singular.
        return error, min(0.999, float(np.corrcoef(of_means, of_singles)[0, 1]))

    def _slope(self, replicates: int) -> float:
        """How the ceiling follows the seed tau of one side."""
        step = 1e-4 * min(self._seed_tau, 1 - self._seed_tau)
        here = reliability(np.array(self._seed_tau), replicates)
        up, down = (
            noise_ceiling(reliability(np.array(self._seed_tau + move), replicates), here)
            for move in (step, -step)
        )
        return float((up - down) / (2 * step))


def _signs(column: Floats) -> Floats:
    signs: Floats = np.sign(column[:, None] - column)
    return signs


def _influence(concordances: Floats) -> Floats:
    """Of each architecture on a tau, from the (A, A) mean products of signs."""
    mean: Floats = concordances.sum(axis=1) / (len(concordances) - 1)
    influence: Floats = 2 * (mean - mean.mean())
    return influence


def _check_test(comparisons: int, power: float, level: float) -> None:
    _check(comparisons >= 1, "comparisons", comparisons, "give at least 1")
    _check(0 < power < 1, "power", power, "give a number between 0 and 1; 0.8 is usual")
    _check(0 < level < 1, "level", level, "give a number between 0 and 1; 0.95 is usual")


def _check(holds: bool, name: str, value: float, remedy: str) -> None:
    if not holds:
        raise InputError(f"{name}: {value} cannot be used; {remedy}")
