"""Sparse Kendall tau: differences too small to matter count as ties."""

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, as_vector
from imbnas.stats.kendall import tau_b


def sparse_tau(x: ArrayLike, y: ArrayLike, *, step: float) -> float | None:
    """tau-b after rounding both variables (Yu, Ranftl & Salzmann 2020, arXiv 2003.04276).

    Args:
        x: shape (A,); NaN marks a missing value.
        y: shape (A,), in the unit of x.
        step: width of a rounding step in that unit; the paper rounds accuracies to 0.1
            percentage points, which is 0.001 for accuracies in [0, 1].

    Returns:
        In [-1, 1], or ``None`` when a variable is constant after rounding.

    Raises:
        InputError: the shapes do not fit or ``step`` is not positive.
    """
    if not (step > 0 and np.isfinite(step)):
        raise InputError(f"step: {step} is not a positive number; 0.001 is a tenth of a point")
    return tau_b(_rounded(as_vector(x, "x"), step), _rounded(as_vector(y, "y"), step))


def _rounded(values: Floats, step: float) -> Floats:
    # The inner rounding keeps decimals that binary fractions miss, such as 0.0005 / 0.001, on
    # their half; halves then go to the even neighbour on both sides alike.
    rounded: Floats = np.round(np.round(values / step, 6))
    return rounded
