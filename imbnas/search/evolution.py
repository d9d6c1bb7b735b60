"""Evolutionary search over architecture strings (SPOS, arXiv:1904.00420, section 3.4)."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space
from imbnas.units.frozen import FrozenModel

_TRIES = 10
"""Attempts for each wanted child before random architectures fill the generation."""

Draw = Callable[[], str]


class Evolution(FrozenModel):
    """Each generation holds mutants and crossings of the best architectures seen so far.

    Structures, not strings, are never evaluated twice. Where mutation and crossover do not give
    enough new structures, random ones fill the generation.

    Attributes:
        generations: generations after the random first one.
        population: architectures in a generation.
        crossover: of them, how many come from two parents.
        mutation: of them, how many come from one parent.
        probability: of each gene to be drawn anew in a mutation.
        top_k: how many of the best are parents.
    """

    generations: Annotated[int, Field(ge=0)] = 20
    population: Annotated[int, Field(ge=1)] = 50
    crossover: Annotated[int, Field(ge=0)] = 25
    mutation: Annotated[int, Field(ge=0)] = 25
    probability: Annotated[float, Field(gt=0, le=1)] = 0.1
    top_k: Annotated[int, Field(ge=2)] = 10

    @model_validator(mode="after")
    def _fits(self) -> "Evolution":
        if self.crossover + self.mutation > self.population:
            raise ValueError("crossover and mutation together exceed population")
        return self

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate ``population · (generations + 1)`` architectures."""
        seen: set[str] = set()

        def draw() -> str:
            return space.random(rng)

        self._fill(space, scoreboard, seen, draw, self.population)
        for _ in range(self.generations):
            parents = scoreboard.top(self.top_k)

            def mutant(parents: list[str] = parents) -> str:
                return space.mutate(_pick(rng, parents), rng, self.probability)

            def crossing(parents: list[str] = parents) -> str:
                return space.crossover(_pick(rng, parents), _pick(rng, parents), rng)

            born = self._fill(space, scoreboard, seen, mutant, self.mutation)
            born += self._fill(space, scoreboard, seen, crossing, self.crossover)
            self._fill(space, scoreboard, seen, draw, self.population - born)

    def _fill(
        self, space: Space, scoreboard: Scoreboard, seen: set[str], draw: Draw, count: int
    ) -> int:
        """Evaluate up to ``count`` new live structures; return how many were found."""
        born = 0
        for _ in range(_TRIES * count):
            if born == count:
                break
            architecture = draw()
            structure = space.unique_id(architecture)
            if structure in seen or space.is_dead(architecture):
                continue
            seen.add(structure)
            scoreboard.evaluate(architecture)
            born += 1
        return born


def _pick(rng: np.random.Generator, architectures: list[str]) -> str:
    return architectures[int(rng.integers(len(architectures)))]
