"""What adapting a supernet, searching it or ranking without one took, counted and not timed."""

from collections.abc import Sequence

import numpy as np

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.rankings import Ranking
from imbnas.leaderboards.tables.shared.summary import mean
from imbnas.suites.expand import Chain
from imbnas.suites.schema import AdaptationPart

COLUMNS = ("adapt_images", "adapt_macs", "search_images", "search_macs")


def spent(results: Results, chains: Sequence[Chain]) -> dict[str, float | None]:
    """Images through networks and multiply-accumulates, means over finished replicates.

    Args:
        results: holds the records.
        chains: of one strategy, one per replicate.
    """
    found: dict[str, float | None] = {}
    for kind in ("adapt", "search"):
        records = [results.record(getattr(chain, kind)) for chain in chains]
        costs = [record.cost for record in records if record is not None]
        found[f"{kind}_images"] = mean([cost.images_seen for cost in costs])
        found[f"{kind}_macs"] = mean([float(cost.macs) for cost in costs])
    return found


def adaptation_ratio(
    results: Results, part: AdaptationPart, chains: Sequence[Chain]
) -> float | None:
    """Multiply-accumulates of the adaptation over those of a supernet on the target.

    Args:
        results: holds the records.
        part: that the chains belong to.
        chains: of one strategy, one per replicate.

    Returns:
        Mean over the replicates whose costs are known.
    """
    ratios = []
    for chain in chains:
        adapted, whole = results.record(chain.adapt), _from_scratch(results, part, chain)
        if adapted and whole:
            ratios.append(adapted.cost.macs / whole)
    return mean(ratios)


def ranking_ratio(results: Results, part: AdaptationPart, ranking: Ranking) -> float | None:
    """Ranking the population once, over training a supernet on the target from scratch."""
    if ranking.macs == 0:
        return None
    chains = results.expansion.chains(part)
    whole = [macs for chain in chains if (macs := _from_scratch(results, part, chain)) is not None]
    each = ranking.macs / len(ranking.scores.numbers)
    return each / float(np.mean(whole)) if whole else None


def _from_scratch(results: Results, part: AdaptationPart, chain: Chain) -> float | None:
    """Multiply-accumulates of a supernet on the target.

    Those of ``p3`` where the part has it, else those of the source, scaled to the data's size.
    """
    if "p3" in part.choices:
        paragon = results.record(results.expansion.chain(part, "p3", chain.replicate).adapt)
        if paragon is not None:
            return float(paragon.cost.macs)
    source = results.record(chain.supernet)
    if source is None:
        return None
    settings = results.resolved.settings
    scale = 1.0
    if settings.supernet is not None and settings.supernet.steps_per_epoch is None:
        sizes = (sum(results.facts(t).class_counts) for t in (part.target, part.source))
        scale = next(sizes) / next(sizes)
    return source.cost.macs * scale
