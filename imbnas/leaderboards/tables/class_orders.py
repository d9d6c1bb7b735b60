"""Which class orders a row is about: a claim about imbalance as such needs at least three."""

from collections.abc import Iterable

from imbnas.leaderboards.results import Results
from imbnas.suites.schema import Training

NEEDED = 3
"""Class orders that a claim about imbalance as such, not about these classes, needs."""


def class_orders(results: Results, *trainings: Training) -> str:
    """Name the class orders of the imbalanced conditions, such as ``identity, reversed``.

    Returns:
        The empty text where every condition is balanced, since no order matters there.
    """
    return ", ".join(sorted(_orders(results, trainings)))


def _orders(results: Results, trainings: Iterable[Training]) -> set[str]:
    conditions = (results.facts(training).condition for training in trainings)
    return {str(condition.order) for condition in conditions if condition.ratio != 1}
