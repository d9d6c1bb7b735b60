"""Shuffles that are the same on every machine and in every release of NumPy."""

import numpy as np
from numpy.typing import NDArray


def shuffled(items: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Put (N,) items into an order that depends on ``seed`` and N only.

    NumPy guarantees the raw stream of a bit generator, but not what its distributions make of
    it, so the raw numbers are sorted instead of asking for a permutation.
    """
    keys = np.random.PCG64(seed).random_raw(len(items))
    return items[np.argsort(keys, kind="stable")]
