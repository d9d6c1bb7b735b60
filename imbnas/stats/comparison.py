"""Many strategies against each other: differences to references, and ranks with their ranges.

A strategy's rank runs from 1 + the number of strategies shown to be better to K − the number shown
to be worse (Mogstad, Romano, Shaikh & Wilhelm 2024, "Inference for ranks", section 3: from
simultaneous statements about the signs of all pairwise differences follow simultaneous ranges of
ranks). The statements are paired t tests under Holm's (1979) correction; that their signs err no
more often is proved for independent tests (Shaffer 1980) and simulated for these. Strategies that
the data do not tell apart share ranks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, as_matrix, as_vector, same_rows
from imbnas.stats.bootstrap import Bootstrap
from imbnas.stats.crossed import crossed_interval
from imbnas.stats.multiplicity import holm
from imbnas.stats.prediction import judged_taus
from imbnas.stats.summary import t_interval

Better = Literal["higher", "lower"]
Family = Literal["all", "own"]
# Absorbs the rounding of 1 − 0.95.
_TINY = 1e-12


@dataclass(frozen=True)
class Difference:
    """Mean paired difference of two strategies over replicates.

    Attributes:
        first: name of the first strategy.
        second: name of the second strategy.
        mean: first − second, in the unit of the values; ``None`` without a complete pair.
        low: lower bound of its interval, not adjusted; ``None`` where nothing tells the spread.
        high: upper bound of its interval.
        p_value: two-sided, of "the mean difference is 0"; ``None`` where it cannot be tested.
        p_adjusted: after Holm's correction over its family, in which pairs count that have too
            few replicates for a test.
        n: replicates that both strategies have.
    """

    first: str
    second: str
    mean: float | None
    low: float | None
    high: float | None
    p_value: float | None
    p_adjusted: float | None
    n: int


@dataclass(frozen=True)
class RankRange:
    """Where a strategy stands among the others.

    Attributes:
        name: of the strategy.
        rank: 1 + the number of strategies with a better mean over the common replicates; ``None``
            where the strategy has no replicate in common with another.
        low: best rank that the data allow, from 1.
        high: worst rank that the data allow, up to the number of strategies.
    """

    name: str
    rank: int | None
    low: int
    high: int


@dataclass(frozen=True)
class Comparison:
    """Strategies of one table, compared by one metric.

    Attributes:
        ranks: one for each strategy, in the order given.
        differences: strategy − reference for each of the references in turn, of all strategies but
            the reference itself; Holm's family is the strategies of one reference.
        pairs: all pairs of strategies; Holm's family is as asked for.
    """

    ranks: tuple[RankRange, ...]
    differences: tuple[Difference, ...]
    pairs: tuple[Difference, ...]


_Compare: TypeAlias = Callable[[str, str], Difference]


def compare_values(
    values: Mapping[str, ArrayLike],
    references: Sequence[str] = (),
    *,
    better: Better = "higher",
    family: Family = "all",
    level: float = 0.95,
) -> Comparison:
    """Compare strategies by a value of each replicate, such as accuracy or regret.

    Intervals and tests are Student's of paired differences. Simulated with 8 strategies of unequal
    normal noise, 3 to 12 replicates, and all, some or no true values tied: all true ranks lie in
    their ranges in 95% of tables or more; with exponential noise, as regrets may have, in 93%, and
    a range of family ``own`` in 90% (``tests/stats/test_comparison.py``).

    Args:
        values: strategy → shape (R,), the same replicates in the same order for all; NaN marks a
            missing one, which leaves the pairs of that strategy alone.
        references: names of strategies to which all others are compared; one that is not among the
            strategies is left out.
        better: whether rank 1 has the highest or the lowest values.
        family: ``all`` corrects over all pairs, so that with probability ``level`` all ranges of
            the table hold at once; ``own`` over the pairs of each strategy with the others, so
            that a single range holds with it: narrower, and no statement about the whole table.
        level: of intervals and ranges, in (0, 1).

    Raises:
        InputError: the shapes do not fit, or a value is infinite.
    """
    columns = {name: as_vector(column, name) for name, column in values.items()}
    for first, second in combinations(columns, 2):
        same_rows(columns[first], columns[second], f"{first}, {second}")

    def compare(first: str, second: str) -> Difference:
        found = t_interval(columns[first], columns[second], level=level)
        return Difference(
            first, second, found.mean, found.low, found.high, found.p_value, None, found.n
        )

    return _compare_all(list(columns), references, compare, better, family, level)


def compare_taus(
    scores: Mapping[str, ArrayLike],
    accuracies: ArrayLike,
    references: Sequence[str] = (),
    *,
    replicates: tuple[Mapping[str, ArrayLike], ArrayLike] | None = None,
    classes: ArrayLike | None = None,
    resamples: int | None = None,
    seed: int = 0,
    family: Family = "all",
    level: float = 0.95,
    at_least: int = 0,
) -> Comparison:
    """Compare strategies by how well their scores rank the accuracies (mean tau-b).

    A difference of two strategies holds the drawing of architectures and that of replicates
    (``imbnas.stats.crossed``): column s of all scores is one replicate, paired.

    Args:
        scores: strategy → shape (A, S), the same replicates for all; a column of NaN marks a
            missing replicate. Architectures with another missing value are left out of all.
        accuracies: shape (A,) or (A, R).
        references: as in ``compare_values``.
        replicates: numbers of the columns of each strategy's scores and of the accuracies, as in
            ``predictive_tau``; ``None``: no images are shared.
        classes: as in ``predictive_tau``.
        resamples: bootstrap resamples of the architectures; ``None`` draws 2,000, or 500 of 2,000
            architectures and more.
        seed: of the resampling.
        family: as in ``compare_values``.
        level: of intervals and ranges, in (0, 1).
        at_least: below so many architectures (distinct ones, with ``classes``) nothing is
            compared; ``imbnas.stats.MIN_MODELS`` is recommended.

    Raises:
        InputError: the shapes do not fit, a value is infinite, or there are too few resamples.
    """
    taus, n = _taus(scores, accuracies, replicates, Bootstrap(classes, resamples, seed, level))
    if n < at_least:
        taus = {name: np.full_like(each, np.nan) for name, each in taus.items()}

    def compare(first: str, second: str) -> Difference:
        group = taus[first] - taus[second]
        group = group[~np.isnan(group[:, 0])]
        if not len(group):
            return Difference(first, second, None, None, None, None, None, 0)
        found = crossed_interval([group], n, level=level)
        bounds = found.estimate, found.low, found.high, found.p_value
        return Difference(first, second, *bounds, None, len(group))

    return _compare_all(list(taus), references, compare, "higher", family, level)


def _taus(
    scores: Mapping[str, ArrayLike],
    accuracies: ArrayLike,
    replicates: tuple[Mapping[str, ArrayLike], ArrayLike] | None,
    bootstrap: Bootstrap,
) -> tuple[dict[str, Floats], int]:
    """Strategy → (S, 1 + B) taus, NaN where a replicate is missing; and distinct architectures."""
    matrices = {name: as_matrix(matrix, name) for name, matrix in scores.items()}
    actual = as_matrix(accuracies, "accuracies")
    for name, matrix in matrices.items():
        same_rows(matrix, actual, f"{name}, accuracies")
    if len({matrix.shape[1] for matrix in matrices.values()}) > 1:
        raise InputError("scores: strategies differ in their number of columns; mark gaps by NaN")
    there = {name: ~np.isnan(matrix).all(axis=0) for name, matrix in matrices.items()}
    named = [name for name in matrices if there[name].any()]
    whole = [*(matrices[name][:, there[name]] for name in named), actual]
    kept, counts, _ = bootstrap.draw(whole, "scores")
    found = {}
    for name in matrices:
        found[name] = np.full((matrices[name].shape[1], len(counts)), np.nan)
        if name in named:
            numbers = None
            if replicates is not None:
                of_scores = as_vector(replicates[0][name], f"replicates of {name}")
                numbers = of_scores[there[name]], replicates[1]
            part = kept[named.index(name)]
            found[name][there[name]] = judged_taus(part, kept[-1], counts, numbers)
    return found, bootstrap.distinct(whole)


def _compare_all(
    names: Sequence[str],
    references: Sequence[str],
    compare: _Compare,
    better: Better,
    family: Family,
    level: float,
) -> Comparison:
    pairs = [compare(first, second) for first, second in combinations(names, 2)]
    differences: list[Difference] = []
    for reference in references:
        if reference in names:
            rows = [compare(name, reference) for name in names if name != reference]
            differences += _adjusted(rows)
    corrected = _adjusted(pairs)
    return Comparison(
        ranks=tuple(
            _range(name, len(names), pairs if family == "own" else corrected, better, family, level)
            for name in names
        ),
        differences=tuple(differences),
        pairs=tuple(corrected),
    )


def _adjusted(rows: Sequence[Difference]) -> list[Difference]:
    awaited = sum(row.p_value is None and row.n < 2 for row in rows)
    adjusted = holm([row.p_value for row in rows], awaited=awaited)
    return [replace(row, p_adjusted=p) for row, p in zip(rows, adjusted, strict=True)]


def _range(
    name: str,
    number: int,
    pairs: Sequence[Difference],
    better: Better,
    family: Family,
    level: float,
) -> RankRange:
    """The range of one strategy from the pairs that it is in."""
    own = [pair for pair in pairs if name in (pair.first, pair.second)]
    if family == "own":
        own = _adjusted(own)
    ahead, behind, better_means, seen = 0, 0, 0, False
    for pair in own:
        if pair.mean is None:
            continue
        seen = True
        sign = (1 if pair.first == name else -1) * (1 if better == "higher" else -1)
        lead = sign * pair.mean
        better_means += lead < 0
        if pair.p_adjusted is not None and pair.p_adjusted <= 1 - level + _TINY:
            ahead, behind = ahead + (lead > 0), behind + (lead < 0)
    rank = 1 + better_means if seen or number == 1 else None
    return RankRange(name, rank, 1 + behind, number - ahead)
