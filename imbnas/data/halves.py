"""Disjoint halves of a training split, class by class."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imbnas.data.shuffling import shuffled
from imbnas.units.conditions import Half
from imbnas.units.randomness import derive_seed


def take_half(pools: Sequence[NDArray[np.int64]], half: Half) -> tuple[NDArray[np.int64], ...]:
    """One of two halves of every class; no image is in both, and none in neither.

    The division depends on nothing but a class's label and number of images.

    Args:
        pools: the (N,) images of each label, ascending.
        half: 1 gets the odd image of a class of odd size.

    Returns:
        The chosen images of each label, ascending; half 2 of a class of one image is empty.
    """
    return tuple(
        np.sort(shuffled(pool, derive_seed("half", label))[half - 1 :: 2])
        for label, pool in enumerate(pools)
    )
