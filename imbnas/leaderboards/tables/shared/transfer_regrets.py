"""What is lost on one training by picking networks on another, as columns of a table."""

from collections.abc import Sequence

import numpy as np

from imbnas.leaderboards.results import Floats
from imbnas.stats import regret_of_transfer

_BY_PICKED = {
    1: ("regret_top1", "regret_top1_low", "regret_top1_high", "regret_random"),
    10: ("regret_top10", "regret_top10_low", "regret_top10_high", "regret_random10"),
}
COLUMNS = tuple(column for columns in _BY_PICKED.values() for column in columns)


def regrets(
    x: Floats,
    y: Floats,
    replicates: tuple[Sequence[int], Sequence[int]] | None,
    *,
    exact: bool = False,
) -> dict[str, float | None]:
    """Regret of transfer in percentage points, by column.

    Args:
        x: (A, R) accuracies, or (A, 1) counts; networks that lack a value are left out.
        y: (A, R) accuracies in [0, 1].
        replicates: as ``imbnas.stats.regret_of_transfer`` takes them.
        exact: x has no randomness of its own.

    Returns:
        Nothing for a k above the number of networks.
    """
    complete = ~(np.isnan(x).any(axis=1) | np.isnan(y).any(axis=1))
    left, right = x[complete], 100 * y[complete]
    found: dict[str, float | None] = {}
    for k, columns in _BY_PICKED.items():
        if len(left) >= max(k, 2):
            regret = regret_of_transfer(left, right, k, replicates=replicates, exact=exact)
            values = (regret.regret, regret.low, regret.high, regret.random_pick)
            found |= dict(zip(columns, values, strict=True))
    return found
