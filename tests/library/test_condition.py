"""The images of a condition as a dataset of PyTorch."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import imbnas
from imbnas.data import DataLocations, load_dataset, resolve, select_images
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Images of many sizes in two classes."""
    monkeypatch.setenv("IMBNAS_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for split, count in (("train", 20), ("test", 3)):
        for name in ("blue", "red"):
            place = tmp_path / "mine" / split / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (80 + number, 90, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(place / f"{number:02}.png")
    return tmp_path / "mine"


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_it_holds_exactly_the_images_of_the_manifest(split: str, protocol: str) -> None:
    images = imbnas.condition("digits@20x:subset-3", split, protocol=protocol)
    dataset = load_dataset("digits", DataLocations.from_options())
    manifest = resolve(parse_condition("digits@20x:subset-3", protocol), dataset)  # type: ignore[arg-type]
    assert images.manifest == manifest
    wanted = select_images(dataset, getattr(manifest, split))
    batch = wanted.batch(torch.arange(len(wanted)))  # type: ignore[union-attr]
    assert len(images) == len(batch)
    assert images.targets == wanted.labels.tolist()
    for place in (0, 1, len(batch) // 2, -1):
        image, label = images[place]
        assert torch.equal(image, batch[place])
        assert label == wanted.labels[place]


def test_counts_groups_and_names_are_those_of_the_training_split() -> None:
    train, test = imbnas.condition("digits@20x"), imbnas.condition("digits@20x", "test")
    assert train.class_counts == test.class_counts == tuple(np.bincount(train.targets))
    assert train.groups.few == tuple(c for c, n in enumerate(train.class_counts) if n < 20)
    assert train.class_names == tuple("0123456789")
    assert repr(train) == "<digits@20x:subset-0, train: 255 images of 10 classes>"


def test_a_transform_gets_pictures_as_those_of_torchvision() -> None:
    plain = imbnas.condition("digits@20x", "test")
    dataset = load_dataset("digits", DataLocations.from_options())
    pictures = imbnas.condition("digits@20x", "test", transform=lambda image: image)
    picture, label = pictures[5]
    assert isinstance(picture, Image.Image)
    assert (picture.mode, picture.size, label) == ("L", (8, 8), plain[5][1])
    assert np.array_equal(np.asarray(picture), dataset.test.images[5, ..., 0])  # type: ignore[union-attr]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_takes_it(workers: int) -> None:
    loader = DataLoader(imbnas.condition("digits@20x"), batch_size=100, num_workers=workers)
    batches = list(loader)
    assert [len(images) for images, _ in batches] == [100, 100, 55]
    labels = torch.cat([labels for _, labels in batches])
    assert labels.tolist() == imbnas.condition("digits@20x").targets


def test_it_can_be_pickled() -> None:
    images = imbnas.condition("digits@20x")
    assert torch.equal(pickle.loads(pickle.dumps(images))[7][0], images[7][0])


@pytest.mark.parametrize("resolution", [32, 72])
def test_folders_of_images_of_any_size(folder: Path, resolution: int) -> None:
    given = {"datasets": {"mine": folder}, "resolution": resolution}
    images = imbnas.condition("mine@3x", **given)
    assert images[0][0].shape == (3, resolution, resolution)
    assert images[0][0].dtype == torch.float32
    whole = next(iter(DataLoader(images, batch_size=len(images))))[0]
    assert torch.equal(whole[-1], images[-1][0])
    pictures = imbnas.condition("mine@3x", "test", datasets={"mine": folder}, transform=np.asarray)
    assert [array.shape for array, _ in pictures] == [(80 + n, 90, 3) for n in (0, 1, 2)] * 2
    with pytest.raises(IndexError):
        _ = images[len(images)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("digits@20x", "training"), "split 'training': give 'train', 'validation' or 'test'"),
        (("digits",), "write DATASET@"),
        (("digitz@20x",), "did you mean 'digits'"),
        (("digits@1000x",), "ratio 1000x is above"),
        (("mine@3x",), "its images differ in size"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    given = {"datasets": {"mine": folder}} if "mine" in arguments[0] else {}
    with pytest.raises(InputError, match=message) as told:
        imbnas.condition(*arguments, **given)  # type: ignore[arg-type]
    assert "\n" not in str(told.value)
