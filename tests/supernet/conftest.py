"""What the tests of all supernets share."""

from collections.abc import Callable

import pytest

from imbnas.data.image_sets import ImageSet, select_images
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.resolving import resolve
from imbnas.spaces import NetworkShape, get_space
from imbnas.supernet.path_training import PathTrainer
from imbnas.units.conditions import parse_condition

Digits = tuple[ImageSet, ImageSet, tuple[int, ...]]
SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)


@pytest.fixture(scope="session")
def digits() -> Digits:
    """Training and validation images, and class counts, of long-tailed digits."""
    dataset = load_dataset("digits", DataLocations.from_options(offline=True))
    manifest = resolve(parse_condition("digits@10x"), dataset)
    train, validation = (select_images(dataset, s) for s in (manifest.train, manifest.validation))
    return train, validation, manifest.class_counts


@pytest.fixture(scope="session")
def few_digits() -> tuple[ImageSet, ImageSet]:
    """Training and validation images, 100 of each."""
    dataset = load_dataset("digits", DataLocations.from_options(offline=True))
    manifest = resolve(parse_condition("digits@1x"), dataset)
    train, validation = (
        select_images(dataset, s.model_copy(update={"indices": s.indices[:100]}))
        for s in (manifest.train, manifest.validation)
    )
    return train, validation


@pytest.fixture
def make_trainer(digits: Digits) -> Callable[[str], PathTrainer]:
    """Makes a trainer on the digits for the space of a name."""

    def make(space: str) -> PathTrainer:
        return PathTrainer(get_space(space), SHAPE, digits[0], digits[2], seed=5)

    return make
