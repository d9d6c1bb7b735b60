"""Steps of an optimizer on parts of parameters."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Part = tuple[nn.Parameter, tuple[slice, ...]]
"""A parameter and which part of it is used, one slice for each of its leading dimensions."""


@contextmanager
def only_parts(optimizer: torch.optim.Optimizer, parts: Iterable[Part]) -> Iterator[None]:
    """Let a step within the block change nothing outside of the given parts.

    Decay and momentum move entries without gradient, too. Parameters without gradient, which the
    optimizer leaves out, and those that are not listed are left alone.

    Args:
        optimizer: takes its step within the block.
        parts: of parameters of the optimizer or others.
    """
    held: list[tuple[Tensor, Tensor, tuple[slice, ...]]] = []
    for parameter, part in parts:
        if parameter.grad is None:
            continue
        kept = [parameter.detach()]
        kept += [v for v in optimizer.state.get(parameter, {}).values() if v.dim()]
        held += [(tensor, tensor.clone(), part) for tensor in kept]
    yield
    for tensor, before, part in held:
        before[part] = tensor[part]
        tensor.copy_(before)
