"""A training step against computing alone, and against the machine's convolutions.

Compute only: the same steps on one resident batch, no data work. The machine: forward and backward
passes of the network's convolutions alone, in a tight loop.
"""

import statistics
from dataclasses import dataclass
from threading import Barrier

import mini
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report
from side_by_side import side_by_side, timed
from torch import Tensor, nn
from torch.nn import functional

from imbnas.data import open_stream
from imbnas.execution.malloc import keep_freed_memory
from imbnas.schemes import resolve_scheme
from imbnas.schemes.training_scheme import build_scheme
from imbnas.spaces import get_space
from imbnas.training.fitting import Trainer, torch_module

STEPS = 30
ROUNDS = 10


@dataclass
class Bench:
    """One network, trained by the engine, by bare steps, and reduced to its convolutions."""

    data: mini.Mini

    def __post_init__(self) -> None:
        torch.set_num_threads(1)
        keep_freed_memory()
        torch.manual_seed(0)
        self.network = get_space("nats-tss").build(mini.FOUR_CONVOLUTIONS, self.data.shape)
        module = torch_module(self.network).to(memory_format=torch.channels_last)
        images = self.data.images()
        self.counts = images.manifest.class_counts
        recipe = mini.RECIPE
        self.stream = open_stream(
            images.train, recipe.batch_size, recipe.augmentation, torch.Generator().manual_seed(0)
        )
        batch, self.labels = next(iter(self.stream.epoch(1)))
        self.batch = batch.contiguous(memory_format=torch.channels_last)
        self.convolutions = convolutions(module, self.batch)

    def engine(self) -> None:
        recipe = mini.RECIPE.model_copy(update={"epochs": 1, "steps_per_epoch": STEPS})
        Trainer(
            network=self.network,
            stream=self.stream,
            scheme=build_scheme(resolve_scheme("ce"), self.counts, 1, seed=0),
            recipe=recipe,
            class_counts=self.counts,
            mixing_generator=torch.Generator(),
        ).run()

    def compute(self) -> None:
        optimizer = torch.optim.SGD(
            torch_module(self.network).parameters(),
            0.1,
            0.9,
            nesterov=True,
            weight_decay=5e-4,
            fused=True,
        )
        for _ in range(STEPS):
            loss = functional.cross_entropy(self.network(self.batch), self.labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    def machine(self) -> None:
        for _ in range(STEPS):
            for convolution in self.convolutions:
                convolution()


@dataclass
class Convolution:
    """Forward and backward pass of one convolution."""

    layer: nn.Conv2d
    features: Tensor
    gradient: Tensor
    first: bool

    def __call__(self) -> None:
        layer, dilation = self.layer, [1, 1]
        shape = (list(layer.stride), list(layer.padding), dilation)
        with torch.no_grad():
            torch.ops.aten.convolution(self.features, layer.weight, None, *shape, False, [0, 0], 1)
            torch.ops.aten.convolution_backward(
                self.gradient, self.features, layer.weight, None, *shape, False, [0, 0], 1,
                [not self.first, True, False],
            )  # fmt: skip


def convolutions(network: nn.Module, batch: Tensor) -> list[Convolution]:
    """The convolutions that a pass through a network computes."""
    found: list[Convolution] = []

    def note(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        features, gradient = inputs[0].detach().clone(), torch.randn_like(output)
        found.append(Convolution(layer, features, gradient, first=not found))

    hooks = [
        layer.register_forward_hook(note)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    network(batch)
    for hook in hooks:
        hook.remove()
    return found


def rounds(barrier: Barrier, data: mini.Mini) -> list[tuple[float, ...]]:
    """Seconds of engine, compute only and machine, turn by turn."""
    bench = Bench(data)
    work = (bench.engine, bench.compute, bench.machine)
    for warm_up in work:
        warm_up()
    return [tuple(timed(barrier, each) for each in work) for _ in range(ROUNDS)]


@pytest.mark.parametrize("workers", [1, 2])
def test_training_step(
    benchmark: BenchmarkFixture, report: Report, images: mini.Mini, workers: int
) -> None:
    found = benchmark.pedantic(side_by_side, args=(rounds, workers, images), rounds=1, iterations=1)
    # All processes did a round at the same time; a ratio is taken within each round.
    turns = [[sum(one[turn][kind] for one in found) for kind in range(3)] for turn in range(ROUNDS)]
    compute, machine = (
        statistics.median(turn[kind] / turn[0] for turn in turns) for kind in (1, 2)
    )
    engine = statistics.median(turn[0] for turn in turns)
    of = f"{workers} worker{'s' if workers > 1 else ''}"
    per_image = STEPS * mini.RECIPE.batch_size * workers * workers
    report(
        f"training, {of}: compute only" + (" side by side" if workers > 1 else ""),
        compute,
        0.95,
        engine_milliseconds_per_image=1e3 * engine / per_image,
        dataset=images.name,
    )
    if workers == 1:
        report("training, 1 worker: the machine's convolutions", machine, 0.55,
               key="convolution_ratio")  # fmt: skip
