"""Digests are of content, and what is remembered of files never outlives a change of them."""

import hashlib
import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from imbnas.data import FileSplit, content, load_dataset, resolve, select_images
from imbnas.data.file_lists import PublishedLists
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition
from imbnas.units.frozen import canonical_json

LISTS = PublishedLists(
    name="toy-lt",
    num_classes=2,
    lists={"train": "train.txt", "test": "test.txt"},
    sha256={},
    home="nowhere",
)
CHANGED_NS = 1_700_000_000_123_456_789


def write_bmps(root, value, side=8):
    """Files that differ between calls in nothing but their pixels, not even in their times."""
    for split in ("train", "test"):
        for name in ("ant", "bee"):
            (root / split / name).mkdir(parents=True)
            for number in range(2):
                path = root / split / name / f"{number}.bmp"
                pixels = np.full((side, side, 3), value + number, dtype=np.uint8)
                Image.fromarray(pixels).save(path)
                os.utime(path, ns=(CHANGED_NS, CHANGED_NS))
    return root


def write_lists(root):
    for split in ("train", "test"):
        names = [f"{split}/{name}/{number}.bmp" for name in ("ant", "bee") for number in range(2)]
        lines = [f"{name} {int('bee' in name)}" for name in names]
        (root / f"{split}.txt").write_text("\n".join(lines))
    return root


def as_folder(root, locations):
    return load_dataset("mine", locations(datasets=[f"mine={root}"]))


def as_lists(root, locations):
    return LISTS.load(locations(datasets=[f"toy-lt={root}"]))


@pytest.fixture(params=[8, 80], ids=["small", "large"])
def make(request, tmp_path):
    return lambda name, value: write_lists(write_bmps(tmp_path / name, value, request.param))


@pytest.fixture(params=[as_folder, as_lists], ids=["folder", "lists"])
def load(request, locations):
    return lambda root: request.param(root, locations)


def pixels(dataset, locations):
    manifest = resolve(parse_condition(f"{dataset.name}@1x", "paper"), dataset)
    images = select_images(dataset, manifest.train, resolution=8, cache=locations().cache)
    return images.pixels.unique().tolist()


def test_folders_that_differ_in_pixels_alone_keep_their_own(make, load, locations):
    first, second = load(make("first", 10)), load(make("second", 200))
    assert first.digest != second.digest
    assert pixels(first, locations) == [10, 11]
    assert pixels(second, locations) == [200, 201]


def test_equal_folders_have_one_digest(make, load):
    assert load(make("first", 10)).digest == load(make("second", 10)).digest


def replace_in_place(path, value):
    """Write other pixels into the same inode; size and time of modification stay."""
    head = path.read_bytes()[:54]
    before = path.stat()
    with path.open("r+b") as file:
        file.write(head + bytes([value]) * (before.st_size - 54))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (before.st_ino, before.st_size) == (after.st_ino, after.st_size)
    assert before.st_mtime_ns == after.st_mtime_ns


def test_a_file_changed_in_place_is_read_again(make, load, locations):
    root = make("first", 10)
    before = load(root)
    for path in (root / "train").glob("*/*.bmp"):
        replace_in_place(path, 99)
    after = load(root)
    assert after.digest != before.digest
    assert pixels(after, locations) == [99]


def test_a_folder_put_in_the_place_of_another_is_read_again(make, load, locations, tmp_path):
    root = make("first", 10)
    before = load(root)
    other = make("second", 200)
    root.rename(tmp_path / "away")
    other.rename(root)
    assert load(root).digest != before.digest
    assert pixels(load(root), locations) == [200, 201]


def test_what_did_not_change_is_not_read_again(make, load, monkeypatch):
    root = make("first", 10)
    digest = load(root).digest

    def fail(*_):
        raise AssertionError("a file was read again")

    monkeypatch.setattr(content, "in_parallel", fail)
    assert load(root).digest == digest


def test_a_link_to_a_folder_is_the_folder(make, load, tmp_path, monkeypatch):
    root = make("first", 10)
    digest = load(root).digest
    (tmp_path / "link").symlink_to(root)
    monkeypatch.setattr(content, "in_parallel", None)
    assert load(tmp_path / "link").digest == digest


