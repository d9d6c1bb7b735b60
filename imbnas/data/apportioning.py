"""Class counts of a given total: as balanced as can be, or in the classes' own proportions."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def level_out(available: Sequence[int], total: int) -> NDArray[np.int64]:
    """As balanced as the classes allow: ``min(available, level)`` with one level for all.

    What the highest such level leaves of the total is less than one image for each class that has
    more; the lowest labels among these get it.

    Args:
        available: (C,) images by label.
        total: images wanted, at least 0.

    Returns:
        (C,) counts by label; they sum to the total, or to all images where there are fewer.
    """
    supply = np.asarray(available, dtype=np.int64)
    levels = range(int(supply.max()) + 1)
    level = bisect_right(levels, total, key=lambda level: np.minimum(supply, level).sum()) - 1
    counts = np.minimum(supply, level)
    richer = np.flatnonzero(supply > level)
    counts[richer[: total - counts.sum()]] += 1
    return counts


def keep_proportions(available: Sequence[int], total: int) -> NDArray[np.int64]:
    """Counts in the proportions of the classes, by largest remainder, none of them below 1.

    Classes whose share is below one image get one, and the others share the rest. Of equal
    remainders the lowest label counts.

    Args:
        available: (C,) images by label, each at least 1.
        total: images wanted, from C to all there are.

    Returns:
        (C,) counts by label; they sum to the total, and none is above what is available.
    """
    supply = np.asarray(available, dtype=np.int64)
    scarce = np.zeros(len(supply), dtype=bool)
    while True:
        rest, whole = total - scarce.sum(), supply[~scarce].sum()
        below = ~scarce & (supply * rest < whole)
        if not below.any():
            break
        scarce |= below
    shares: NDArray[np.int64] = supply * rest
    counts = np.where(scarce, 1, shares // whole)
    remainders = np.where(scarce, -1, shares % whole)
    by_remainder = np.argsort(-remainders, kind="stable")
    counts[by_remainder[: total - counts.sum()]] += 1
    return counts
