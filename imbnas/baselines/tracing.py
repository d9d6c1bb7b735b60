"""Runs networks on the meta device: shapes, strides and operations without any arithmetic."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

_META = torch.device("meta")


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def meta_forward(network: nn.Module, images: tuple[int, int, int, int]) -> Tensor:
    """Run a network in evaluation mode on images that have a shape (B, C, H, W) but no values.

    The network itself stays as it is: its tensors are swapped for meta ones during the call.

    Returns:
        The output, a tensor on the meta device.
    """
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    state = {name: torch.empty_like(tensor, device=_META) for name, tensor in tensors.items()}
    with torch.no_grad(), _evaluating(network):
        output: Tensor = functional_call(network, state, (torch.empty(images, device=_META),))
    return output


def macs_per_image(network: nn.Module, in_channels: int, resolution: int) -> int:
    """Multiply-accumulates of one image's forward pass in evaluation mode.

    Half of what PyTorch's flop counter counts: convolutions and matrix products, attention
    included; normalisation, activations and additions are not counted.
    """
    with FlopCounterMode(display=False) as counter:
        meta_forward(network, (1, in_channels, resolution, resolution))
    return int(counter.get_total_flops()) // 2


@dataclass(frozen=True)
class StridedModule:
    """A module that shrinks its input.

    Attributes:
        name: dotted path in the network.
        level: by how much the image was already reduced before the module, a power of two.
        stride: by how much the module reduces it further.
    """

    name: str
    level: int
    stride: int


def strided_modules(
    network: nn.Module, kinds: tuple[type[nn.Module], ...], in_channels: int, resolution: int
) -> tuple[StridedModule, ...]:
    """List the modules of the given kinds with a stride above 1, in the order they run.

    Args:
        network: takes (B, in_channels, resolution, resolution).
        kinds: classes with a ``stride`` attribute, such as ``nn.Conv2d``.
        in_channels: channels of the image.
        resolution: side of the image in pixels; large enough for the network's own strides.
    """
    found: dict[str, StridedModule] = {}
    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, kinds) and _stride(module) > 1:

            def record(module: nn.Module, inputs: tuple[Tensor, ...], name: str = name) -> None:
                level = 1 << round(math.log2(resolution / inputs[0].shape[-1]))
                found.setdefault(name, StridedModule(name, level, _stride(module)))

            hooks.append(module.register_forward_pre_hook(record))
    try:
        meta_forward(network, (1, in_channels, resolution, resolution))
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(found.values())


def _stride(module: nn.Module) -> int:
    stride: Any = module.stride
    return int(max(stride) if isinstance(stride, tuple | list) else stride)
