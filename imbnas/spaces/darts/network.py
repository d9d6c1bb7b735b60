"""The DARTS network for small images (arXiv:1806.09055), without auxiliary head and drop path."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from imbnas.spaces.darts import layout as darts_layout
from imbnas.spaces.darts.genotype import NUM_INPUTS, CellGenotype, Genotype
from imbnas.spaces.darts.layout import STEM_MULTIPLIER, CellPlace
from imbnas.spaces.pooling import AveragePool
from imbnas.spaces.space import NetworkShape


class FactorizedReduce(nn.Module):
    """ReLU, two 1×1 convolutions of stride 2 whose grids are one pixel apart, normalisation."""

    def __init__(self, in_channels: int, out_channels: int, affine: bool = True) -> None:
        super().__init__()
        half = out_channels // 2
        self.even = nn.Conv2d(in_channels, half, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(in_channels, out_channels - half, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(out_channels, affine=affine)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', ⌈H/2⌉, ⌈W/2⌉)."""
        active = nn.functional.relu(features)
        shifted = nn.functional.pad(active, (0, 1, 0, 1))[:, :, 1:, 1:]
        halves = torch.cat([self.even(active), self.odd(shifted)], dim=1)
        normed: Tensor = self.norm(halves)
        return normed


def _relu_conv_bn(in_channels: int, out_channels: int, affine: bool) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels, affine=affine),
    )


def _separable(
    channels: int, kernel: int, stride: int, affine: bool, dilation: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(
            channels,
            channels,
            kernel,
            stride=stride,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            groups=channels,
            bias=False,
        ),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels, affine=affine),
    )


def _twice_separable(channels: int, kernel: int, stride: int, affine: bool) -> nn.Sequential:
    return nn.Sequential(
        _separable(channels, kernel, stride, affine), _separable(channels, kernel, 1, affine)
    )


def _crossed_7(channels: int, stride: int, affine: bool) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels, channels, (1, 7), stride=(1, stride), padding=(0, 3), bias=False),
        nn.Conv2d(channels, channels, (7, 1), stride=(stride, 1), padding=(3, 0), bias=False),
        nn.BatchNorm2d(channels, affine=affine),
    )


def _skip(channels: int, stride: int, affine: bool) -> nn.Module:
    return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels, affine)


def _average_pool(stride: int) -> nn.Module:
    if stride == 1:
        return AveragePool()
    return nn.AvgPool2d(3, stride, padding=1, count_include_pad=False)


_MAKERS: dict[str, Callable[[int, int, bool], nn.Module]] = {
    "max_pool_3x3": lambda _, stride, __: nn.MaxPool2d(3, stride, padding=1),
    "avg_pool_3x3": lambda _, stride, __: _average_pool(stride),
    "skip_connect": _skip,
    "sep_conv_3x3": lambda channels, stride, affine: _twice_separable(channels, 3, stride, affine),
    "sep_conv_5x5": lambda channels, stride, affine: _twice_separable(channels, 5, stride, affine),
    "sep_conv_7x7": lambda channels, stride, affine: _twice_separable(channels, 7, stride, affine),
    "dil_conv_3x3": lambda channels, stride, affine: _separable(channels, 3, stride, affine, 2),
    "dil_conv_5x5": lambda channels, stride, affine: _separable(channels, 5, stride, affine, 2),
    "conv_7x1_1x7": _crossed_7,
}


def edge_operation(name: str, place: CellPlace, source: int, affine: bool = True) -> nn.Module:
    """Make the operation of an edge; in a reduction cell those on its inputs halve the side.

    Args:
        name: of the operation.
        place: of the cell.
        source: node that the edge leaves.
        affine: whether normalisations have a trained scale and shift.
    """
    stride = 2 if place.reduction and source < NUM_INPUTS else 1
    return _MAKERS[name](place.channels, stride, affine)


def input_operations(place: CellPlace, affine: bool = True) -> tuple[nn.Module, nn.Module]:
    """Make what brings the two inputs of a cell to its channels and to equal sides."""
    old, new = place.in_channels
    first = (
        FactorizedReduce(old, place.channels, affine)
        if place.old_input_is_larger
        else _relu_conv_bn(old, place.channels, affine)
    )
    return first, _relu_conv_bn(new, place.channels, affine)


class DartsCell(nn.Module):
    """A stand-alone cell.

    Args:
        genotype: its nodes.
        place: where it stands in the network.
    """

    def __init__(self, genotype: CellGenotype, place: CellPlace) -> None:
        super().__init__()
        self.preprocess_old, self.preprocess_new = input_operations(place)
        self.edges = nn.ModuleList(
            edge_operation(operation, place, source) for operation, source in genotype.edges
        )
        self._genotype = genotype

    def forward(self, old: Tensor, new: Tensor) -> Tensor:
        """Map the outputs of the two cells before, the older first, to (B, C', H', W')."""
        inputs = [self.preprocess_old(old), self.preprocess_new(new)]
        return cell_output(inputs, self.edges, self._genotype)


def cell_output(
    inputs: Sequence[Tensor], edges: Iterable[nn.Module], genotype: CellGenotype
) -> Tensor:
    """Compute a cell: each node is the sum of its two edges' outputs.

    Args:
        inputs: the first two nodes, (B, C, H, W) each.
        edges: operations in the order of ``genotype.edges``.
        genotype: which nodes the edges leave, and which nodes are the output.

    Returns:
        (B, C · nodes, H', W'), the concatenated nodes.
    """
    nodes = list(inputs)
    values = []
    for edge, (_, source) in zip(edges, genotype.edges, strict=True):
        values.append(edge(nodes[source]))
        if len(values) == 2:
            nodes.append(values[0] + values[1])
            values = []
    return torch.cat([nodes[node] for node in genotype.concat], dim=1)


def make_stem(shape: NetworkShape, affine: bool = True) -> nn.Sequential:
    """Make the convolution, with normalisation, that feeds both inputs of the first cell."""
    channels, stem = STEM_MULTIPLIER * shape.width, shape.stem
    return nn.Sequential(
        nn.Conv2d(shape.in_channels, channels, stem.kernel, stem.stride, stem.padding, bias=False),
        nn.BatchNorm2d(channels, affine=affine),
    )


class DartsNetwork(nn.Module):
    """Stem, cells, pooling, linear head; an ``ImageClassifier``.

    Args:
        genotype: the two cells.
        shape: ``width`` C, and ``depth`` d for 3d + 2 cells; 36 and 6 are published.
    """

    def __init__(self, genotype: Genotype, shape: NetworkShape) -> None:
        super().__init__()
        places = darts_layout.plan(genotype, shape)
        self.stem = make_stem(shape)
        self.cells = nn.ModuleList(
            DartsCell(genotype.reduce if place.reduction else genotype.normal, place)
            for place in places
        )
        self.num_features = darts_layout.out_channels(genotype, shape)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier: nn.Module = nn.Linear(self.num_features, shape.num_classes)

    def forward_features(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, F) pooled features."""
        old = new = self.stem(images)
        for cell in self.cells:
            old, new = new, cell(old, new)
        pooled: Tensor = self.pool(new)
        return pooled

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, K) logits."""
        logits: Tensor = self.classifier(self.forward_features(images))
        return logits
