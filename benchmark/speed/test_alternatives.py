"""What keeping freed memory gains, and what pooling by depthwise convolutions would."""

import time
from collections.abc import Callable
from threading import Barrier

import pytest
import torch
from side_by_side import side_by_side
from torch import Tensor, nn
from torch.nn import functional

from imbnas.execution.allocation import keep_freed_memory
from imbnas.spaces import NetworkShape, get_space

CELLS = 10
TURNS = 6
EVALUATED = 512
SHAPES = {
    "16x16, batch 128": (NetworkShape(8, 1, 16, 3), 128),
    "8x8, batch 32": (NetworkShape(8, 1, 8, 1), 32),
}


class DepthwisePool(nn.Module):
    """3x3 average pooling, borders not counted, as a depthwise convolution and a product."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        kernel = torch.ones(channels, 1, 3, 3).contiguous(memory_format=torch.channels_last)
        self.register_buffer("kernel", kernel, persistent=False)
        counted = functional.conv2d(torch.ones(1, 1, side, side), kernel[:1], padding=1)
        self.register_buffer("share", 1 / counted, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        channels = features.shape[1]
        return functional.conv2d(features, self.kernel, padding=1, groups=channels) * self.share


def pool_depthwise(network: nn.Module, images: Tensor) -> None:
    """Replace the cells' pools, in place."""
    sides: dict[nn.Module, tuple[int, int]] = {}

    def note(pool: nn.Module, inputs: tuple[Tensor], _: Tensor) -> None:
        sides[pool] = tuple(inputs[0].shape[1:3])

    hooks = [
        module.register_forward_hook(note)
        for module in network.modules()
        if isinstance(module, nn.AvgPool2d) and module.kernel_size == 3
    ]
    network(images)
    for hook in hooks:
        hook.remove()
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if child in sides:
                setattr(parent, name, DepthwisePool(*sides[child]))


def best(work: Callable[[], object]) -> float:
    """Least processor seconds, the first turn aside."""
    spent = []
    for _ in range(TURNS + 1):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent[1:])


def seconds(
    _: Barrier, shape: NetworkShape, batch: int, depthwise: bool, keep: bool
) -> list[float]:
    """Processor seconds of a step and of an evaluation, over some cells."""
    torch.set_num_threads(1)
    if keep:
        keep_freed_memory()
    space, totals = get_space("nats-tss"), [0.0, 0.0]
    images = torch.randn(EVALUATED, shape.in_channels, shape.resolution, shape.resolution)
    labels = torch.randint(shape.num_classes, (batch,))
    for cell in space.sample(CELLS, 0):
        torch.manual_seed(0)
        network = space.build(cell, shape).to(memory_format=torch.channels_last)
        if depthwise:
            pool_depthwise(network, images[:2])
        optimizer = torch.optim.SGD(network.parameters(), 0.1, 0.9, nesterov=True, fused=True)

        def step(network=network, optimizer=optimizer) -> None:
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(network(images[:batch]), labels).backward()
            optimizer.step()

        totals[0] += best(step)
        network.eval()
        with torch.no_grad():
            totals[1] += best(lambda network=network: network(images))
    return totals


@pytest.mark.parametrize("name", SHAPES)
def test_alternatives(benchmark, report, name: str) -> None:
    shape, batch = SHAPES[name]
    (pooled,) = benchmark.pedantic(
        side_by_side, args=(seconds, 1, shape, batch, False, True), rounds=1
    )
    (convolved,) = side_by_side(seconds, 1, shape, batch, True, True)
    (returned,) = side_by_side(seconds, 1, shape, batch, False, False)
    for kind, place in (("training", 0), ("evaluation", 1)):
        report(f"{name}: {kind}, freed memory kept: handed back", returned[place] / pooled[place],
               key=f"kept_{kind}")  # fmt: skip
        report(f"{name}: {kind}, pooling depthwise: as it is", pooled[place] / convolved[place],
               key=f"depthwise_{kind}")  # fmt: skip
