"""What a strategy may declare beyond what it must."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from imbnas.errors import InputError
from imbnas.strategies.strategy import Strategy
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec


@dataclass(frozen=True)
class Declarations:
    """What a suite must know of a strategy before it is run.

    Attributes:
        scores_on: see ``Strategy``.
        recipe: see ``Strategy``.
        same_classes: the strategy makes sense only where source and target have the same
            classes, since it keeps the source's classifier; ``False`` where not declared.
        scheme: what it trains with in place of the target's scheme; ``None`` where not declared.
        delays: it trains by its scheme with the scheme's switches; ``False`` where not declared.
    """

    scores_on: Literal["source", "target"]
    recipe: Literal["adaptation", "supernet"]
    same_classes: bool
    scheme: str | None
    delays: bool


def declarations(name: str, strategy: Strategy) -> Declarations:
    """Read what a strategy declares.

    Raises:
        InputError: a declaration is missing or has no such value.
    """
    for declared, values in _REQUIRED.items():
        given, any_of = getattr(strategy, declared, None), ", ".join(map(repr, values))
        if given is None:
            raise InputError(
                f"strategy {name!r}: does not declare {declared!r}; give its class one of {any_of}"
            )
        if given not in values:
            raise InputError(
                f"strategy {name!r}: declares {declared!r} as {given!r}; it must be one of {any_of}"
            )
    return Declarations(
        scores_on=strategy.scores_on,
        recipe=strategy.recipe,
        same_classes=bool(getattr(strategy, "same_classes", False)),
        scheme=getattr(strategy, "scheme", None),
        delays=bool(getattr(strategy, "delays", False)),
    )


_REQUIRED = {"scores_on": ("source", "target"), "recipe": ("adaptation", "supernet")}


@runtime_checkable
class Checking(Protocol):
    """A strategy that does not go with every scheme and recipe."""

    def check(self, source: SchemeSpec, target: SchemeSpec, recipe: Recipe) -> None:
        """Refuse what could not work, before anything is computed.

        Args:
            source: what the source supernet was trained with.
            target: what the strategy trains with.
            recipe: the one that the strategy declares, at the suite's fidelity.

        Raises:
            InputError: names what is wrong and the remedy, not the strategy.
        """
