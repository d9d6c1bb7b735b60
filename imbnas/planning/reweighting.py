"""What the trainings of a plan spend on re-weighting, for each recipe and deferred scheme."""

from collections.abc import Iterable
from typing import NamedTuple, TypeGuard

from imbnas.strategies import build_strategy
from imbnas.strategies.declarations import declarations
from imbnas.suites.resolved import ResolvedSuite
from imbnas.training.reweighting import Reweighting, reweighting
from imbnas.units.conditions import parse_condition
from imbnas.units.unit import AdaptUnit, BaselineModel, SupernetUnit, TrainUnit, Unit


class ReweightedTrainings(NamedTuple):
    """Trainings of one kind that share a scheme and its switch.

    Attributes:
        trained: what is trained.
        scheme: name of the scheme.
        epochs: of the training.
        spent: on re-weighting.
    """

    trained: str
    scheme: str
    epochs: int
    spent: Reweighting


def reweighted_trainings(
    resolved: ResolvedSuite, units: Iterable[Unit]
) -> tuple[ReweightedTrainings, ...]:
    """Each distinct one of a plan's units, in their order; strategies that delay nothing are not.

    Those declare no ``delays``: they train nothing, or weigh classes from their first epoch.
    """
    found: dict[ReweightedTrainings, None] = {}
    for unit in units:
        if isinstance(unit, SupernetUnit | TrainUnit) or _delays(unit):
            data = unit.target if isinstance(unit, AdaptUnit) else unit.data
            condition = parse_condition(data.condition).model_copy(update={"subset": None})
            images = sum(resolved.conditions[condition.name].class_counts)
            spent = reweighting(unit.recipe, unit.scheme, images)
            if spent is not None:
                row = (_trained(unit), unit.scheme.name, unit.recipe.epochs, spent)
                found[ReweightedTrainings(*row)] = None
    return tuple(found)


def _delays(unit: Unit) -> TypeGuard[AdaptUnit]:
    """Whether a unit is an adaptation that trains by its scheme with the scheme's switches."""
    if not isinstance(unit, AdaptUnit):
        return False
    name, options = unit.strategy.name, dict(unit.strategy.options)
    return declarations(name, build_strategy(name, options)).delays


def _trained(unit: SupernetUnit | AdaptUnit | TrainUnit) -> str:
    if isinstance(unit, SupernetUnit):
        return "source supernets"
    if isinstance(unit, AdaptUnit):
        return "adaptations"
    return "baselines" if isinstance(unit.model, BaselineModel) else "networks"
