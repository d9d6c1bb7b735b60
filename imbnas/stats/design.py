"""Which measurements a comparison of two rankings sets against each other, and with what noise."""

from dataclasses import dataclass

import numpy as np

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats
from imbnas.stats.pairings import Numbers, Pairing, apart, column_numbers, everything, halves


@dataclass(frozen=True)
class Design:
    """Which columns of x are compared with which of y, and what noise the sides have.

    Attributes:
        pairings: sets of columns whose means are compared.
        across: single columns that are compared.
        image_variance: of x and of y.
        exact: x has no noise of its own.
    """

    pairings: list[Pairing]
    across: list[tuple[int, int]]
    image_variance: tuple[float, float]
    exact: bool

    @classmethod
    def without_sharing(
        cls,
        x: Floats,
        y: Floats,
        image_variance: tuple[float, float] | None,
        *,
        exact: bool = False,
    ) -> "Design":
        """Every column of x against every one of y."""
        pairings = everything(x.shape[1], y.shape[1])
        across = [(i, j) for i in range(x.shape[1]) for j in range(y.shape[1])]
        return cls(pairings, across, _variances(image_variance), exact)

    @classmethod
    def with_sharing(
        cls,
        x: Floats,
        y: Floats,
        replicates: Numbers,
        image_variance: tuple[float, float] | None,
    ) -> "Design":
        """Columns of different numbers only."""
        left = column_numbers(replicates[0], x.shape[1], "x")
        right = column_numbers(replicates[1], y.shape[1], "y")
        variances = _variances(image_variance)
        return cls(halves(left, right), apart(left, right), variances, exact=False)


def _variances(given: tuple[float, float] | None) -> tuple[float, float]:
    x, y = (0.0, 0.0) if given is None else given
    if not (x >= 0 and y >= 0 and np.isfinite([x, y]).all()):
        raise InputError(f"image_variance: {x}, {y}; give numbers of at least 0")
    return x, y
