"""Image sets: the images of a selection, ready for a training device."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imbnas.data import cache as image_cache
from imbnas.data.content import read_all
from imbnas.data.dataset import LARGEST_SIDE, ArraySplit, Dataset, FileSplit
from imbnas.data.decoding import square_thumbnail
from imbnas.data.manifests import Selection
from imbnas.errors import InputError
from imbnas.units.frozen import content_sha256

RESIZED_TOGETHER = 4096
"""Images that are resized in one go, which bounds the memory that it takes."""

SHARED_BYTES = 16 * 2**20
"""Selections above this size are read from shared memory; smaller ones are copied together."""


def normalisation(
    means: Sequence[float], stds: Sequence[float], device: torch.device
) -> Callable[[Tensor], Tensor]:
    """What normalises images on a device.

    Args:
        means: of each channel in [0, 1].
        stds: standard deviation of each channel.
        device: of the images.
    """
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (means, stds))
    scale, shift = (1 / (255 * std)).to(device), (-mean / std).to(device)

    def normalise(images: Tensor) -> Tensor:
        return images.to(torch.float32).mul_(scale).add_(shift)

    return normalise


@dataclass(frozen=True, eq=False)
class _Labelled:
    """What image sets have in common.

    Attributes:
        labels: (N,) int64 on the training device.
        num_classes: number of classes.
        normalise: turns (B, C, H, W) uint8 images into normalised float32 ones.
    """

    labels: Tensor
    num_classes: int
    normalise: Callable[[Tensor], Tensor]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        """Where the labels are, and batches go."""
        return self.labels.device


@dataclass(frozen=True, eq=False)
class ImageSet(_Labelled):
    """N small images and their labels, resident on a device.

    Attributes:
        pixels: (R, C, H, W) uint8.
        rows: (N,) positions in ``pixels``; ``None`` where it is all of them in order.
    """

    pixels: Tensor
    rows: Tensor | None

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return self.pixels.shape[1]

    @property
    def held_bytes(self) -> int:
        """Memory of the pixels; 0 where they are mapped and shared with other processes."""
        return 0 if self.rows is not None else self.pixels.numel()

    @property
    def resolution(self) -> int:
        """Side of the images in pixels."""
        return self.pixels.shape[2]

    def raw(self, indices: Tensor) -> Tensor:
        """(B, C, H, W) uint8 images at (B,) indices."""
        if self.rows is not None:
            indices = self.rows.index_select(0, indices)
        return self.pixels.index_select(0, indices)

    def batch(self, indices: Tensor) -> Tensor:
        """(B, C, H, W) normalised float32 images at (B,) indices."""
        return self.normalise(self.raw(indices))

    def alone(self) -> "ImageSet":
        """A copy of the same images that shares memory with nothing, be it the rest of a split."""
        rows = self.rows
        pixels = self.pixels.clone() if rows is None else self.pixels.index_select(0, rows)
        return replace(self, pixels=pixels, rows=None, labels=self.labels.clone())

    def reordered(self, order: Tensor) -> "ImageSet":
        """The images at (M,) positions, in that order; pixels stay where they are."""
        rows = order if self.rows is None else self.rows.index_select(0, order)
        return replace(self, rows=rows, labels=self.labels.index_select(0, order))


@dataclass(frozen=True, eq=False)
class FileSet(_Labelled):
    """N images that are decoded again for every batch, and their labels.

    Attributes:
        root: folder that the paths are relative to.
        paths: N paths.
        resolution: side in pixels that networks see.
    """

    root: Path
    paths: tuple[str, ...]
    resolution: int

    @property
    def channels(self) -> int:
        """Files are read in colour."""
        return 3

    @property
    def held_bytes(self) -> int:
        """No pixel is kept."""
        return 0

    def alone(self) -> "FileSet":
        """A copy of the set, with labels of its own."""
        return replace(self, labels=self.labels.clone())

    def reordered(self, order: Tensor) -> "FileSet":
        """The images at (M,) positions, in that order."""
        paths = tuple(self.paths[int(position)] for position in order)
        return replace(self, paths=paths, labels=self.labels.index_select(0, order))


Images = ImageSet | FileSet


def select_images(
    dataset: Dataset,
    selection: Selection,
    *,
    resolution: int | None = None,
    device: torch.device | str = "cpu",
    cache: Path | None = None,
) -> ImageSet | FileSet:
    """Make the images of a selection ready for a device.

    Args:
        dataset: holds the images.
        selection: which of them.
        resolution: side in pixels to resize to; ``None`` keeps theirs. Images in memory are
            resized bilinearly with antialiasing; those of a dataset that lies in the cache once
            for all its conditions and processes. Images in files are decoded once at up to 64
            pixels (largest central square, box filter) and kept in the cache; above that they
            are decoded again for every batch.
        device: where the tensors go.
        cache: the cache directory.

    Raises:
        InputError: images in files need a resolution, and up to 64 pixels a cache.
    """
    device = torch.device(device)
    split = dataset.split(selection.split)
    rows = np.asarray(selection.indices, dtype=np.int64)
    labels = torch.from_numpy(split.labels[rows]).to(device)
    common = (labels, dataset.num_classes, normalisation(dataset.mean, dataset.std, device))
    whole = False
    if isinstance(split, FileSplit):
        if resolution is None:
            raise InputError(
                f"dataset {dataset.name!r}: its images differ in size; give the recipe a resolution"
            )
        paths = tuple(split.paths[row] for row in rows)
        files = FileSet(*common, split.root, paths, resolution)
        if resolution > LARGEST_SIDE:
            return files
        pixels = _thumbnails(files, dataset.digest, cache)
    else:
        pixels, whole = _pixels(dataset, selection, resolution, cache)
    positions = torch.from_numpy(rows) if whole else None
    if positions is not None and device.type != "cpu":
        pixels, positions = pixels[positions], None
    return ImageSet(*common, pixels.to(device), positions)


def _pixels(
    dataset: Dataset, selection: Selection, resolution: int | None, cache: Path | None
) -> tuple[Tensor, bool]:
    """(R, C, H, W) uint8 images, and whether they are all of the split and not just the rows."""
    split, rows = dataset.split(selection.split), np.asarray(selection.indices, dtype=np.int64)
    if not isinstance(split, ArraySplit):
        raise TypeError("images in files have no pixels yet")
    by_channel = split.images.transpose(0, 3, 1, 2)
    side = by_channel.shape[2] if resolution is None else resolution
    if side != by_channel.shape[2]:
        if cache is None or not isinstance(by_channel, np.memmap):
            return _resized(by_channel[rows], side), False
        by_channel = _resized_once(by_channel, side, [dataset.digest, selection.split], cache)
    if by_channel.flags.c_contiguous and len(rows) * by_channel[0].size > SHARED_BYTES:
        return torch.from_numpy(by_channel), True
    return torch.from_numpy(np.ascontiguousarray(by_channel[rows])), False


def _resized(images: NDArray[np.uint8], side: int) -> Tensor:
    from torchvision.transforms.v2 import functional as transforms

    pixels = torch.from_numpy(np.ascontiguousarray(images))
    resized: Tensor = transforms.resize(pixels, [side, side], antialias=True)
    return resized


def _resized_once(
    images: NDArray[np.uint8], side: int, content: Sequence[str], cache: Path
) -> NDArray[np.uint8]:
    """All (N, C, H, W) images of a split at another side, memory-mapped from the cache.

    Args:
        images: a split that lies in the cache.
        side: in pixels.
        content: identifies the split.
        cache: the cache directory.
    """

    def build(folder: Path) -> None:
        shape = (*images.shape[:2], side, side)
        pixels = image_cache.new_array(folder / "images.npy", shape)
        for start in range(0, len(images), RESIZED_TOGETHER):
            part = slice(start, start + RESIZED_TOGETHER)
            pixels[part] = _resized(images[part], side).numpy()

    # Another release may round otherwise.
    name = content_sha256([*content, side, version("torch"), version("torchvision")])
    folder = image_cache.entry(cache, name, build)
    return image_cache.open_array(folder / "images.npy")


def _thumbnails(files: FileSet, digest: str, cache: Path | None) -> Tensor:
    side = files.resolution
    if cache is None:
        raise InputError(f"images under {files.root}: keeping them in memory needs a cache folder")

    def build(folder: Path) -> None:
        pixels = image_cache.new_array(folder / "images.npy", (len(files), 3, side, side))
        paths = [files.root / path for path in files.paths]
        decoded = read_all(
            f"images under {files.root}", partial(square_thumbnail, side=side), paths
        )
        for position, image in enumerate(decoded):
            pixels[position] = image

    name = content_sha256([digest, list(files.paths), side])
    folder = image_cache.entry(cache, name, build)
    return torch.from_numpy(image_cache.open_array(folder / "images.npy"))
