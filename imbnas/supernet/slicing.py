"""Layers of which the first channels can be used alone (slimmable networks, arXiv:1812.08928)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Region = tuple[slice, ...]
"""Which part of a tensor, one slice for each of its leading dimensions."""


class SlicedConv2d(nn.Conv2d):
    """A convolution without bias that puts out its first ``width`` channels.

    It reads as many channels as its input has, the first ones of its weight.

    Attributes:
        width: channels put out, at most ``out_channels``.
        used: the part of the weight that the last forward pass used.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__(in_channels, out_channels, kernel, stride, padding, bias=False)
        self.width = out_channels
        self.used: Region = (slice(out_channels), slice(in_channels))

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, width, H', W')."""
        self.used = (slice(self.width), slice(features.shape[1]))
        return F.conv2d(features, self.weight[self.used], None, self.stride, self.padding)


class SlicedNorm(nn.BatchNorm2d):
    """Batch normalisation, without scale and shift, of as many channels as its input has.

    Architectures of different widths share the statistics of a channel; they
    are estimated again before one is evaluated.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, H, W)."""
        estimates = self.training and self.track_running_stats
        mean: Tensor | None = None
        variance: Tensor | None = None
        if estimates or not self.training:
            mean, variance = (
                self.get_buffer(name)[: features.shape[1]]
                for name in ("running_mean", "running_var")
            )
        share = self._share_of_batch() if estimates else 0.0
        return F.batch_norm(features, mean, variance, training=self.training, momentum=share)

    def _share_of_batch(self) -> float:
        """Count the batch and return its share in the running statistics."""
        count = self.get_buffer("num_batches_tracked")
        count += 1
        return 1.0 / float(count) if self.momentum is None else self.momentum


class SlicedSkip(nn.Module):
    """A skip between two widths: the identity where they agree, else 1×1 convolution and norm."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.convolution = SlicedConv2d(in_channels, out_channels, 1)
        self.norm = SlicedNorm(out_channels)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, width, H, W)."""
        if features.shape[1] == self.convolution.width:
            return features
        normed: Tensor = self.norm(self.convolution(features))
        return normed


def slice_layers(network: nn.Module) -> None:
    """Replace convolutions, which have no bias, and batch normalisations by sliced ones, in place.

    Weights of convolutions are kept, scales and shifts of normalisations go.
    """
    for name, module in network.named_children():
        if isinstance(module, nn.Conv2d):
            setattr(network, name, _sliced(module))
        elif isinstance(module, nn.BatchNorm2d):
            setattr(network, name, SlicedNorm(module.num_features))
        else:
            slice_layers(module)


@torch.no_grad()
def _sliced(convolution: nn.Conv2d) -> SlicedConv2d:
    kernel, stride, padding = (
        value[0] if isinstance(value, tuple) else value
        for value in (convolution.kernel_size, convolution.stride, convolution.padding)
    )
    made = SlicedConv2d(
        convolution.in_channels, convolution.out_channels, int(kernel), int(stride), int(padding)
    )
    made.weight.copy_(convolution.weight)
    return made


def pad_features(features: Tensor, width: int) -> Tensor:
    """Append zeros: (B, F) to (B, width)."""
    return F.pad(features, (0, width - features.shape[1]))
