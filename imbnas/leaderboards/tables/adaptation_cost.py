"""What adapting a supernet and searching it took, counted and not timed."""

from collections.abc import Sequence

from imbnas.leaderboards.results import Results, mean
from imbnas.suites.expand import Chain
from imbnas.units.unit import Unit

COLUMNS = ("adapt_images", "adapt_macs", "search_images", "search_macs")


def spent(results: Results, chains: Sequence[Chain]) -> dict[str, float | None]:
    """Images through networks and multiply-accumulates, means over finished replicates.

    Args:
        results: holds the records.
        chains: of one strategy, one a replicate.
    """
    adapt = _spent(results, [chain.adapt for chain in chains])
    search = _spent(results, [chain.search for chain in chains])
    return dict(zip(COLUMNS, (*adapt, *search), strict=True))


def _spent(results: Results, units: Sequence[Unit]) -> tuple[float | None, float | None]:
    records = [results.record(unit) for unit in units]
    costs = [record.cost for record in records if record is not None]
    return mean([cost.images_seen for cost in costs]), mean([float(cost.macs) for cost in costs])
