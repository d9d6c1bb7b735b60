"""What keeping freed memory gains, and what pooling by depthwise convolutions does."""

import math
import time
from dataclasses import dataclass
from threading import Barrier

import pytest
import torch
from plain_loop import with_own_pooling
from side_by_side import side_by_side
from torch import Tensor, nn
from torch.nn import functional

from imbnas.execution.malloc import keep_freed_memory
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.pooling import SMALLEST_CONVOLVED

CELLS = 10
TURNS = 8
EVALUATED = 512
SHAPES = {
    "16x16, batch 128": (NetworkShape(8, 1, 16, 3), 128),
    "8x8, batch 32": (NetworkShape(8, 1, 8, 1), 32),
}


@dataclass
class Timed:
    """A network, and the least processor seconds that its work took."""

    network: nn.Module
    images: Tensor
    labels: Tensor
    step_seconds: float = math.inf
    evaluation_seconds: float = math.inf

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), 0.1, 0.9, nesterov=True, fused=True
        )

    def turn(self, counts: bool) -> None:
        """Do and time everything once."""
        batch = self.images[: len(self.labels)]
        start = time.process_time()
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(self.network(batch), self.labels).backward()
        self.optimizer.step()
        between = time.process_time()
        self.network.eval()
        with torch.no_grad():
            self.network(self.images)
        if counts:
            self.step_seconds = min(self.step_seconds, between - start)
            self.evaluation_seconds = min(self.evaluation_seconds, time.process_time() - between)


def seconds(barrier: Barrier, shape: NetworkShape, batch: int) -> dict[str, list[float]]:
    """Processor seconds of steps and evaluations over some cells, by what was done how.

    Two processes take turns, so that other work on the machine disturbs both alike.
    """
    torch.set_num_threads(1)
    mine = barrier.wait()
    if mine == 0:
        keep_freed_memory()
    convolved = shape.resolution >= SMALLEST_CONVOLVED
    names = ("as it is", *["own pooling"] * convolved) if mine == 0 else ("handed back",)
    space, totals = get_space("nats-tss"), {name: [0.0, 0.0] for name in names}
    images = torch.randn(EVALUATED, shape.in_channels, shape.resolution, shape.resolution)
    labels = torch.randint(shape.num_classes, (batch,))
    for cell in space.sample(CELLS, 0):
        found = {}
        for name in names:
            network = space.build(cell, shape).to(memory_format=torch.channels_last)
            if name == "own pooling":
                with_own_pooling(network)
            found[name] = Timed(network, images, labels)
        for turn in range(TURNS + 1):
            for whose in (0, 1):
                barrier.wait()
                if whose == mine:
                    # Whoever comes first after a wait is slower: every other turn backwards.
                    for timed in [*found.values()][:: 1 if turn % 2 else -1]:
                        timed.turn(counts=turn > 0)
        for name, timed in found.items():
            totals[name][0] += timed.step_seconds
            totals[name][1] += timed.evaluation_seconds
    return totals


@pytest.mark.parametrize("name", SHAPES)
def test_alternatives(benchmark, report, name: str) -> None:
    one, other = benchmark.pedantic(side_by_side, args=(seconds, 2, *SHAPES[name]), rounds=1)
    spent = one | other
    for place, kind in enumerate(("training", "evaluation")):
        now = spent["as it is"][place]
        report(f"{name}: {kind}, freed memory kept: handed back",
               spent["handed back"][place] / now, key=f"kept_{kind}")  # fmt: skip
        if "own pooling" in spent:
            report(f"{name}: {kind}, pooling by convolution: PyTorch's own",
                   spent["own pooling"][place] / now, key=f"pooling_{kind}")  # fmt: skip
