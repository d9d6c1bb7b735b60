"""How many units a suite has, counted before any of them is made."""

from imbnas.errors import InputError
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.schema import (
    AdaptationPart,
    BaselinesPart,
    Part,
    SuiteFile,
    TransferPart,
)
from imbnas.units.largest import LARGEST_REPLICATE_NUMBER, MOST_DRAWS, MOST_REPLICATES, MOST_UNITS

_OF_A_CHAIN = 4
"""Units of one strategy and searcher: supernet, adaptation, search and the population's scores."""


def unit_count(
    suite: SuiteFile, settings: Fidelity, replicates: int, population: int | None = None
) -> int:
    """Units of a suite at most; those that parts share count for each of them.

    Args:
        suite: with the parts of the fidelity.
        settings: the fidelity.
        replicates: how many.
        population: architectures of it, once they are drawn; before, those that the fidelity asks
            for.
    """
    # A number of MACs is of as many architectures as the space has.
    rule = settings.population
    drawn = population or rule.size or len(rule.architectures) or 1
    return replicates * sum(_of_part(part, settings, drawn) for part in suite.parts.values())


def _of_part(part: Part, settings: Fidelity, population: int) -> int:
    """Units of one replicate."""
    if isinstance(part, TransferPart):
        return len(part.trainings) * (population + len(part.rankers))
    if isinstance(part, AdaptationPart):
        chains = (1 + len(part.further)) * len(part.strategies) * (1 + len(part.searchers))
        return chains * (_OF_A_CHAIN + len(part.retrained_on) * settings.retrainings)
    if isinstance(part, BaselinesPart):
        return len(part.models) * len(part.trainings)
    return (len(part.architectures) or part.size or 0) * len(part.trainings)


def check_size(
    suite: SuiteFile, settings: Fidelity, replicates: int, population: int | None = None
) -> None:
    """Refuse more than can be planned; arguments are those of ``unit_count``.

    Raises:
        InputError: there are too many units, or trainings of found architectures.
    """
    numbers = replicates * settings.retrainings
    if numbers > MOST_DRAWS:
        raise InputError(
            f"{replicates:,} replicates with {settings.retrainings:,} retrainings each are "
            f"{numbers:,} draws of images; {MOST_DRAWS:,} at most"
        )
    units = unit_count(suite, settings, replicates, population)
    if units > MOST_UNITS:
        raise InputError(
            f"the suite has {units:,} units at {replicates:,} replicates; {MOST_UNITS:,} at most: "
            "lower replicates, population.size, or the number of trainings"
        )


def check_replicates(replicates: int | None, first: int | None) -> None:
    """Refuse numbers that no fidelity could have.

    Args:
        replicates: how many; ``None`` for the fidelity's.
        first: number of the first of them; ``None`` for 0.

    Raises:
        InputError: a number is out of its range.
    """
    if replicates is not None and not 1 <= replicates <= MOST_REPLICATES:
        raise InputError(f"{replicates} replicates; give 1 to {MOST_REPLICATES:,}")
    if first is not None and not 0 <= first <= LARGEST_REPLICATE_NUMBER:
        raise InputError(f"first replicate {first}; give 0 to {LARGEST_REPLICATE_NUMBER:,}")
