"""Which paths of a supernet the steps of its training take."""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imbnas.errors import InputError
from imbnas.spaces.space import FairSpace

if TYPE_CHECKING:
    import numpy as np

    from imbnas.spaces.space import Space
    from imbnas.units.recipes import PathSampling


@dataclass
class PathSampler:
    """Draws paths, one after the other.

    Attributes:
        space: of the paths.
        how: ``uniform`` draws unique live structures; ``fair`` draws ``FairSpace.fair_paths`` for a
            step and hands them out one by one.
        rng: draws them.

    Raises:
        InputError: ``fair`` is not possible in the space.
    """

    space: "Space"
    how: "PathSampling"
    rng: "np.random.Generator"
    _waiting: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        check_sampling(self.space, self.how)

    def draw(self) -> str:
        """The next path."""
        if self.how == "fair" and isinstance(self.space, FairSpace):
            if not self._waiting:
                self._waiting.extend(self.space.fair_paths(self.rng))
            return self._waiting.popleft()
        return self.space.random(self.rng)


def paths_per_step(space: "Space", how: "PathSampling") -> int:
    """How many paths share a step of the optimizer, and so how many passes a step takes."""
    return space.operations_per_edge if how == "fair" and isinstance(space, FairSpace) else 1


def check_sampling(space: "Space", how: "PathSampling") -> None:
    """Refuse a way of sampling that a space does not offer.

    Raises:
        InputError: ``fair`` in a space whose edges have no fixed set of operations.
    """
    if how == "fair" and not isinstance(space, FairSpace):
        raise InputError(
            f"path_sampling 'fair' needs a space with the same operations on every edge, as "
            f"nats-tss; {space.name} has none, take 'uniform'"
        )
