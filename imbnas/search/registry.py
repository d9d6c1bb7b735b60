"""The registry of searchers; listing it imports none of them."""

from collections.abc import Callable, Mapping
from typing import Any

from imbnas.errors import InputError
from imbnas.registry import Registry, build_entry, built_in
from imbnas.search.searcher import CheckingSearcher, Searcher
from imbnas.spaces.space import Space

SEARCHERS: Registry[Callable[..., Searcher]] = Registry(
    "searcher",
    {
        "evolution": built_in(
            "imbnas.search.evolution:Evolution",
            "evolution with mutation and crossover of the best, as in SPOS (arXiv:1904.00420)",
            version="2",
        ),
        "exhaustive": built_in(
            "imbnas.search.exhaustive:Exhaustive",
            "every architecture of a list, or of a small space",
        ),
        "local-search": built_in(
            "imbnas.search.local_search:LocalSearch",
            "to the first better mutant, with restarts (arXiv:2005.02960)",
        ),
        "random": built_in(
            "imbnas.search.random_search:RandomSearch", "distinct architectures drawn uniformly"
        ),
    },
    entry_points="imbnas.searchers",
)


def build_searcher(name: str, options: Mapping[str, Any], space: Space | None = None) -> Searcher:
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
