"""What execution needs of wherever images come from: a worker's memory, or another process."""

from typing import Protocol

import torch

from imbnas.data import DataLocations
from imbnas.data.image_sets import Images
from imbnas.spaces.network_shape import Images as ImageFacts
from imbnas.training.answers import Answers
from imbnas.training.evaluation import Predictor
from imbnas.units.recipes import ChannelStatistics
from imbnas.units.unit import DataRef


class UnitImages(Protocol):
    """A condition's images, as the code of a unit sees them."""

    @property
    def dataset(self) -> ImageFacts:
        """What networks must know of the dataset."""

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Training images of each class."""

    @property
    def train(self) -> Images:
        """Training images."""

    @property
    def validation(self) -> Images:
        """Validation images; under protocol ``paper`` these are the test images."""

    def scored(self, limit: int | None) -> Images:
        """The validation images that score sub-networks: at most ``limit``, or all."""

    def calibration(self, count: int, seed: int) -> Images | None:
        """A fixed random selection of training images; ``None`` for none of them."""

    @property
    def test_size(self) -> int:
        """How many test images there are."""

    def examine(self, predict: Predictor, batch_size: int) -> Answers | None:
        """Let a network answer to the test images.

        Args:
            predict: maps (B, C, H, W) images to (B, K) final logits.
            batch_size: images in a batch.

        Returns:
            Its answers; ``None`` where whoever holds the test images keeps them to itself.
        """


class DataSource(Protocol):
    """Gives the images of conditions.

    Attributes:
        device: where images go.
        locations: where pretrained weights lie.
    """

    @property
    def device(self) -> torch.device: ...  # noqa: D102
    @property
    def locations(self) -> DataLocations: ...  # noqa: D102

    def images(
        self, data: DataRef, resolution: int | None, statistics: ChannelStatistics | None = None
    ) -> UnitImages:
        """The images of a condition, at a side in pixels and normalised by statistics."""
