"""SGD on cached features and logits."""

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imbnas.schemes.posthoc.configs import HeadConfig
from imbnas.schemes.posthoc.correction import Correction, TrainingOutputs

Batches = Callable[[Tensor, int, torch.Generator], Iterator[Tensor]]


def balanced_batches(
    labels: Tensor, batch_size: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Draw rows so that every class that occurs is equally likely, with replacement.

    Args:
        labels: (N,) on the CPU.
        batch_size: rows in a batch.
        generator: on the CPU.

    Yields:
        (batch_size,) row numbers, ceil(N / batch_size) times.
    """
    order = labels.argsort(stable=True)
    sizes = torch.bincount(labels)
    sizes = sizes[sizes > 0]
    starts = sizes.cumsum(0) - sizes
    for _ in range(math.ceil(len(labels) / batch_size)):
        chosen = torch.randint(len(sizes), (batch_size,), generator=generator)
        within = torch.rand(batch_size, generator=generator, dtype=torch.float64)
        yield order[starts[chosen] + (within * sizes[chosen]).long()]


def shuffled_batches(
    labels: Tensor, batch_size: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """One pass over the rows in random order; arguments as in ``balanced_batches``.

    Yields:
        Row numbers, at most ``batch_size`` at a time.
    """
    order = torch.randperm(len(labels), generator=generator)
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def train_head(
    head: nn.Module,
    outputs: TrainingOutputs,
    config: HeadConfig,
    batches: Batches,
    generator: torch.Generator,
    weights: Tensor | None = None,
) -> Correction:
    """Train a head by cross entropy on cached outputs.

    Args:
        head: maps (features, logits) to corrected logits; it is moved to the outputs' device and
            trained in place.
        outputs: of the trained network.
        config: epochs, learning rate and so on.
        batches: draws one epoch's rows.
        generator: on the CPU.
        weights: (C,) class weights; a batch's loss is divided by the sum of its weights.

    Returns:
        The trained head as a function without gradients.
    """
    device = outputs.logits.device
    features, logits = outputs.features.detach().float(), outputs.logits.detach().float()
    labels, drawn_from = outputs.labels.to(device), outputs.labels.cpu()
    head.to(device).train()
    weights = None if weights is None else weights.to(device)
    optimizer = torch.optim.SGD(
        head.parameters(), lr=config.lr, momentum=config.momentum, weight_decay=config.weight_decay
    )
    steps = config.epochs * math.ceil(len(labels) / config.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    with torch.enable_grad():
        for _ in range(config.epochs):
            for rows in batches(drawn_from, config.batch_size, generator):
                taken = rows.to(device)
                corrected = head(features[taken], logits[taken])
                optimizer.zero_grad()
                torch.autograd.backward(F.cross_entropy(corrected, labels[taken], weights))
                optimizer.step()
                schedule.step()
    head.eval().requires_grad_(False)

    def correct(features: Tensor, logits: Tensor) -> Tensor:
        result: Tensor = head(features.float(), logits.float())
        return result

    return correct
