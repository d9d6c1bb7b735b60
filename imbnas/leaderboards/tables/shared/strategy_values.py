"""What strategies of a part are worth, replicate by replicate."""

from collections.abc import Sequence

import numpy as np

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import summary
from imbnas.leaderboards.tables.shared.regrets import regret_by_replicate
from imbnas.leaderboards.tables.shared.scores import population_scores
from imbnas.stats import MIN_MODELS, Comparison, compare_taus
from imbnas.suites.schema import AdaptationPart


def accuracies(
    results: Results, part: AdaptationPart, strategy: str, searcher: str | None = None
) -> Floats:
    """(R,) accuracies of retrained found architectures in percent, NaN where one is missing."""
    metrics = results.retrained(part, strategy, part.target, searcher)
    return 100 * summary.accuracies(metrics)


def regrets(results: Results, part: AdaptationPart, strategy: str) -> Floats:
    """(R,) regrets within the population in percentage points, NaN where unknown."""
    actual = results.population_accuracy.get(part.target)
    if actual is None:
        return np.full(len(results.replicates), np.nan)
    return regret_by_replicate(population_scores(results, results.chains(part, strategy)), actual)


def compared_taus(
    results: Results, part: AdaptationPart, references: Sequence[str], level: float
) -> Comparison | None:
    """Compare the supernets of all strategies by how they rank the population.

    Returns:
        ``None`` where it is not trained.
    """
    actual = results.population_accuracy.get(part.target)
    if actual is None:
        return None
    scores = {
        strategy: population_scores(results, results.chains(part, strategy)).values
        for strategy in part.choices
    }
    numbers = np.arange(actual.shape[1])
    return compare_taus(
        scores,
        actual,
        references,
        replicates=(dict.fromkeys(scores, numbers), numbers),
        classes=results.functional_classes,
        level=level,
        at_least=MIN_MODELS,
    )
