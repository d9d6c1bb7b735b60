"""The weight-sharing network of the size space: the widest one, of which slices are computed."""

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import cast

from torch import Tensor, nn

from imbnas.spaces.nats.layout import Stage
from imbnas.spaces.nats.network import CellNetwork, NatsCell
from imbnas.spaces.nats.size_space import CELL, NUM_WIDTHS, WIDTHS, stages
from imbnas.spaces.space import NetworkShape
from imbnas.supernet.slicing import SlicedConv2d, SlicedSkip, pad_features, slice_layers
from imbnas.supernet.supernet import Supernet
from imbnas.training.parts import Part

WIDEST = ":".join([str(max(WIDTHS))] * NUM_WIDTHS)
_SKIP = CELL.index("skip_connect")


class SizeSupernet(Supernet):
    """All widths of the size space; an architecture uses the first channels of every layer.

    Normalisations have no scale and shift. Features of a narrow architecture are padded with zeros
    to the width of the widest, so that they meet the first columns of the one shared classifier.

    Args:
        shape: width, depth, resolution, channels, classes and stem.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self._shape = shape
        layout = stages(WIDEST, shape)
        self.network = CellNetwork(layout, shape, partial(NatsCell, CELL))
        slice_layers(self.network)
        _let_skips_change_width(self.network, layout)
        self.num_features = self.network.num_features
        self.classifier = self.network.classifier
        self.network.classifier = nn.Identity()
        self._features = 0

    def choose(self, architecture: str) -> None:
        """Select the architecture that is computed."""
        layout = stages(architecture, self._shape)
        blocks = (self.network.stem, *self.network.blocks)
        for block, width in zip(blocks, _widths(layout), strict=True):
            for module in block.modules():
                if isinstance(module, SlicedConv2d):
                    module.width = width
        self._features = layout[-1].out_channels

    def forward_features(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, F) pooled features of the chosen architecture.

        Raises:
            RuntimeError: no architecture was chosen.
        """
        if not self._features:
            raise RuntimeError("choose an architecture before computing with a supernet")
        return pad_features(self.network.forward_features(images), self.num_features)

    def used_parts(self) -> Iterable[Part]:
        """The slices that the last forward pass used, and the classifier's columns."""
        for module in self.network.modules():
            if isinstance(module, SlicedConv2d):
                yield cast("nn.Parameter", module.weight), module.used
        for parameter in self.classifier.parameters():
            if parameter.dim() == 2:
                yield parameter, (slice(None), slice(self._features))


def _widths(layout: tuple[Stage, ...]) -> list[int]:
    """Channels that the stem and each block put out."""
    blocks = ((stage.channels, *(cell.out_channels for cell in stage.cells)) for stage in layout)
    return list(chain.from_iterable(blocks))


def _let_skips_change_width(network: CellNetwork, layout: tuple[Stage, ...]) -> None:
    """Where a cell may change the width, let its skip do so, too.

    These are the first cells of the later stages; in the first stage stem and cell have one width.
    """
    first = 0
    for index, stage in enumerate(layout):
        if index:
            place, cell = stage.cells[0], network.cells[first]
            if not isinstance(cell, NatsCell):
                raise TypeError(f"{type(cell).__name__} is no cell of the size space")
            cell.edges[_SKIP] = SlicedSkip(place.in_channels, place.out_channels)
        first += len(stage.cells)
