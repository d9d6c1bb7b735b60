"""Average pooling that keeps the side, quick on a CPU."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SMALLEST_CONVOLVED = 16
"""Side in pixels from which a convolution is quicker; on smaller images calling costs more."""


class AveragePool(nn.AvgPool2d):
    """3×3 average pooling of stride 1 that does not count pixels beyond the border.

    PyTorch's own goes through few channels slowly when they come last. On a CPU, large enough
    images are summed by a depthwise convolution instead, in about a third of the time; sums differ
    by rounding. Which of the two it is depends on side, type and device, never on the batch.
    """

    def __init__(self) -> None:
        super().__init__(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, H, W)."""
        convolved = (
            min(features.shape[2:]) >= SMALLEST_CONVOLVED
            and features.device.type == "cpu"
            and features.dtype == torch.float32
            and not torch.is_autocast_enabled("cpu")
        )
        if not convolved:
            return super().forward(features)
        pooled: Tensor = _ConvolvedPool.apply(features)
        return pooled


class _ConvolvedPool(torch.autograd.Function):
    """Sums by a convolution with ones, and shares of what was counted.

    The gradient is the same convolution of the output's gradients, each shared out first.
    """

    @staticmethod
    def forward(features: Tensor) -> Tensor:
        return _sums(features).mul_(_shares(features))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Nothing is kept: the operation is linear."""

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _sums(gradient * _shares(gradient))


def _sums(features: Tensor) -> Tensor:
    channels = features.shape[1]
    return functional.conv2d(
        features, features.new_ones(channels, 1, 3, 3), None, 1, 1, 1, channels
    )


def _shares(features: Tensor) -> Tensor:
    """(1, C, H, W): what a pixel counts in each mean; factors of fewer channels are slower."""
    _, channels, height, width = features.shape
    rows, columns = (_shares_along(features, side) for side in (height, width))
    shares = (rows[:, None] * columns).expand(1, channels, height, width)
    return shares.contiguous(memory_format=torch.channels_last)


def _shares_along(features: Tensor, side: int) -> Tensor:
    shares = features.new_full((side,), 1 / 3)
    shares[0] = shares[-1] = 1 / 2
    return shares
