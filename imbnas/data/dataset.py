"""Datasets: labelled images in a training, a test and sometimes a validation split."""

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imbnas.data.split_guard import refuse_sealed
from imbnas.errors import InputError
from imbnas.units.frozen import canonical_json
from imbnas.units.recipes import ChannelStatistics

SplitName = Literal["train", "validation", "test"]

VALIDATION_FRACTION = 0.1
"""Share of each class that the strict protocol holds out, unless the dataset says otherwise."""

LARGEST_SIDE = 64
"""Images up to this side in pixels are kept in memory, larger ones stay in their files."""


@dataclass(frozen=True, eq=False)
class ArraySplit:
    """Small images of one size, all in one array.

    Attributes:
        labels: (N,) int64 in [0, C).
        images: (N, H, W, channels) uint8, in memory or memory-mapped.
    """

    labels: NDArray[np.int64]
    images: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class FileSplit:
    """Images that stay in their files until they are needed.

    Attributes:
        labels: (N,) int64 in [0, C).
        root: folder that the paths are relative to.
        paths: N relative paths with forward slashes.
    """

    labels: NDArray[np.int64]
    root: Path
    paths: tuple[str, ...]


Split = ArraySplit | FileSplit


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named source of images.

    Attributes:
        name: the name it was asked for by.
        class_names: names of the C classes by label.
        train: training split.
        test: test split.
        validation: the validation split that the dataset itself publishes, if any.
        digest: sha256 of the content; equal content has an equal digest wherever it lies.
        mean: mean of each channel in [0, 1], for normalisation.
        std: standard deviation of each channel.
        validation_fraction: share of each class that the strict protocol holds out.
        notes: what users should know, such as how many files were skipped.
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    digest: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    validation: Split | None = None
    validation_fraction: float = VALIDATION_FRACTION
    notes: tuple[str, ...] = ()

    @property
    def num_classes(self) -> int:
        """Number of classes C."""
        return len(self.class_names)

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return len(self.mean)

    @property
    def resolution(self) -> int | None:
        """Side of the images in pixels, or ``None`` where they stay in files of any size."""
        return self.train.images.shape[1] if isinstance(self.train, ArraySplit) else None

    @cached_property
    def train_counts(self) -> tuple[int, ...]:
        """Images of each class in the training split, by label."""
        return tuple(np.bincount(self.train.labels, minlength=self.num_classes).tolist())

    def split(self, name: SplitName) -> Split:
        """Return a split by name.

        Raises:
            InputError: the dataset has no such split.
            SealedDataError: a strategy runs, which must not see it.
        """
        refuse_sealed(f"the {name} split of dataset {self.name!r}")
        split: Split | None = getattr(self, name)
        if split is None:
            raise InputError(f"dataset {self.name!r} has no {name} split")
        return split


def normalised_by(dataset: Dataset, statistics: ChannelStatistics | None) -> Dataset:
    """The dataset with other channel statistics; with its own where none are given.

    Raises:
        InputError: they are not for that many channels.
    """
    if statistics is None:
        return dataset
    if len(statistics.mean) != dataset.channels:
        raise InputError(
            f"channel_statistics are for {len(statistics.mean)} channels, dataset {dataset.name!r} "
            f"has {dataset.channels}; give one mean and std for each, or leave them out"
        )
    return replace(dataset, mean=statistics.mean, std=statistics.std)


def array_digest(class_names: tuple[str, ...], *splits: ArraySplit) -> str:
    """sha256 of class names, shapes, labels and pixels."""
    digest = sha256(canonical_json(list(class_names)).encode())
    for split in splits:
        digest.update(canonical_json(list(split.images.shape)).encode())
        digest.update(split.labels.astype("<i8").tobytes())
        digest.update(np.ascontiguousarray(split.images).data)
    return digest.hexdigest()


def channel_statistics(images: NDArray[np.uint8]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel of (N, H, W, channels) images, in [0, 1].

    Computed exactly from the 256 bin counts of each channel, then rounded to 4 digits.
    """
    values = np.arange(256) / 255
    means, stds = [], []
    for channel in range(images.shape[-1]):
        weights = np.bincount(images[..., channel].ravel(), minlength=256)
        mean = float(np.average(values, weights=weights))
        variance = float(np.average((values - mean) ** 2, weights=weights))
        means.append(round(mean, 4))
        stds.append(max(round(variance**0.5, 4), 1e-4))
    return tuple(means), tuple(stds)
