import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from imbnas.data import FileSplit, load_dataset, resolve, select_images
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition


@pytest.fixture
def folder(tmp_path, make_folder):
    return make_folder(tmp_path / "animals")


@pytest.fixture
def load(locations):
    def by_path(path, name="mine"):
        return load_dataset(name, locations(datasets=[f"{name}={path}"]))

    return by_path


def test_a_folder_of_small_images_is_decoded_exactly(folder, load):
    dataset = load(folder)
    assert dataset.class_names == ("ant", "bee", "cow")
    assert dataset.train_counts == (3, 3, 3)
    assert dataset.train.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    paths = sorted((folder / "train").glob("*/*.png"))
    for path, image in zip(paths, dataset.train.images, strict=True):
        assert np.array_equal(np.asarray(Image.open(path)), image)


def test_statistics_are_those_of_the_training_images(folder, load):
    dataset = load(folder)
    values = dataset.train.images / 255
    assert dataset.mean == pytest.approx(values.mean((0, 1, 2)), abs=1e-4)
    assert dataset.std == pytest.approx(values.std((0, 1, 2)), abs=1e-4)


def test_the_second_load_decodes_nothing(folder, load, monkeypatch):
    first = load(folder)

    def fail(*_):
        raise AssertionError("an image was opened")

    monkeypatch.setattr(Image, "open", fail)
    second = load(folder)
    assert np.array_equal(first.train.images, second.train.images)
    assert first.digest == second.digest


def test_the_digest_is_that_of_the_content_wherever_it_lies(folder, load, tmp_path):
    digest = load(folder).digest
    moved = shutil.copytree(folder, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    assert load(moved, name="other").digest == digest
    path = moved / "train" / "ant" / "000.png"
    path.write_bytes((moved / "train" / "bee" / "000.png").read_bytes())
    assert load(moved, name="other").digest != digest


def test_grey_images_stay_grey_and_mixed_ones_become_colour(
    load, tmp_path, make_folder, image_bytes
):
    root = make_folder(tmp_path / "grey", mode="L")
    assert load(root).train.images.shape == (9, 8, 8, 1)
    (root / "train" / "ant" / "000.png").write_bytes(image_bytes(mode="RGB"))
    assert load(root).train.images.shape == (9, 8, 8, 3)


def test_a_folder_under_the_data_root_needs_no_option(folder, locations):
    dataset = load_dataset("animals", locations(data_root=folder.parent))
    assert dataset.class_names == ("ant", "bee", "cow")


def test_a_published_name_may_be_an_image_folder(folder, load, locations):
    (folder.parent / "cifar10").symlink_to(folder)
    by_root = load_dataset("cifar10", locations(data_root=folder.parent, offline=True))
    assert by_root.digest == load(folder, name="cifar10").digest


def test_a_validation_folder_is_the_published_validation_split(tmp_path, load, make_folder):
    root = make_folder(tmp_path / "own", splits=("train", "validation", "test"))
    dataset = load(root)
    manifest = resolve(parse_condition("mine@natural"), dataset)
    assert manifest.validation.split == "validation"
    assert manifest.class_counts == (3, 3, 3)


def test_files_that_are_no_images_are_skipped_counted_and_told(folder, load):
    (folder / "train" / "ant" / "notes.txt").write_text("hello")
    (folder / "test" / "bee" / "Thumbs.db").write_bytes(b"")
    (folder / "test" / "README").write_text("beside the classes")
    dataset = load(folder)
    assert dataset.train_counts == (3, 3, 3)
    assert dataset.notes == ("dataset mine: skipped 3 file(s) that are not images",)


def test_a_truncated_image_is_named(folder, load):
    path = folder / "train" / "bee" / "001.png"
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputError, match=r"bee/001\.png: damaged or truncated"):
        load(folder)


def test_an_image_that_is_none_is_named(folder, load):
    (folder / "test" / "cow" / "000.png").write_text("not an image at all")
    with pytest.raises(InputError, match=r"cow/000\.png: not an image; remove"):
        load(folder)


