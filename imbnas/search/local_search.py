"""Local search with restarts, a strong baseline on tables (White et al., arXiv:2005.02960)."""

from typing import Annotated

import numpy as np
from pydantic import Field

from imbnas.search.children import respelling
from imbnas.search.deduplication import Deduplicator
from imbnas.search.mac_options import MacOptions
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space
from imbnas.spaces.variation import random_within
from imbnas.units.bounds import Evaluations

_TRIES = 100
"""Mutations for a neighbour that was not evaluated before; without one, a new start."""
_RANDOM_TRIES = 10_000
"""Draws for a new start before the space counts as used up."""


class LocalSearch(MacOptions):
    """Moves to the first mutant that is better; starts again where none is found.

    The variant of arXiv:2005.02960 that does not look at all neighbours before it moves, so that it
    needs nothing of a space but mutation. No structure is evaluated twice, and it ends earlier
    only where the space has no further ones within the bounds.

    Attributes:
        evaluations: how many architectures are scored.
        probability: of each gene to be drawn again in a mutation.
        patience: mutants that are no better, one after the other, before a new random start; by
            default as many as a cell of NAS-Bench-201 has neighbours.
    """

    evaluations: Annotated[Evaluations, Field(ge=1)] = 100
    probability: Annotated[float, Field(gt=0, le=1)] = 0.1
    patience: Annotated[Evaluations, Field(ge=1)] = 24

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate ``evaluations`` architectures.

        Raises:
            InputError: no architecture was found within the bounds.
        """
        self.check(space)
        bound = self.bound(space)
        respelled = respelling(space, bound)
        distinct = Deduplicator(space, scoreboard)
        while len(distinct.seen) < self.evaluations and distinct.take(
            lambda: random_within(space, rng, bound, tries=1), 1, _RANDOM_TRIES
        ):
            place, waited = _latest(scoreboard), 0
            while waited < self.patience and len(distinct.seen) < self.evaluations:

                def neighbour(place: str = place) -> str | None:
                    return respelled(space.mutate(place, rng, self.probability))

                if not distinct.take(neighbour, 1, _TRIES):
                    break
                child = _latest(scoreboard)
                waited += 1
                if scoreboard.scores[child] > scoreboard.scores[place]:
                    place, waited = child, 0


def _latest(scoreboard: Scoreboard) -> str:
    """The architecture that was evaluated last."""
    return next(reversed(scoreboard.scores))
