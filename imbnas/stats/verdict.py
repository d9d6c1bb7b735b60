"""Did the ranking change? One of three answers, from intervals of "ceiling minus tau".

The ceiling is exact for normal accuracies, and for two sides of one shape and noise. Where shapes
or noise differ, as between balanced and long-tailed data, it lies too high, by 0.01 to 0.03 in tau
for a normal against an exponential or lognormal side, whatever the noise. That bias does not shrink
with more architectures or replicates, while the interval does. ``changed`` therefore needs a
difference of single replicates above 0.02.

How often ``changed`` is a false alarm, simulated with one true ranking on both sides and 95%
intervals (0.025 is nominal; 3 replicates, noise of 0.3 to 1 standard deviations): at most 0.02 with
128 architectures and 0.01 with 256, where a bound of 0 would give up to 0.16 and 0.18; 0.045 with 6
replicates and 128 architectures (0.45 with a bound of 0). A lognormal side of shape 1.5 still gives
0.12. The price: of true correlations of 0.7 and 0.8, 128 architectures find 91% and 59%.
"""

from typing import Literal

from imbnas.stats.bootstrap import Interval

Verdict = Literal["changed", "not distinguishable from noise", "inconclusive"]

MARGIN = 0.10
CEILING_ERROR = 0.02
"""How far the ceiling of single replicates may lie too high; a smaller difference is no finding."""


def decide(difference: Interval, single: Interval) -> Verdict | None:
    """Answer whether two rankings differ by more than the noise of their replicates.

    Args:
        difference: interval of D = noise ceiling − tau-b of the means over replicates.
        single: interval of the same difference for single replicates: the ceiling without the
            Spearman–Brown projection, and the mean tau-b over all pairs of replicates across the
            two sides. Spearman–Brown is exact for normal data only; with skewed accuracies the
            first interval alone errs three times as often as it should.

    Returns:
        ``changed`` when the lower bound of the first is above 0 and that of the second above 0.02;
        else ``not distinguishable from noise``
        when the upper bound of ``difference`` is below 0.10; else ``inconclusive``; ``None`` when
        a bound is missing.
    """
    if difference.low is None or difference.high is None or single.low is None:
        return None
    if difference.low > 0 and single.low > CEILING_ERROR:
        return "changed"
    if difference.high < MARGIN:
        return "not distinguishable from noise"
    return "inconclusive"