def test_the_digest_of_a_folder_by_hand(make, locations):
    root = make("first", 10)
    expected = hashlib.sha256(b'["ant","bee"]')
    for split in ("train", "test"):
        for path in sorted((root / split).glob("*/*.bmp")):
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            expected.update(f"\n{path.relative_to(root)}\t{sha}".encode())
    assert as_folder(root, locations).digest == expected.hexdigest()


def test_the_digest_of_lists_by_hand(make, locations):
    root = make("first", 10)
    expected = hashlib.sha256(b'["ant","bee"]')
    for split in ("train", "test"):
        for line in (root / f"{split}.txt").read_text().splitlines():
            name, label = line.split()
            sha = hashlib.sha256((root / name).read_bytes()).hexdigest()
            expected.update(f"\n{split}/{name}\t{label}\t{sha}".encode())
    dataset = as_lists(root, locations)
    assert isinstance(dataset.train, FileSplit)
    assert dataset.digest == expected.hexdigest()


def test_another_label_is_another_dataset(make, locations):
    root = make("first", 10)
    digest = as_lists(root, locations).digest
    lines = (root / "train.txt").read_text().splitlines()
    flipped = [line[:-1] + str(1 - int(line[-1])) for line in lines]
    (root / "train.txt").write_text("\n".join(flipped))
    assert as_lists(root, locations).digest != digest


def test_a_name_cannot_be_taken_for_two_files():
    line = ("train/a", "0" * 64), ("train/b", "1" * 64)
    forged = ((f"train/a\t{'0' * 64}\ntrain/b", "1" * 64),)
    assert content.content_digest(("x",), line) != content.content_digest(("x",), forged)


def test_marks_cannot_be_taken_for_others(tmp_path):
    mark = content.Mark("a", 1, 2, 3, 4)
    pair = [mark, mark._replace(name="b")]
    forged = [mark._replace(name="a\n1 2 3 4 1 b")]
    assert content.signature("kind", tmp_path, pair) != content.signature("kind", tmp_path, forged)


@pytest.mark.parametrize("field", ["name", "inode", "size", "modified_ns", "changed_ns"])
def test_every_part_of_a_mark_counts(field, tmp_path):
    mark = content.Mark("a", 1, 2, 3, 4)
    other = mark._replace(**{field: "z" if field == "name" else 9})
    keys = {content.signature("kind", tmp_path, [each]) for each in (mark, other)}
    keys.add(content.signature("other", tmp_path, [mark]))
    keys.add(content.signature("kind", tmp_path / "x", [mark]))
    assert len(keys) == 4


def test_a_name_that_is_not_utf8_is_refused(make, locations):
    root = make("first", 10)
    shutil.copy(root / "train/ant/0.bmp", os.fsencode(root / "train/ant") + b"/\xff.bmp")
    with pytest.raises(InputError, match=r"ant/\\xff\.bmp is not UTF-8; rename it"):
        as_folder(root, locations)


def test_long_reading_is_told(make, load, capsys, monkeypatch):
    monkeypatch.setattr(content, "TOLD_AFTER", 0.0)
    load(make("first", 10))
    told = capsys.readouterr().err.splitlines()
    assert told
    assert all(re.search(r": read 0 of [48] files; this is done once", line) for line in told)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match="it is a FIFO"):
        content.file_sha256(tmp_path / "fifo")
    with pytest.raises(InputError, match="cannot be read"):
        content.file_sha256(tmp_path / "nothing")


def test_facts_are_canonical(tmp_path):
    assert canonical_json(content.Digest(digest="a" * 64)) == '{"digest":"' + "a" * 64 + '"}'


def test_published_files_of_equal_names_sizes_and_times_keep_their_own(locations, tmp_path):
    import gzip

    from imbnas.data.published import FASHION_MNIST

    def write(name, value):
        base = tmp_path / name
        base.mkdir()
        for file in FASHION_MNIST.files:
            shape = (10, 28, 28) if "images" in file else (10,)
            values = np.full(shape, value) if "images" in file else np.arange(10)
            head = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()
            path = base / f"{file}.gz"
            path.write_bytes(gzip.compress(head + values.astype(np.uint8).tobytes(), 0, mtime=0))
            os.utime(path, ns=(CHANGED_NS, CHANGED_NS))
        return FASHION_MNIST.load(locations(datasets=[f"fashion-mnist={base}"]))

    first, second = write("first", 10), write("second", 200)
    assert first.digest != second.digest
    assert set(np.unique(second.train.images)) == {200}