def test_an_empty_file_is_named(folder, load):
    (folder / "train" / "cow" / "002.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"cow/002\.png is empty \(zero bytes\)"):
        load(folder)


@pytest.mark.parametrize(("lacking", "holding"), [("test", "train"), ("train", "test")])
def test_a_class_in_one_split_only_is_named(folder, load, lacking, holding):
    shutil.rmtree(folder / lacking / "bee")
    with pytest.raises(InputError, match=rf"'bee' in .*{holding} but not in .*{lacking};"):
        load(folder)


def test_a_class_without_images_is_named(folder, load):
    for path in (folder / "test" / "ant").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="ant has no image"):
        load(folder)


def test_a_folder_without_splits_is_refused(tmp_path, load):
    with pytest.raises(InputError, match="has no folder 'train'"):
        load(tmp_path)


def test_one_class_is_not_enough(tmp_path, load, make_folder):
    with pytest.raises(InputError, match=r"1 class folder\(s\); it needs two"):
        load(make_folder(tmp_path / "one", classes=("ant",)))


def test_an_unknown_name_tells_how_to_give_a_folder(locations):
    with pytest.raises(
        InputError,
        match=r"unknown dataset 'cifar11'; did you mean 'cifar10'.*--dataset cifar11=ROOT",
    ):
        load_dataset("cifar11", locations())


def test_a_damaged_image_leaves_nothing_half_done_in_the_cache(folder, load, locations):
    path = folder / "test" / "cow" / "002.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:-60])
    with pytest.raises(InputError):
        load(folder)
    images = locations().cache / "images"
    assert not images.exists() or not list(images.iterdir())
    path.write_bytes(whole)
    assert load(folder).train_counts == (3, 3, 3)


def test_images_of_many_sizes_stay_in_files(folder, load, image_bytes, locations):
    (folder / "train" / "ant" / "000.png").write_bytes(image_bytes(side=30, width=20))
    dataset = load(folder)
    assert isinstance(dataset.train, FileSplit)
    assert dataset.resolution is None
    manifest = resolve(parse_condition("mine@1x"), dataset)
    images = select_images(dataset, manifest.train, resolution=16, cache=locations().cache)
    assert images.pixels.shape == (6, 3, 16, 16)
    again = select_images(dataset, manifest.train, resolution=16, cache=locations().cache)
    assert torch.equal(images.pixels, again.pixels)
    with pytest.raises(InputError, match="give the recipe a resolution"):
        select_images(dataset, manifest.train)


def test_a_thumbnail_is_the_mean_over_the_largest_central_square(tmp_path):
    from imbnas.data.decoding import square_thumbnail

    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    centre = pixels[:, 10:50].reshape(4, 10, 4, 10, 3).mean((1, 3))
    found = square_thumbnail(tmp_path / "image.png", 4).transpose(1, 2, 0)
    assert np.abs(found - centre).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "total", "smallest"), [("cifar10", 12406, 50), ("cifar100", 10847, 5)]
)
def test_real_cifar_reaches_the_published_counts_in_time(
    name, total, smallest, shared_data, tmp_path_factory, locations
):
    import tarfile
    import time

    root = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(shared_data / f"{name}.tar.gz") as archive:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(root, **safe)
    # The time of all threads: what the clock shows is less on a machine that is not shared.
    seconds = []
    for _ in range(2):
        start = time.process_time()
        dataset = load_dataset(name, locations(data_root=root, offline=True))
        dataset.train.images.sum(dtype=np.int64)
        seconds.append(time.process_time() - start)
    assert set(dataset.train_counts) == {50_000 // dataset.num_classes}
    manifest = resolve(parse_condition(f"{name}@100x", "paper"), dataset)
    assert (manifest.total, min(manifest.class_counts)) == (total, smallest)
    assert len(manifest.test.indices) == 10_000
    assert seconds[0] <= 60
    assert seconds[1] <= 2
