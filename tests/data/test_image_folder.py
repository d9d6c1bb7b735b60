import errno
import os
import re
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


def test_whatever_is_skipped_is_counted_by_reason_and_named(folder, load, image_bytes):
    for name in ("notes.txt", "a.jfif", "b.avif", "c"):
        (folder / "train" / "ant" / name).write_bytes(image_bytes())
    (folder / "test" / "bee" / "Thumbs.db").write_bytes(b"")
    (folder / "test" / "README").write_text("beside the classes")
    (folder / "test" / "cow" / ".DS_Store").write_bytes(b"")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / "train" / "bee" / "more").mkdir()
    (folder / "train" / "bee" / "more" / "x.png").write_bytes(image_bytes())
    (folder / "train" / "bee" / "looks.png").mkdir()
    os.mkfifo(folder / "train" / "cow" / "fifo.png")
    (folder / "train" / "cow" / "gone.txt").symlink_to("nowhere")
    (folder / "val").mkdir()
    (folder / "LICENSE").write_text("beside the splits")
    (folder / "more").symlink_to("nowhere")
    dataset = load(folder)
    assert dataset.train_counts == (3, 3, 3)
    found = dict(
        re.fullmatch(r"dataset mine: skipped (.*?): (.*)", n).groups() for n in dataset.notes
    )
    assert {reason.partition(" (")[0]: names for reason, names in found.items()} == {
        "5 file(s) whose names do not end like an image's": (
            "'test/bee/Thumbs.db', 'train/ant/a.jfif', 'train/ant/b.avif', 'train/ant/c', "
            "'train/ant/notes.txt'"
        ),
        "1 file(s) beside the class folders": "'test/README'",
        "2 file(s) or folder(s) whose names begin with a dot": (
            "'.ipynb_checkpoints', 'test/cow/.DS_Store'"
        ),
        "2 folder(s) inside class folders": "'train/bee/looks.png', 'train/bee/more'",
        "1 FIFO(s), socket(s) or device(s)": "'train/cow/fifo.png'",
        "2 link(s) that lead nowhere": "'more', 'train/cow/gone.txt'",
        "1 file(s) beside the splits": "'LICENSE'",
        "1 folder(s) beside those of the splits train, validation and test": "'val'",
    }


@pytest.mark.parametrize("target", ["nowhere", "cow", "../test/cow/000.png/x"])
@pytest.mark.parametrize("place", ["train/cow", "test/cow", "train/bee/zzz.png", "test/dog"])
def test_links_that_lead_nowhere_are_no_less_classes_or_images(folder, load, place, target):
    link = folder / place
    if link.is_dir():
        shutil.rmtree(link)
    link.symlink_to(target if target != "cow" else link.name)
    with pytest.raises(InputError, match=rf"1 link\(s\) in .* lead nowhere: '{place}'; restore"):
        load(folder)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda place: place.symlink_to("nowhere"), "is a link that leads nowhere"),
        (lambda place: place.symlink_to("validation"), "is a link that leads nowhere"),
        (lambda place: place.write_text("path"), "is a file, not a folder"),
        (os.mkfifo, "is no folder"),
    ],
)
def test_a_validation_split_does_not_vanish(folder, load, make, told):
    make(folder / "validation")
    with pytest.raises(InputError, match=f"validation {told}"):
        load(folder)


@pytest.mark.parametrize("other", ["cafe\u0301", "Caf\u00e9", "caf\u00e9 "])
def test_classes_that_look_alike_are_told(tmp_path, load, make_folder, other):
    root = make_folder(tmp_path / "alike", classes=("caf\u00e9", other))
    (note,) = load(root).notes
    assert "2 classes whose names differ in case, blanks around or Unicode normal form" in note
    assert ascii(other) in note
    (root / "test" / other).rename(root / "test" / "tea")
    (root / "train" / "caf\u00e9").rename(root / "train" / "tea")
    with pytest.raises(InputError, match="but as .*, spelled otherwise, not in"):
        load(root)


def test_links_to_folders_and_files_are_followed(folder, load, tmp_path):
    digest = load(folder).digest
    (folder / "train" / "cow").rename(tmp_path / "cow")
    (folder / "train" / "cow").symlink_to(tmp_path / "cow")
    (folder / "test" / "bee" / "000.png").rename(tmp_path / "any")
    (folder / "test" / "bee" / "000.png").symlink_to(tmp_path / "any")
    assert load(folder).digest == digest


