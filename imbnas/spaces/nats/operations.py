"""Operations of NAS-Bench-201 as modules (arXiv:2001.00326, section 2)."""

from torch import Tensor, nn

from imbnas.errors import UnknownNameError
from imbnas.spaces.nats.cell_string import KERNELS, OPERATIONS
from imbnas.spaces.pooling import AveragePool


class ReluConvBn(nn.Sequential):
    """ReLU, convolution that keeps the side (divided by the stride, rounded up), normalisation.

    Args:
        in_channels: channels read.
        out_channels: channels put out.
        kernel: side of the kernel.
        stride: of the convolution.
        affine: whether the normalisation has a trained scale and shift; where it has not, the
            convolution has a bias, as in the published supernets.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int = 1,
        affine: bool = True,
    ) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(
                in_channels,
                out_channels,
                kernel,
                stride=stride,
                padding=kernel // 2,
                bias=not affine,
            ),
            nn.BatchNorm2d(out_channels, affine=affine),
        )


class Zero(nn.Module):
    """Zeros of the input's batch and side, with ``channels`` channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to zeros of (B, channels, H, W)."""
        batch, _, height, width = features.shape
        return features.new_zeros(batch, self.channels, height, width)


class ResidualBlock(nn.Module):
    """Basic block of stride 2 between two stages; the side halves, rounded up."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            ReluConvBn(in_channels, out_channels, 3, stride=2),
            ReluConvBn(out_channels, out_channels, 3),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2, stride=2, ceil_mode=True),  # ceil mode matters for odd sides only
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', ⌈H/2⌉, ⌈W/2⌉)."""
        main: Tensor = self.main(features)
        shortcut: Tensor = self.shortcut(features)
        return main + shortcut


def edge_operation(
    name: str, in_channels: int, out_channels: int, affine: bool = True
) -> nn.Module:
    """Make the operation of an edge; the side stays.

    Args:
        name: one of ``cell_string.OPERATIONS``.
        in_channels: channels read; where they differ from ``out_channels``, a skip is a 1×1
            convolution with normalisation, and a pool is preceded by ReLU, 1×1 convolution and
            normalisation.
        out_channels: channels put out.
        affine: see ``ReluConvBn``.

    Raises:
        UnknownNameError: there is no such operation.
    """
    if name in KERNELS:
        return ReluConvBn(in_channels, out_channels, KERNELS[name], affine=affine)
    same = in_channels == out_channels
    if name == "none":
        return Zero(out_channels)
    if name == "skip_connect":
        return nn.Identity() if same else _projection(in_channels, out_channels, affine)
    if name == "avg_pool_3x3":
        if same:
            return AveragePool()
        return nn.Sequential(ReluConvBn(in_channels, out_channels, 1, affine=affine), AveragePool())
    raise UnknownNameError("operation", name, OPERATIONS)


def _projection(in_channels: int, out_channels: int, affine: bool) -> nn.Sequential:
    convolution = nn.Conv2d(in_channels, out_channels, 1, bias=not affine)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels, affine=affine))
