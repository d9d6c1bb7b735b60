"""Batches of images and labels for training and evaluation."""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Generator, Tensor

from imbnas.data.augmentation import BatchAugmenter, Draws
from imbnas.data.file_streams import FileStream, file_evaluation_batches
from imbnas.data.image_sets import FileSet, ImageSet
from imbnas.data.index_sampler import IndexSequence
from imbnas.units.recipes import Augmentation

Batch = tuple[Tensor, Tensor]

CHUNK_ELEMENTS = 2**16
"""Small batches are prepared several at a time, up to about this many pixel values.

The cost of preparing an 8x8 batch is that of calling torch, not that of the work.
"""


class Stream(Protocol):
    """Training batches; what comes depends on the generator's seed and the epochs drawn before."""

    def epoch(
        self, steps: int | None = None, class_probabilities: Tensor | None = None
    ) -> Iterator[Batch]:
        """Draw an epoch; all its random numbers are drawn by this call, before the first batch.

        Args:
            steps: batches in the epoch, all full and taken from an endless sequence of shuffled
                passes that goes on in the next epoch. ``None`` is one pass (with class
                probabilities: as many images as one pass), whose last batch may be smaller.
            class_probabilities: (C,) draw classes with these probabilities, and images within a
                class with replacement; ``None`` for passes.

        Returns:
            Iterator of images (B, C, H, W) float32 and labels (B,) int64 on the set's device.

        Raises:
            InputError: the probabilities do not fit the classes.
        """

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that decides the epochs to come, as tensors; take it between epochs."""

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue where ``state_dict`` was taken."""


class BatchStream:
    """Training batches of a resident image set, a ``Stream``.

    Arguments are those of ``open_stream``.
    """

    def __init__(
        self,
        images: ImageSet,
        batch_size: int,
        augmentation: Augmentation,
        generator: Generator,
    ) -> None:
        self._images = images
        self._batch_size = batch_size
        self._generator = generator
        self._sequence = IndexSequence(images.labels, images.num_classes, generator)
        self._augmenter = BatchAugmenter(images, augmentation)

    def epoch(
        self, steps: int | None = None, class_probabilities: Tensor | None = None
    ) -> Iterator[Batch]:
        """Draw an epoch, see ``Stream``."""
        indices = self._sequence.epoch(self._batch_size, steps, class_probabilities)
        draws = self._augmenter.draw(len(indices), self._generator)
        return self._batches(indices.to(self._images.device), draws)

    def _batches(self, indices: Tensor, draws: Draws) -> Iterator[Batch]:
        size = self._batch_size
        chunk = size * max(1, CHUNK_ELEMENTS // (size * self._images.pixels[0].numel()))
        for start in range(0, len(indices), chunk):
            part = indices[start : start + chunk]
            images = self._augmenter.batch(part, draws.part(start, start + chunk))
            labels = self._images.labels.index_select(0, part)
            yield from zip(torch.split(images, size), torch.split(labels, size), strict=True)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that decides the epochs to come, as tensors; take it between epochs."""
        return self._sequence.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue where ``state_dict`` was taken."""
        self._sequence.load_state_dict(state)


def open_stream(
    images: ImageSet | FileSet,
    batch_size: int,
    augmentation: Augmentation,
    generator: Generator,
    workers: int = 0,
) -> Stream:
    """Open the stream of training batches that fits the kind of image set.

    Args:
        images: the training images.
        batch_size: images in a batch.
        augmentation: random changes of the images.
        generator: a CPU generator that the stream owns from now on.
        workers: processes that decode images kept in files; batches do not depend on it.
    """
    if isinstance(images, ImageSet):
        return BatchStream(images, batch_size, augmentation, generator)
    return FileStream(images, batch_size, augmentation, generator, workers)


def evaluation_batches(
    images: ImageSet | FileSet, batch_size: int, workers: int = 0
) -> Iterator[Batch]:
    """All images once, in order and unchanged.

    Args:
        images: what to go through.
        batch_size: images in a batch; the last one may be smaller.
        workers: processes that decode images kept in files.

    Returns:
        Iterator of images (B, C, H, W) float32 and labels (B,) int64 on the set's device.
    """
    if isinstance(images, FileSet):
        return file_evaluation_batches(images, batch_size, workers)
    return _resident_batches(images, batch_size)


def _resident_batches(images: ImageSet, batch_size: int) -> Iterator[Batch]:
    positions = torch.arange(len(images), device=images.device)
    for part, labels in zip(
        torch.split(positions, batch_size), torch.split(images.labels, batch_size), strict=True
    ):
        yield images.batch(part), labels
