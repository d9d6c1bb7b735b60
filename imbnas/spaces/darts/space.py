"""The DARTS space: a normal and a reduction cell of four nodes each (arXiv:1806.09055)."""

import itertools
from typing import TYPE_CHECKING

import numpy as np

from imbnas.errors import InputError
from imbnas.spaces.darts import genotype as darts_genotype
from imbnas.spaces.darts import identity as darts_identity
from imbnas.spaces.darts import layout as darts_layout
from imbnas.spaces.darts.genotype import (
    NUM_INPUTS,
    NUM_NODES,
    OPERATIONS,
    CellGenotype,
    Genotype,
    Node,
)
from imbnas.spaces.space import Counts, NetworkShape
from imbnas.units.randomness import derive_seed

if TYPE_CHECKING:
    from imbnas.spaces.darts.network import DartsNetwork

CONCAT = tuple(range(NUM_INPUTS, NUM_INPUTS + NUM_NODES))
"""Nodes whose concatenation is the output of a cell: all four."""

_PAIRS = tuple(
    tuple(itertools.combinations(range(NUM_INPUTS + node), 2)) for node in range(NUM_NODES)
)


class Darts:
    """Genotypes of two cells; a node sums two operations, out of seven, on two distinct nodes.

    ``size`` counts genotypes by the edges of each node, in either order. Known genotypes that the
    space proper does not hold (NASNet's and AmoebaNet's have five nodes and two operations more)
    can be parsed, counted and built, and are never drawn.

    The network has ``3 * depth + 2`` cells, of which two are reductions.
    """

    name = "darts"
    size = int(np.prod([len(pairs) for pairs in _PAIRS]) * len(OPERATIONS) ** 8) ** 2
    published_shape = NetworkShape(width=36, depth=6, resolution=32)
    stage_reduction = darts_layout.STAGE_REDUCTION

    def parse(self, text: str) -> str:
        """See ``Space.parse``; a name such as ``DARTS_V2`` gives that genotype."""
        return str(darts_genotype.parse(text))

    def random(self, rng: np.random.Generator) -> str:
        """Draw uniformly over structures, whatever the order of their edges and nodes."""
        return str(Genotype(_random_structure(rng), _random_structure(rng)))

    def sample(self, count: int, seed: int) -> tuple[str, ...]:
        """Draw distinct functions, each the first structure with it in a uniform sequence.

        The space is too large to list its functional classes, so structures are drawn uniformly
        and those whose function was drawn before are left out. A smaller draw is the beginning of
        a larger one.

        Raises:
            InputError: ``count`` is less than 1.
        """
        if count < 1:
            raise InputError(f"cannot draw {count} architectures; ask for at least 1")
        found: dict[str, str] = {}
        for index in itertools.count():
            rng = np.random.default_rng(derive_seed("sample", self.name, seed, index))
            architecture = self.random(rng)
            found.setdefault(self.functional_id(architecture), architecture)
            if len(found) == count:
                break
        return tuple(found.values())

    def mutate(self, architecture: str, rng: np.random.Generator, probability: float) -> str:
        """See ``Space.mutate``; genes are each edge's operation and each node's pair of inputs."""
        genotype = darts_genotype.parse(architecture)
        cells = (genotype.normal, genotype.reduce)
        return str(Genotype(*[_mutated(cell, rng, probability) for cell in cells]))

    def crossover(self, first: str, second: str, rng: np.random.Generator) -> str:
        """See ``Space.crossover``; a gene is a node with its two edges.

        Raises:
            InputError: the cells have different numbers of nodes or concatenate different ones.
        """
        one, other = darts_genotype.parse(first), darts_genotype.parse(second)
        pairs = (one.normal, other.normal), (one.reduce, other.reduce)
        return str(Genotype(*[_crossed(*pair, rng) for pair in pairs]))

    def unique_id(self, architecture: str) -> str:
        """The first genotype, alphabetically, that differs in the order of edges and nodes only."""
        return str(darts_identity.canonical(darts_genotype.parse(architecture)))

    def functional_id(self, architecture: str) -> str:
        """See ``darts_identity.functional_id``."""
        return darts_identity.functional_id(darts_genotype.parse(architecture))

    def is_dead(self, architecture: str) -> bool:
        """Never, once the architecture is well-formed: genotypes have no zero operation."""
        darts_genotype.parse(architecture)
        return False

    def counts(self, architecture: str, shape: NetworkShape) -> Counts:
        """See ``Space.counts``."""
        return darts_layout.counts(darts_genotype.parse(architecture), shape)

    def build(self, architecture: str, shape: NetworkShape) -> "DartsNetwork":
        """See ``Space.build``."""
        from imbnas.spaces.darts.network import DartsNetwork

        return DartsNetwork(darts_genotype.parse(architecture), shape)


def _random_operation(rng: np.random.Generator) -> str:
    return OPERATIONS[rng.integers(len(OPERATIONS))]


def _random_cell(rng: np.random.Generator) -> CellGenotype:
    nodes: list[Node] = []
    for pairs in _PAIRS:
        first, second = pairs[rng.integers(len(pairs))]
        nodes.append(((_random_operation(rng), first), (_random_operation(rng), second)))
    return CellGenotype(tuple(nodes), CONCAT)


def _random_structure(rng: np.random.Generator) -> CellGenotype:
    """Draw cells until one is kept; the more often a structure occurs, the less it is kept."""
    while True:
        cell = _random_cell(rng)
        if rng.integers(darts_identity.multiplicity(cell)) == 0:
            return cell


def _mutated(cell: CellGenotype, rng: np.random.Generator, probability: float) -> CellGenotype:
    nodes: list[Node] = []
    for index, (first, second) in enumerate(cell.nodes):
        sources = first[1], second[1]
        if rng.random() < probability:
            pairs = tuple(itertools.combinations(range(NUM_INPUTS + index), 2))
            sources = pairs[rng.integers(len(pairs))]
        operations = [
            _random_operation(rng) if rng.random() < probability else operation
            for operation, _ in (first, second)
        ]
        nodes.append(((operations[0], sources[0]), (operations[1], sources[1])))
    return CellGenotype(tuple(nodes), cell.concat)


def _crossed(first: CellGenotype, second: CellGenotype, rng: np.random.Generator) -> CellGenotype:
    if len(first.nodes) != len(second.nodes) or first.concat != second.concat:
        raise InputError("darts: only genotypes of equal nodes and concatenation can be crossed")
    pairs = zip(first.nodes, second.nodes, strict=True)
    return CellGenotype(tuple(pair[rng.integers(2)] for pair in pairs), first.concat)
