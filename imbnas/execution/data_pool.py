"""Datasets and conditions that a worker holds, so that units do not load them again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch

from imbnas.data import DataLocations, Dataset, Manifest, Selection, load_dataset, resolve
from imbnas.data.balancing import balanced_part
from imbnas.data.dataset import normalised_by
from imbnas.data.image_sets import Images, select_images
from imbnas.data.streams import evaluation_batches
from imbnas.errors import InputError
from imbnas.training.answers import Answers
from imbnas.training.evaluation import Predictor, ask
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import ChannelStatistics
from imbnas.units.unit import DataRef

HELD_BYTES = 128 * 2**20
"""Conditions of more images than this do not stay together; the latest one always stays."""


@dataclass(frozen=True)
class ConditionImages:
    """A condition's images, put onto the device on first use; ``UnitImages``.

    Attributes:
        dataset: where they come from.
        manifest: which of them.
        resolution: side in pixels; ``None`` keeps the dataset's own.
        device: where they go.
        locations: where prepared images are cached.
    """

    dataset: Dataset
    manifest: Manifest
    resolution: int | None
    device: torch.device
    locations: DataLocations

    @cached_property
    def train(self) -> Images:
        """Training images."""
        return self.select(self.manifest.train)

    @cached_property
    def validation(self) -> Images:
        """Validation images; under protocol ``paper`` these are the test images."""
        return self.select(self.manifest.validation)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Training images of each class."""
        return self.manifest.class_counts

    def scoring(self, limit: int | None) -> Selection:
        """Which validation images score sub-networks: at most ``limit``, or all."""
        held = self.manifest.validation
        return held if limit is None else balanced_part(held, self.dataset, limit)

    def scored(self, limit: int | None) -> Images:
        """The validation images that score sub-networks."""
        return self.select(self.scoring(limit))

    def calibration(self, count: int, seed: int) -> Images | None:
        """A fixed random selection of training images; ``None`` for none of them."""
        train = self.manifest.train
        if count == 0:
            return None
        if count >= len(train.indices):
            return self.train
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(len(train.indices), size=count, replace=False))
        indices = tuple(train.indices[i] for i in chosen)
        return self.select(Selection(split=train.split, indices=indices))

    @property
    def test_size(self) -> int:
        """How many test images there are."""
        return len(self.manifest.test.indices)

    def examine(self, predict: Predictor, batch_size: int) -> Answers:
        """What a network answers to the test images, see ``UnitImages``."""
        batches = evaluation_batches(self.test, batch_size)
        return ask(predict, batches, self.dataset.num_classes)

    @cached_property
    def test(self) -> Images:
        """Test images."""
        return self.select(self.manifest.test)

    @property
    def held_bytes(self) -> int:
        """Memory of the images that were used so far, apart from what is mapped."""
        loaded = (vars(self).get(name) for name in ("train", "validation", "test"))
        return sum(images.held_bytes for images in loaded if images is not None)

    def select(self, selection: Selection) -> Images:
        """Make a selection of the dataset's images ready for the device."""
        return select_images(
            self.dataset,
            selection,
            resolution=self.resolution,
            device=self.device,
            cache=self.locations.cache,
        )


@dataclass
class DataPool:
    """Everything a worker has loaded; a ``DataSource``.

    Attributes:
        locations: where data lies.
        device: where images go.
        pins: manifests that take the place of what their conditions would resolve to.

    The least recently used is dropped, so that a worker's memory does not grow with the number of
    conditions.
    """

    locations: DataLocations
    device: torch.device
    pins: Sequence[Manifest] = ()
    _datasets: dict[str, Dataset] = field(default_factory=dict)
    _conditions: dict[tuple[str, int | None, ChannelStatistics | None], ConditionImages] = field(
        default_factory=dict
    )

    def dataset(self, name: str) -> Dataset:
        """Load a dataset, once."""
        if name not in self._datasets:
            self._datasets[name] = load_dataset(name, self.locations)
        return self._datasets[name]

    def images(
        self,
        data: DataRef,
        resolution: int | None,
        statistics: ChannelStatistics | None = None,
    ) -> ConditionImages:
        """Resolve a pinned condition, once while it is kept.

        Args:
            data: the condition.
            resolution: side in pixels; ``None`` keeps the dataset's own.
            statistics: what images are normalised by; ``None`` for the dataset's own.

        Raises:
            InputError: the data found here is not the data that the unit was made for.
        """
        key = (data.manifest_sha256, resolution, statistics)
        if key in self._conditions:
            self._conditions[key] = self._conditions.pop(key)
        else:
            condition = parse_condition(data.condition, data.protocol)
            dataset = self.dataset(condition.dataset)
            if dataset.digest != data.dataset_digest:
                raise InputError(
                    f"dataset {condition.dataset!r}: its images differ from those of the run "
                    f"(sha256 {dataset.digest[:12]}, not {data.dataset_digest[:12]})"
                )
            manifest = resolve(condition, dataset, self.pins)
            if manifest.sha256 != data.manifest_sha256:
                raise InputError(
                    f"condition {data.condition}: resolves to other images than the run's"
                )
            self._conditions[key] = ConditionImages(
                normalised_by(dataset, statistics),
                manifest,
                resolution,
                self.device,
                self.locations,
            )
        self._make_room()
        return self._conditions[key]

    def _make_room(self) -> None:
        """Drop the least recently used conditions."""
        held = sum(images.held_bytes for images in self._conditions.values())
        while held > HELD_BYTES and len(self._conditions) > 1:
            oldest = next(iter(self._conditions))
            held -= self._conditions.pop(oldest).held_bytes
