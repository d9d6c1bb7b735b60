import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from imbnas.data import Dataset, FileSplit, file_lists, load_dataset, resolve
from imbnas.data.file_lists import INAT18, PublishedLists, read_list
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition

TOY = PublishedLists(
    name="toy-lt",
    num_classes=2,
    lists={"train": "train.txt", "validation": "val.txt", "test": "test.txt"},
    sha256={"train": "0" * 64},
    home="nowhere",
)


@pytest.fixture
def root(tmp_path, image_bytes):
    root = tmp_path / "toy-lt"
    images = {"train": ["ant/0", "ant/1", "ant/2", "bee/3"], "val": ["ant/4", "bee/5"]}
    images["test"] = ["ant/6", "bee/7"]
    for split, names in images.items():
        lines = []
        for name in names:
            path = root / "images" / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image_bytes(side=80, seed=int(name[-1])))
            lines.append(f"images/{name}.png {int(name.startswith('bee'))}")
        (root / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return root


def test_lists_become_splits(root, locations):
    dataset = TOY.load(locations(data_root=root.parent))
    assert dataset.class_names == ("ant", "bee")
    assert dataset.train_counts == (3, 1)
    assert dataset.train.paths[3] == "images/bee/3.png"
    assert dataset.validation.labels.tolist() == [0, 1]
    by_path = TOY.load(locations(datasets=[f"toy-lt={root}"]))
    assert by_path.digest == dataset.digest


def test_natural_strict_keeps_all_training_images(root, locations):
    dataset = TOY.load(locations(data_root=root.parent))
    manifest = resolve(parse_condition("toy-lt@natural"), dataset)
    assert manifest.class_counts == (3, 1)
    assert manifest.validation.split == "validation"


def test_a_list_that_is_not_the_published_one_is_told(root, locations):
    dataset = TOY.load(locations(data_root=root.parent))
    assert "train.txt is not the published list" in dataset.notes[0]


def test_the_digest_follows_the_files(root, locations, image_bytes):
    where = locations(data_root=root.parent)
    digest = TOY.load(where).digest
    (root / "images" / "ant" / "0.png").write_bytes(image_bytes(side=81))
    assert TOY.load(where).digest != digest


def test_missing_images_are_counted_and_the_first_five_shown(root, locations):
    lines = (root / "train.txt").read_text()
    (root / "train.txt").write_text(lines + "".join(f"gone/{i}.png 1\n" for i in range(8)))
    shown = ", ".join(f"gone/{i}.png" for i in range(5))
    with pytest.raises(InputError, match=f"lacks 8 of the 12 images .* first {shown};"):
        TOY.load(locations(data_root=root.parent))


def rewrite(root, change):
    """Change every path of the lists."""
    for split in ("train", "val", "test"):
        lines = (root / f"{split}.txt").read_text().splitlines()
        pairs = [line.rpartition(" ") for line in lines]
        text = "".join(f"{change(name)} {label}\n" for name, _, label in pairs)
        (root / f"{split}.txt").write_text(text)


def loaded(root, locations):
    return TOY.load(locations(datasets=[f"toy-lt={root}"]))


def test_absolute_paths_are_the_same_data_wherever_it_lies(root, locations, tmp_path):
    relative = loaded(root, locations).digest
    elsewhere = Path(shutil.copytree(root, tmp_path / "other" / "place"))
    for each in (root, elsewhere):
        rewrite(each, lambda name, each=each: each / name)
        assert loaded(each, locations).digest == relative
    link = tmp_path / "link"
    link.symlink_to(root)
    assert loaded(link, locations).digest == relative


@pytest.mark.parametrize("prefix", ["./", "images/../", ".//", "../toy-lt/", "lists/../../toy-lt/"])
def test_spellings_of_paths_are_the_same_data(root, locations, prefix):
    plain = loaded(root, locations)
    rewrite(root, lambda name: prefix + name.replace("/", "//"))
    (root / "lists").mkdir()
    assert loaded(root, locations).digest == plain.digest
    assert loaded(root, locations).class_names == plain.class_names


def test_relative_paths_outside_of_the_root_are_the_same_data_elsewhere(root, locations, tmp_path):
    digests = set()
    for depth in ("near", "much/further/away"):
        lists = Path(shutil.copytree(root, tmp_path / "place" / depth))
        (lists / "images").rename(tmp_path / "place" / "images")
        up = "../" * (depth.count("/") + 1)
        rewrite(lists, lambda name, up=up: up + name)
        digests.add(loaded(lists, locations).digest)
        shutil.rmtree(tmp_path / "place")
    assert len(digests) == 1


@pytest.mark.parametrize(
    "spelled", ["./images/ant/0.png", "../toy-lt/images/ant/0.png", "{root}/images/ant/0.png"]
)
def test_a_path_has_one_label_however_it_is_spelled(root, locations, spelled):
    with (root / "train.txt").open("a") as file:
        file.write(f"{spelled.format(root=root)} 1\n")
    with pytest.raises(InputError, match="has label 0 in .* and 1 in"):
        loaded(root, locations)


def test_another_normal_form_in_a_list_is_told(root, locations):
    (root / "images/ant").rename(root / "images/caf\u00e9")
    rewrite(root, lambda name: name.replace("ant", "cafe\u0301"))
    with pytest.raises(InputError, match="another Unicode normal form"):
        loaded(root, locations)


def test_absolute_paths_outside_of_the_root_are_the_same_data_elsewhere(root, locations, tmp_path):
    digests = set()
    for place in ("here", "far/away/from/here"):
        lists = Path(shutil.copytree(root, tmp_path / place / "lists only"))
        images = tmp_path / place / "images"
        (lists / "images").rename(images)
        rewrite(lists, lambda name, images=images: images.parent / name)
        dataset = loaded(lists, locations)
        assert dataset.class_names == ("ant", "bee")
        digests.add(dataset.digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda name: name.replace("/", "\\"), "has backslashes; write paths with forward slashes"),
        (lambda name: f"/{name}", "begin with a slash; leave it out"),
        (lambda name: f"/nowhere/{name}", "absolute paths of another place"),
        (lambda name: name.replace("ant/", "").replace("bee/", ""), "no folders of classes; move"),
        (lambda name: name.replace("/", "/more/", 1), r"give the folder that the paths start from"),
        (lambda name: name.replace(".png", ".JPEG"), r"has '0\.png'; rename the files, or list"),
        (lambda name: name.removeprefix("images/"), r"start from .*/toy-lt/images; give that"),
        (lambda name: f"toy-lt/{name}", r"start from .*; give that folder, with the lists"),
        (lambda name: name.replace(".png", ".png/x"), "give the folder that the paths start from"),
        (lambda name: f"{'a' * 5000}/{name}", "give the folder that the paths start from"),
        (lambda name: f'"{name}"', "are quoted; write them without quotes"),
        (lambda name: name.replace("images", "Images"), r"what lies there is 'images/ant/0\.png'"),
        (lambda name: f"http://x/{name}", "give the folder that the paths start from"),
    ],
)
def test_paths_that_lead_nowhere_tell_why(root, locations, change, cause):
    rewrite(root, change)
    with pytest.raises(
        InputError, match=f"lacks 4 of the 4 images that .*train.txt.*{cause}"
    ) as no:
        loaded(root, locations)
    assert "\n" not in str(no.value)
    assert len(str(no.value)) < 2000


