"""The macro skeleton of NATS-Bench as data, and its parameters and MACs in closed form.

Stem, then three stages of cells; a residual block of stride 2 opens each later stage; head.
"""

from dataclasses import dataclass

from imbnas.spaces.nats.cell_string import KERNELS
from imbnas.spaces.space import Counts, NetworkShape, convolution_counts

STAGE_REDUCTION = 4
"""By how much the two blocks between the three stages reduce a side that they divide."""


@dataclass(frozen=True)
class CellPlace:
    """Where a cell stands.

    Attributes:
        in_channels: channels of its input.
        out_channels: channels of its output.
        resolution: side of its input and output in pixels.
    """

    in_channels: int
    out_channels: int
    resolution: int


@dataclass(frozen=True)
class Stage:
    """Cells of one resolution; every stage but the first is opened by a residual block.

    Attributes:
        in_channels: channels that the previous stage, or the stem's image, gives.
        channels: channels that the residual block, or the stem, puts out.
        cells: the cells, in order.
    """

    in_channels: int
    channels: int
    cells: tuple[CellPlace, ...]

    @property
    def out_channels(self) -> int:
        """Channels after the last cell."""
        return self.cells[-1].out_channels


def plan(widths: tuple[int, ...], shape: NetworkShape) -> tuple[Stage, ...]:
    """Lay out the network.

    Args:
        widths: five widths a to e as in the size space: stem a, cells a→a; block a→b, cells b→c;
            block c→d, cells d→e. The first cell of a stage changes the width.
        shape: gives depth, resolution, input channels and stem.

    Returns:
        Three stages; the side that the stem leaves halves, rounded up, between them.

    Raises:
        InputError: the stem's stride does not divide the resolution.
    """
    a, b, c, d, e = widths
    resolution = shape.cell_resolution
    previous = shape.in_channels
    stages = []
    for opening, width in ((a, a), (b, c), (d, e)):
        first = CellPlace(opening, width, resolution)
        further = CellPlace(width, width, resolution)
        cells = (first,) + (further,) * (shape.depth - 1)
        stages.append(Stage(previous, opening, cells))
        previous = width
        resolution = -(-resolution // 2)
    return tuple(stages)


def topology_widths(width: int) -> tuple[int, ...]:
    """Widths of the topology space: each stage doubles the first one's."""
    return (width, 2 * width, 2 * width, 4 * width, 4 * width)


def skeleton_counts(stages: tuple[Stage, ...], shape: NetworkShape) -> Counts:
    """Counts of stem, residual blocks and head, without the cells.

    Args:
        stages: from ``plan``.
        shape: that they were laid out for.
    """
    first = stages[0]
    side = first.cells[0].resolution
    total = convolution_counts(first.in_channels, first.channels, shape.stem.kernel, side)
    for stage in stages[1:]:
        resolution = stage.cells[0].resolution
        total += convolution_counts(stage.in_channels, stage.channels, 3, resolution)
        total += convolution_counts(stage.channels, stage.channels, 3, resolution)
        shortcut = stage.in_channels * stage.channels
        total += Counts(shortcut, shortcut * resolution * resolution)
    features = stages[-1].out_channels
    classifier = features * shape.num_classes + shape.num_classes
    return total + Counts(2 * features + classifier, classifier)


def edge_counts(operation: str, in_channels: int, place: CellPlace) -> Counts:
    """Counts of one operation of one cell.

    Args:
        operation: one of ``cell_string.OPERATIONS``.
        in_channels: channels of the node that the edge leaves.
        place: where the cell stands.
    """
    kernel = KERNELS.get(operation)
    if kernel is None and operation != "none" and in_channels != place.out_channels:
        kernel = 1  # a skip or pool that changes the width is, or begins with, a projection
    if kernel is None:
        return Counts(0, 0)
    return convolution_counts(in_channels, place.out_channels, kernel, place.resolution)
