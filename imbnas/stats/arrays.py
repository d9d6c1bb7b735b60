"""Checks of input arrays, means over replicates, and an order of rows that no shuffle changes."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.floating]

MEAN_DIGITS = 12


def as_matrix(values: ArrayLike, name: str) -> Floats:
    """Read values as one row for each architecture, one column for each replicate.

    Args:
        values: shape (A,) or (A, R), R ≥ 1; NaN marks a missing value.
        name: what to call the values in an error message.

    Returns:
        Shape (A, R).

    Raises:
        InputError: not numbers, another number of dimensions, no column, or an infinite value.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: not an array of numbers; give shape (A,) or (A, R)") from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise InputError(
            f"{name}: shape {array.shape} cannot be read; give one row for each architecture "
            "and one column for each replicate"
        )
    if np.isinf(array).any():
        raise InputError(f"{name}: holds an infinite value; mark missing values with NaN")
    return array


def as_vector(values: ArrayLike, name: str) -> Floats:
    """Read values as one number for each architecture, shape (A,).

    Raises:
        InputError: not numbers, more than one column, or an infinite value.
    """
    array = as_matrix(values, name)
    if array.shape[1] != 1:
        raise InputError(f"{name}: has {array.shape[1]} columns; give one value per architecture")
    return array[:, 0]


def same_rows(first: NDArray[np.generic], second: NDArray[np.generic], names: str) -> None:
    """Refuse two arrays whose rows cannot be the same architectures.

    Raises:
        InputError: the numbers of rows differ.
    """
    if len(first) != len(second):
        raise InputError(
            f"{names}: {len(first)} and {len(second)} rows; give the same architectures in the "
            "same order on both sides"
        )


def complete_rows(matrices: Sequence[Floats]) -> tuple[list[Floats], int]:
    """Keep the rows without NaN in any matrix, in an order that shuffling the rows leaves alone.

    Rows are sorted by their values, those of each matrix in ascending order first, so that a
    resampling with a fixed seed draws the same architectures however a table was sorted.

    Args:
        matrices: each of shape (A, R_i) with the same A.

    Returns:
        The matrices with the same rows kept and sorted, and the number of rows dropped.
    """
    keep = np.ones(len(matrices[0]), dtype=bool)
    for matrix in matrices:
        keep &= ~np.isnan(matrix).any(axis=1)
    kept = [matrix[keep] for matrix in matrices]
    ordered = [np.sort(matrix, axis=1) for matrix in kept]
    keys = np.concatenate([*ordered, *kept], axis=1)
    order = np.lexsort(keys.T[::-1])
    return [matrix[order] for matrix in kept], int((~keep).sum())


def replicate_mean(matrix: Floats) -> Floats:
    """Average over replicates so that equal sets of values stay exactly tied.

    Floating sums depend on the order of their terms; the terms are therefore sorted and the mean
    is rounded to 12 digits of the largest one. A single replicate is returned as it is.

    Args:
        matrix: shape (A, R) without NaN.

    Returns:
        Shape (A,).
    """
    if matrix.shape[1] == 1:
        return matrix[:, 0]
    mean: Floats = np.sort(matrix, axis=1).mean(axis=1)
    largest = float(np.abs(mean).max(initial=0.0))
    if largest == 0.0:
        return np.zeros_like(mean)
    return np.round(mean, MEAN_DIGITS - math.ceil(math.log10(largest)))


def optional(value: float | np.floating) -> float | None:
    """A Python float, or ``None`` in place of NaN."""
    return None if math.isnan(value) else float(value)
