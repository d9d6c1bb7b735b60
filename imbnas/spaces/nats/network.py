"""The network of NATS-Bench: stem, cells in three stages, head; any cell can be plugged in."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn

from imbnas.spaces.nats.cell_string import EDGES, NUM_NODES
from imbnas.spaces.nats.identity import computed_edges
from imbnas.spaces.nats.layout import Stage
from imbnas.spaces.nats.operations import ResidualBlock, edge_operation
from imbnas.spaces.space import NetworkShape

CellFactory = Callable[[int, int], nn.Module]


class NatsCell(nn.Module):
    """A stand-alone cell: node j is the sum of its edges' outputs, the last node is the output.

    Operations that cannot change the output are built, since they count as parameters, and never
    computed.

    Args:
        operations: six names in target-major edge order.
        in_channels: channels of the input.
        out_channels: channels of every further node.
    """

    def __init__(self, operations: Sequence[str], in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.edges = nn.ModuleList(
            edge_operation(name, out_channels if source else in_channels, out_channels)
            for (source, _), name in zip(EDGES, operations, strict=True)
        )
        self._computed = computed_edges(operations)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', H, W)."""
        chosen = zip(self.edges, self._computed, strict=True)
        operations = [operation if computed else None for operation, computed in chosen]
        return cell_output(features, operations, self.out_channels)


def cell_output(
    features: Tensor, operations: Sequence[nn.Module | None], out_channels: int
) -> Tensor:
    """Compute a cell: each node is the sum of its edges' outputs, the last node is the output.

    Args:
        features: (B, C, H, W), the first node.
        operations: one for each edge in target-major order; ``None`` for one that is not computed.
        out_channels: channels C' of every further node.

    Returns:
        (B, C', H, W); zeros where no edge reaches the output.
    """
    batch, _, height, width = features.shape
    nodes: list[Tensor | None] = [features] + [None] * (NUM_NODES - 1)
    for (source, target), operation in zip(EDGES, operations, strict=True):
        if operation is None:
            continue
        start = nodes[source]
        if start is None:
            start = features.new_zeros(batch, out_channels, height, width)
        value = operation(start)
        held = nodes[target]
        nodes[target] = value if held is None else held + value
    output = nodes[-1]
    return features.new_zeros(batch, out_channels, height, width) if output is None else output


class CellNetwork(nn.Module):
    """Stem, cells and residual blocks, head; an ``ImageClassifier``.

    Args:
        stages: the layout, from ``layout.plan``.
        shape: that it was made for; gives stem and classes.
        make_cell: called with (in_channels, out_channels) for each cell in order.
        head_affine: whether the normalisation before pooling has a trained scale and shift.

    Attributes:
        stem: convolution and normalisation.
        blocks: cells and residual blocks in order.
        cells: the cells alone, in order.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        shape: NetworkShape,
        make_cell: CellFactory,
        head_affine: bool = True,
    ) -> None:
        super().__init__()
        first, stem = stages[0], shape.stem
        self.stem = nn.Sequential(
            nn.Conv2d(
                first.in_channels,
                first.channels,
                stem.kernel,
                stem.stride,
                stem.padding,
                bias=False,
            ),
            nn.BatchNorm2d(first.channels),
        )
        self.blocks = nn.ModuleList()
        for index, stage in enumerate(stages):
            if index:
                self.blocks.append(ResidualBlock(stage.in_channels, stage.channels))
            for place in stage.cells:
                self.blocks.append(make_cell(place.in_channels, place.out_channels))
        self.num_features = stages[-1].out_channels
        self.head = nn.Sequential(
            nn.BatchNorm2d(self.num_features, affine=head_affine),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.classifier: nn.Module = nn.Linear(self.num_features, shape.num_classes)

    @property
    def cells(self) -> tuple[nn.Module, ...]:
        """The cells in order, without the residual blocks."""
        return tuple(block for block in self.blocks if not isinstance(block, ResidualBlock))

    def forward_features(self, images: Tensor, *genotype: Any) -> Tensor:
        """Map (B, C, H, W) images to (B, F) pooled features.

        Args:
            images: normalised images.
            genotype: handed on to each cell; a stand-alone cell takes none.
        """
        features = self.stem(images)
        for block in self.blocks:
            if isinstance(block, ResidualBlock):
                features = block(features)
            else:
                features = block(features, *genotype)
        pooled: Tensor = self.head(features)
        return pooled

    def forward(self, images: Tensor, *genotype: Any) -> Tensor:
        """Map (B, C, H, W) images to (B, K) logits."""
        logits: Tensor = self.classifier(self.forward_features(images, *genotype))
        return logits


def cell_network(
    operations: Sequence[str], stages: Sequence[Stage], shape: NetworkShape
) -> CellNetwork:
    """Build the stand-alone network whose cells all have the same operations."""
    return CellNetwork(stages, shape, partial(NatsCell, tuple(operations)))
