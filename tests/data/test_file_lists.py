import numpy as np
import pytest

from imbnas.data import Dataset, FileSplit, load_dataset, resolve
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
