"""What each architecture loses on one side, as judged by replicates that did not pick it."""

import numpy as np
from numpy.typing import ArrayLike

from imbnas.errors import InputError
from imbnas.stats.arrays import Floats, as_matrix
from imbnas.stats.pairings import column_numbers


def judged_losses(y: ArrayLike, numbers: ArrayLike, pickers: ArrayLike) -> Floats:
    """How far each architecture falls short of the best, for each replicate that may pick it.

    A pick by replicate i is judged by every replicate j of another number. On j it is compared with
    the architecture of the best mean over the replicates other than j; of several such ones, with
    their mean. Neither side profits from the noise that it is judged by, and the level of a
    replicate cancels. The reference is an oracle of R − 1 trainings of each architecture, which is
    at best as good as the best architecture there is: see ``optimism``.

    Args:
        y: shape (A, R), complete accuracies; their unit is the result's.
        numbers: (R,) numbers of the columns of y.
        pickers: (P,) numbers of the replicates that pick.

    Returns:
        Shape (A, P).

    Raises:
        InputError: the shapes do not fit, a value is missing, there are fewer than two replicates,
            or one is picked by and judged by the same alone.
    """
    values = _complete(y)
    own = np.array(column_numbers(numbers, values.shape[1], "y"))
    lost = _oracles(values) - values
    judges = own[:, None] != np.asarray(pickers, dtype=np.float64)
    if not judges.any(axis=0).all():
        raise InputError("y: no replicate is left to judge what another one picked")
    return np.asarray(lost @ (judges / judges.sum(axis=0)))


def optimism(y: ArrayLike) -> float:
    """By how much the best mean exceeds the oracles that ``judged_losses`` compares with.

    The best mean over all replicates is partly luck and expected to be too high; the oracles are
    judged by replicates that did not choose them, and expected to be too low. The best architecture
    there is lies between: a loss to it exceeds that of ``judged_losses`` by no more than this.

    Args:
        y: as ``judged_losses`` takes it.
    """
    values = _complete(y)
    return float(values.mean(axis=1).max() - _oracles(values).mean())


def _complete(y: ArrayLike) -> Floats:
    values = as_matrix(y, "y")
    if np.isnan(values).any():
        raise InputError("y: a value is missing; leave its architecture out")
    if values.shape[1] < 2:
        raise InputError("y: a single replicate cannot both choose the best and judge it; give two")
    return values


def _oracles(values: Floats) -> Floats:
    """(R,) accuracy on a replicate of what is best on the others."""
    best = np.empty(values.shape[1])
    for judge in range(values.shape[1]):
        others = np.delete(values, judge, axis=1).mean(axis=1)
        best[judge] = values[others == others.max(), judge].mean()
    return best
