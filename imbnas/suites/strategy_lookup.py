"""Looks a strategy of an adaptation part up, makes it, and checks that it goes with the part."""

from collections.abc import Mapping
from dataclasses import dataclass

from imbnas.errors import InputError
from imbnas.strategies import STRATEGIES, Strategy, build_strategy
from imbnas.strategies.declarations import Checking, Declarations, declarations
from imbnas.suites.choice import StrategyChoice
from imbnas.suites.resolved import StrategyFacts
from imbnas.suites.schema import AdaptationPart
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec


@dataclass(frozen=True)
class FoundStrategy:
    """A strategy of a part, made with its options.

    Attributes:
        choice: as the suite names it.
        strategy: the object.
        declared: what it declares.
    """

    choice: StrategyChoice
    strategy: Strategy
    declared: Declarations

    def facts(self) -> StrategyFacts:
        """What units and tables need to know of it."""
        return StrategyFacts(
            component=self.choice.component(STRATEGIES),
            scores_on=self.declared.scores_on,
            recipe=self.declared.recipe,
            scheme=self.declared.scheme,
        )

    def check(
        self, part: AdaptationPart, schemes: Mapping[str, SchemeSpec], recipe: Recipe
    ) -> None:
        """Let the strategy refuse schemes and a recipe that it does not go with.

        Raises:
            InputError: names the strategy.
        """
        if not isinstance(self.strategy, Checking):
            return
        trained_with = schemes[self.declared.scheme or part.target.scheme]
        try:
            self.strategy.check(schemes[part.source.scheme], trained_with, recipe)
        except InputError as error:
            raise InputError(f"strategy {self.choice.name!r}: {error}") from None


def find_strategy(choice: StrategyChoice, part: AdaptationPart) -> FoundStrategy:
    """Make a strategy with its options and check it against the part's conditions.

    Raises:
        UnknownNameError: no strategy has that name.
        InputError: an option or a declaration is wrong, or the strategy needs source and target
            to have the same classes and they are of two datasets.
    """
    strategy = build_strategy(choice.name, choice.options)
    declared = declarations(choice.name, strategy)
    source, target = (parse_condition(t.condition).dataset for t in (part.source, part.target))
    if declared.same_classes and source != target:
        raise InputError(
            f"strategy {choice.name!r}: needs source and target to have the same classes, and they "
            f"are of {source!r} and {target!r}; leave it out or give both conditions of one dataset"
        )
    return FoundStrategy(choice, strategy, declared)
