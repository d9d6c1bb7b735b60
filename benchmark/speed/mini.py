"""The recipe of lt-cifar/mini and the real images that every yardstick is measured on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imbnas.data import DataLocations, select_images
from imbnas.data.dataset import Dataset
from imbnas.data.image_sets import ImageSet
from imbnas.data.loading import load_dataset
from imbnas.data.manifests import Selection
from imbnas.data.published import DEBIAN_FASHION
from imbnas.data.resolving import resolve
from imbnas.errors import InputError
from imbnas.execution.data_pool import ConditionImages
from imbnas.spaces import NetworkShape
from imbnas.spaces.network_shape import network_shape
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Augmentation, Recipe
from imbnas.units.stem import Stem

FOUR_CONVOLUTIONS = (
    "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_3x3~1|"
    "+|nor_conv_3x3~0|skip_connect~1|nor_conv_3x3~2|"
)
"""The network of which compute and convolutions are compared."""

RECIPE = Recipe(
    epochs=8,
    steps_per_epoch=48,
    batch_size=64,
    warmup_epochs=1,
    average_from=0.75,
    resolution=32,
    width=16,
    depth=1,
    stem=Stem(kernel=4, stride=4),
    augmentation=Augmentation(pad=4, flip=True),
)


@dataclass(frozen=True)
class Mini:
    """Where real images are.

    Attributes:
        name: of the dataset.
        locations: where it lies.
    """

    name: str
    locations: DataLocations

    @property
    def condition(self) -> str:
        return f"{self.name}@100x"

    @cache  # noqa: B019
    def dataset(self) -> Dataset:
        return load_dataset(self.name, self.locations)

    @cache  # noqa: B019
    def images(self) -> ConditionImages:
        import torch

        dataset = self.dataset()
        manifest = resolve(parse_condition(f"{self.condition}:subset-0"), dataset)
        device = torch.device("cpu")
        return ConditionImages(dataset, manifest, RECIPE.resolution, device, self.locations)

    @property
    def recipe(self) -> Recipe:
        return RECIPE

    @property
    def statistics(self) -> tuple[Sequence[float], Sequence[float]]:
        """Mean and standard deviation of each channel in [0, 1]."""
        return self.dataset().mean, self.dataset().std

    def splits(self) -> tuple[ImageSet, ImageSet]:
        """Images of the training and of the test, apart from what processes share."""
        manifest = self.images().manifest
        return self._selected(manifest.train), self._selected(manifest.test)

    def _selected(self, selection: Selection) -> ImageSet:
        selected = select_images(self.dataset(), selection, resolution=RECIPE.resolution)
        assert isinstance(selected, ImageSet)
        return selected

    @property
    def shape(self) -> NetworkShape:
        return network_shape(self.dataset(), RECIPE)


def find_images(data_root: Path | None) -> Mini:
    """CIFAR-10 where it is, else Fashion-MNIST; the test is skipped where neither is."""
    locations = DataLocations.from_options(data_root, offline=True)
    for name in ("cifar10", "fashion-mnist"):
        mini = Mini(name, locations)
        try:
            mini.dataset()
        except InputError:
            continue
        return mini
    import pytest  # which is not there where GPUs are

    return pytest.skip(
        "no CIFAR-10 under --data-root or IMBNAS_DATA, and no Fashion-MNIST there or in "
        f"{DEBIAN_FASHION}"
    )
