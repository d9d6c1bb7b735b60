"""The topology space of NATS-Bench, which is the cell space of NAS-Bench-201 (arXiv:2009.00437)."""

import itertools
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from imbnas.spaces.draw import draw
from imbnas.spaces.nats import cell_string
from imbnas.spaces.nats import identity as cell_identity
from imbnas.spaces.nats.layout import (
    STAGE_REDUCTION,
    edge_counts,
    plan,
    skeleton_counts,
    topology_widths,
)
from imbnas.spaces.space import Counts, NetworkShape

if TYPE_CHECKING:
    import numpy as np

    from imbnas.spaces.nats.network import CellNetwork


@dataclass(frozen=True)
class ListedCell:
    """One cell and its identities.

    Attributes:
        architecture: the published string.
        unique_id: see ``cell_identity.unique_id``.
        functional_id: see ``cell_identity.functional_id``.
        weight: MACs of its convolutions, in those of one 1×1 convolution.
    """

    architecture: str
    unique_id: str
    functional_id: str
    weight: int


@lru_cache(maxsize=1)
def cells() -> tuple[ListedCell, ...]:
    """All 15,625 cells; the last edge's operation changes fastest."""
    every = itertools.product(cell_string.OPERATIONS, repeat=len(cell_string.EDGES))
    return tuple(
        ListedCell(
            cell_string.architecture(operations),
            cell_identity.unique_id(operations),
            cell_identity.functional_id(operations),
            sum(cell_string.KERNELS.get(operation, 0) ** 2 for operation in operations),
        )
        for operations in every
    )


@cache
def _lightest(key: str) -> tuple[str, ...]:
    """Live members of fewest MACs, one for each value of the attribute ``key``, sorted.

    Among members of equally few MACs the alphabetically first string is taken.
    """
    best: dict[str, ListedCell] = {}
    for cell in cells():
        if cell.functional_id == cell_identity.CONSTANT:
            continue
        held = best.get(getattr(cell, key))
        if held is None or (cell.weight, cell.architecture) < (held.weight, held.architecture):
            best[getattr(cell, key)] = cell
    return tuple(sorted(cell.architecture for cell in best.values()))


def unique_representatives() -> tuple[str, ...]:
    """The live unique structures, each by its member of fewest MACs, sorted."""
    return _lightest("unique_id")


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    """Unique id of a live structure → the architecture that represents it."""
    return {
        cell_identity.unique_id(cell_string.edges(architecture)): architecture
        for architecture in unique_representatives()
    }


@lru_cache(maxsize=64)
def _costs(shape: NetworkShape) -> tuple[Counts, dict[str, Counts]]:
    stages = plan(topology_widths(shape.width), shape)
    skeleton = skeleton_counts(stages, shape)
    places = [place for stage in stages for place in stage.cells]
    costs = {}
    for operation in cell_string.OPERATIONS:
        of_places = [edge_counts(operation, place.out_channels, place) for place in places]
        costs[operation] = sum(of_places, Counts(0, 0))
    return skeleton, costs


class NatsTss:
    """15,625 cells of four nodes, each of six edges with one of five operations.

    The network is NAS-Bench-201's: ``shape.width`` channels in the first of three stages and twice
    as many in each further one, ``shape.depth`` cells in each.
    """

    name = "nats-tss"
    size = len(cell_string.OPERATIONS) ** len(cell_string.EDGES)
    published_shape = NetworkShape(width=16, depth=5, resolution=32)
    stackable = True
    stage_reduction = STAGE_REDUCTION
    operations_per_edge = len(cell_string.OPERATIONS)

    def parse(self, text: str) -> str:
        """See ``Space.parse``."""
        return cell_string.architecture(cell_string.edges(text))

    def architectures(self) -> tuple[str, ...]:
        """All architectures; the last edge's operation changes fastest."""
        return tuple(cell.architecture for cell in cells())

    def representatives(self) -> tuple[str, ...]:
        """The 4,929 live functional classes, each by its member of fewest MACs, sorted."""
        return _lightest("functional_id")

    def random(self, rng: "np.random.Generator") -> str:
        """See ``Space.random``."""
        population = unique_representatives()
        return population[rng.integers(len(population))]

    def spelling(self, architecture: str) -> str:
        """See ``SpellingSpace.spelling``."""
        return _spellings().get(self.unique_id(architecture), architecture)

    def fair_paths(self, rng: "np.random.Generator") -> tuple[str, ...]:
        """See ``FairSpace.fair_paths``: a permutation of the operations on each edge.

        Uniform over those permutations that give live architectures only; a dead one would train
        the shared layers on a constant.
        """
        while True:
            columns = [rng.permutation(cell_string.OPERATIONS).tolist() for _ in cell_string.EDGES]
            paths = tuple(map(cell_string.architecture, zip(*columns, strict=True)))
            if not any(map(self.is_dead, paths)):
                return paths

    def sample(self, count: int, seed: int) -> tuple[str, ...]:
        """See ``Space.sample``."""
        return draw(self.representatives(), count, "sample", self.name, seed)

    def mutate(self, architecture: str, rng: "np.random.Generator", probability: float) -> str:
        """See ``Space.mutate``; a gene is the operation of an edge."""
        operations = [
            cell_string.OPERATIONS[rng.integers(len(cell_string.OPERATIONS))]
            if rng.random() < probability
            else operation
            for operation in cell_string.edges(architecture)
        ]
        return cell_string.architecture(operations)

    def crossover(self, first: str, second: str, rng: "np.random.Generator") -> str:
        """See ``Space.crossover``; a gene is the operation of an edge."""
        pairs = zip(cell_string.edges(first), cell_string.edges(second), strict=True)
        return cell_string.architecture([pair[rng.integers(2)] for pair in pairs])

    def unique_id(self, architecture: str) -> str:
        """See ``cell_identity.unique_id``."""
        return cell_identity.unique_id(cell_string.edges(architecture))

    def functional_id(self, architecture: str) -> str:
        """See ``cell_identity.functional_id``."""
        return cell_identity.functional_id(cell_string.edges(architecture))

    def is_dead(self, architecture: str) -> bool:
        """See ``Space.is_dead``."""
        return self.functional_id(architecture) == cell_identity.CONSTANT

    def counts(self, architecture: str, shape: NetworkShape) -> Counts:
        """See ``Space.counts``; operations that cannot reach the output count too, as published."""
        skeleton, costs = _costs(shape)
        return sum((costs[name] for name in cell_string.edges(architecture)), skeleton)

    def build(self, architecture: str, shape: NetworkShape) -> "CellNetwork":
        """See ``Space.build``."""
        from imbnas.spaces.nats.network import cell_network

        stages = plan(topology_widths(shape.width), shape)
        return cell_network(cell_string.edges(architecture), stages, shape)
