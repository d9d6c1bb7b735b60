"""Image sets: the images of a selection as one tensor on the training device."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from imbnas.data.dataset import ArraySplit, Dataset, FileSplit
from imbnas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from imbnas.data.manifests import Selection

NORMALISED_BYTES = 64 * 2**20
"""Sets up to this size are normalised once; larger ones stay uint8 and are normalised by batch."""


@dataclass(frozen=True, eq=False)
class ImageSet:
    """N small images and their labels, resident on a device.

    Attributes:
        pixels: (R, C, H, W), either float32 and normalised or uint8.
        rows: (N,) positions in ``pixels``; ``None`` where it is all of them in order.
        labels: (N,) int64.
        num_classes: number of classes.
        mean: mean of each channel in [0, 1].
        std: standard deviation of each channel.
    """

    pixels: "Tensor"
    rows: "Tensor | None"
    labels: "Tensor"
    num_classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.labels.device

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return self.pixels.shape[1]

    @property
    def resolution(self) -> int:
        """Side of the images in pixels."""
        return self.pixels.shape[2]

    def raw(self, indices: "Tensor") -> "Tensor":
        """(B, C, H, W) images at (B,) indices, as they are stored."""
        if self.rows is not None:
            indices = self.rows.index_select(0, indices)
        return self.pixels.index_select(0, indices)

    def normalise(self, images: "Tensor") -> "Tensor":
        """Turn stored (B, C, H, W) images into normalised float32 ones."""
        if images.is_floating_point():
            return images
        scale, shift = channel_affine(self.mean, self.std, images.device)
        return images.to(torch.float32).mul_(scale).add_(shift)

    def batch(self, indices: "Tensor") -> "Tensor":
        """(B, C, H, W) normalised images at (B,) indices."""
        return self.normalise(self.raw(indices))


def channel_affine(
    mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
) -> "tuple[Tensor, Tensor]":
    """Factor and summand (C, 1, 1) that normalise grey values 0–255."""
    means, stds = torch.tensor(mean), torch.tensor(std)
    scale, shift = 1 / (255 * stds), -means / stds
    return scale.view(-1, 1, 1).to(device), shift.view(-1, 1, 1).to(device)


def select_images(
    dataset: Dataset,
    selection: "Selection",
    *,
    resolution: int | None = None,
    device: torch.device | str = "cpu",
    cache: "Path | None" = None,
) -> ImageSet:
    """Put the images of a selection onto a device.

    Args:
        dataset: holds the images.
        selection: which of them.
        resolution: side in pixels to resize to (bilinear, antialiased); ``None`` keeps theirs.
        device: where the tensors go.

    Raises:
        InputError: the dataset keeps its images in files.
    """
    split = dataset.split(selection.split)
    if isinstance(split, FileSplit):
        raise InputError(f"dataset {dataset.name!r}: its images are too large to keep in memory")
    rows = np.asarray(selection.indices, dtype=np.int64)
    pixels, kept_rows = _resident(split, rows, resolution or split.images.shape[1])
    images = ImageSet(
        pixels.to(device),
        None if kept_rows is None else kept_rows.to(device),
        torch.from_numpy(split.labels[rows]).to(device),
        dataset.num_classes,
        dataset.mean,
        dataset.std,
    )
    if 4 * pixels.numel() > NORMALISED_BYTES:
        return images
    return ImageSet(
        images.normalise(images.pixels),
        images.rows,
        images.labels,
        images.num_classes,
        images.mean,
        images.std,
    )


def _resident(
    split: ArraySplit, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]", resolution: int
) -> "tuple[Tensor, Tensor | None]":
    from torchvision.transforms.v2 import functional as transforms

    pixels = torch.from_numpy(split.images[rows]).permute(0, 3, 1, 2).contiguous()
    if tuple(pixels.shape[2:]) != (resolution, resolution):
        pixels = transforms.resize(pixels, [resolution, resolution], antialias=True)
    return pixels, None
