"""The images of a condition as a dataset of PyTorch."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image
from torch.utils.data import Dataset as TorchDataset

from imbnas.data.dataset import ArraySplit, Dataset
from imbnas.data.decoding import open_image
from imbnas.data.groups import Groups
from imbnas.data.image_sets import FileSet, ImageSet, select_images
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest, Selection
from imbnas.data.resolving import resolve
from imbnas.data.streams import evaluation_batches
from imbnas.errors import InputError
from imbnas.units.conditions import Protocol, parse_condition

SplitOfCondition = Literal["train", "validation", "test"]
Transform = Callable[[Image.Image], Any]


class ConditionImages(TorchDataset[tuple[Any, int]]):
    """Some images of a condition, each with its label; ``condition`` makes one.

    Attributes:
        split: ``train``, ``validation`` or ``test``.
        manifest: exactly which images the condition trains, validates and tests on.
        class_names: of the C classes, by label.
        transform: of an image as a PIL image; ``None`` for normalised tensors.

    Args:
        dataset: holds the images.
        manifest: of the condition.
        split: which of its images.
        transform: as above.
        resolution: side in pixels of normalised tensors; ``None`` for the images' own.
        cache: folder for decoded images.
    """

    def __init__(
        self,
        dataset: Dataset,
        manifest: Manifest,
        split: SplitOfCondition,
        transform: Transform | None,
        resolution: int | None,
        cache: Path,
    ) -> None:
        self.split, self.manifest, self.transform = split, manifest, transform
        self.class_names = dataset.class_names
        self._dataset, self._resolution, self._cache = dataset, resolution, cache
        self._labels = dataset.split(self._selection.split).labels[list(self._selection.indices)]
        if transform is None:
            _ = self._tensors  # what cannot be read is told now

    @property
    def _selection(self) -> Selection:
        selection: Selection = getattr(self.manifest, self.split)
        return selection

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Training images of each class, by label, whichever split this is."""
        return self.manifest.class_counts

    @property
    def groups(self) -> Groups:
        """Labels of the classes with ``many``, ``medium`` and ``few`` training images."""
        return self.manifest.groups

    @property
    def targets(self) -> list[int]:
        """The label of every image, as datasets of torchvision have them."""
        labels: list[int] = self._labels.tolist()
        return labels

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        """An image and its label; a negative index counts from the end."""
        place = range(len(self))[index]
        label = int(self._labels[place])
        if self.transform is not None:
            return self.transform(self._picture(place)), label
        return self._tensor(place), label

    def __getstate__(self) -> dict[str, Any]:
        """Without tensors, which processes that load data make for themselves."""
        return {name: held for name, held in vars(self).items() if name != "_tensors"}

    def __repr__(self) -> str:
        """One line."""
        return (
            f"<{self.manifest.condition}, {self.split}: {len(self):,} images of "
            f"{len(self.class_names)} classes>"
        )

    @cached_property
    def _tensors(self) -> ImageSet | FileSet:
        return select_images(
            self._dataset, self._selection, resolution=self._resolution, cache=self._cache
        )

    def _tensor(self, place: int) -> torch.Tensor:
        images, position = self._tensors, torch.tensor([place])
        if isinstance(images, ImageSet):
            return images.batch(position)[0]
        batch, _ = next(iter(evaluation_batches(images.reordered(position), 1)))
        return batch[0]

    def _picture(self, place: int) -> Image.Image:
        """An image as it is, grey or in colour."""
        split, row = self._dataset.split(self._selection.split), self._selection.indices[place]
        if isinstance(split, ArraySplit):
            pixels = split.images[row]
            return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        return open_image(split.root / split.paths[row])


def condition(
    name: str,
    split: SplitOfCondition = "train",
    *,
    protocol: Protocol = "strict",
    transform: Transform | None = None,
    resolution: int | None = None,
    data_root: str | Path | None = None,
    datasets: Mapping[str, str | Path] | None = None,
    offline: bool = False,
) -> ConditionImages:
    """The images of a long-tailed condition as a ``torch.utils.data.Dataset``.

    Args:
        name: such as ``cifar10@100x``, ``cifar100@1x:like-100x`` or ``mine@natural``; subset 0
            unless the name says ``:subset-K``.
        split: ``train``, which the condition makes long-tailed; ``validation``, balanced; or
            ``test``, as the dataset has it.
        protocol: ``strict`` holds validation images out of the training split; ``paper`` takes
            the test split for it, as published.
        transform: gets each image as a PIL image, as transforms of torchvision do. Without one
            an item is a (C, H, W) float32 tensor, normalised by the dataset's channel statistics.
        resolution: side in pixels of such tensors; needed where images differ in size.
        data_root: folder that holds datasets by name; the environment's ``IMBNAS_DATA`` where
            not given.
        datasets: name → folder of an image folder, or of one dataset's published files.
        offline: forbids downloads.

    Returns:
        Pairs of an image and its label, with ``class_counts``, ``class_names``, ``groups``,
        ``targets`` and ``manifest``.

    Raises:
        InputError: the name is no condition, the images are not found or damaged, or they cannot
            show the ratio.

    Example:
        >>> import imbnas
        >>> train = imbnas.condition("digits@20x")
        >>> train.class_counts
        (76, 54, 39, 27, 20, 14, 10, 7, 5, 3)
        >>> train.groups.few
        (5, 6, 7, 8, 9)
        >>> image, label = train[0]
        >>> image.shape, label
        (torch.Size([1, 8, 8]), 0)
        >>> len(imbnas.condition("digits@20x", "test"))
        800
    """
    if split not in ("train", "validation", "test"):
        raise InputError(f"split {split!r}: give 'train', 'validation' or 'test'")
    pairs: Sequence[str] = [f"{key}={path}" for key, path in (datasets or {}).items()]
    locations = DataLocations.from_options(data_root, pairs, offline)
    wanted = parse_condition(name, protocol)
    dataset = load_dataset(wanted.dataset, locations)
    manifest = resolve(wanted, dataset)
    return ConditionImages(dataset, manifest, split, transform, resolution, locations.cache)
