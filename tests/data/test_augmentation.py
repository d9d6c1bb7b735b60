import numpy as np
import pytest
import torch

from imbnas.data import augmentation as augmentation_module
from imbnas.data import resolve, select_images
from imbnas.data.augmentation import BatchAugmenter
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Augmentation


@pytest.fixture(scope="module")
def images_of(toy_dataset):
    def build(side, channels):
        dataset = toy_dataset([30, 30], side=side, channels=channels)
        manifest = resolve(parse_condition("toy@3x"), dataset)
        return select_images(dataset, manifest.train)

    return build


def by_hand(images, indices, draws, augmentation):
    """The same augmentation, one image and one pixel at a time."""
    side, pad = images.resolution, augmentation.pad
    result = []
    for place, index in enumerate(indices.tolist()):
        raw = images.raw(torch.tensor([index]))[0].numpy()
        padded = np.zeros((raw.shape[0], side + 2 * pad, side + 2 * pad), np.uint8)
        padded[:, pad : pad + side, pad : pad + side] = raw
        if draws.top is not None:
            top, left = int(draws.top[place]), int(draws.left[place])
            mirrored, left = divmod(left, 2 * pad + 1)
            padded = padded[:, top : top + side, left : left + side]
            if mirrored:
                padded = padded[:, :, ::-1]
        image = (padded.astype(np.float64) / 255 - 0.5) / 0.25
        if draws.cut_row is not None:
            row, column, size = (
                int(draws.cut_row[place]),
                int(draws.cut_column[place]),
                augmentation.cutout,
            )
            top, left = row - size // 2, column - size // 2
            image[:, max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
        result.append(image)
    return np.stack(result)


@pytest.mark.parametrize("ready", [True, False], ids=["normalised once", "by batch"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "augmentation",
    [
        Augmentation(),
        Augmentation(flip=True),
        Augmentation(pad=2),
        Augmentation(pad=1, flip=True, cutout=3),
        Augmentation(cutout=2),
    ],
    ids=["none", "flip", "crop", "all", "cutout"],
)
def test_batches_equal_those_made_pixel_by_pixel(
    augmentation, channels, ready, monkeypatch, images_of
):
    if not ready:
        monkeypatch.setattr(augmentation_module, "NORMALISED_BYTES", 0)
    images = images_of(6, channels)
    augmenter = BatchAugmenter(images, augmentation)
    indices = torch.arange(len(images)).flip(0)
    draws = augmenter.draw(len(images), torch.Generator().manual_seed(1))
    batch = augmenter.batch(indices, draws)
    assert batch.dtype == torch.float32
    assert batch.shape == (len(images), channels, 6, 6)
    expected = by_hand(images, indices, draws, augmentation)
    np.testing.assert_allclose(batch.numpy(), expected, atol=1e-5)


def test_every_crop_and_both_directions_are_drawn(images_of):
    augmenter = BatchAugmenter(images_of(4, 1), Augmentation(pad=1, flip=True))
    draws = augmenter.draw(2000, torch.Generator().manual_seed(0))
    assert set(draws.top.tolist()) == {0, 1, 2}
    assert set(draws.left.tolist()) == set(range(6))


def test_randaugment_changes_images_and_leaves_the_global_generator_alone(images_of):
    images = images_of(8, 3)
    augmentation = Augmentation(randaugment=9)
    augmenter = BatchAugmenter(images, augmentation)
    draws = augmenter.draw(len(images), torch.Generator().manual_seed(0))
    before = torch.random.get_rng_state()
    first = augmenter.batch(torch.arange(len(images)), draws)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first, augmenter.batch(torch.arange(len(images)), draws))
    plain = images.batch(torch.arange(len(images)))
    changed = (first != plain).flatten(1).any(1)
    assert changed.sum() > len(images) // 2
    other = augmenter.draw(len(images), torch.Generator().manual_seed(1))
    assert not torch.equal(first, augmenter.batch(torch.arange(len(images)), other))


def test_randaugment_works_on_grey_images(images_of):
    images = images_of(8, 1)
    augmenter = BatchAugmenter(images, Augmentation(pad=1, flip=True, randaugment=15))
    draws = augmenter.draw(len(images), torch.Generator().manual_seed(0))
    assert augmenter.batch(torch.arange(len(images)), draws).shape == (len(images), 1, 8, 8)
