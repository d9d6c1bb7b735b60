"""The part of a search space that a table holds, for searchers."""

from dataclasses import dataclass, field

import numpy as np

from imbnas.spaces.draw import draw
from imbnas.spaces.space import Counts, NetworkShape, Space
from imbnas.units.networks import ImageClassifier


@dataclass
class TableSpace:
    """A space as searchers see it, with what the table does not hold as dead architectures.

    Architectures of one function are one: the table has a single training for them, so that no
    searcher pays for it twice. Whatever else the space knows (mutation, crossover, counts) is its
    own.

    Attributes:
        whole: the space itself.
        held: the table's architectures, of distinct functions.
    """

    whole: Space
    held: tuple[str, ...]
    _places: dict[str, int] = field(init=False, repr=False)
    _functions: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.name, self.size = self.whole.name, len(self.held)
        self.published_shape = self.whole.published_shape
        self._functions = {each: self.whole.functional_id(each) for each in self.held}
        self._places = {self._functions[each]: place for place, each in enumerate(self.held)}

    def place(self, architecture: str) -> int | None:
        """Position in ``held`` of what computes the same function; ``None`` for nothing."""
        return self._places.get(self.functional_id(architecture))

    def functional_id(self, architecture: str) -> str:
        """See ``Space.functional_id``."""
        found = self._functions.get(architecture)
        if found is None:
            found = self._functions[architecture] = self.whole.functional_id(architecture)
        return found

    def unique_id(self, architecture: str) -> str:
        """The function: on a table, two structures of one function are one training."""
        return self.functional_id(architecture)

    def is_dead(self, architecture: str) -> bool:
        """Whether the table does not hold it."""
        return self.functional_id(architecture) not in self._places

    def spelling(self, architecture: str) -> str:
        """The table's spelling; what it does not hold stays itself."""
        place = self.place(architecture)
        return architecture if place is None else self.held[place]

    def parse(self, text: str) -> str:
        """See ``Space.parse``."""
        return self.whole.parse(text)

    def architectures(self) -> tuple[str, ...]:
        """All of the table."""
        return self.held

    def representatives(self) -> tuple[str, ...]:
        """All of the table."""
        return self.held

    def random(self, rng: np.random.Generator) -> str:
        """Draw uniformly from the table."""
        return self.held[rng.integers(len(self.held))]

    def sample(self, count: int, seed: int) -> tuple[str, ...]:
        """See ``Space.sample``."""
        return draw(self.held, count, "sample", self.name, seed)

    def mutate(self, architecture: str, rng: np.random.Generator, probability: float) -> str:
        """See ``Space.mutate``; the child need not be in the table."""
        return self.whole.mutate(architecture, rng, probability)

    def crossover(self, first: str, second: str, rng: np.random.Generator) -> str:
        """See ``Space.crossover``; the child need not be in the table."""
        return self.whole.crossover(first, second, rng)

    def counts(self, architecture: str, shape: NetworkShape) -> Counts:
        """See ``Space.counts``."""
        return self.whole.counts(architecture, shape)

    def build(self, architecture: str, shape: NetworkShape) -> ImageClassifier:
        """See ``Space.build``."""
        return self.whole.build(architecture, shape)
