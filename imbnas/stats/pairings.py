"""Replicates of one number share training images; only those of different numbers are compared.

An effect of (architecture × subset of images) that both sides of a comparison share is no
agreement of rankings: it lifts their tau towards, or beyond, the ceiling and can hide a change.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import as_vector

Pairing: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
Numbers: TypeAlias = tuple[ArrayLike, ArrayLike]

MAX_SPLITS = 20
"""As many as 6 numbers have; of more numbers, windows on a circle stand for all splits."""


def column_numbers(numbers: ArrayLike, columns: int, name: str) -> tuple[float, ...]:
    """Read the numbers of replicates, one for each column.

    Raises:
        InputError: not as many as columns, or one is missing.
    """
    read = as_vector(numbers, f"replicates of {name}")
    if len(read) != columns or np.isnan(read).any():
        raise InputError(
            f"replicates of {name}: {len(read)} for {columns} columns; give a number for each"
        )
    return tuple(read.tolist())


def everything(columns_x: int, columns_y: int) -> list[Pairing]:
    """The one pairing of sides that share no images: all columns against all."""
    return [(tuple(range(columns_x)), tuple(range(columns_y)))]


def halves(x: Sequence[float], y: Sequence[float]) -> list[Pairing]:
    """Ways to give each side replicates of its own.

    Numbers that both sides have are split into two halves, columns of the first half speaking for
    x and those of the second for y; a number that one side alone has always speaks for it. An odd
    count gives either side the larger half in turn.

    Args:
        x: numbers of the columns of x.
        y: numbers of the columns of y.

    Returns:
        Positions of columns of x and of y, never empty; no pairing where a side would have none.
    """
    common = sorted(set(x) & set(y))
    pairings = []
    for chosen in _splits(common):
        left = tuple(i for i, number in enumerate(x) if number in chosen or number not in y)
        right = tuple(j for j, number in enumerate(y) if number not in chosen)
        if left and right:
            pairings.append((left, right))
    return pairings


def _splits(common: Sequence[float]) -> list[frozenset[float]]:
    n = len(common)
    sizes = sorted({n // 2, n - n // 2})
    splits = [frozenset(chosen) for size in sizes for chosen in combinations(common, size)]
    if len(splits) <= MAX_SPLITS:
        return splits
    circle = [*common, *common]
    return [frozenset(circle[start : start + size]) for size in sizes for start in range(n)]


def apart(x: Sequence[float], y: Sequence[float]) -> list[tuple[int, int]]:
    """Positions of a column of x and one of y whose numbers differ."""
    return [(i, j) for i, left in enumerate(x) for j, right in enumerate(y) if left != right]


def others(x: Sequence[float], y: Sequence[float]) -> list[tuple[int, ...]]:
    """For each column of x the columns of y whose numbers differ from its own."""
    return [tuple(j for j, right in enumerate(y) if left != right) for left in x]
