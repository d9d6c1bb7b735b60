"""The DARTS network for small images as data, and its parameters and MACs in closed form.

Stem, 3d + 2 cells of which cells d and 2d + 1 are reductions, pooling, linear head; the published
network has d = 6.
"""

from dataclasses import dataclass

from imbnas.spaces.darts.genotype import NUM_INPUTS, CellGenotype, Genotype
from imbnas.spaces.space import Counts, NetworkShape, convolution_counts

STEM_MULTIPLIER = 3

STAGE_REDUCTION = 4
"""By how much the two reduction cells reduce a side that they divide."""


@dataclass(frozen=True)
class CellPlace:
    """Where a cell stands.

    Attributes:
        reduction: whether it halves the side, rounded up.
        in_channels: channels of its two inputs, the older first.
        in_resolutions: sides of its two inputs in pixels, the older first.
        channels: channels of each node.
    """

    reduction: bool
    in_channels: tuple[int, int]
    in_resolutions: tuple[int, int]
    channels: int

    @property
    def resolution(self) -> int:
        """Side of the output in pixels."""
        side = self.in_resolutions[1]
        return -(-side // 2) if self.reduction else side

    @property
    def old_input_is_larger(self) -> bool:
        """Whether the older input must be halved to meet the newer one."""
        return self.in_resolutions[0] != self.in_resolutions[1]


def plan(genotype: Genotype, shape: NetworkShape) -> tuple[CellPlace, ...]:
    """Lay out the cells of a network."""
    channels = shape.width
    inputs = (STEM_MULTIPLIER * channels,) * 2
    sides = (shape.cell_resolution,) * 2
    places = []
    for position in range(3 * shape.depth + 2):
        reduction = position in (shape.depth, 2 * shape.depth + 1)
        channels *= 2 if reduction else 1
        place = CellPlace(reduction, inputs, sides, channels)
        places.append(place)
        cell = genotype.reduce if reduction else genotype.normal
        inputs = (inputs[1], len(cell.concat) * channels)
        sides = (sides[1], place.resolution)
    return tuple(places)


def out_channels(genotype: Genotype, shape: NetworkShape) -> int:
    """Channels that the last cell puts out."""
    return len(genotype.normal.concat) * plan(genotype, shape)[-1].channels


def counts(genotype: Genotype, shape: NetworkShape) -> Counts:
    """Parameters and MACs of the network, which has no auxiliary head."""
    total = convolution_counts(
        shape.in_channels,
        STEM_MULTIPLIER * shape.width,
        shape.stem.kernel,
        shape.cell_resolution,
    )
    for place in plan(genotype, shape):
        cell = genotype.reduce if place.reduction else genotype.normal
        total += _cell_counts(cell, place)
    classifier = (out_channels(genotype, shape) + 1) * shape.num_classes
    return total + Counts(classifier, classifier)


def _cell_counts(cell: CellGenotype, place: CellPlace) -> Counts:
    side = place.in_resolutions[1]
    total = Counts(0, 0)
    for channels in place.in_channels:
        total += convolution_counts(channels, place.channels, 1, side)
    for operation, source in cell.edges:
        from_input = place.reduction and source < NUM_INPUTS
        start = side if from_input else place.resolution
        total += _operation_counts(operation, place.channels, start, place.resolution)
    return total


def _operation_counts(operation: str, channels: int, start: int, end: int) -> Counts:
    """Counts of an operation that maps a side of ``start`` pixels to one of ``end``.

    A halving 1×1 pair of convolutions costs as much as one 1×1 convolution at the smaller side.
    """
    kind, _, kernel = operation.rpartition("_")
    size = int(kernel[0]) if kernel[0].isdigit() else 0
    pointwise = convolution_counts(channels, channels, 1, end)
    depthwise = Counts(size * size * channels, size * size * channels * end * end)
    if kind == "sep_conv":
        return depthwise + pointwise + depthwise + pointwise
    if kind == "dil_conv":
        return depthwise + pointwise
    if operation == "conv_7x1_1x7":
        weights = 7 * channels * channels
        return Counts(2 * weights + 2 * channels, weights * (start * end + end * end))
    if operation == "skip_connect" and start != end:
        return pointwise
    return Counts(0, 0)
