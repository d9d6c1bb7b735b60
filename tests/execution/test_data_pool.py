import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.execution import data_pool
from imbnas.execution.data_pool import DataPool
from imbnas.suites.expand import Expansion
from imbnas.units.recipes import ChannelStatistics
from imbnas.units.unit import DataRef

LOCATIONS = DataLocations.from_options(offline=True)


@pytest.fixture(scope="module")
def conditions(expansion: Expansion) -> list[DataRef]:
    units = expansion.plan().units
    found = {unit.data.manifest_sha256: unit.data for unit in units if unit.kind == "train"}
    assert len(found) >= 4
    return list(found.values())


@pytest.fixture
def pool() -> DataPool:
    return DataPool(LOCATIONS, torch.device("cpu"))


def test_conditions_that_fit_stay(pool: DataPool, conditions: list[DataRef]) -> None:
    first = [pool.images(data, None) for data in conditions]
    assert all(images.train is not None for images in first)
    assert all(
        pool.images(data, None) is images for data, images in zip(conditions, first, strict=True)
    )


def test_what_was_not_asked_for_longest_is_let_go(
    pool: DataPool, conditions: list[DataRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = (pool.images(data, None) for data in conditions[:3])
    bytes_each = len(a.test) * 64
    for images in (a, b, c):
        assert images.test.held_bytes == images.held_bytes == bytes_each
    monkeypatch.setattr(data_pool, "HELD_BYTES", 2 * bytes_each)
    assert pool.images(conditions[0], None) is a
    assert pool.images(conditions[2], None) is c
    again = pool.images(conditions[1], None)
    assert again is not b
    assert torch.equal(again.test.labels, b.test.labels)


def test_the_latest_condition_stays_however_large(
    pool: DataPool, conditions: list[DataRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_pool, "HELD_BYTES", 0)
    images = pool.images(conditions[0], None)
    assert len(images.train) > 0
    assert pool.images(conditions[0], None) is images


def test_images_are_normalised_by_what_a_recipe_says(
    pool: DataPool, conditions: list[DataRef]
) -> None:
    own = pool.images(conditions[0], None)
    other = pool.images(conditions[0], None, ChannelStatistics(mean=(0.25,), std=(0.5,)))
    indices = torch.arange(5)
    pixels = own.train.raw(indices).float() / 255
    assert torch.allclose(other.train.batch(indices), (pixels - 0.25) / 0.5, atol=1e-6)
    mean, std = own.dataset.mean[0], own.dataset.std[0]
    assert torch.allclose(own.train.batch(indices), (pixels - mean) / std, atol=1e-5)
    assert pool.images(conditions[0], None) is own


def test_channel_statistics_for_other_channels_are_refused(
    pool: DataPool, conditions: list[DataRef]
) -> None:
    colour = ChannelStatistics(mean=(0.5,) * 3, std=(0.2,) * 3)
    with pytest.raises(InputError, match="for 3 channels, dataset 'digits' has 1; give one mean"):
        pool.images(conditions[0], None, colour)
