"""What searches have found so far, read from their records."""

from collections.abc import Iterable, Sequence

from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Plan
from imbnas.units.records import SearchMetrics
from imbnas.units.unit import Unit


def found_architectures(plan: Plan, directories: Sequence[RunDirectory]) -> dict[str, str]:
    """Identity of a finished search → best architecture, for all that trainings wait for."""
    searches = dict.fromkeys(retraining.waits_for for retraining in plan.retrainings)
    best = ((search, _best(search, directories)) for search in searches)
    return {search: architecture for search, architecture in best if architecture is not None}


def known_units(plan: Plan, directories: Sequence[RunDirectory]) -> dict[str, Unit]:
    """Identity → unit, of the plan and of what its finished searches have found."""
    found = found_architectures(plan, directories)
    return {unit.identity: unit for unit in (*plan.units, *plan.found_units(found))}


def _best(search: str, directories: Iterable[RunDirectory]) -> str | None:
    for directory in directories:
        if directory.record_path("search", search).exists():
            metrics = directory.read_record("search", search).metrics
            if isinstance(metrics, SearchMetrics):
                return metrics.best
    return None
