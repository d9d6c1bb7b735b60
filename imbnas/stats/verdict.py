"""Did the ranking change? One of three answers, from intervals of "ceiling minus tau".

How often ``changed`` is a false alarm, simulated with one true ranking on both sides, 3 replicates
and 95% intervals (0.025 is nominal): normal accuracies 0.005; skewed accuracies with the same
noise on both sides at most 0.015, where the Spearman-Brown level alone errs 0.03 to 0.10. Two
skewed sides that differ in noise or in shape have no exact ceiling: false alarms are then 0.01 to
0.05 with 64 architectures and up to 0.11 with 128, because the bias, up to 0.03 in tau, no longer
hides in the width of the interval. A predictor without noise against skewed accuracies errs 0.02
to 0.03 and 0.08 to 0.09. A ``difference_single`` of a few hundredths is no finding.
"""

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
