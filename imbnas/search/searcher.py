"""What every searcher offers."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from imbnas.lazy import lazy_attributes

if TYPE_CHECKING:
    import numpy as np

    from imbnas.search.scoreboard import Scoreboard
    from imbnas.spaces.space import Space


class Searcher(Protocol):
    """Finds the best architecture by asking for scores; it sees nothing else of the data."""

    def search(self, space: "Space", scoreboard: "Scoreboard", rng: "np.random.Generator") -> None:
        """Evaluate architectures on the scoreboard until the budget is spent."""


@runtime_checkable
class CheckingSearcher(Searcher, Protocol):
    """A searcher that knows before it is run what it cannot do in a space."""

    def check(self, space: "Space") -> None:
        """Refuse a space, or options that do not go with it.

        Raises:
            InputError: one line without the searcher's name.
        """


# Plug-ins import the registry from here as well.
__getattr__ = lazy_attributes(__name__, {"SEARCHERS": "imbnas.search.registry"})
