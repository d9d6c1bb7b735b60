import gzip
import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat

from imbnas.data import load_dataset, published, resolve, select_images
from imbnas.data.published import DEBIAN_FASHION, read_idx
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition

LABELS = np.arange(20) % 10


def idx_bytes(values):
    head = bytes([0, 0, 8, values.ndim]) + np.asarray(values.shape, dtype=">u4").tobytes()
    return head + values.tobytes()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def fashion(tmp_path):
    folder = tmp_path / "data" / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    images = np.random.default_rng(1).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    for prefix in ("train", "t10k"):
        content = idx_bytes(images)
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS.astype(np.uint8)))
    return folder, images


def test_fashion_mnist_is_read_from_torchvisions_layout(fashion, tmp_path, locations):
    _, images = fashion
    dataset = load_dataset("fashion-mnist", locations(data_root=tmp_path / "data", offline=True))
    assert dataset.class_names[9] == "Ankle boot"
    assert np.array_equal(dataset.train.images[..., 0], images)
    assert dataset.test.labels.tolist() == LABELS.tolist()


def test_the_second_load_comes_from_the_cache(fashion, tmp_path, locations, monkeypatch):
    where = locations(data_root=tmp_path / "data", offline=True)
    digest = load_dataset("fashion-mnist", where).digest
    monkeypatch.setattr(published, "read_idx", None)
    assert load_dataset("fashion-mnist", where).digest == digest


def test_damaged_files_are_named(fashion, tmp_path, locations):
    path = fashion[0] / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte\.gz: damaged or truncated"):
        load_dataset("fashion-mnist", locations(data_root=tmp_path / "data", offline=True))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x00\x08\x01\x00\x00\x00\x05abc", "truncated"),
        (b"\x00\x00\x08\x03\x00\x00", "truncated"),
        (b"\x00\x00\x0d\x01\x00\x00\x00\x01a", "not an IDX file"),
        (b"", "not an IDX file"),
    ],
)
def test_idx_files_are_checked(tmp_path, content, message):
    (tmp_path / "x-ubyte").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_idx(tmp_path / "x-ubyte")


@pytest.mark.skipif(not DEBIAN_FASHION.is_dir(), reason="dataset-fashion-mnist is not installed")
def test_fashion_mnist_is_found_where_debian_puts_it(locations):
    dataset = load_dataset("fashion-mnist", locations(offline=True))
    assert dataset.train_counts == (6000,) * 10
    assert dataset.test.images.shape == (10_000, 28, 28, 1)
    assert dataset.mean == pytest.approx((0.2860,), abs=1e-4)
    assert dataset.std == pytest.approx((0.3530,), abs=1e-4)
    manifest = resolve(parse_condition("fashion-mnist@100x"), dataset)
    assert (manifest.class_counts[0], manifest.class_counts[-1]) == (5400, 54)
    images = select_images(dataset, resolve(parse_condition("fashion-mnist@1x"), dataset).train)
    assert images.rows is not None
    assert np.shares_memory(images.pixels.numpy(), dataset.train.images)


@pytest.fixture
def unchecked(monkeypatch):
    """Let torchvision take files that are not the published ones."""
    from torchvision import datasets

    for kind in (datasets.CIFAR10, datasets.CIFAR100):
        monkeypatch.setattr(kind, "train_list", [[name, None] for name, _ in kind.train_list])
        monkeypatch.setattr(kind, "test_list", [[name, None] for name, _ in kind.test_list])
        monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": None})
    lists = {name: [*entry[:2], None] for name, entry in datasets.SVHN.split_list.items()}
    monkeypatch.setattr(datasets.SVHN, "split_list", lists)


def dump(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))


def flat(pixels):
    return pixels.transpose(0, 3, 1, 2).reshape(len(pixels), -1)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("inside", [False, True], ids=["root", "the folder itself"])
