"""Which units a suite has, given what its searches have named; and which of them a board lacks."""

from collections.abc import Callable
from dataclasses import dataclass

from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.unit import Unit


@dataclass(frozen=True)
class Required:
    """The units of a suite.

    Attributes:
        units: identity → unit, of all that are known.
        waiting: trainings of networks whose search has no record.
    """

    units: dict[str, Unit]
    waiting: int


def required_units(suite: ResolvedSuite, best: Callable[[str], str | None]) -> Required:
    """Expand a suite.

    Args:
        suite: the resolved suite.
        best: gives the architecture that a search has named, by the search's identity; ``None``
            where it has no record.
    """
    plan = Expansion(suite).plan()
    searches = dict.fromkeys(each.waits_for for each in plan.retrainings)
    named = {search: best(search) for search in searches}
    found = {search: name for search, name in named.items() if name is not None}
    units = {unit.identity: unit for unit in (*plan.units, *plan.found_units(found))}
    return Required(units, sum(each.waits_for not in found for each in plan.retrainings))
