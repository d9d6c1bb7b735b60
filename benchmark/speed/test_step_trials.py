"""Whole training steps of stacks, computed in other ways: what pays and what does not.

Processor seconds over some cells of the topology space, turn by turn with the engine's own way, on
images that show nothing. Ratios below 1 pay. Shapes: cells of 8 channels and 16×16 pixels; of 16
channels and 8×8 pixels behind a stem of 4×4 patches, as in lt-cifar/mini; the digits.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest
import step_variants as v
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report
from torch import Tensor, nn
from torch.nn import functional

from imbnas.execution.malloc import keep_freed_memory
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats.network import CellNetwork
from imbnas.spaces.nats.stacked_network import StackedNetwork
from imbnas.training.forward import forward_passes
from imbnas.units.stem import Stem
from imbnas.units.unit import Precision

pytestmark = pytest.mark.slow

CELLS = 4
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
) -> Steps:
    """A stack of networks of one cell, computed in a way."""
    networks = []
    for place in range(stack):
        torch.manual_seed(place)
        network = get_space("nats-tss").build(cell, shape.network)
        assert isinstance(network, CellNetwork)
        networks.append(network)
    stacked = StackedNetwork(networks).to(memory_format=torch.channels_last)
    if way is not None:
        way(stacked)
    torch.manual_seed(0)
    side, channels = shape.network.resolution, shape.network.in_channels * stack
    images = torch.randn(shape.batch, channels, side, side)
    labels = torch.randint(shape.network.num_classes, (shape.batch, stack))
    return Steps(stacked, images.contiguous(memory_format=torch.channels_last), labels, precision)


def seconds(work: Mapping[str, Callable[[], object]], turns: int = TURNS) -> dict[str, float]:
    """Median processor seconds of each, turn by turn."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(WARM_UP + turns):
        # Every other turn backwards: whoever comes after another is slower or quicker for it.
        for name in [*work][:: 1 if turn % 2 else -1]:
            start = time.process_time()
            work[name]()
            if turn >= WARM_UP:
                spent[name].append(time.process_time() - start)
    return {name: statistics.median(found) for name, found in spent.items()}


def totals(
    benchmark: BenchmarkFixture, made: Callable[[str], Mapping[str, Callable[[], object]]]
) -> dict[str, float]:
    """Processor seconds of each way, all cells together."""
    torch.set_num_threads(1)
    keep_freed_memory()
    cells = get_space("nats-tss").sample(CELLS, SEED)
    found = benchmark.pedantic(
        lambda: [seconds(made(cell)) for cell in cells], rounds=1, iterations=1
    )
    return {name: sum(each[name] for each in found) for name in found[0]}


@pytest.mark.parametrize("shape", SHAPES)
def test_stacks(benchmark: BenchmarkFixture, report: Report, shape: str) -> None:
    def made(cell: str) -> dict[str, Steps]:
        return {str(stack): make(cell, SHAPES[shape], stack) for stack in STACKS}

    found = {stack: spent / int(stack) for stack, spent in totals(benchmark, made).items()}
    for stack, spent in found.items():
        report(f"{shape}: a network in a stack of {stack}: of {STACK}", spent / found[str(STACK)],
               key=f"stack_{stack}")  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_batches(benchmark: BenchmarkFixture, report: Report, shape: str) -> None:
    usual = SHAPES[shape].batch
    batches = (usual // 4, usual // 2, usual, 2 * usual)

    def made(cell: str) -> dict[str, Steps]:
        return {str(n): make(cell, replace(SHAPES[shape], batch=n), STACK) for n in batches}

    found = {batch: spent / int(batch) for batch, spent in totals(benchmark, made).items()}
    for batch, spent in found.items():
        report(f"{shape}: an image in a batch of {batch}: of {usual}", spent / found[str(usual)],
               key=f"batch_{batch}")  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way][0] == "float32"])
def test_ways_compute_the_same(shape: str, way: str) -> None:
    """Outputs and gradients, in double precision: rounding turns a ReLU now and then."""
    few = replace(SHAPES[shape], batch=4)
    for cell in get_space("nats-tss").sample(CELLS, SEED):
        plain, changed = (doubled(make(cell, few, 2, way=w)) for w in (None, WAYS[way][1]))
        torch.testing.assert_close(changed[0], plain[0])
        for one, other in zip(changed[1], plain[1], strict=True):
            torch.testing.assert_close(one, other)


def doubled(steps: Steps) -> tuple[Tensor, list[Tensor | None]]:
    """Logits, and the gradient of each parameter, in double precision."""
    network = steps.network.double()
    logits: Tensor = network(steps.images.double())
    logits.square().sum().backward()  # type: ignore[no-untyped-call]
    return logits.detach(), [parameter.grad for parameter in network.parameters()]


@pytest.mark.parametrize("shape", SHAPES)
def test_ways(benchmark: BenchmarkFixture, report: Report, shape: str) -> None:
    def made(cell: str) -> dict[str, Steps]:
        ways = {"": make(cell, SHAPES[shape], STACK)}
        for name, (precision, change) in WAYS.items():
            ways[name] = make(cell, SHAPES[shape], STACK, precision, change)
        return ways

    found = totals(benchmark, made)
    for name in WAYS:
        report(f"{shape}: {name}: as it is", found[name] / found[""], key=name)


def test_compiled_operations(benchmark: BenchmarkFixture, report: Report) -> None:
    """Minutes, nearly all of them for compiling."""
    shape = SHAPES["8x8, width 16, patches"]

    def made(cell: str) -> dict[str, Steps]:
        compiled = make(cell, shape, STACK, "float32", v.compiled_operations)
        return {"": make(cell, shape, STACK), "compiled": compiled}

    found = totals(benchmark, made)
    report("8x8, width 16, patches: compiled operations: as it is", found["compiled"] / found[""])
