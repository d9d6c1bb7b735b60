"""The units of a plan: which are known, and what the others cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from imbnas.execution.data_pool import Shelf
from imbnas.planning.cost import UnitCosts
from imbnas.planning.unit_cost import UnitCost
from imbnas.runs.queue.best_found import found_architectures
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expansion import Plan
from imbnas.units.unit import Unit


@dataclass(frozen=True)
class PlannedUnit:
    """One unit of a plan.

    Attributes:
        unit: a training of a network yet to be found has a typical architecture instead.
        requires: identities of the units that must be finished before.
        known: whether a record of it exists.
        cost: of a unit that is not known; ``None`` where that cannot be computed.
    """

    unit: Unit
    requires: tuple[str, ...]
    known: bool
    cost: UnitCost | None


def plan_units(
    plan: Plan, directories: Sequence[RunDirectory], shelf: Shelf
) -> tuple[list[PlannedUnit], UnitCosts]:
    """Look up what of a plan is known in directories; compute the cost of the rest."""
    finished = set[str]().union(*(directory.finished() for directory in directories))
    found = found_architectures(plan, directories)
    units = {unit.identity: unit for unit in (*plan.units, *plan.found_units(found))}
    costs = UnitCosts(shelf, units.values())
    planned = [
        PlannedUnit(unit, unit.requires, known, None if known else costs.of(unit))
        for unit, known in ((unit, identity in finished) for identity, unit in units.items())
    ]
    any_architecture = plan.expansion.resolved.population[0].architecture
    for retraining in plan.retrainings:
        if retraining.waits_for not in found:
            unit = costs.typical(plan.expansion.retrain(retraining, any_architecture))
            cost = costs.of(unit)
            cost = cost and replace(cost, exact=False)
            planned.append(PlannedUnit(unit, (retraining.waits_for,), False, cost))
    return planned, costs
