"""The weight-sharing network of the DARTS space (arXiv:1806.09055), computed by single paths."""

from torch import Tensor, nn

from imbnas.errors import InputError
from imbnas.spaces.darts import genotype as darts_genotype
from imbnas.spaces.darts import layout as darts_layout
from imbnas.spaces.darts.genotype import NUM_INPUTS, NUM_NODES, OPERATIONS, CellGenotype, Genotype
from imbnas.spaces.darts.layout import CellPlace
from imbnas.spaces.darts.network import cell_output, edge_operation, input_operations, make_stem
from imbnas.spaces.darts.space import CONCAT
from imbnas.spaces.space import NetworkShape
from imbnas.supernet.supernet import Supernet

AFFINE = False
"""No trained scale and shift: paths that share a layer would fight over them."""

_OUTLINE = Genotype(CellGenotype((), CONCAT), CellGenotype((), CONCAT))
"""All that the layout of a network takes from a genotype."""


class SharedCell(nn.Module):
    """A cell with every operation on every edge, of which a genotype's eight are computed.

    Pools are not normalised, unlike in the published search network, so that a path computes what
    its stand-alone network does.

    Args:
        place: where it stands in the network.
    """

    def __init__(self, place: CellPlace) -> None:
        super().__init__()
        self.preprocess_old, self.preprocess_new = input_operations(place, AFFINE)
        self.nodes = nn.ModuleList(
            nn.ModuleList(
                nn.ModuleDict(
                    {name: edge_operation(name, place, source, AFFINE) for name in OPERATIONS}
                )
                for source in range(NUM_INPUTS + node)
            )
            for node in range(NUM_NODES)
        )

    def forward(self, old: Tensor, new: Tensor, genotype: CellGenotype) -> Tensor:
        """Map the outputs of the two cells before to (B, C', H', W')."""
        edges = [
            self.nodes[node][source][operation]  # type: ignore[index]
            for node, pair in enumerate(genotype.nodes)
            for operation, source in pair
        ]
        return cell_output([self.preprocess_old(old), self.preprocess_new(new)], edges, genotype)


class DartsSupernet(Supernet):
    """All genotypes of the DARTS space.

    All normal cells share the chosen genotype's normal cell, all reductions its reduction cell.
    Genotypes that differ in the order of nodes are one structure, but use different weights.

    Args:
        shape: ``width`` C, and ``depth`` d for 3d + 2 cells.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        places = darts_layout.plan(_OUTLINE, shape)
        self.stem = make_stem(shape, AFFINE)
        self.cells = nn.ModuleList(map(SharedCell, places))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.num_features = darts_layout.out_channels(_OUTLINE, shape)
        self.classifier = nn.Linear(self.num_features, shape.num_classes)
        self._genotypes: tuple[CellGenotype, ...] = ()
        self._reductions = [place.reduction for place in places]

    def choose(self, architecture: str) -> None:
        """Select the architecture that is computed.

        Raises:
            InputError: a genotype that can be written down but is not one of the space.
        """
        genotype = darts_genotype.parse(architecture)
        for cell in (genotype.normal, genotype.reduce):
            known = all(operation in OPERATIONS for operation, _ in cell.edges)
            if not known or cell.concat != CONCAT or len(cell.nodes) != NUM_NODES:
                raise InputError(
                    f"the darts supernet has cells of {NUM_NODES} nodes, all concatenated, and "
                    f"operations {', '.join(OPERATIONS)}; {architecture} is another network"
                )
        self._genotypes = tuple(
            genotype.reduce if reduction else genotype.normal for reduction in self._reductions
        )

    def forward_features(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, F) pooled features of the chosen architecture.

        Raises:
            RuntimeError: no architecture was chosen.
        """
        if not self._genotypes:
            raise RuntimeError("choose an architecture before computing with a supernet")
        old = new = self.stem(images)
        for cell, genotype in zip(self.cells, self._genotypes, strict=True):
            old, new = new, cell(old, new, genotype)
        pooled: Tensor = self.pool(new)
        return pooled
