import numpy as np
import pytest

from imbnas.data.balancing import balanced_part
from imbnas.data.dataset import Dataset
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest, Selection
from imbnas.data.resolving import resolve
from imbnas.units.conditions import parse_condition


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits", DataLocations.from_options(offline=True))


@pytest.fixture(scope="module")
def manifest(digits: Dataset) -> Manifest:
    return resolve(parse_condition("digits@20x"), digits)


def test_every_class_keeps_as_many_and_less_is_a_part_of_more(
    digits: Dataset, manifest: Manifest
) -> None:
    held = manifest.validation
    more, less = (balanced_part(held, digits, limit) for limit in (59, 31))
    assert set(less.indices) < set(more.indices) < set(held.indices)
    assert list(more.indices) == sorted(more.indices)
    labels = digits.train.labels[list(more.indices)]
    assert np.bincount(labels).tolist() == [5] * 10
    assert len(less.indices) == 30
    assert balanced_part(held, digits, 59) == more


def test_a_limit_above_what_there_is_keeps_all(digits: Dataset, manifest: Manifest) -> None:
    held = manifest.validation
    assert balanced_part(held, digits, len(held.indices)) is held
    few = Selection(split="train", indices=held.indices[:12])
    assert set(balanced_part(few, digits, 11).indices) < set(few.indices)
