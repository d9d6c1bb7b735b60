import pytest
import torch

from imbnas.data import evaluation_batches, open_stream, resolve, select_images, streams
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Augmentation

ALL = Augmentation(pad=1, flip=True, cutout=2)


@pytest.fixture(scope="module")
def toy(toy_dataset):
    return toy_dataset([40, 44, 50], side=8)


@pytest.fixture(scope="module")
def manifest(toy):
    return resolve(parse_condition("toy@4x"), toy)


@pytest.fixture(scope="module")
def stream(toy, manifest):
    def build(seed=0, augmentation=ALL, batch_size=16):
        images = select_images(toy, manifest.train)
        return open_stream(images, batch_size, augmentation, torch.Generator().manual_seed(seed))

    return build


def joined(batches):
    batches = list(batches)
    return torch.cat([images for images, _ in batches]), torch.cat(
        [labels for _, labels in batches]
    )


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(joined(one), joined(other), strict=True))


def test_one_pass_shows_every_image_once_and_ends_with_a_smaller_batch(stream, toy, manifest):
    batches = list(stream(augmentation=Augmentation()).epoch())
    assert [len(labels) for _, labels in batches] == [16] * (manifest.total // 16) + [
        manifest.total % 16
    ]
    images, labels = joined(batches)
    assert tuple(labels.bincount().tolist()) == manifest.class_counts
    whole, _ = joined(evaluation_batches(select_images(toy, manifest.train), 7))
    rows = lambda pixels: sorted(map(tuple, pixels.flatten(1).tolist()))  # noqa: E731
    assert rows(images) == rows(whole)


def test_images_keep_their_labels(stream, toy, manifest):
    whole, whole_labels = joined(evaluation_batches(select_images(toy, manifest.train), 7))
    known = {
        tuple(row): label
        for row, label in zip(whole.flatten(1).tolist(), whole_labels.tolist(), strict=True)
    }
    images, labels = joined(stream(augmentation=Augmentation()).epoch(steps=20))
    assert [known[tuple(row)] for row in images.flatten(1).tolist()] == labels.tolist()


def test_fixed_steps_give_full_batches(stream):
    assert [len(labels) for _, labels in stream().epoch(steps=9)] == [16] * 9


def test_class_aware_epochs_are_balanced(stream):
    _, labels = joined(stream().epoch(200, torch.full((3,), 1 / 3)))
    assert (labels.bincount() / len(labels) - 1 / 3).abs().max() < 0.03


@pytest.mark.parametrize("steps", [None, 5])
def test_the_same_seed_gives_the_same_batches(steps, stream):
    assert same(stream().epoch(steps), stream().epoch(steps))
    assert not same(stream().epoch(steps), stream(seed=1).epoch(steps))


def test_how_many_batches_are_prepared_together_changes_nothing(monkeypatch, stream):
    together = joined(stream().epoch(12))
    monkeypatch.setattr(streams, "CHUNK_ELEMENTS", 1)
    alone = joined(stream().epoch(12))
    assert all(torch.equal(a, b) for a, b in zip(together, alone, strict=True))


def test_the_global_generator_plays_no_part(stream):
    torch.manual_seed(1)
    first = joined(stream().epoch(5))
    before = torch.random.get_rng_state()
    torch.manual_seed(2)
    second = joined(stream().epoch(5))
    torch.manual_seed(1)
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("steps", [None, 5])
def test_a_restored_stream_continues_with_the_same_batches(steps, stream):
    saved = stream()
    for _ in saved.epoch(steps):
        pass
    state = {name: tensor.clone() for name, tensor in saved.state_dict().items()}
    restored = stream(seed=5)
    restored.load_state_dict(state)
    for _ in range(3):
        assert same(saved.epoch(steps), restored.epoch(steps))


def test_an_epoch_left_early_does_not_change_the_next_one(stream):
    left, finished = stream(), stream()
    next(left.epoch(5))
    list(finished.epoch(5))
    assert same(left.epoch(5), finished.epoch(5))


def test_evaluation_keeps_the_order_of_the_manifest(toy, manifest):
    images = select_images(toy, manifest.test)
    pixels, labels = joined(evaluation_batches(images, 4))
    assert labels.tolist() == toy.test.labels.tolist()
    expected = torch.from_numpy((toy.test.images / 255 - 0.5) / 0.25).permute(0, 3, 1, 2)
    assert torch.allclose(pixels.double(), expected, atol=1e-6)


def test_another_resolution_is_resized_to(toy, manifest):
    images = select_images(toy, manifest.train, resolution=4)
    assert images.resolution == 4
    assert next(iter(evaluation_batches(images, 5)))[0].shape == (5, 1, 4, 4)


def test_resizing_keeps_the_mean_grey_value(toy, manifest):
    at_full, at_half = (
        joined(evaluation_batches(select_images(toy, manifest.train, resolution=side), 9))[0]
        for side in (8, 4)
    )
    assert float((at_full.mean() - at_half.mean()).abs()) < 0.02
