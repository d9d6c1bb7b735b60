"""Does a claim hold? An interval against the region of effects for which it is true."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from imbnas.errors import InputError
from imbnas.stats.power import smallest_detectable_difference

Answer = Literal["supported", "contradicted", "cannot tell"]


@dataclass(frozen=True)
class Region:
    """The effects for which a claim is true; with an infinite bound it has one side only.

    Attributes:
        low: least of them.
        high: largest of them.
    """

    low: float = -math.inf
    high: float = math.inf

    def answer(self, low: float | None, high: float | None) -> Answer:
        """Compare an interval with the region.

        Non-inferiority and equivalence by interval (Piaggio et al. 2012, CONSORT extension): with
        a 95% interval either answer is wrong in at most 2.5% of repetitions on a side.

        Args:
            low: lower bound of the interval; ``None`` where there is none.
            high: upper bound.

        Returns:
            ``supported`` where the whole interval lies in the region, ``contradicted`` where none
            of it does, else ``cannot tell``.
        """
        if low is None or high is None:
            return "cannot tell"
        if self.low <= low and high <= self.high:
            return "supported"
        if high < self.low or self.high < low:
            return "contradicted"
        return "cannot tell"


def all_hold(answers: Sequence[Answer]) -> Answer:
    """The answer to a claim that is true where all of its rows are.

    ``contradicted`` by a single row, ``supported`` by all of them together; ``cannot tell`` for no
    row at all.
    """
    if "contradicted" in answers:
        return "contradicted"
    return "supported" if answers and set(answers) == {"supported"} else "cannot tell"


def row_level(rows: int, level: float = 0.95) -> float:
    """Level of the interval of each of several rows that hold together with ``level`` (Bonferroni).

    Raises:
        InputError: there is no row, or ``level`` is not in (0, 1).
    """
    if rows < 1 or not 0 < level < 1:
        raise InputError(f"rows: {rows}, level: {level}; give a row and a level between 0 and 1")
    return 1 - (1 - level) / rows


def smallest_effect(
    low: float | None, high: float | None, n: int, *, rows: int = 1, level: float = 0.95
) -> float | None:
    """The smallest mean difference that as many pairs tell from 0 with a power of 80%.

    The spread is the one that Student's interval of n pairs has; an interval that holds further
    sources of chance is read as if it were one.

    Args:
        low: lower bound of the interval of a mean paired difference.
        high: upper bound.
        n: pairs.
        rows: over which the interval is corrected, as by ``row_level``.
        level: of all rows together.

    Returns:
        In the unit of the bounds; ``None`` without an interval or below two pairs.
    """
    if low is None or high is None or n < 2:
        return None
    from scipy import stats

    quantile = float(stats.t.ppf((1 + row_level(rows, level)) / 2, n - 1))
    spread = (high - low) / 2 / quantile * math.sqrt(n)
    return smallest_detectable_difference(spread, n, comparisons=rows, level=level)
