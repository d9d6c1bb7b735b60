"""The best architectures of finished searches, read from their records."""

from collections.abc import Iterable, Sequence

from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedRecordError
from imbnas.units.metrics import SearchMetrics


def best_architectures(
    searches: Iterable[str], directories: Sequence[RunDirectory]
) -> dict[str, str]:
    """Identity of a search → best architecture, for all with a sound record in a directory."""
    best: dict[str, str] = {}
    for search in dict.fromkeys(searches):
        for directory in directories:
            try:
                metrics = directory.read_record("search", search).metrics
            except (FileNotFoundError, DamagedRecordError):
                continue
            if isinstance(metrics, SearchMetrics):
                best.setdefault(search, metrics.best)
    return best
