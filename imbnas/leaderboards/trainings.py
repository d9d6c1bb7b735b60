"""The finished trainings of a run, and what each of them is of."""

from collections.abc import Iterator

from imbnas.leaderboards.results import Results
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit


def finished_trainings(results: Results) -> Iterator[tuple[Record, TrainUnit, TrainMetrics]]:
    """Every record of a training with its unit and metrics, by identity."""
    for record in results.records.values():
        unit, metrics = record.unit, record.metrics
        if isinstance(unit, TrainUnit) and isinstance(metrics, TrainMetrics):
            yield record, unit, metrics


def training_key(results: Results, unit: TrainUnit) -> dict[str, str | int]:
    """What a training is of: identity, space, architecture, condition, scheme, replicate.

    ``space`` is ``timm`` for baselines, or ``imbnas`` for those that imbnas builds itself;
    ``baseline`` for one that the suite does not have. ``condition`` is the suite's name.
    """
    return {
        "identity": unit.identity,
        "space": space_of(results, unit),
        "architecture": unit.model.label,
        "condition": results.condition(unit.data),
        "scheme": unit.scheme.name,
        "replicate": unit.replicate,
    }


def space_of(results: Results, unit: TrainUnit) -> str:
    """The space of a training's network, or where a baseline's comes from."""
    if unit.model.source == "space":
        return unit.model.space
    facts = results.resolved.baselines.get(unit.model.label)
    return facts.source if facts else "baseline"
