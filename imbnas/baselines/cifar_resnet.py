"""The ResNet for CIFAR that long-tail papers report, which timm does not have."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _PaddedShortcut(nn.Module):
    """Option A of He et al.: every second pixel, and zeros as the new channels; no weights."""

    def __init__(self, new_channels: int) -> None:
        super().__init__()
        self._before = new_channels // 2
        self._after = new_channels - self._before

    def forward(self, maps: Tensor) -> Tensor:
        return F.pad(maps[:, :, ::2, ::2], (0, 0, 0, 0, self._before, self._after))


class _BasicBlock(nn.Module):
    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        new_channels = channels - in_channels
        self.shortcut = (
            _PaddedShortcut(new_channels) if stride > 1 or new_channels else nn.Identity()
        )

    def forward(self, maps: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(maps)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.shortcut(maps))


class CifarResNet(nn.Module):
    """ResNet of 6n+2 layers for 32×32 images, without classifier.

    Three stages of w, 2w and 4w channels, option-A shortcuts, Kaiming-normal initialisation
    (He et al., https://arxiv.org/abs/1512.03385, section 4.2; with 32 layers the backbone of
    Cao et al., https://arxiv.org/abs/1906.07413). Images are reduced by 4.

    Args:
        in_channels: channels of the images.
        blocks: n, basic blocks in each stage; 5 for ResNet-32.
        width: w, channels of the first stage, at least 1; 16 as published.

    Raises:
        ValueError: the width is not a whole number of at least 1.
    """

    def __init__(self, in_channels: int, blocks: int = 5, width: int = 16) -> None:
        super().__init__()
        if type(width) is not int or width < 1:
            raise ValueError(f"width {width!r} must be a whole number of at least 1")
        self.stem = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        stages = []
        previous = width
        for channels in (width, 2 * width, 4 * width):
            stride = 1 if channels == previous else 2
            first = _BasicBlock(previous, channels, stride)
            rest = [_BasicBlock(channels, channels, 1) for _ in range(blocks - 1)]
            stages.append(nn.Sequential(first, *rest))
            previous = channels
        self.stages = nn.Sequential(*stages)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, 4w) features, averaged over the last map."""
        maps = self.stages(F.relu(self.bn(self.stem(images))))
        return torch.flatten(F.adaptive_avg_pool2d(maps, 1), 1)
