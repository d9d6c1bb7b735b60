"""Whole training steps of stacks, computed in other ways, on any device.

Shapes: cells of 8 channels and 16×16 pixels; of 16 channels and 8×8 pixels behind a stem of 4×4
patches, as in lt-cifar/mini; the digits. Images show nothing.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import step_variants as v
import torch
from torch import Tensor, nn
from torch.nn import functional

from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats.network import CellNetwork
from imbnas.spaces.nats.stacked_network import StackedNetwork
from imbnas.training.forward import forward_passes
from imbnas.units.stem import Stem
from imbnas.units.unit import Precision

CELLS = 4
CPU = torch.device("cpu")
SEED = 5
"""Not that of the published populations."""
TURNS = 5
WARM_UP = 2
STACK = 3
STACKS = (1, 2, 3, 6, 12)


@dataclass(frozen=True)
class Shape:
    """Of networks and their batches."""

    network: NetworkShape
    batch: int


SHAPES = {
    "16x16, width 8": Shape(NetworkShape(8, 1, 16, 3), 128),
    "8x8, width 16, patches": Shape(NetworkShape(16, 1, 32, 3, stem=Stem(kernel=4, stride=4)), 128),
    "digits": Shape(NetworkShape(8, 1, 8, 1), 64),
}
WAYS: dict[str, tuple[Precision, v.Variant]] = {
    "channels first": ("float32", v.channels_first),
    "dense convolutions with blocks of weights": ("float32", v.block_diagonal),
    "a convolution for each network": ("float32", v.one_by_one),
    "1x1 convolutions as matrix products": ("float32", v.pointwise_as_products),
    "3x3 convolutions of 2x2 pixels as matrix products": ("float32", v.two_by_two_as_products),
    "one ReLU a node": ("float32", v.relu_once),
    "batch normalisation by sums": ("float32", v.wide_normalisation),
    "pooling backwards by pooling": ("float32", v.adjoint_pooling),
    "classifiers at once": ("float32", v.one_head),
    "bfloat16": ("bfloat16", v.together()),
    "bfloat16, pooling backwards by pooling": ("bfloat16", v.adjoint_pooling),
    "bfloat16, pooling backwards by pooling, float32 stem": (
        "bfloat16",
        v.together(v.adjoint_pooling, v.float32_stem),
    ),
}


@dataclass
class Steps:
    """A stack in training."""

    network: nn.Module
    images: Tensor
    labels: Tensor
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        parameters = list(self.network.parameters())
        self.optimizer = torch.optim.SGD(
            parameters, 0.01, 0.9, nesterov=True, weight_decay=5e-4, fused=True
        )
        for parameter in parameters:  # as the engine does
            self.optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)

    def loss(self) -> Tensor:
        with forward_passes(self.precision, self.images.device):
            logits = self.network(self.images)
        each = zip(logits.float().unbind(1), self.labels.unbind(1), strict=True)
        return torch.stack([functional.cross_entropy(z, y) for z, y in each])

    def __call__(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.loss().sum().backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()


def make(
    cell: str,
    shape: Shape,
    stack: int,
    precision: Precision = "float32",
    way: v.Variant | None = None,
    device: torch.device = CPU,
) -> Steps:
    """A stack of networks of one cell, computed in a way."""
    networks = []
    for place in range(stack):
        torch.manual_seed(place)
        network = get_space("nats-tss").build(cell, shape.network)
        assert isinstance(network, CellNetwork)
        networks.append(network)
    stacked = StackedNetwork(networks).to(device).to(memory_format=torch.channels_last)
    if way is not None:
        way(stacked)
    torch.manual_seed(0)
    side, channels = shape.network.resolution, shape.network.in_channels * stack
    images = torch.randn(shape.batch, channels, side, side).to(device)
    labels = torch.randint(shape.network.num_classes, (shape.batch, stack)).to(device)
    return Steps(stacked, images.contiguous(memory_format=torch.channels_last), labels, precision)


def seconds(
    work: Mapping[str, Callable[[], object]],
    turns: int = TURNS,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Median seconds of each by a clock, of the processor where none is given, turn by turn."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(WARM_UP + turns):
        # Every other turn backwards: whoever comes after another is slower or quicker for it.
        for name in [*work][:: 1 if turn % 2 else -1]:
            start = clock()
            work[name]()
            if turn >= WARM_UP:
                spent[name].append(clock() - start)
    return {name: statistics.median(found) for name, found in spent.items()}
