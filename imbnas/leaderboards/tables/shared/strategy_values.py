"""What each replicate of a strategy reached, in the order of the replicates."""

import numpy as np

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import summary
from imbnas.leaderboards.tables.shared.regrets import regret_by_replicate
from imbnas.suites.schema import AdaptationPart


def accuracies(results: Results, part: AdaptationPart, strategy: str) -> Floats:
    """(R,) accuracies of retrained found architectures in percent, NaN where one is missing."""
    return 100 * summary.accuracies(results.retrained(part, strategy, part.target))


def population_scores(results: Results, part: AdaptationPart, strategy: str) -> Floats:
    """(A, R) scores of the population; NaN where a search is missing."""
    members = [member.architecture for member in results.resolved.population]
    columns = []
    for chain in results.chains(part, strategy):
        found = results.scores(chain.population_scores)
        scores = dict(found.scores) if found else {}
        columns.append([scores.get(architecture, np.nan) for architecture in members])
    return np.array(columns, dtype=np.float64).T


def regrets(results: Results, part: AdaptationPart, strategy: str) -> Floats:
    """(R,) regrets within the population in percentage points, NaN where unknown."""
    scores = population_scores(results, part, strategy)
    actual = results.population_accuracy.get(part.target)
    found = np.full(scores.shape[1], np.nan)
    if actual is None:
        return found
    for replicate in results.replicates:
        alone = np.full_like(scores, np.nan)
        alone[:, replicate] = scores[:, replicate]
        found[replicate] = next(iter(regret_by_replicate(alone, actual)), np.nan)
    return found
