"""Is a strategy better than no adaptation, and worse than a supernet from scratch?"""

from collections.abc import Iterator

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.standings import Standings, verdict
from imbnas.stats.comparison import Difference
from imbnas.suites.schema import AdaptationPart

COLUMNS = (
    "part", "metric", "strategy", "searcher", "reference", "difference", "difference_low",
    "difference_high", "p_adjusted", "verdict", "n_pairs", "source", "source_scheme", "target",
    "target_scheme", "class_orders", "population", "n_architectures", "n_replicates", "n_missing",
    "protocol", "fidelity",
)  # fmt: skip


def strategy_differences(results: Results) -> pd.DataFrame:
    """One row per part, metric, reference (``p0``, ``p3``) and strategy.

    - ``metric``: ``accuracy`` of what was found after retraining and ``regret`` within the
      population, percentage points; ``tau`` of the supernet's scores.
    - ``difference``: strategy minus reference, paired by replicate, with a 95% interval; a negative
      one of ``regret`` is good. Intervals of ``tau`` hold other architectures and other supernets,
      those of ``accuracy`` and ``regret`` other replicates: subsets, supernets, retrainings.
    - ``p_adjusted``: of "there is no difference", after Holm's correction over the strategies and
      searchers of the part for one reference and one metric.
    - ``verdict``: ``better`` or ``worse`` than the reference where ``p_adjusted`` is at most 0.05,
      else ``no difference shown``, which is not "no difference".
    - ``n_pairs``: replicates that both have; ``n_missing``: the others.
    """
    rows = [
        row for name, part in results.parts(AdaptationPart) for row in _rows(results, name, part)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(results: Results, name: str, part: AdaptationPart) -> Iterator[dict[str, object]]:
    standings = Standings.of(results, part)
    for metric, comparison in standings.comparisons.items():
        for found in comparison.differences:
            contender = standings.contenders[found.first]
            yield {
                "part": name,
                "strategy": contender.strategy,
                "searcher": contender.searcher,
                **_difference(metric, found),
                "source": part.source.condition,
                "source_scheme": part.source.scheme,
                "target": part.target.condition,
                "target_scheme": part.target.scheme,
                "class_orders": results.class_orders(part.source, part.target),
                **results.scope,
                "n_missing": len(results.replicates) - found.n,
            }


def _difference(metric: str, found: Difference) -> dict[str, object]:
    return {
        "metric": metric,
        "reference": found.second,
        "difference": found.mean,
        "difference_low": found.low,
        "difference_high": found.high,
        "p_adjusted": found.p_adjusted,
        "verdict": verdict(metric, found),
        "n_pairs": found.n,
    }
