"""Random search."""

from typing import Annotated

import numpy as np
from pydantic import Field

from imbnas.errors import InputError
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space
from imbnas.units.frozen import FrozenModel

_TRIES = 100


class RandomSearch(FrozenModel):
    """Draws distinct live structures uniformly.

    Attributes:
        evaluations: how many architectures are scored.
    """

    evaluations: Annotated[int, Field(ge=1)] = 100

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate ``evaluations`` architectures.

        Raises:
            InputError: the space has too few distinct live structures.
        """
        seen: set[str] = set()
        for _ in range(_TRIES * self.evaluations):
            if len(seen) == self.evaluations:
                return
            architecture = space.random(rng)
            structure = space.unique_id(architecture)
            if structure not in seen and not space.is_dead(architecture):
                seen.add(structure)
                scoreboard.evaluate(architecture)
        raise InputError(
            f"searcher 'random': option 'evaluations': {space.name} gave only {len(seen)} distinct "
            f"structures, {self.evaluations} wanted"
        )
