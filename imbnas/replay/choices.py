"""Searchers by name, with options that let the budget of queries end them."""

import inspect
from collections.abc import Callable

from imbnas.search import SEARCHERS, Searcher, build_searcher
from imbnas.spaces import SPACES, EnumerableSpace, Space, get_space
from imbnas.suites.choice import SearcherChoice
from imbnas.table.benchmark import Benchmark

_ANYWHERE = ("random",)
_ON_A_WHOLE_SPACE = ("evolution", "local-search")
_EVOLUTION = {"population": 10, "crossover": 5, "mutation": 5, "top_k": 5}
"""Generations small enough for several of them to be seen within a hundred queries."""


def default_searchers(bench: Benchmark) -> tuple[SearcherChoice, ...]:
    """Random search, and on a table of at least half of a space those that need neighbours.

    On a sample of a space nearly every child of an architecture is one that was not trained.
    """
    names: tuple[str, ...] = _ANYWHERE
    for name in bench.spaces:
        space = get_space(name) if name in SPACES else None
        if isinstance(space, EnumerableSpace):
            functions = {space.functional_id(each) for each in bench.architectures_of(name)}
            if 2 * len(functions) >= len(space.representatives()):
                names = _ANYWHERE + _ON_A_WHOLE_SPACE
    return tuple(SearcherChoice(name=name) for name in names)


def build(choice: SearcherChoice, budget: int, space: Space) -> Callable[[], Searcher]:
    """Make a searcher for each search.

    Options ``evaluations`` and ``generations`` that a searcher has and the choice leaves open are
    set so high that the budget ends the search; the evolution has small generations by default.

    Raises:
        UnknownNameError: no searcher has that name.
        InputError: an option is wrong, or does not go with the space.
    """
    takes = inspect.signature(SEARCHERS.get(choice.name)).parameters
    filled = {"evaluations": budget, "generations": budget}
    if choice.name == "evolution" and not choice.options.keys() & _EVOLUTION.keys():
        filled |= _EVOLUTION
    options = {name: value for name, value in filled.items() if name in takes} | choice.options
    build_searcher(choice.name, options, space)
    return lambda: build_searcher(choice.name, options)