def test_cifar10_is_read_from_its_published_files(tmp_path, locations, pixels, inside):
    folder = tmp_path / "data" / "cifar-10-batches-py"
    for part, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        rows = flat(pixels)[4 * part : 4 * part + 4] if part < 5 else flat(pixels)[:4]
        dump(folder / name, {"data": rows, "labels": [4 * part % 10] * 4})
    names = [f"name {label}" for label in range(10)]
    dump(folder / "batches.meta", {"label_names": names})
    given = folder if inside else tmp_path / "data"
    dataset = load_dataset("cifar10", locations(datasets=[f"cifar10={given}"], offline=True))
    assert dataset.class_names == tuple(names)
    assert np.array_equal(dataset.train.images, pixels)
    assert dataset.train.labels.tolist() == [label for label in (0, 4, 8, 2, 6) for _ in range(4)]
    assert np.array_equal(dataset.test.images, pixels[:4])


@pytest.mark.usefixtures("unchecked")
def test_cifar100_is_read_from_its_published_files(tmp_path, locations, pixels):
    folder = tmp_path / "cifar100" / "cifar-100-python"
    for name in ("train", "test"):
        dump(folder / name, {"data": flat(pixels), "fine_labels": list(range(20))})
    dump(folder / "meta", {"fine_label_names": [f"name {label}" for label in range(100)]})
    dataset = load_dataset("cifar100", locations(data_root=tmp_path, offline=True))
    assert dataset.num_classes == 100
    assert np.array_equal(dataset.train.images, pixels)


@pytest.mark.usefixtures("unchecked")
def test_svhn_is_read_from_its_published_files(tmp_path, locations, pixels):
    labels = np.where(LABELS == 0, 10, LABELS)[:, np.newaxis]
    for name in ("train", "test"):
        content = {"X": pixels.transpose(1, 2, 3, 0), "y": labels}
        savemat(tmp_path / f"{name}_32x32.mat", content)
    dataset = load_dataset("svhn", locations(data_root=tmp_path, offline=True))
    assert np.array_equal(dataset.train.images, pixels)
    assert dataset.train.labels.tolist() == LABELS.tolist()


def test_files_that_torchvision_rejects_are_named(tmp_path, locations):
    folder = tmp_path / "cifar-100-python"
    for name in ("train", "test", "meta"):
        dump(folder / name, {})
    with pytest.raises(
        InputError, match=r"files in .* are damaged \(train, test, meta: not as published"
    ):
        load_dataset("cifar100", locations(data_root=tmp_path, offline=True))


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "svhn"])
def test_offline_and_not_found_tells_the_three_ways(name, locations, monkeypatch):
    monkeypatch.setattr(published, "_download", None)
    with pytest.raises(InputError) as caught:
        load_dataset(name, locations(offline=True))
    message = str(caught.value)
    assert "\n" not in message
    for part in (f"dataset '{name}' not found", "(1) leave out --offline", "(2) ", "(3) "):
        assert part in message


