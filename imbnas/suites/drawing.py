"""Draws the population that a fidelity asks for."""

from imbnas.spaces import get_space
from imbnas.spaces.population import (
    Population,
    all_live,
    as_listed,
    iso_macs,
    stratified_by_macs,
    uniform,
)
from imbnas.suites.fidelity import PopulationRule


def drawn_population(space_name: str, wanted: PopulationRule) -> Population:
    """The architectures of a rule.

    Args:
        space_name: registry name.
        wanted: the rule.

    Raises:
        InputError: the space is unknown or too small, or cannot be listed, or does not have an
            architecture.
    """
    space, size = get_space(space_name), wanted.size or 0
    if wanted.rule == "all":
        return all_live(space)
    if wanted.rule == "listed":
        return as_listed(space, wanted.architectures)
    if wanted.macs is not None:
        return iso_macs(space, wanted.macs, space.published_shape)
    if wanted.rule == "stratified":
        return stratified_by_macs(space, size, wanted.seed, space.published_shape)
    return uniform(space, size, wanted.seed)
