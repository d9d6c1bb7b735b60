"""What following a ranking loses within the population, and what a random pick loses."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from imbnas.leaderboards.results import Floats


def regret_by_replicate(scores: Floats, actual: Floats) -> list[float]:
    """Regret within the population, in percentage points, one value per replicate.

    The oracle is the architecture with the best mean over the *other* replicates, so that it does
    not profit from the noise of the replicate it is evaluated on. Where several architectures
    share the highest score, the favourite is one of them at random, and regret its expectation.

    Args:
        scores: (A, R) scores, column r of replicate r, or (A, 1) scores of every replicate. A
            replicate whose column is all NaN is left out.
        actual: (A, R) accuracies in [0, 1]; replicates with a missing value are left out.

    Returns:
        Nothing where fewer than two complete replicates exist.

    Raises:
        ValueError: there are other columns than that, so that some would be paired wrongly.
    """
    # Broadcasting refuses any other number of columns.
    by_replicate = np.broadcast_to(scores, actual.shape)
    regrets = []
    for judged in _judged(actual):
        column = by_replicate[:, judged.replicate]
        if not np.isnan(column).all():
            regrets.append(judged.regret(column))
    return regrets


def random_pick(actual: Floats) -> list[float]:
    """Expected regret of an architecture drawn uniformly, exact, one value per replicate."""
    return [judged.regret(np.zeros(len(actual))) for judged in _judged(actual)]


def one_replicate_oracle(actual: Floats) -> list[float]:
    """Regret of the best architecture of a single other replicate, in expectation over these.

    It is what one training of each architecture would have led to: no ranking by scores can be
    expected to lose less without knowing more than that.
    """
    return [
        float(np.mean([judged.regret(actual[:, other]) for other in judged.others]))
        for judged in _judged(actual)
    ]


REFERENCES = {"random-pick": random_pick, "one-replicate-oracle": one_replicate_oracle}
"""Rows beside which regrets are read; neither stands for a way to search."""


class _Judged(NamedTuple):
    """A complete replicate, the others, its (A,) accuracies, and that of the others' oracle."""

    replicate: int
    others: tuple[int, ...]
    values: Floats
    best: float

    def regret(self, scores: Floats) -> float:
        """Percentage points that the favourite of (A,) scores lies below the oracle."""
        return 100 * (self.best - float(self.values[scores == np.nanmax(scores)].mean()))


def _judged(actual: Floats) -> Iterator[_Judged]:
    complete = [r for r in range(actual.shape[1]) if not np.isnan(actual[:, r]).any()]
    if len(complete) < 2:
        return
    for replicate in complete:
        others = tuple(r for r in complete if r != replicate)
        oracle = int(np.argmax(actual[:, others].mean(axis=1)))
        values = actual[:, replicate]
        yield _Judged(replicate, others, values, float(values[oracle]))
