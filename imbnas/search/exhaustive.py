"""Exhaustive scoring of a list of architectures, or of all of a small space."""

import numpy as np

from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import EnumerableSpace, Space, listed
from imbnas.units.frozen import FrozenModel

_REMEDY = "option 'architectures'"


class Exhaustive(FrozenModel):
    """Scores every architecture once.

    Attributes:
        architectures: what to score; empty for every live unique structure of the space, each by
            its member of fewest MACs (among equals the alphabetically first), sorted.
    """

    architectures: tuple[str, ...] = ()

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate the architectures in the order given.

        Raises:
            InputError: an architecture is not of the space, or the space cannot list its own.
        """
        for architecture in self.architectures or _structures(listed(space, _REMEDY)):
            scoreboard.evaluate(space.parse(architecture))

    def check(self, space: Space) -> None:
        """Refuse what a search in this space would stop at.

        Raises:
            InputError: an architecture is not of the space, or the space cannot list its own.
        """
        for architecture in self.architectures:
            space.parse(architecture)
        if not self.architectures:
            listed(space, _REMEDY)


def _structures(space: EnumerableSpace) -> list[str]:
    """One live member of each unique structure.

    Functional twins of different structures stay apart: in a supernet they use other weights.
    """
    best: dict[str, tuple[int, str]] = {}
    for architecture in space.architectures():
        if not space.is_dead(architecture):
            structure = space.unique_id(architecture)
            cost = space.counts(architecture, space.published_shape).macs, architecture
            best[structure] = min(cost, best.get(structure, cost))
    return sorted(architecture for _, architecture in best.values())
