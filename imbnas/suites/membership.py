"""Which units are a suite's, those included that follow from whatever its searches find."""

from functools import cached_property

from imbnas.suites.expand import Expansion, Retraining
from imbnas.suites.schema import TransferPart
from imbnas.units.unit import SpaceModel, TrainUnit, Unit


class Membership:
    """Tells the units of a suite from others that lie in the same directory.

    Args:
        expansion: of the suite.
    """

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion

    def holds(self, unit: Unit) -> bool:
        """Whether a unit is one that the suite expands to, or a training of what it searched."""
        return unit.identity in self._known or self._is_retraining(unit)

    @cached_property
    def _known(self) -> set[str]:
        """Identities of the units that are known from the start."""
        expansion, parts = self._expansion, self._expansion.resolved.suite.parts
        others = [name for name, part in parts.items() if not isinstance(part, TransferPart)]
        known = {unit.identity for unit in expansion.plan(others).units}
        for part in parts.values():
            if isinstance(part, TransferPart):
                known.update(unit.identity for unit in expansion.rankings(part))
                for training in part.trainings:
                    for replicate in range(expansion.resolved.replicates):
                        known.update(expansion.population_identities(training, replicate))
        return known

    @cached_property
    def _retrainings(self) -> tuple[Retraining, ...]:
        """One for each training of a found architecture, whichever chain finds it."""
        expansion = self._expansion
        distinct = {
            (each.training, each.chain.replicate, each.place): each
            for _, route in expansion.resolved.suite.routes
            for chain in expansion.chains(route)
            for each in expansion.retrainings(route, chain)
        }
        return tuple(distinct.values())

    def _is_retraining(self, unit: Unit) -> bool:
        if not isinstance(unit, TrainUnit) or not isinstance(unit.model, SpaceModel):
            return False
        found = unit.model.architecture
        return any(
            self._expansion.retrain(each, found).identity == unit.identity
            for each in self._retrainings
        )
