import pytest
import torch

from imbnas.data import (
    FileSet,
    evaluation_batches,
    load_dataset,
    open_stream,
    resolve,
    select_images,
)
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Augmentation

EVERYTHING = Augmentation(pad=1, flip=True, cutout=8, randaugment=5)


@pytest.fixture
def root(tmp_path, make_folder):
    return make_folder(tmp_path / "large", side=100, width=120)


@pytest.fixture
def images(root, locations):
    dataset = load_dataset("large", locations(data_root=root.parent))
    manifest = resolve(parse_condition("large@1x"), dataset)
    return select_images(dataset, manifest.train, resolution=72)


def joined(batches):
    batches = list(batches)
    return torch.cat([images for images, _ in batches]), torch.cat(
        [labels for _, labels in batches]
    )


def stream(images, augmentation=EVERYTHING, workers=0, seed=0):
    return open_stream(images, 4, augmentation, torch.Generator().manual_seed(seed), workers)


def test_large_images_are_left_in_their_files(images):
    assert isinstance(images, FileSet)
    assert len(images) == 6
    pixels, labels = joined(evaluation_batches(images, 4))
    assert pixels.shape == (6, 3, 72, 72)
    assert pixels.dtype == torch.float32
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_batches_do_not_depend_on_the_number_of_workers(images):
    alone, helped = joined(stream(images).epoch()), joined(stream(images, workers=2).epoch())
    assert all(torch.equal(a, b) for a, b in zip(alone, helped, strict=True))


def test_each_part_of_the_augmentation_changes_images(images):
    plain = joined(stream(images, Augmentation()).epoch())[0]
    assert torch.equal(plain, joined(stream(images, Augmentation()).epoch())[0])
    for part in ({"pad": 1}, {"flip": True}, {"cutout": 8}, {"randaugment": 9}):
        assert not torch.equal(plain, joined(stream(images, Augmentation(**part)).epoch())[0]), part


def test_the_global_generator_plays_no_part(images):
    before = torch.random.get_rng_state()
    joined(stream(images).epoch(2))
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_restored_stream_continues_with_the_same_batches(images):
    saved = stream(images)
    joined(saved.epoch(2))
    restored = stream(images, seed=3)
    restored.load_state_dict({k: v.clone() for k, v in saved.state_dict().items()})
    one, other = joined(saved.epoch(2)), joined(restored.epoch(2))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_class_aware_epochs_draw_the_asked_classes(images):
    only_bees = torch.tensor([0.0, 1.0, 0.0])
    assert set(joined(stream(images).epoch(3, only_bees))[1].tolist()) == {1}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_truncated_image_is_named_without_a_workers_traceback(images, root, workers):
    path = root / "train" / "ant"
    for file in path.iterdir():
        file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(InputError) as caught:
        joined(evaluation_batches(images, 4, workers))
    assert "damaged or truncated" in str(caught.value)
    assert "\n" not in str(caught.value)
