"""Random search."""

from typing import Annotated

import numpy as np
from pydantic import Field

from imbnas.errors import InputError
from imbnas.search.deduplication import Deduplicator
from imbnas.search.mac_options import MacOptions
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space
from imbnas.spaces.variation import random_within
from imbnas.units.bounds import Evaluations

_TRIES = 100_000
"""Draws for each further architecture before the space counts as used up."""


class RandomSearch(MacOptions):
    """Draws distinct live structures uniformly, within the bounds on MACs.

    Attributes:
        evaluations: how many architectures are scored.
    """

    evaluations: Annotated[Evaluations, Field(ge=1)] = 100

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate ``evaluations`` architectures.

        Raises:
            InputError: the space has too few distinct live structures within the bounds.
        """
        self.check(space)
        bound = self.bound(space)
        found = Deduplicator(space, scoreboard).fill(
            lambda: random_within(space, rng, bound, tries=1), self.evaluations, _TRIES
        )
        if found < self.evaluations:
            raise InputError(
                f"searcher 'random': option 'evaluations': {space.name} gave only {found} distinct "
                f"structures within its bounds, {self.evaluations} wanted"
            )
