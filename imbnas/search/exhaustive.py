"""Exhaustive scoring of a list of architectures, or of all of a small space."""

import numpy as np

from imbnas.errors import InputError
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space
from imbnas.units.frozen import FrozenModel


class Exhaustive(FrozenModel):
    """Scores every architecture once.

    Attributes:
        architectures: what to score; empty for every live function of the space.
    """

    architectures: tuple[str, ...] = ()

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate the architectures in the order given.

        Raises:
            InputError: an architecture is not of the space, or the space cannot list its own.
        """
        for architecture in self.architectures or _all_of(space):
            scoreboard.evaluate(space.parse(architecture))


def _all_of(space: Space) -> tuple[str, ...]:
    representatives = getattr(space, "representatives", None)
    if representatives is None:
        raise InputError(
            f"searcher 'exhaustive': space {space.name!r} is too large to list; "
            "give option 'architectures'"
        )
    listed: tuple[str, ...] = representatives()
    return listed
