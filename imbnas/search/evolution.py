"""Evolutionary search over architecture strings (SPOS, arXiv:1904.00420, section 3.4)."""

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from imbnas.search.children import respelling
from imbnas.search.deduplication import Deduplicator
from imbnas.search.mac_options import MacOptions
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space
from imbnas.spaces.variation import random_within
from imbnas.units.bounds import Evaluations
from imbnas.units.largest import MOST_EVALUATIONS

_TRIES = 10
"""Attempts for each wanted child before random architectures fill the generation."""

_RANDOM_TRIES = 10_000
"""Draws for a wanted random architecture before a generation stays smaller."""


class Evolution(MacOptions):
    """Each generation holds mutants and crossings of the best architectures seen so far.

    No structure, however it is written, is evaluated twice, and children are scored in the spelling
    that a supernet's training samples: others use weights that were never trained together.
    Mutation and crossover have ten attempts for each child; where they do not give enough new live
    structures within the bounds on MACs, random ones fill the generation. It stays smaller only
    where the space has too few.

    Attributes:
        generations: generations after the random first one.
        population: architectures in a generation.
        crossover: of them, how many come from two parents.
        mutation: of them, how many come from one parent.
        probability: of each gene to be drawn again in a mutation.
        top_k: how many of the best are parents.
    """

    generations: Evaluations = 20
    population: Annotated[Evaluations, Field(ge=1)] = 50
    crossover: Evaluations = 25
    mutation: Evaluations = 25
    probability: Annotated[float, Field(gt=0, le=1)] = 0.1
    top_k: Annotated[Evaluations, Field(ge=2)] = 10

    @model_validator(mode="after")
    def _fits(self) -> "Evolution":
        if self.crossover + self.mutation > self.population:
            raise ValueError("crossover and mutation together exceed population")
        evaluations = self.population * (self.generations + 1)
        if evaluations > MOST_EVALUATIONS:
            raise ValueError(
                f"population · (generations + 1) is {evaluations:,}; at most {MOST_EVALUATIONS:,} "
                "architectures are scored"
            )
        return self

    def search(self, space: Space, scoreboard: Scoreboard, rng: np.random.Generator) -> None:
        """Evaluate ``population · (generations + 1)`` architectures.

        Raises:
            InputError: no architecture was found within the bounds.
        """
        self.check(space)
        bound = self.bound(space)
        respelled = respelling(space, bound)
        distinct = Deduplicator(space, scoreboard)

        def draw() -> str | None:
            return random_within(space, rng, bound, tries=1)

        distinct.fill(draw, self.population, _RANDOM_TRIES)
        for _ in range(self.generations):
            parents = scoreboard.top(self.top_k)

            def mutant(parents: list[str] = parents) -> str | None:
                child = space.mutate(_pick(rng, parents), rng, self.probability)
                return respelled(child)

            def crossing(parents: list[str] = parents) -> str | None:
                child = space.crossover(_pick(rng, parents), _pick(rng, parents), rng)
                return respelled(child)

            born = distinct.take(mutant, self.mutation, _TRIES * self.mutation)
            born += distinct.take(crossing, self.crossover, _TRIES * self.crossover)
            distinct.fill(draw, self.population - born, _RANDOM_TRIES)


def _pick(rng: np.random.Generator, architectures: list[str]) -> str:
    return architectures[int(rng.integers(len(architectures)))]
