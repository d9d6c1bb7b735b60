"""Random search."""

from typing import Annotated

import numpy as np
from pydantic import Field

from imbnas.errors import InputError
from imbnas.search.mac_options import MacOptions
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space
from imbnas.spaces.variation import random_within

_TRIES = 100
_FEWEST_DRAWS = 100_000


class RandomSearch(MacOptions):
    """Draws distinct live structures uniformly, within the bounds on MACs.

    Attributes:
        evaluations: how many architectures are scored.
    """

    evaluations: Annotated[int, Field(ge=1)] = 100

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate ``evaluations`` architectures.

        Raises:
            InputError: the space has too few distinct live structures within the bounds.
        """
        self.check(space)
        bound = self.bound(space)
        seen: set[str] = set()
        for _ in range(max(_TRIES * self.evaluations, _FEWEST_DRAWS)):
            if len(seen) == self.evaluations:
                return
            architecture = random_within(space, rng, bound, tries=1)
            if architecture is None:
                continue
            structure = space.unique_id(architecture)
            if structure not in seen and not space.is_dead(architecture):
                seen.add(structure)
                scoreboard.evaluate(architecture)
        raise InputError(
            f"searcher 'random': option 'evaluations': {space.name} gave only {len(seen)} distinct "
            f"structures within its bounds, {self.evaluations} wanted"
        )
