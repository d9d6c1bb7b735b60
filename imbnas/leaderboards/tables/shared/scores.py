"""Scores of the population, by replicate, and which accuracies may judge them.

A score of replicate r may have seen the training images of replicate r, and so have the accuracies
of that number: scores are judged by the accuracies of the other replicates only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imbnas.leaderboards.results import Floats, Results
from imbnas.suites.expand import Chain


@dataclass(frozen=True)
class Scores:
    """One score for each architecture, larger is better.

    Attributes:
        values: (A, R), column r of replicate r, NaN as a whole where it failed or is not finished;
            (A, 1) where they are ``exact``.
        exact: whether they have no chance of their own and saw no images, such as counts.
    """

    values: Floats
    exact: bool = False

    @property
    def numbers(self) -> tuple[int, ...]:
        """Replicates that are finished; of exact scores the column."""
        return tuple(np.flatnonzero(~np.isnan(self.values).all(axis=0)).tolist())

    @property
    def finished(self) -> Floats:
        """(A, S) columns of ``numbers``."""
        return self.values[:, list(self.numbers)]

    def judges(self, number: int, among: tuple[int, ...]) -> tuple[int, ...]:
        """The replicates of accuracies that may judge a column."""
        return tuple(j for j in among if self.exact or j != number)


def complete(actual: Floats) -> tuple[int, ...]:
    """Replicates of (A, R) accuracies in which none is missing."""
    return tuple(np.flatnonzero(~np.isnan(actual).any(axis=0)).tolist())


def population_scores(results: Results, chains: Sequence[Chain]) -> Scores:
    """How adapted supernets score the population; a missing search leaves its column empty.

    Args:
        results: holds the records.
        chains: of one strategy, one per replicate.
    """
    members = [member.architecture for member in results.resolved.population]
    columns = []
    for chain in chains:
        found = results.scores(chain.population_scores)
        scores = dict(found.scores) if found else {}
        columns.append([scores.get(architecture, np.nan) for architecture in members])
    return Scores(np.array(columns, dtype=np.float64).T)
