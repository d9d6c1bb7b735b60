"""Are the best architectures among the first K of a ranking?"""

import numpy as np

from imbnas.leaderboards.results import Floats
from imbnas.leaderboards.tables.shared.scores import Scores, complete
from imbnas.leaderboards.tables.shared.summary import mean
from imbnas.stats import best_rank_at_k, top_k_overlap

K = 10
COLUMNS = (f"top_{K}_overlap", f"best_rank_at_{K}")


def top_k(scores: Scores, actual: Floats) -> dict[str, float | None]:
    """Means over replicates of the scores, each judged by the mean accuracies of the others.

    Args:
        scores: of the population.
        actual: (A, R) accuracies; replicates with a missing value are left out.

    Returns:
        ``top_10_overlap``: share of the ten best scores that are among the ten best accuracies;
        a random order has 10 / A. ``best_rank_at_10``: the best rank by accuracy among the ten best
        scores, from 1; a random order has (A + 1) / 11. ``None`` below 20 architectures, where
        the ten are no choice.
    """
    found: list[tuple[float, float]] = []
    for number in scores.numbers:
        judges = scores.judges(number, complete(actual))
        column = scores.values[:, number]
        known = int((~np.isnan(column)).sum())
        if judges and known >= 2 * K:
            judged = actual[:, list(judges)].mean(axis=1)
            rank = known * best_rank_at_k(column, judged, K)
            found.append((top_k_overlap(column, judged, K), rank))
    columns = zip(*found, strict=True) if found else ((), ())
    return dict(zip(COLUMNS, map(mean, columns), strict=True))
