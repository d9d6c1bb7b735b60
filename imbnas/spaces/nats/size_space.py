"""The size space of NATS-Bench: five widths around one fixed cell (arXiv:2009.00437)."""

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING

from imbnas.spaces.draw import draw
from imbnas.spaces.nats import cell_string
from imbnas.spaces.nats.layout import (
    STAGE_REDUCTION,
    Stage,
    edge_counts,
    plan,
    skeleton_counts,
)
from imbnas.spaces.scanner import Scanner
from imbnas.spaces.space import Counts, NetworkShape

if TYPE_CHECKING:
    import numpy as np

    from imbnas.spaces.nats.network import CellNetwork

WIDTHS = tuple(range(8, 65, 8))
NUM_WIDTHS = 5
CELL = (
    "nor_conv_3x3",
    "nor_conv_3x3",
    "nor_conv_3x3",
    "skip_connect",
    "nor_conv_3x3",
    "nor_conv_3x3",
)
_FULL_WIDTH = 16


def widths(architecture: str) -> tuple[int, ...]:
    """Read ``a:b:c:d:e`` as five numbers of channels.

    Raises:
        InputError: points at the character that is wrong.
    """
    scanner = Scanner("nats-sss", architecture)
    found = []
    for position in range(NUM_WIDTHS):
        if position:
            scanner.literal(":")
        found.append(scanner.integer("a width out of", WIDTHS))
    scanner.end()
    return tuple(found)


@lru_cache(maxsize=1)
def _architectures() -> tuple[str, ...]:
    every = itertools.product(WIDTHS, repeat=NUM_WIDTHS)
    return tuple(":".join(map(str, channels)) for channels in every)


def stages(architecture: str, shape: NetworkShape) -> tuple[Stage, ...]:
    """Lay out the network of an architecture.

    Raises:
        InputError: points at the character that is wrong.
    """
    channels = (max(1, width * shape.width // _FULL_WIDTH) for width in widths(architecture))
    return plan(tuple(channels), shape)


class NatsSss:
    """32,768 networks of five widths out of 8, 16, …, 64, written ``a:b:c:d:e``.

    Stem a, cell a→a; residual block a→b, cell b→c; residual block c→d, cell d→e; head on e.

    ``shape.width`` 16 and ``shape.depth`` 1 give the published networks. Another width multiplies
    all five by ``width / 16``, rounded down, at least 1; a further depth adds cells of equal width
    to the end of each stage.
    """

    name = "nats-sss"
    size = len(WIDTHS) ** NUM_WIDTHS
    published_shape = NetworkShape(width=_FULL_WIDTH, depth=1, resolution=32)
    stackable = True
    stage_reduction = STAGE_REDUCTION

    def parse(self, text: str) -> str:
        """See ``Space.parse``."""
        return ":".join(map(str, widths(text)))

    def architectures(self) -> tuple[str, ...]:
        """All architectures in published order: the last width changes fastest."""
        return _architectures()

    # No two compute the same functions and none is dead.
    representatives = architectures

    def random(self, rng: "np.random.Generator") -> str:
        """See ``Space.random``."""
        return ":".join(str(WIDTHS[gene]) for gene in rng.integers(len(WIDTHS), size=NUM_WIDTHS))

    def sample(self, count: int, seed: int) -> tuple[str, ...]:
        """See ``Space.sample``."""
        return draw(self.architectures(), count, "sample", self.name, seed)

    def mutate(self, architecture: str, rng: "np.random.Generator", probability: float) -> str:
        """See ``Space.mutate``; a gene is a width."""
        redrawn = (
            WIDTHS[rng.integers(len(WIDTHS))] if rng.random() < probability else width
            for width in widths(architecture)
        )
        return ":".join(map(str, redrawn))

    def crossover(self, first: str, second: str, rng: "np.random.Generator") -> str:
        """See ``Space.crossover``; a gene is a width."""
        parents = widths(first), widths(second)
        return ":".join(str(parents[rng.integers(2)][gene]) for gene in range(NUM_WIDTHS))

    def unique_id(self, architecture: str) -> str:
        """The architecture itself."""
        return self.parse(architecture)

    functional_id = unique_id

    def is_dead(self, architecture: str) -> bool:
        """Never, once the architecture is well-formed."""
        self.parse(architecture)
        return False

    def counts(self, architecture: str, shape: NetworkShape) -> Counts:
        """See ``Space.counts``."""
        layout = stages(architecture, shape)
        total = skeleton_counts(layout, shape)
        for place in (place for stage in layout for place in stage.cells):
            for (source, _), operation in zip(cell_string.EDGES, CELL, strict=True):
                channels = place.out_channels if source else place.in_channels
                total += edge_counts(operation, channels, place)
        return total

    def build(self, architecture: str, shape: NetworkShape) -> "CellNetwork":
        """See ``Space.build``."""
        from imbnas.spaces.nats.network import cell_network

        return cell_network(CELL, stages(architecture, shape), shape)