def test_an_archive_that_was_not_unpacked_is_pointed_at(tmp_path, locations):
    (tmp_path / "cifar10.tar.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"unpack .*cifar10\.tar\.gz first"):
        load_dataset("cifar10", locations(data_root=tmp_path, offline=True))


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize(
    ("name", "archive"),
    [
        ("cifar10", "cifar10.tar.gz"),
        ("cifar10", "cifar-10-python.tar.gz"),
        ("cifar10", "CIFAR10.zip"),
        ("cifar100", "cifar-100-python.tar.gz"),
        ("svhn", "svhn.tgz"),
    ],
)
@pytest.mark.parametrize("place", [".", "NAME"])
def test_an_archive_is_to_be_unpacked_wherever_data_is_looked_for(
    name, archive, place, offline, tmp_path, locations, monkeypatch
):
    monkeypatch.setattr(published, "_download", None)
    folder = tmp_path / place.replace("NAME", name)
    folder.mkdir(exist_ok=True)
    (folder / archive).write_bytes(b"")
    for where in (
        locations(data_root=tmp_path, offline=offline),
        locations(datasets=[f"{name}={folder}"]),
    ):
        with pytest.raises(
            InputError, match=rf"not found: unpack .*{archive} first \((tar xf|unzip) "
        ):
            load_dataset(name, where)


def test_an_archive_of_any_other_dataset_is_to_be_unpacked(tmp_path, locations):
    (tmp_path / "animals.tar.xz").write_bytes(b"")
    with pytest.raises(InputError, match=r"'animals' not found: unpack .*animals\.tar\.xz first"):
        load_dataset("animals", locations(data_root=tmp_path))


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize(
    ("name", "folder", "there", "lacking"),
    [
        (
            "cifar10",
            "cifar-10-batches-py",
            ["data_batch_1", "batches.meta"],
            "data_batch_2, .* 5 of 7",
        ),
        ("cifar100", "cifar100/cifar-100-python", ["train", "meta"], "test, 1 of 3 files"),
        ("svhn", "svhn", ["test_32x32.mat"], "train_32x32.mat, 1 of 2 files"),
        (
            "fashion-mnist",
            ".",
            ["train-images-idx3-ubyte.gz"],
            "train-labels-idx1-ubyte, .* 3 of 4",
        ),
    ],
)
def test_a_part_of_the_files_names_what_is_lacking_and_starts_no_download(
    name, folder, there, lacking, offline, tmp_path, locations, monkeypatch
):
    monkeypatch.setattr(published, "_download", None)
    for each in ("CIFAR10", "CIFAR100", "SVHN", "FASHION_MNIST"):
        monkeypatch.setattr(published, each, replace(getattr(published, each), also=()))
    for file in there:
        dump(tmp_path / folder / file, {})
    with pytest.raises(InputError, match=f"dataset '{name}': .* lacks {lacking}"):
        load_dataset(name, locations(data_root=tmp_path, offline=offline))


def test_files_without_the_folder_of_their_archive_are_told_where_to_go(tmp_path, locations):
    for name in published.CIFAR10.files:
        dump(tmp_path / "cifar10" / name, {})
    with pytest.raises(InputError, match=r"files lie in .*cifar10; move them into .*-batches-py"):
        load_dataset("cifar10", locations(data_root=tmp_path, offline=True))


def test_files_that_may_not_be_read_are_named(tmp_path, locations, monkeypatch, fashion):
    def closed(base):
        raise PermissionError(13, "Permission denied", str(base / "train-images-idx3-ubyte"))

    monkeypatch.setattr(published, "FASHION_MNIST", replace(published.FASHION_MNIST, read=closed))
    with pytest.raises(InputError, match="train-images-idx3-ubyte may not be read; give read perm"):
        load_dataset("fashion-mnist", locations(datasets=[f"fashion-mnist={fashion[0]}"]))


def test_a_given_folder_without_the_dataset_is_refused_and_nothing_downloaded(
    tmp_path, locations, monkeypatch
):
    monkeypatch.setattr(published, "_download", None)
    with pytest.raises(InputError, match="'svhn' not found"):
        load_dataset("svhn", locations(datasets=[f"svhn={tmp_path}"]))


def test_a_download_goes_through_torchvision_once(tmp_path, locations, monkeypatch, fashion):
    from torchvision import datasets

    asked = []

    def fake(folder, download, train):
        asked.append((folder, download, train))
        target = folder / "FashionMNIST" / "raw"
        target.mkdir(parents=True)
        for path in fashion[0].iterdir():
            (target / path.name).write_bytes(path.read_bytes())

    monkeypatch.setattr(datasets, "FashionMNIST", fake)
    monkeypatch.setattr(published, "FASHION_MNIST", replace(published.FASHION_MNIST, also=()))
    where = locations()
    first = load_dataset("fashion-mnist", where)
    assert load_dataset("fashion-mnist", where).digest == first.digest
    assert asked == [(where.downloads("fashion-mnist"), True, True)]


def test_a_failed_download_is_one_line(locations, monkeypatch):
    from torchvision import datasets

    def fail(*_, **__):
        raise RuntimeError("no route\nto host")

    monkeypatch.setattr(datasets, "SVHN", fail)
    with pytest.raises(InputError, match="'svhn': the download failed") as caught:
        load_dataset("svhn", locations())
    assert "\n" not in str(caught.value)
