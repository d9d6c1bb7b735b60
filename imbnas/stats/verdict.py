"""Did the ranking change? One of three answers, from intervals of "ceiling minus tau"."""

from typing import Literal

from imbnas.stats.bootstrap import Interval

Verdict = Literal["changed", "not distinguishable from noise", "inconclusive"]

MARGIN = 0.10


def decide(difference: Interval, single: Interval) -> Verdict | None:
    """Answer whether two rankings differ by more than the noise of their replicates.

    Args:
        difference: interval of D = noise ceiling − tau-b of the means over replicates.
        single: interval of the same difference for single replicates: the ceiling without the
            Spearman–Brown projection, and the mean tau-b over all pairs of replicates across the
            two sides. Spearman–Brown is exact for normal data only; with skewed accuracies the
            first interval alone errs three times as often as it should.

    Returns:
        ``changed`` when both lower bounds are above 0; else ``not distinguishable from noise``
        when the upper bound of ``difference`` is below 0.10; else ``inconclusive``; ``None`` when
        a bound is missing.
    """
    if difference.low is None or difference.high is None or single.low is None:
        return None
    if difference.low > 0 and single.low > 0:
        return "changed"
    if difference.high < MARGIN:
        return "not distinguishable from noise"
    return "inconclusive"