def test_images_that_lie_flat_are_told(root, locations):
    for path in (root / "images").glob("*/*.png"):
        path.rename(root / "images" / path.name)
    with pytest.raises(InputError, match=r"0\.png lies in .*/images itself, where the list has"):
        loaded(root, locations)


def test_links_that_lead_nowhere_are_told(root, locations):
    path = root / "images" / "ant" / "0.png"
    path.unlink()
    path.symlink_to("gone")
    with pytest.raises(InputError, match="lacks 1 of the 4 .* links there lead nowhere"):
        loaded(root, locations)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="lacks 1 of the 4 .* what lies there is no file"):
        loaded(root, locations)


def test_a_path_has_one_label(root, locations):
    with (root / "train.txt").open("a") as file:
        file.write("images/ant/0.png 1\nimages//./ant/1.png 1\n")
    with pytest.raises(
        InputError, match=r"ant/0\.png has label 0 in .*train\.txt and 1 in .*1 more"
    ):
        loaded(root, locations)


def test_a_path_has_one_label_in_all_lists(root, locations):
    with (root / "test.txt").open("a") as file:
        file.write("images/ant/0.png 1\n")
    with pytest.raises(InputError, match=r"label 0 in .*train\.txt and 1 in .*test\.txt; an image"):
        loaded(root, locations)


def test_equal_images_of_two_lists_are_counted(root, locations):
    with (root / "test.txt").open("a") as file:
        file.write("images/ant/0.png 0\n")
    shutil.copy(root / "images/bee/3.png", root / "images/bee/7.png")
    notes = loaded(root, locations).notes
    (told,) = [note for note in notes if "equal pixels" in note]
    assert "2 image(s) of test are in train, too" in told
    assert "'test/images/ant/0.png = train/images/ant/0.png'" in told


