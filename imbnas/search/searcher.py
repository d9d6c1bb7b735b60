"""What every searcher offers, and the registry of searchers."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from imbnas.errors import InputError
from imbnas.registry import Registry, build_entry

if TYPE_CHECKING:
    import numpy as np

    from imbnas.search.scoreboard import Scoreboard
    from imbnas.spaces.space import Space


class Searcher(Protocol):
    """Finds the best architecture by asking for scores; it sees nothing else of the data."""

    def search(self, space: "Space", scoreboard: "Scoreboard", rng: "np.random.Generator") -> None:
        """Evaluate architectures on the scoreboard until the budget is spent."""
        ...


@runtime_checkable
class CheckingSearcher(Searcher, Protocol):
    """A searcher that knows before it is run what it cannot do in a space."""

    def check(self, space: "Space") -> None:
        """Refuse a space, or options that do not go with it.

        Raises:
            InputError: one line without the searcher's name.
        """
        ...


SEARCHERS: Registry[Callable[..., Searcher]] = Registry(
    "searcher",
    {
        "evolution": (
            "imbnas.search.evolution:Evolution",
            "1",
            "evolution with mutation and crossover of the best, as in SPOS (arXiv:1904.00420)",
        ),
        "exhaustive": (
            "imbnas.search.exhaustive:Exhaustive",
            "1",
            "every architecture of a list, or of a small space",
        ),
        "random": (
            "imbnas.search.random_search:RandomSearch",
            "1",
            "distinct architectures drawn uniformly",
        ),
    },
    entry_points="imbnas.searchers",
)


def build_searcher(name: str, options: Mapping[str, Any], space: "Space | None" = None) -> Searcher:
    """Make a searcher with the given options.

    Args:
        name: registry name.
        options: of the searcher.
        space: what it is to search; ``None`` leaves open whether it can.

    Raises:
        UnknownNameError: no searcher has that name.
        InputError: an option is unknown, out of range, or does not go with the space.
    """
    searcher = build_entry(SEARCHERS, name, options)
    if space is not None and isinstance(searcher, CheckingSearcher):
        try:
            searcher.check(space)
        except InputError as error:
            raise InputError(f"searcher {name!r}: {error}") from None
    return searcher
