"""What each replicate of a strategy reached, in the order of the replicates."""

import numpy as np

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import summary
from imbnas.leaderboards.tables.shared.regrets import regret_by_replicate
from imbnas.leaderboards.tables.shared.scores import population_scores
from imbnas.suites.schema import AdaptationPart


def accuracies(results: Results, part: AdaptationPart, strategy: str) -> Floats:
    """(R,) accuracies of retrained found architectures in percent, NaN where one is missing."""
    return 100 * summary.accuracies(results.retrained(part, strategy, part.target))


def regrets(results: Results, part: AdaptationPart, strategy: str) -> Floats:
    """(R,) regrets within the population in percentage points, NaN where unknown."""
    scores = population_scores(results, results.chains(part, strategy))
    actual = results.population_accuracy.get(part.target)
    if actual is None:
        return np.full(scores.values.shape[1], np.nan)
    return regret_by_replicate(scores, actual)
