"""Takes strides out of a convolutional network, from the input side, to fit it to small images."""

import math
from typing import Any

import torch
from timm.layers.blur_pool import BlurPool2d
from timm.layers.patch_embed import resample_patch_embed
from torch import nn

from imbnas.baselines.tracing import StridedModule, strided_modules

_KINDS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, BlurPool2d)


def body_reduction(network: nn.Module, in_channels: int, resolution: int) -> int:
    """By how much a network's strided convolutions and pooling reduce an image's side.

    Args:
        network: takes (B, in_channels, resolution, resolution).
        in_channels: channels of the image.
        resolution: side of the image in pixels.
    """
    return _reduction(strided_modules(network, _KINDS, in_channels, resolution))


def _reduction(strided: tuple[StridedModule, ...]) -> int:
    return max((module.level * module.stride for module in strided), default=1)


def limit_reduction(
    network: nn.Module, target: int, *, in_channels: int, resolution: int, keep_weights: bool
) -> int:
    """Take out the first strides until the network reduces an image's side by ``target`` at most.

    A stride belongs to a level: how much the image was reduced before it. All modules of a level
    change together, so that parallel branches keep equal shapes. Convolutions keep their weights
    and get a smaller stride, except those that cut patches (kernel as large as the stride), whose
    patches become smaller; pooling with stride 1 is taken out.

    Args:
        network: changed in place; takes (B, in_channels, resolution, resolution).
        target: the wanted reduction, a power of two.
        in_channels: channels of the image.
        resolution: side in pixels of images large enough for the network's own strides.
        keep_weights: whether smaller patches take over resampled weights (as for pretrained
            ones, FlexiViT, https://arxiv.org/abs/2212.08013); otherwise they are random.

    Returns:
        The network's reduction afterwards.
    """
    strided = strided_modules(network, _KINDS, in_channels, resolution)
    excess = _reduction(strided) // target
    if excess <= 1:
        return _reduction(strided)
    for module in strided:
        before = max(1, module.level // excess)
        after = max(1, module.level * module.stride // excess)
        if after // before < module.stride:
            _restride(network, module.name, after // before, keep_weights)
    return target


def _restride(network: nn.Module, name: str, stride: int, keep_weights: bool) -> None:
    module: Any = network.get_submodule(name)
    if not isinstance(module, nn.Conv2d):
        if stride == 1:
            network.set_submodule(name, nn.Identity())
        else:
            module.stride = stride
        return
    cuts_patches = module.kernel_size == module.stride and not any(_padding(module))
    module.stride = (stride, stride)
    if cuts_patches:
        _resize_patches(module, stride, keep_weights)


def _padding(conv: nn.Conv2d) -> tuple[int, ...]:
    return (0,) if isinstance(conv.padding, str) else conv.padding


def _resize_patches(conv: nn.Conv2d, size: int, keep_weights: bool) -> None:
    old = conv.weight.detach()
    conv.kernel_size = (size, size)
    if keep_weights:
        new = resample_patch_embed(old, [size, size])
    else:
        # The published initialisation's spread, for the new number of inputs.
        spread = float(old.std()) * math.sqrt(old[0].numel() / old[0, :, :size, :size].numel())
        new = torch.empty_like(old[:, :, :size, :size]).normal_(std=spread)
    conv.weight = nn.Parameter(new)
