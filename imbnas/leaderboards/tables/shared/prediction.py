"""How well scores predict the ranking of the population's accuracies."""

from typing import Any

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared.scores import Scores
from imbnas.stats import (
    MIN_MODELS,
    PredictiveTau,
    PredictiveTauChange,
    predictive_tau,
    predictive_tau_change,
)

LEVEL = 0.95


def predicted(results: Results, scores: Scores, actual: Floats) -> PredictiveTau | None:
    """tau-b of scores to accuracies; ``None`` while no replicate is finished.

    The interval holds the drawing of architectures, and that of replicates where the scores have a
    chance of their own; each replicate is judged by the others' accuracies.

    Args:
        results: of the population.
        scores: of the population.
        actual: (A, R) accuracies.
    """
    if not scores.numbers:
        return None
    found: dict[str, Any] = {"classes": results.functional_classes, "level": LEVEL}
    if not scores.exact:
        found |= {"sources": "both", "replicates": (scores.numbers, _numbers(actual))}
    return predictive_tau(scores.finished, actual, at_least=MIN_MODELS, **found)


def predicted_change(
    results: Results,
    before: tuple[Scores, Floats],
    after: tuple[Scores, Floats],
    resamples: int,
) -> PredictiveTauChange | None:
    """By how much tau-b of one ranker differs between two trainings, over common replicates.

    Replicates are paired: those of one number may share images and a ranker's random numbers.

    Args:
        results: of the population.
        before: scores and (A, R) accuracies.
        after: the same for another training.
        resamples: of the architectures.

    Returns:
        ``None`` where no replicate is finished for both.
    """
    common = sorted(set(before[0].numbers) & set(after[0].numbers))
    if not common:
        return None
    sides = [(scores.values[:, common], actual) for scores, actual in (before, after)]
    how: dict[str, Any] = {"classes": results.functional_classes, "level": LEVEL}
    if not before[0].exact:
        numbers = [(common, _numbers(actual)) for _, actual in sides]
        how |= {"sources": "both", "paired": True, "replicates": tuple(numbers)}
    return predictive_tau_change(*sides, resamples=resamples, at_least=MIN_MODELS, **how)


def _numbers(actual: Floats) -> range:
    return range(actual.shape[1])
