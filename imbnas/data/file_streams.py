"""Batches of images that are decoded again each time, by worker processes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from imbnas.data.augmentation import Cutout
from imbnas.data.decoding import open_image
from imbnas.data.image_sets import FileSet
from imbnas.data.index_sampler import IndexSequence
from imbnas.errors import InputError
from imbnas.units.recipes import Augmentation

Batch = tuple[Tensor, Tensor]

EVALUATION_MARGIN = 8 / 7
"""Images are evaluated on the centre of this many times the resolution, as 224 of 256."""


class FileStream:
    """Training batches of images kept in files, a ``Stream``.

    With ``pad`` above 0 in the augmentation, an image is torchvision's ``RandomResizedCrop``, the
    random crop of images of any size; with 0 it is the centre that evaluation sees. Every image
    has its own seed, so that batches do not depend on the number of workers.

    Arguments are those of ``imbnas.data.streams.open_stream``.
    """

    def __init__(
        self,
        images: FileSet,
        batch_size: int,
        augmentation: Augmentation,
        generator: Generator,
        workers: int,
    ) -> None:
        self._images = images
        self._batch_size = batch_size
        self._augmentation = augmentation
        self._generator = generator
        self._workers = workers
        self._sequence = IndexSequence(images.labels, images.num_classes, generator)
        self._cutout = Cutout(images.resolution, augmentation.cutout, images.device)

    def epoch(
        self, steps: int | None = None, class_probabilities: Tensor | None = None
    ) -> Iterator[Batch]:
        """Draw an epoch, see ``Stream``."""
        indices = self._sequence.epoch(self._batch_size, steps, class_probabilities)
        count = len(indices)
        seeds = torch.randint(2**62, (count,), generator=self._generator)
        centres = torch.randint(self._images.resolution, (2, count), generator=self._generator)
        return self._batches(indices, seeds, centres.to(self._images.device))

    def _batches(self, indices: Tensor, seeds: Tensor, centres: Tensor) -> Iterator[Batch]:
        source = _Files.of(self._images, indices, seeds, self._augmentation)
        start = 0
        for images, labels in _load(source, self._images, self._batch_size, self._workers):
            stop = start + len(images)
            if self._augmentation.cutout:
                images = self._cutout(images, centres[0, start:stop], centres[1, start:stop])
            yield images, labels
            start = stop

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that decides the epochs to come, as tensors; take it between epochs."""
        return self._sequence.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue where ``state_dict`` was taken."""
        self._sequence.load_state_dict(state)


def file_evaluation_batches(images: FileSet, batch_size: int, workers: int) -> Iterator[Batch]:
    """All images once, in order: short side to 8/7 of the resolution, then the centre."""
    source = _Files.of(images, torch.arange(len(images)), None, Augmentation())
    return _load(source, images, batch_size, workers)


@dataclass(frozen=True, eq=False)
class _Files(Dataset[Any]):
    """What workers do: decode and transform one image, and find its label."""

    root: Path
    paths: tuple[str, ...]
    labels: Tensor
    indices: Tensor
    seeds: Tensor | None
    resolution: int
    augmentation: Augmentation

    @classmethod
    def of(
        cls, images: FileSet, indices: Tensor, seeds: Tensor | None, augmentation: Augmentation
    ) -> "_Files":
        root, paths, labels = images.root, images.paths, images.labels.cpu()
        return cls(root, paths, labels, indices, seeds, images.resolution, augmentation)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor] | str:
        from torchvision.transforms.v2 import functional as transforms

        index = int(self.indices[position])
        try:
            image = open_image(self.root / self.paths[index]).convert("RGB")
        except InputError as error:
            # An exception would reach the user as a worker's traceback.
            return str(error)
        pixels = transforms.pil_to_tensor(image)
        return self._transformed(pixels, position), self.labels[index]

    def _transformed(self, pixels: Tensor, position: int) -> Any:
        from torchvision.transforms import v2

        side, augmentation = self.resolution, self.augmentation
        steps: list[Any] = [
            v2.Resize(round(side * EVALUATION_MARGIN), antialias=True),
            v2.CenterCrop(side),
        ]
        if self.seeds is None:
            return v2.Compose(steps)(pixels)
        if augmentation.pad:
            steps = [v2.RandomResizedCrop(side, antialias=True)]
        if augmentation.flip:
            steps.append(v2.RandomHorizontalFlip())
        if augmentation.randaugment:
            steps.append(v2.RandAugment(magnitude=augmentation.randaugment))
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(self.seeds[position]))
            return v2.Compose(steps)(pixels)


def _load(source: _Files, images: FileSet, batch_size: int, workers: int) -> Iterator[Batch]:
    loader = DataLoader(
        source,
        batch_size=batch_size,
        num_workers=workers,
        collate_fn=_collate,
        # Without one of its own the loader would draw from torch's global generator.
        generator=torch.Generator(),
        pin_memory=images.device.type == "cuda",
    )
    for batch in loader:
        if isinstance(batch, str):
            raise InputError(batch)
        pixels, labels = batch
        pixels = pixels.to(images.device, non_blocking=True)
        yield images.normalise(pixels), labels.to(images.device, non_blocking=True)


def _collate(items: list[tuple[Tensor, Tensor] | str]) -> tuple[Tensor, Tensor] | str:
    pixels, labels = [], []
    for item in items:
        if isinstance(item, str):
            return item
        pixels.append(item[0])
        labels.append(item[1])
    return torch.stack(pixels), torch.stack(labels)