def test_many_skipped_names_are_bounded(folder, load):
    for number in range(30):
        (folder / "train" / "ant" / f"{number:03d}{'x' * 240}").write_bytes(b"")
    (note,) = load(folder).notes
    assert "skipped 30 file(s)" in note
    assert "and 25 more" in note
    assert len(note) < 2000


def test_a_class_whose_images_are_all_skipped_tells_why(folder, load):
    for path in (folder / "train" / "ant").iterdir():
        path.rename(path.with_suffix(".jfif"))
    with pytest.raises(InputError, match=r"ant has no image, but 3 file\(s\) .* '.*000\.jfif'"):
        load(folder)


def test_a_class_with_images_in_sub_folders_alone_tells_so(folder, load):
    (folder / "train" / "ant" / "inner").mkdir()
    for path in (folder / "train" / "ant").glob("*.png"):
        path.rename(path.parent / "inner" / path.name)
    with pytest.raises(InputError, match=r"ant has no image, but 1 folder\(s\) inside class f"):
        load(folder)


def test_folders_that_may_not_be_read_are_named(folder, load, monkeypatch):
    listed = os.scandir

    def refuse(path):
        if str(path).endswith("train/bee"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="train/bee may not be read; give read permission"):
        load(folder)


def test_all_empty_images_are_named_in_one_message(folder, load):
    for place in ("train/ant/000", "train/cow/002", "test/bee/001"):
        (folder / f"{place}.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"3 images are empty .*: '.*bee/001\.png', '.*ant/000"):
        load(folder)


def test_all_damaged_images_are_named_in_one_message(folder, load):
    for place in ("train/ant/000", "train/cow/002", "test/bee/001"):
        path = folder / f"{place}.png"
        path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputError) as refused:
        load(folder)
    assert str(refused.value).count("damaged or truncated") == 3
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("left", [0.3, 0.8, 0.97])
def test_large_images_that_are_cut_short_are_found_when_they_are_read(
    tmp_path, load, make_folder, image_bytes, kind, left
):
    root = make_folder(tmp_path / "large", side=90)
    whole = image_bytes(side=200, kind=kind)
    path = root / "test" / "bee" / "001.png"
    path.write_bytes(whole)
    assert isinstance(load(root).train, FileSplit)
    path.write_bytes(whole[: int(left * len(whole))])
    with pytest.raises(InputError, match=r"bee/001\.png: (damaged or trunc|not an image)"):
        load(root)


def test_numeric_class_names_are_told_and_can_be_ordered(tmp_path, load, make_folder):
    root = make_folder(tmp_path / "n", per_class=40, classes=("1", "2", "10"))
    dataset = load(root)
    assert dataset.class_names == ("1", "10", "2")
    (note,) = dataset.notes
    assert "follow class names as text ('1', '10', '2')" in note
    assert ":order-numeric" in note
    as_text = resolve(parse_condition("mine@4x:subset-0"), dataset)
    by_number = resolve(parse_condition("mine@4x:order-numeric:subset-0"), dataset)
    assert as_text.class_counts == (36, 18, 9)
    assert by_number.class_counts == (36, 9, 18)


@pytest.mark.parametrize(
    "classes", [("ant", "bee"), ("01", "02", "10"), ("n02", "n10"), ("1", "2"), ("a-1", "a-2")]
)
def test_nothing_is_told_where_text_sorts_as_numbers_do(tmp_path, load, make_folder, classes):
    assert not load(make_folder(tmp_path / "n", classes=classes)).notes


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


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_without_class_folders_is_told_by_its_files(folder, load, split):
    for path in (folder / split).glob("*/*.png"):
        path.rename(folder / split / f"{path.parent.name}-{path.name}")
    for path in list((folder / split).iterdir()):
        if path.is_dir():
            path.rmdir()
    with pytest.raises(
        InputError, match=rf"{split} has 9 file\(s\) and no class folder: '{split}/"
    ):
        load(folder)


def test_a_folder_above_or_with_other_names_is_told(folder, load, locations):
    with pytest.raises(InputError, match=r"has no folder 'train', but .*animals has; give that"):
        load(folder.parent)
    (folder / "test").rename(folder / "val")
    with pytest.raises(
        InputError, match=r"has no folder 'test' \(it has 'train', 'val'\); it must"
    ):
        load(folder)
    (folder / "train").rename(folder / "Train")
    with pytest.raises(InputError, match=r"animals has no folder 'train' \(it has 'Train', 'val'"):
        load_dataset("animals", locations(data_root=folder.parent))


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
