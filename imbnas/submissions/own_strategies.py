"""Whether what a suite says of imbnas's own strategies is what they declare."""

from collections.abc import Iterator

from imbnas.errors import InputError
from imbnas.strategies import STRATEGIES
from imbnas.submissions.extension import further
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.strategy_lookup import find_strategy


def strategy_faults(board: ResolvedSuite, suite: ResolvedSuite) -> list[str]:
    """One line for each strategy of imbnas that was added and is not as it is here."""
    return [*_faults(board, suite)]


def _faults(board: ResolvedSuite, suite: ResolvedSuite) -> Iterator[str]:
    added = set(further("strategies", board, suite))
    for _, route in suite.suite.routes:
        for label, choice in route.choices.items():
            if label not in added or not STRATEGIES.is_built_in(choice.name):
                continue
            try:
                if find_strategy(choice, route).facts() != suite.strategies[label]:
                    yield f"strategy {label[:60]!r}: not as this imbnas has it"
            except InputError as error:
                yield str(error)
