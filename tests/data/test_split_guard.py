import contextvars
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from imbnas.data import image_sets
from imbnas.data.image_sets import FileSet, ImageSet, select_images
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.resolving import resolve
from imbnas.data.split_guard import SealedDataError, sealed
from imbnas.units.conditions import parse_condition

LOCATIONS = DataLocations.from_options(offline=True)


def test_data_is_refused_while_sealed_and_back_afterwards() -> None:
    dataset = load_dataset("digits", LOCATIONS)
    told = "the test split of dataset 'digits' .*: told why"
    with pytest.raises(SealedDataError, match=told), sealed("told why"):
        dataset.split("test")
    assert dataset.split("test") is dataset.test


def test_a_refusal_that_is_caught_is_told_where_the_seal_ends() -> None:
    def swallow() -> None:
        with pytest.raises(SealedDataError):
            load_dataset("digits", LOCATIONS)

    told = "dataset 'digits' is out of reach: told why"
    with pytest.raises(SealedDataError, match=told), sealed("told why"):
        swallow()


def test_another_error_is_not_hidden_by_the_seal() -> None:
    with pytest.raises(RuntimeError, match="of its own"), sealed("told why"):
        raise RuntimeError("of its own")


def test_neither_a_thread_nor_a_context_is_outside_of_the_seal() -> None:
    def ask() -> None:
        load_dataset("digits", LOCATIONS)

    ways = (
        lambda: contextvars.Context().run(ask),
        lambda: ThreadPoolExecutor(1).submit(ask).result(),
    )
    for way in ways:
        with pytest.raises(SealedDataError, match="out of reach: told why"), sealed("told why"):
            way()
    ask()


@pytest.mark.parametrize("shared", [False, True])
def test_what_is_written_into_a_set_alone_reaches_no_other(
    monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    if shared:
        monkeypatch.setattr(image_sets, "SHARED_BYTES", 0)
    dataset = load_dataset("digits", LOCATIONS)
    manifest = resolve(parse_condition("digits@10x"), dataset)
    images = select_images(dataset, manifest.train)
    assert isinstance(images, ImageSet)
    before = images.raw(torch.arange(len(images))).clone(), images.labels.clone()
    alone = images.alone()
    alone.pixels.zero_()
    alone.labels.fill_(7)
    assert torch.equal(images.raw(torch.arange(len(images))), before[0])
    assert torch.equal(images.labels, before[1])
    again = select_images(dataset, manifest.train)
    assert torch.equal(again.labels, before[1])


def test_labels_of_files_alone_are_their_own() -> None:
    labels = torch.tensor([0, 1, 1])
    files = FileSet(labels, 2, torch.Tensor.float, Path("/nowhere"), ("a", "b", "c"), 128)
    alone = files.alone()
    alone.labels.zero_()
    assert alone.paths == files.paths
    assert torch.equal(files.labels, torch.tensor([0, 1, 1]))


@pytest.mark.parametrize("shared", [False, True])
def test_a_set_alone_and_reordered_holds_the_same_images(
    monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    if shared:
        monkeypatch.setattr(image_sets, "SHARED_BYTES", 0)
    dataset = load_dataset("digits", LOCATIONS)
    manifest = resolve(parse_condition("digits@10x"), dataset)
    images = select_images(dataset, manifest.train)
    assert isinstance(images, ImageSet)
    assert (images.rows is not None) == shared
    alone = images.alone()
    assert len(alone.pixels) == len(images)
    everything = torch.arange(len(images))
    assert torch.equal(alone.raw(everything), images.raw(everything))
    order = torch.tensor([5, 0, 3])
    for held in (images, alone):
        assert torch.equal(held.reordered(order).raw(torch.arange(3)), images.raw(order))
        assert torch.equal(held.reordered(order).labels, images.labels[order])
        again = held.reordered(order).reordered(torch.tensor([2, 0]))
        assert torch.equal(again.raw(torch.arange(2)), images.raw(torch.tensor([3, 5])))
