"""What the schema of a suite file cannot check: its entries, their options and their space."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from imbnas.errors import InputError
from imbnas.rankers.registry import RANKERS, build_ranker
from imbnas.search.registry import SEARCHERS, build_searcher
from imbnas.spaces import SPACES, Space, get_space
from imbnas.spaces.population import as_listed
from imbnas.spaces.stacks import check_stack
from imbnas.spaces.stems import check_stem
from imbnas.strategies.registry import STRATEGIES
from imbnas.suites.claim_checks import claim_checks
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.schema import AdaptationPart, MotivationPart, Part, SuiteFile, TransferPart
from imbnas.suites.size import check_size
from imbnas.suites.strategy_lookup import find_strategy
from imbnas.supernet.path_sampling import check_sampling
from imbnas.units.stem import Stem, is_default_stem

if TYPE_CHECKING:
    from imbnas.suites.choice import SearcherChoice

Place = tuple[str | int, ...]
Check = tuple[Place, Callable[[], object]]


def suite_checks(
    suite: SuiteFile, fidelities: Iterable[str], *, with_plugins: bool = True
) -> Iterator[Check]:
    """Checks that need no data, each with the place in the file that a fault belongs to.

    A check raises ``UnknownNameError`` where a plug-in that is not loaded may have the name, and
    another ``InputError`` for a fault.

    Args:
        suite: as read.
        fidelities: names of those that are checked.
        with_plugins: whether checks are given, too, that may load code of plug-ins, installed ones
            included.
    """
    for name in fidelities:
        fidelity = suite.fidelities[name]
        size = partial(check_size, suite.at(name), fidelity, fidelity.replicates)
        yield ("fidelities", name), size
        if with_plugins or SPACES.is_built_in(suite.space):
            place = "fidelities", name
            yield from _of_fidelity(place, fidelity, suite.space, with_plugins)
        yield from _of_stems(suite, name, with_plugins)
    for name, part in suite.parts.items():
        yield from _of_part(("parts", name), part, with_plugins)
    yield from claim_checks(suite)


@contextmanager
def blame(suite: SuiteFile, *place: str | int) -> Iterator[None]:
    """Name the suite and a place in it in every ``InputError`` of the block."""
    try:
        yield
    except InputError as error:
        where = ".".join(map(str, place))
        raise InputError(f"suite {suite.name!r}: {where}: {error}") from error


def _of_fidelity(
    place: Place, fidelity: Fidelity, name: str, with_plugins: bool
) -> Iterator[Check]:
    def of_space(check: Callable[[Space], object]) -> Callable[[], object]:
        return lambda: check(get_space(name))

    for field, size in (("stack", fidelity.stack), ("retrainings", fidelity.retrainings)):
        yield (*place, field), of_space(partial(check_stack, stack=size))
    if named := fidelity.population.architectures:
        where = (*place, "population", "architectures")
        yield where, of_space(partial(as_listed, architectures=named))
    for recipe, sampling in fidelity.path_samplings.items():
        yield (*place, recipe, "path_sampling"), of_space(partial(check_sampling, how=sampling))
    searchers: dict[Place, SearcherChoice] = {(*place, "searcher"): fidelity.searcher}
    for label, further in fidelity.searchers.items():
        searchers[*place, "searchers", label] = further
    for searched, searcher in searchers.items():
        build = partial(build_searcher, searcher.name, searcher.options)
        if with_plugins or SEARCHERS.is_built_in(searcher.name):
            yield (*searched, "options"), of_space(build)


def spaces_of(suite: SuiteFile, recipe: str) -> list[str]:
    """Names of the spaces whose networks a recipe of the fidelities trains, sorted."""
    if recipe != "motivation":
        return [suite.space]
    parts = suite.parts.values()
    return sorted({part.space for part in parts if isinstance(part, MotivationPart)})


def _of_stems(suite: SuiteFile, name: str, with_plugins: bool) -> Iterator[Check]:
    def of_space(space: str, stem: Stem, resolution: int | None) -> Callable[[], object]:
        return lambda: check_stem(get_space(space), stem, resolution)

    for field, recipe in suite.fidelities[name].recipes.items():
        for space in [] if is_default_stem(recipe.stem) else spaces_of(suite, field):
            if with_plugins or SPACES.is_built_in(space):
                check = of_space(space, recipe.stem, recipe.resolution)
                yield ("fidelities", name, field, "stem"), check


def _of_part(place: Place, part: Part, with_plugins: bool) -> Iterator[Check]:
    if isinstance(part, TransferPart):
        for position, ranker in enumerate(part.rankers):
            where = (*place, "rankers", position)
            if with_plugins or RANKERS.is_built_in(ranker.name):
                yield where, partial(build_ranker, ranker.name, ranker.options)
    if isinstance(part, AdaptationPart):
        for position, strategy in enumerate(part.choices.values()):
            for route in part.routes(str(place[-1])).values():
                where = (*place, "strategies", position)
                if with_plugins or STRATEGIES.is_built_in(strategy.name):
                    yield where, partial(find_strategy, strategy, route)
