"""The weight-sharing network of the topology space (single path; SPOS, arXiv:1904.00420)."""

from collections.abc import Sequence

from torch import Tensor, nn

from imbnas.spaces.nats.cell_string import EDGES, OPERATIONS, edges
from imbnas.spaces.nats.identity import computed_edges
from imbnas.spaces.nats.layout import plan, topology_widths
from imbnas.spaces.nats.network import CellNetwork, cell_output
from imbnas.spaces.nats.operations import edge_operation
from imbnas.spaces.space import NetworkShape
from imbnas.supernet.supernet import Supernet

AFFINE = False
"""No trained scale and shift: paths that share a layer would fight over them."""


class SharedCell(nn.Module):
    """A cell that holds every operation of every edge and computes one of each.

    Args:
        in_channels: channels of the input.
        out_channels: channels of every further node.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.edges = nn.ModuleList(
            nn.ModuleList(
                edge_operation(name, out_channels if source else in_channels, out_channels, AFFINE)
                for name in OPERATIONS
            )
            for source, _ in EDGES
        )

    def forward(self, features: Tensor, operations: Sequence[str]) -> Tensor:
        """Map (B, C, H, W) to (B, C', H, W) by one operation name for each edge."""
        chosen = [
            choices[OPERATIONS.index(name)] if computed else None  # type: ignore[index]
            for choices, name, computed in zip(
                self.edges, operations, computed_edges(operations), strict=True
            )
        ]
        return cell_output(features, chosen, self.out_channels)


class TopologySupernet(Supernet):
    """All cells of the topology space; one chosen architecture is computed at a time.

    Stem, residual blocks and cells are shaped as in the stand-alone network.

    Args:
        shape: width, depth, resolution, channels, classes and stem.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.network = CellNetwork(
            plan(topology_widths(shape.width), shape),
            shape,
            SharedCell,
            head_affine=AFFINE,
        )
        self.num_features = self.network.num_features
        self.classifier = self.network.classifier
        self.network.classifier = nn.Identity()
        self._operations: tuple[str, ...] | None = None

    def choose(self, architecture: str) -> None:
        """Select the architecture that is computed."""
        self._operations = edges(architecture)

    def forward_features(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, F) pooled features of the chosen architecture.

        Raises:
            RuntimeError: no architecture was chosen.
        """
        if self._operations is None:
            raise RuntimeError("choose an architecture before computing with a supernet")
        return self.network.forward_features(images, self._operations)
