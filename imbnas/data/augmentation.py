"""Random changes of whole batches of images, by indexing."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional

from imbnas.data.image_sets import ImageSet
from imbnas.units.recipes import Augmentation

NORMALISED_BYTES = 64 * 2**20
"""Sets up to this size are normalised and padded once, larger ones batch by batch."""

RANDAUGMENT_GROUP = 8
"""Images that share the operations of one RandAugment draw."""


class Draws(NamedTuple):
    """Random numbers for N images; ``None`` where an augmentation is off.

    Attributes:
        top: (N,) first row of the crop, in [0, 2·pad].
        left: (N,) first column of the crop, plus 2·pad + 1 where it is mirrored.
        cut_row: (N,) row of the cutout's centre.
        cut_column: (N,) column of the cutout's centre.
        seed: (N,) seeds of RandAugment; a group takes that of its first image.
    """

    top: Tensor | None
    left: Tensor | None
    cut_row: Tensor | None
    cut_column: Tensor | None
    seed: Tensor | None

    def part(self, start: int, stop: int) -> "Draws":
        """The draws of images ``start`` to ``stop``."""
        return Draws(*(None if field is None else field[start:stop] for field in self))


class Cutout:
    """Sets squares to the mean (DeVries & Taylor 2017); squares may reach over the border.

    Args:
        resolution: side of the images in pixels.
        size: side of the square in pixels.
        device: of the images.
    """

    def __init__(self, resolution: int, size: int, device: torch.device) -> None:
        distance = torch.arange(resolution)[:, None] - torch.arange(resolution)
        covered = (distance <= size // 2) & (distance > size // 2 - size)
        self._covered = covered.to(device)

    def __call__(self, images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Cut out of normalised (B, C, H, W) images, around centres at (B,) rows and columns."""
        across = self._covered.index_select(0, rows).unsqueeze(2)
        along = self._covered.index_select(0, columns).unsqueeze(1)
        return images.masked_fill((across & along).unsqueeze(1), 0.0)


class BatchAugmenter:
    """Crops, mirrors, cuts out and RandAugments batches of one image set.

    Padding is black (grey value 0) as in the usual recipes, cutout sets to the mean. All random
    numbers come from the generator given to ``draw``.

    Args:
        images: the image set.
        augmentation: what to do.
    """

    def __init__(self, images: ImageSet, augmentation: Augmentation) -> None:
        self._images = images
        self._augmentation = augmentation
        side, pad, device = images.resolution, augmentation.pad, images.device
        self._offsets = 2 * pad + 1
        self._side = side
        padded = side + 2 * pad
        across = torch.arange(self._offsets)[:, None] + torch.arange(side)
        self._rows = (across * padded).unsqueeze(2).to(device)
        self._columns = torch.cat([across, across.flip(1)]).unsqueeze(1).to(device)
        self._moves = pad > 0 or augmentation.flip
        self._cutout = Cutout(side, augmentation.cutout, device)
        small = 4 * images.pixels.numel() <= NORMALISED_BYTES
        self._ready = self._prepare() if small and not augmentation.randaugment else None

    def draw(self, count: int, generator: Generator) -> Draws:
        """Draw everything that ``count`` images need, on the image set's device."""
        device, augmentation = self._images.device, self._augmentation

        def integers(high: int, wanted: bool) -> Tensor | None:
            if not wanted:
                return None
            return torch.randint(high, (count,), generator=generator).to(device)

        return Draws(
            top=integers(self._offsets, self._moves),
            left=integers(self._offsets * (1 + augmentation.flip), self._moves),
            cut_row=integers(self._side, augmentation.cutout > 0),
            cut_column=integers(self._side, augmentation.cutout > 0),
            seed=integers(2**62, augmentation.randaugment > 0),
        )

    def batch(self, indices: Tensor, draws: Draws) -> Tensor:
        """(B, C, H, W) normalised, augmented images at (B,) indices."""
        images = self._moved(indices, draws)
        if draws.seed is not None:
            images = randaugment(images, draws.seed, self._augmentation.randaugment)
        if self._ready is None:
            images = self._images.normalise(images)
        if draws.cut_row is None or draws.cut_column is None:
            return images
        return self._cutout(images, draws.cut_row, draws.cut_column)

    def _prepare(self) -> Tensor:
        everything = torch.arange(len(self._images), device=self._images.device)
        return self._images.normalise(self._padded(self._images.raw(everything)))

    def _moved(self, indices: Tensor, draws: Draws) -> Tensor:
        """Stored or normalised images after crop and flip."""
        if self._ready is None:
            padded = self._padded(self._images.raw(indices))
        else:
            padded = self._ready.index_select(0, indices)
        if draws.top is None or draws.left is None:
            return padded
        rows = self._rows.index_select(0, draws.top)
        columns = self._columns.index_select(0, draws.left)
        size, channels, side = len(indices), padded.shape[1], self._side
        positions = (rows + columns).view(size, 1, side * side).expand(-1, channels, -1)
        return padded.flatten(2).gather(2, positions).view(size, channels, side, side)

    def _padded(self, pixels: Tensor) -> Tensor:
        pad = self._augmentation.pad
        return functional.pad(pixels, (pad, pad, pad, pad)) if pad else pixels


def randaugment(images: Tensor, seeds: Tensor, magnitude: int) -> Tensor:
    """RandAugment (Cubuk et al. 2020) of torchvision v2, one draw for each eight images.

    Args:
        images: (B, C, H, W) uint8.
        seeds: (B,) int64; a group takes that of its first image.
        magnitude: 1 to 30.
    """
    from torchvision.transforms import v2

    transform = v2.RandAugment(magnitude=magnitude)
    groups = torch.split(images, RANDAUGMENT_GROUP)
    group_seeds = seeds[::RANDAUGMENT_GROUP].tolist()
    changed = []
    with torch.random.fork_rng(devices=[]):
        for group, seed in zip(groups, group_seeds, strict=True):
            torch.default_generator.manual_seed(seed)
            changed.append(transform(group))
    return torch.cat(changed)
