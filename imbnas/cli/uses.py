"""Where the suites that ship with imbnas name an entry of a registry."""

from collections.abc import Callable, Iterator

from imbnas.suites.files import suite_files
from imbnas.suites.load import load_suite
from imbnas.suites.schema import AdaptationPart, Part, SuiteFile, TransferPart


def uses_of(kind: str, name: str) -> dict[str, list[str]]:
    """Where shipped suites name an entry.

    Args:
        kind: key of ``KINDS``.
        name: of the entry.

    Returns:
        Suite → names of its parts, and for a searcher of its fidelities, that name the entry;
        without suites that do not.
    """
    found = {suite: [*KINDS[kind](load_suite(suite), name)] for suite in suite_files()}
    return {suite: places for suite, places in found.items() if places}


def _by_part(named: Callable[[Part], Iterator[str]]) -> Callable[[SuiteFile, str], Iterator[str]]:
    def places(suite: SuiteFile, name: str) -> Iterator[str]:
        return (label for label, part in suite.parts.items() if name in named(part))

    return places


def _schemes(part: Part) -> Iterator[str]:
    yield from (training.scheme for training in part.trainings)
    if isinstance(part, AdaptationPart):
        yield from (str(each.options.get("scheme")) for each in part.choices.values())


def _strategies(part: Part) -> Iterator[str]:
    if isinstance(part, AdaptationPart):
        yield from (choice.name for choice in part.choices.values())


def _rankers(part: Part) -> Iterator[str]:
    if isinstance(part, TransferPart):
        yield from (choice.name for choice in part.rankers)


def _fidelities(suite: SuiteFile, name: str) -> Iterator[str]:
    for label, fidelity in suite.fidelities.items():
        searchers = (fidelity.searcher, *fidelity.searchers.values())
        if name in (each.name for each in searchers):
            yield f"fidelity {label}"


KINDS = {
    "strategy": _by_part(_strategies),
    "scheme": _by_part(_schemes),
    "ranker": _by_part(_rankers),
    "searcher": _fidelities,
}
"""Kind of an entry → places of a suite that name one."""
