"""Image sets: the images of a selection as one tensor on the training device."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from imbnas.data import cache as image_cache
from imbnas.data.dataset import LARGEST_SIDE, ArraySplit, Dataset, FileSplit
from imbnas.data.decoding import in_parallel, square_thumbnail
from imbnas.errors import InputError
from imbnas.units.frozen import content_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from imbnas.data.manifests import Selection

SHARED_BYTES = 16 * 2**20
"""Selections above this size are read from shared memory; smaller ones are copied together."""


@dataclass(frozen=True, eq=False)
class ImageSet:
    """N small images and their labels, resident on a device.

    Attributes:
        pixels: (R, C, H, W) uint8.
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

    @cached_property
    def _scale_and_shift(self) -> "tuple[Tensor, Tensor]":
        return _affine(self, self.device)

    def raw(self, indices: "Tensor") -> "Tensor":
        """(B, C, H, W) uint8 images at (B,) indices."""
        if self.rows is not None:
            indices = self.rows.index_select(0, indices)
        return self.pixels.index_select(0, indices)

    def _affine(dataset_like: "ImageSet | Dataset", device: torch.device) -> "tuple[Tensor, Tensor]":
    """Factor and summand (C, 1, 1) that normalise grey values 0–255."""
    mean = torch.tensor(dataset_like.mean).view(-1, 1, 1)
    std = torch.tensor(dataset_like.std).view(-1, 1, 1)
    return (1 / (255 * std)).to(device), (-mean / std).to(device)


def select_images(
    dataset: Dataset,
    selection: "Selection",
    *,
    resolution: int | None = None,
    device: torch.device | str = "cpu",
    cache: "Path | None" = None,
) -> "ImageSet | FileSet":
    """Make the images of a selection ready for a device.

    Args:
        dataset: holds the images.
        selection: which of them.
        resolution: side in pixels to resize to; ``None`` keeps theirs. Images in memory are
            resized bilinearly with antialiasing. Images in files are decoded once at up to 64
            pixels (largest central square, box filter) and kept in the cache; above that they
            are decoded anew for every batch.
        device: where the tensors go.
        cache: the cache directory, for images in files.

    Raises:
        InputError: images in files need a resolution, and up to 64 pixels a cache.
    """
    device = torch.device(device)
    split = dataset.split(selection.split)
    rows = np.asarray(selection.indices, dtype=np.int64)
    labels = torch.from_numpy(split.labels[rows]).to(device)
    if isinstance(split, FileSplit):
        if resolution is None:
            raise InputError(
                f"dataset {dataset.name!r}: its images differ in size; give the recipe a resolution"
            )
        paths = tuple(split.paths[row] for row in rows)
        files = FileSet(split.root, paths, labels, dataset, resolution)
        if resolution > LARGEST_SIDE:
            return files
        pixels, whole = _thumbnails(files, cache), False
    else:
        pixels, whole = _pixels(split, rows, resolution)
    positions = torch.from_numpy(rows) if whole else None
    if positions is not None and device.type != "cpu":
        pixels, positions = pixels[positions].to(device), None
    return ImageSet(
        pixels.to(device), positions, labels, dataset.num_classes, dataset.mean, dataset.std
    )


def _pixels(split: ArraySplit, rows: "NDArray[np.int64]", resolution: int | None
) -> "tuple[Tensor, bool]":
    """(R, C, H, W) uint8 images, and whether they are all of the split and not just the rows."""
    from torchvision.transforms.v2 import functional as transforms

    by_channel = split.images.transpose(0, 3, 1, 2)
    side = split.images.shape[1]
    resized = resolution is not None and resolution != side
    large = len(rows) * by_channel[0].size > SHARED_BYTES
    if by_channel.flags.c_contiguous and large and not resized:
        return torch.from_numpy(by_channel), True
    pixels = torch.from_numpy(np.ascontiguousarray(by_channel[rows]))
    if resized:
        pixels = transforms.resize(pixels, [resolution, resolution], antialias=True)
    return pixels, False


def _thumbnails(files: FileSet, cache: "Path | None") -> "Tensor":
    side = files.resolution
    if cache is None:
        raise InputError(f"images under {files.root}: keeping them in memory needs a cache folder")
    name = content_sha256([files.dataset.digest, list(files.paths), side])

    def build(folder: "Path") -> None:
        pixels = image_cache.new_array(folder / "images.npy", (len(files), 3, side, side))
        paths = [files.root / path for path in files.paths]
        decoded = in_parallel(partial(square_thumbnail, side=side), paths)
        for position, image in enumerate(decoded):
            pixels[position] = image

    folder = image_cache.entry(cache, name, build)
    return torch.from_numpy(image_cache.open_array(folder / "images.npy"))
