"""One value for each replicate of a mean over pairs of different replicates.

What replicate i chose is judged by the accuracies of every other replicate j. A mean over i for
each j, or over j for each i, hides the chance of what it is averaged over: values of this kind move
together, and their spread is far too small. Tukey's (1958) pseudo-values hold both; for means over
pairs, U-statistics of degree two, Student's t of them is justified by Arvesen (1969, "Jackknifing
U-statistics").
"""

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, as_matrix


def pair_values(judged: ArrayLike) -> Floats:
    """Values of replicates whose mean is the mean over all pairs, and that stand for both sides.

    With M the mean over all pairs of R replicates and M₋ᵣ that over pairs without r, the value of
    replicate r is R M − (R − 1) M₋ᵣ. Two replicates have two pairs, and each its own.

    The values may be paired with those of another strategy on the same replicates and compared by
    Student's t. Simulated coverage of 95% intervals for 3, 6 and 12 replicates, whatever share of
    the chance comes from either side or from pairs alone: 0.93 or more
    (``tests/stats/test_jackknife.py``).

    Args:
        judged: shape (R, R); row i, column j holds what replicate i is worth on replicate j. The
            diagonal is not read. A replicate with NaN in its whole row or its whole column, but
            for the diagonal, is left out on both sides.

    Returns:
        Shape (R,), in the unit of ``judged``; NaN for replicates left out, and everywhere below
        two replicates.

    Raises:
        InputError: not a square matrix of finite numbers, or a value is missing alone.
    """
    matrix = as_matrix(judged, "judged").copy()
    if matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"judged: shape {matrix.shape} is not square; give (R, R)")
    np.fill_diagonal(matrix, np.nan)
    known = ~np.isnan(matrix)
    kept = np.flatnonzero(known.any(axis=0) & known.any(axis=1))
    n, values = len(kept), np.full(len(matrix), np.nan)
    if n < 2:
        return values
    pairs = matrix[np.ix_(kept, kept)]
    np.fill_diagonal(pairs, 0.0)
    if np.isnan(pairs).any():
        raise InputError("judged: a value is missing alone; mark whole replicates with NaN")
    total, own = pairs.sum(), pairs.sum(axis=0) + pairs.sum(axis=1)
    if n == 2:
        values[kept] = pairs.sum(axis=1)
    else:
        values[kept] = total / (n - 1) - (total - own) / (n - 2)
    return values
