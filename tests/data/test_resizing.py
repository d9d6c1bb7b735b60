import pytest
import torch

from imbnas.data import image_sets, resolve, select_images
from imbnas.data.loading import load_dataset
from imbnas.units.conditions import parse_condition


@pytest.fixture
def dataset(tmp_path, make_folder, locations):
    root = make_folder(tmp_path / "own", per_class=5)
    return load_dataset("mine", locations(datasets=[f"mine={root}"], offline=True))


@pytest.fixture
def selection(dataset):
    return resolve(parse_condition("mine@1x"), dataset).train


def pixels(images):
    return images.raw(torch.arange(len(images)))


def test_images_resized_for_all_are_those_resized_alone(dataset, selection, locations, monkeypatch):
    monkeypatch.setattr(image_sets, "RESIZED_TOGETHER", 4)
    alone = select_images(dataset, selection, resolution=5)
    shared = select_images(dataset, selection, resolution=5, cache=locations().cache)
    assert pixels(shared).shape[2:] == (5, 5)
    assert torch.equal(pixels(shared), pixels(alone))


def test_a_split_is_resized_once_for_all_conditions(dataset, selection, locations, monkeypatch):
    first = select_images(dataset, selection, resolution=5, cache=locations().cache)

    def refuse(*_):
        raise AssertionError("resized again")

    monkeypatch.setattr(image_sets, "_resized", refuse)
    other = resolve(parse_condition("mine@2x:subset-1"), dataset).train
    select_images(dataset, other, resolution=5, cache=locations().cache)
    again = select_images(dataset, selection, resolution=5, cache=locations().cache)
    assert torch.equal(pixels(again), pixels(first))


def test_large_selections_are_not_copied(dataset, selection, locations, monkeypatch):
    monkeypatch.setattr(image_sets, "SHARED_BYTES", 0)
    images = select_images(dataset, selection, resolution=5, cache=locations().cache)
    assert images.held_bytes == 0
    assert len(images.pixels) == len(dataset.train.labels)
    small = select_images(dataset, selection, resolution=5)
    assert small.held_bytes == small.pixels.numel() > 0
    assert torch.equal(pixels(images), pixels(small))