def test_folders_and_lists_that_may_not_be_read_are_named(root, locations, monkeypatch):
    listed = os.scandir

    def refuse(path):
        if str(path).rstrip("/").endswith("images/bee"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        with pytest.raises(InputError, match="images/bee/?: may not be read; give read permission"):
            loaded(root, locations)

    def closed(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(file_lists, "read_regular", closed)
    with pytest.raises(InputError, match=r"train\.txt: may not be read; give read permission"):
        loaded(root, locations)


def test_damaged_images_of_lists_are_found_when_they_are_read(root, locations):
    for name in ("ant/0", "bee/7"):
        path = root / "images" / f"{name}.png"
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"ant/0\.png: damaged .*; image .*bee/7\.png: damaged"):
        loaded(root, locations)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa.png 0\nb.png 1\n",
        "a.png\t0\r\nb.png\t1\r\n",
        "a.png   0\rb.png 1",
        "\n a.png 0 \n\n b.png 1 \n",
    ],
)
def test_lists_are_read_however_they_are_written(tmp_path, text):
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode())
    paths, labels = read_list(path, 2)
    assert (paths, labels.tolist()) == (("a.png", "b.png"), [0, 1])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a.png 0\ncaf\xe9.png 1\n".encode("latin-1"), "line 2: not UTF-8; rename the files so"),
        ("a.png 0\nb.png 1\n".encode("utf-16"), "it is UTF-16 text; save it as UTF-8"),
        (b"a.png,0\nb.png,1\n", r"line 1: no label; write PATH LABEL \(a comma stands"),
        ("a.png 0\nb.png \u0661\n".encode(), "line 2: no label"),
        (b"0\n", "line 1: no label"),
    ],
)
def test_lists_that_are_not_as_they_should_be_are_told_by_line(tmp_path, content, told):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_list(path, 2)


def test_an_archive_in_the_place_of_lists_is_to_be_unpacked(tmp_path, locations):
    (tmp_path / "toy-lt.tar.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"train\.txt not found: unpack .*toy-lt\.tar\.gz first"):
        TOY.load(locations(data_root=tmp_path))


def test_empty_images_are_named(root, locations):
    (root / "images" / "bee" / "7.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"1 image\(s\) are empty .* images/bee/7\.png"):
        TOY.load(locations(data_root=root.parent))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("images/a.png", "line 2: no label; write PATH LABEL"),
        ("images/a.png x", "line 2: no label"),
        ("images/a.png -1", "line 2: no label"),
        ("images/a.png 2", "line 2: label 2 is out of range; labels are 0 to 1"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "list.txt"
    path.write_text(f"images/b.png 0\n{line}\nimages/c.png 1\n")
    with pytest.raises(InputError, match=message):
        read_list(path, 2)


def test_paths_may_hold_spaces_and_lines_may_be_empty(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("a b/c d.png 0\n\nx.png 1\n")
    paths, labels = read_list(path, 2)
    assert paths == ("a b/c d.png", "x.png")
    assert labels.tolist() == [0, 1]


def test_a_list_without_a_class_is_refused(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("a.png 0\n")
    with pytest.raises(InputError, match="1 of 2 classes have no image, first class 1"):
        read_list(path, 2)


def test_a_missing_dataset_tells_how_to_provide_it(locations):
    with pytest.raises(InputError, match=r"'imagenet-lt'.*--data-root.*--dataset imagenet-lt="):
        load_dataset("imagenet-lt", locations(offline=True))


def test_the_published_lists_of_places(shared_data):
    paths, labels = read_list(shared_data / "lists" / "Places_LT_train.txt", 365)
    counts = np.bincount(labels)
    assert (len(paths), counts.max(), counts.min()) == (62_500, 4980, 5)
    validation_paths, validation_labels = read_list(
        shared_data / "lists" / "Places_LT_val.txt", 365
    )
    assert set(np.bincount(validation_labels)) == {20}
    train = FileSplit(labels, shared_data, paths)
    validation = FileSplit(validation_labels, shared_data, validation_paths)
    dataset = Dataset(
        name="places-lt",
        class_names=tuple(map(str, range(365))),
        train=train,
        validation=validation,
        test=validation,
        digest="0" * 64,
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
    )
    manifest = resolve(parse_condition("places-lt@natural"), dataset)
    groups = manifest.groups
    assert manifest.total == 62_500
    assert tuple(map(len, (groups.many, groups.medium, groups.few))) == (131, 163, 71)
    assert len(manifest.validation.indices) == 7_300


def test_the_published_validation_list_of_imagenet(shared_data):
    _, labels = read_list(shared_data / "lists" / "ImageNet_LT_val.txt", 1000)
    assert np.bincount(labels).tolist() == [20] * 1000


def test_inat_has_no_validation_list_of_its_own():
    assert set(INAT18.lists) == {"train", "test"}
