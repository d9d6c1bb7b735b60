"""Whatever happens to a file of the cache is found before it is used."""

import json
import os
import socket
import stat

import numpy as np
import pytest
import torch

from imbnas.data import cache, checksums, load_dataset, resolve, select_images
from imbnas.data.content import Digest
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition


@pytest.fixture
def root(tmp_path, make_folder):
    return make_folder(tmp_path / "animals", per_class=2)


@pytest.fixture
def load(root, locations):
    return lambda: load_dataset("mine", locations(datasets=[f"mine={root}"]))


@pytest.fixture
def folder(load, locations):
    """The entry of the images."""
    return cache.location(locations().cache, load().digest)


def content(dataset):
    splits = (dataset.train, dataset.test)
    pixels = [(split.labels.tolist(), split.images.tobytes()) for split in splits]
    return dataset.digest, dataset.class_names, dataset.mean, dataset.std, pixels


def flip(path, position, bit):
    with path.open("r+b") as file:
        file.seek(position)
        value = file.read(1)[0]
        file.seek(position)
        file.write(bytes([value ^ 1 << bit]))


def flip_many(path_of, count, check, repair, seed=17):
    """Flip one random bit after another; ``check`` is called after each."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        paths = sorted(path_of().iterdir())
        # Files of all sizes are hit equally often.
        path = paths[rng.integers(len(paths))]
        position, bit = int(rng.integers(path.stat().st_size)), int(rng.integers(8))
        flip(path, position, bit)
        check(path)
        repair(path, position, bit)


def undo(path, position, bit):
    flip(path, position, bit)


def test_every_flipped_bit_is_found(folder):
    found = []
    flip_many(lambda: folder, 300, lambda _: found.append(checksums.damage(folder)), undo)
    assert None not in found
    assert checksums.damage(folder) is None


@pytest.mark.slow
def test_every_one_of_ten_thousand_flipped_bits_is_found(folder):
    found = []
    flip_many(lambda: folder, 10_000, lambda _: found.append(checksums.damage(folder)), undo)
    assert None not in found


@pytest.mark.parametrize(
    "count", [40, pytest.param(2_000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_flipped_bits_change_nothing_that_is_loaded(count, load, folder, locations, capsys):
    expected, places = content(load()), [folder, locations().cache / "known"]

    def same(path):
        assert content(load()) == expected
        if path.parent == folder:
            assert "is made again" in capsys.readouterr().err

    for seed, place in enumerate(places):
        flip_many(lambda place=place: place, count, same, lambda *_: None, seed)


def test_a_damaged_entry_is_told_and_made_again(load, folder, capsys):
    expected = content(load())
    flip(folder / "train.images.npy", 200, 0)
    assert content(load()) == expected
    told = capsys.readouterr().err
    assert told == (
        f"cache entry {folder}: train.images.npy is damaged (its checksum differs); it is made "
        "again\n"
    )
    load()
    assert capsys.readouterr().err == ""
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_process_reads_an_entry_once(load, folder, monkeypatch):
    load()

    def fail(_):
        raise AssertionError("a file was read again")

    monkeypatch.setattr(checksums, "_sha256", fail)
    load()


def test_the_entry_of_another_dataset_is_found(load, folder, locations, make_folder, tmp_path):
    expected = content(load())
    other = make_folder(tmp_path / "other", per_class=2, mode="L")
    found = load_dataset("other", locations(datasets=[f"other={other}"]))
    folder.rename(tmp_path / "away")
    cache.location(locations().cache, found.digest).rename(folder)
    assert checksums.damage(folder) == f"it was made as '{found.digest}-{cache.FORMAT}'"
    assert content(load()) == expected


def empty(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def missing(path):
    path.unlink()


def link(path):
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def folder_instead(path):
    path.unlink()
    path.mkdir()
    (path / "inside").write_text("x")


def device(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def unix_socket(path):
    path.unlink()
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


INSTEAD = [empty, cut, missing, link, fifo, folder_instead, device, unix_socket]


@pytest.mark.parametrize("spoil", INSTEAD)
@pytest.mark.parametrize(
    "name", ["train.images.npy", "test.labels.npy", "facts.json", checksums.NAME]
)
def test_whatever_lies_in_the_place_of_a_file_is_replaced(name, spoil, load, folder):
    expected = content(load())
    spoil(folder / name)
    assert checksums.damage(folder)
    assert content(load()) == expected
    assert checksums.damage(folder) is None


@pytest.mark.parametrize("spoil", [*INSTEAD[4:], missing])
def test_whatever_lies_in_the_place_of_an_entry_is_replaced(spoil, load, folder, tmp_path):
    expected = content(load())
    folder.rename(tmp_path / "away")
    folder.write_text("")
    spoil(folder)
    assert content(load()) == expected
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]


def test_a_dangling_link_in_the_place_of_an_entry_is_replaced(load, folder, tmp_path):
    expected = content(load())
    folder.rename(tmp_path / "away")
    folder.symlink_to(tmp_path / "nowhere")
    assert content(load()) == expected


@pytest.mark.parametrize("spoil", INSTEAD)
def test_whatever_lies_in_the_place_of_a_fact_counts_as_not_there(spoil, load, folder, locations):
    expected = content(load())
    (fact,) = (locations().cache / "known").iterdir()
    spoil(fact)
    assert content(load()) == expected
    assert stat.S_ISREG(fact.lstat().st_mode)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "0",
        '"text"',
        '{"digest": 3}',
        '{"fact": {}, "sha256": ""}',
        '{"fact": [], "sha256": null}',
        '{"fact": {"digest": "' + "0" * 64 + '"}, "sha256": "' + "0" * 64 + '"}',
        '{"fact": {"digest": ' + "9" * 5000 + "}}",
        "[" * 20_000,
        "\0",
        "x" * 2**17,
    ],
)
def test_a_fact_of_another_kind_counts_as_not_there(text, tmp_path):
    cache.remember(tmp_path, "key", Digest(digest="a" * 64))
    (tmp_path / "known" / "key.json").write_text(text)
    assert cache.recall(tmp_path, "key", Digest) is None


def test_the_fact_of_another_signature_counts_as_not_there(tmp_path):
    cache.remember(tmp_path, "key", Digest(digest="a" * 64))
    (tmp_path / "known" / "key.json").rename(tmp_path / "known" / "other.json")
    assert cache.recall(tmp_path, "other", Digest) is None


@pytest.mark.parametrize("size", [0, 1, 6, 9, 64, 127, 128, 200])
def test_an_array_cut_short_anywhere_is_one_line(size, tmp_path):
    np.save(tmp_path / "images.npy", np.arange(100, dtype=np.uint8))
    whole = (tmp_path / "images.npy").read_bytes()
    (tmp_path / "images.npy").write_bytes(whole[:size])
    with pytest.raises(InputError, match=r"images\.npy is damaged .*; remove the folder$"):
        cache.open_array(tmp_path / "images.npy")


def test_an_array_of_python_objects_is_refused(tmp_path):
    np.save(tmp_path / "images.npy", np.array([{}, None], dtype=object))
    with pytest.raises(InputError, match="Python objects"):
        cache.open_array(tmp_path / "images.npy")


@pytest.mark.parametrize("resolution", [4, 12])
def test_resized_images_are_compared_with_their_checksums_too(
    resolution, load, folder, locations, capsys
):
    dataset = load()
    manifest = resolve(parse_condition("mine@1x"), dataset)

    def pixels():
        where = locations().cache
        return select_images(
            dataset, manifest.train, resolution=resolution, cache=where
        ).pixels.clone()

    before = pixels()
    (entry,) = (path for path in folder.parent.iterdir() if path != folder)
    flip(entry / "images.npy", 150, 3)
    assert torch.equal(pixels(), before)
    assert "images.npy is damaged" in capsys.readouterr().err


def test_thumbnails_are_compared_with_their_checksums_too(tmp_path, make_folder, locations, capsys):
    root = make_folder(tmp_path / "large", side=70)
    dataset = load_dataset("large", locations(datasets=[f"large={root}"]))
    manifest = resolve(parse_condition("large@1x"), dataset)

    def pixels():
        where = locations().cache
        return select_images(dataset, manifest.train, resolution=8, cache=where).pixels.clone()

    before = pixels()
    (entry,) = (locations().cache / "images").iterdir()
    flip(entry / "images.npy", 150, 3)
    assert torch.equal(pixels(), before)
    assert "images.npy is damaged" in capsys.readouterr().err


def test_others_may_read_the_cache(load, folder, locations):
    umask = os.umask(0o022)
    os.umask(umask)
    for path in (folder, folder.parent, locations().cache / "known"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o777 & ~umask
    for path in (*folder.iterdir(), *(locations().cache / "known").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_an_entry_that_may_not_be_read_is_one_line(load, folder, monkeypatch):
    # The superuser may read everything.
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    checksums._verify.cache_clear()
    monkeypatch.setattr(checksums, "_sha256", refuse)
    with pytest.raises(InputError, match=r"may not be read \(Permission denied\).*chmod -R a\+rX"):
        load()


def test_a_damaged_entry_that_cannot_be_replaced_is_one_line(load, folder, monkeypatch):
    (folder / "facts.json").write_text(json.dumps({}))

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(folder), "rename", refuse)
    with pytest.raises(InputError, match="damaged and cannot be replaced.*remove it"):
        load()


def test_facts_that_are_not_what_was_written_are_one_line(folder):
    from imbnas.data.prepared import read_prepared

    for text in ("{", "[]", "{}", '{"class_names": 3}', "[" * 9000):
        (folder / "facts.json").write_text(text)
        with pytest.raises(InputError, match=r"facts\.json is damaged"):
            read_prepared(folder, "mine", "0" * 64)
