"""Profiles: how many training images each class keeps, from head to tail.

A profile takes the images available in each class in rank order (head first) and the imbalance
ratio, and returns (C,) counts in rank order. The constructed profiles take the smallest available
class as n_max, so that every class can give what is asked of it. A count may come out as 0; the
caller keeps at least one image.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PARETO_POWER = 6.0
"""Power value of ImageNet-LT (Liu et al. 2019, "Large-Scale Long-Tailed Recognition …")."""


def exponential(available: Sequence[int], ratio: float) -> NDArray[np.int64]:
    """``floor(n_max · (1/ratio)^(i/(C−1)))`` for rank i (Cao et al. 2019, CIFAR-LT)."""
    ranks = np.arange(len(available)) / max(len(available) - 1, 1)
    return _floor(min(available) * (1 / ratio) ** ranks)


def step(available: Sequence[int], ratio: float) -> NDArray[np.int64]:
    """``n_max`` in the first C//2 ranks, ``floor(n_max/ratio)`` in the rest (Buda et al. 2018)."""
    n_max, classes = min(available), len(available)
    head = np.arange(classes) < max(classes // 2, 1)
    return _floor(np.where(head, n_max, n_max / ratio))


def pareto(available: Sequence[int], ratio: float) -> NDArray[np.int64]:
    """Evenly spaced quantiles of a Pareto distribution, stretched to the ratio.

    The quantiles are those of the Pareto (Lomax) distribution of power 6 at (i + ½)/C, mapped
    linearly so that the head has n_max images and the tail ``n_max/ratio``. With the 1,000
    classes, 1,280 and 5 images of ImageNet-LT the total comes within 10% of its 115,846.
    """
    n_max, classes = min(available), len(available)
    upper_tail = (np.arange(classes) + 0.5) / classes
    quantiles = upper_tail ** (-1 / PARETO_POWER)
    span = quantiles[0] - quantiles[-1]
    height = (quantiles - quantiles[-1]) / span if span > 0 else np.ones(classes)
    n_min = n_max / ratio
    return _floor(n_min + (n_max - n_min) * height)


def natural(available: Sequence[int], ratio: float) -> NDArray[np.int64]:
    """Every available image."""
    return np.asarray(available, dtype=np.int64)


def _floor(values: NDArray[np.float64]) -> NDArray[np.int64]:
    # 49 · (1/49) is a hair below 1 in floating point; the count meant is 1.
    return np.floor(values * (1 + 1e-12)).astype(np.int64)
