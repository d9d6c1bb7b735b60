import json
import os
import subprocess
import sys

import numpy as np
import pytest

from imbnas.data import DataLocations, cache, load_dataset
from imbnas.data.content import Digest
from imbnas.errors import InputError

LOAD = """
import sys
from imbnas.data import DataLocations, load_dataset
locations = DataLocations.from_options(datasets=["mine=" + sys.argv[1]])
dataset = load_dataset("mine", locations)
print(dataset.digest, int(dataset.train.images.sum(dtype="int64")))
"""


def test_two_processes_at_once_share_one_complete_entry(tmp_path, make_folder):
    root = make_folder(tmp_path / "data", per_class=60)
    environment = {**os.environ, "IMBNAS_CACHE": str(tmp_path / "cache")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LOAD, str(root)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = {process.communicate(timeout=120)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(answers) == 1
    digest, _ = answers.pop().split()
    left = sorted(path.name for path in (tmp_path / "cache" / "images").iterdir())
    assert left == [f"{digest}-{cache.FORMAT}"]


def test_the_slower_of_two_takes_the_entry_of_the_faster(tmp_path):
    def slow(folder):
        (folder / "who").write_text("slow")
        cache.entry(tmp_path, "same", lambda other: (other / "who").write_text("fast"))

    assert (cache.entry(tmp_path, "same", slow) / "who").read_text() == "fast"
    assert [path.name for path in (tmp_path / "images").iterdir()] == [f"same-{cache.FORMAT}"]


def test_a_build_that_fails_leaves_nothing(tmp_path):
    def fail(folder):
        (folder / "half").write_text("half")
        raise InputError("broken")

    with pytest.raises(InputError):
        cache.entry(tmp_path, "name", fail)
    assert list((tmp_path / "images").iterdir()) == []


def test_facts_are_kept(tmp_path):
    assert cache.recall(tmp_path, "key", Digest) is None
    cache.remember(tmp_path, "key", Digest(digest="a" * 64))
    cache.remember(tmp_path, "key", Digest(digest="b" * 64))
    assert cache.recall(tmp_path, "key", Digest) == Digest(digest="b" * 64)


def test_a_damaged_array_is_named(tmp_path):
    (tmp_path / "train.images.npy").write_bytes(b"\x93NUMPY\x01")
    with pytest.raises(InputError, match=r"train\.images\.npy is damaged.*remove the folder"):
        cache.open_array(tmp_path / "train.images.npy")


def test_a_cache_that_is_no_folder_is_refused(tmp_path, make_folder):
    (tmp_path / "file").write_text("")
    root = make_folder(tmp_path / "data")
    locations = DataLocations.from_options(
        datasets=[f"mine={root}"], environ={"IMBNAS_CACHE": str(tmp_path / "file")}
    )
    with pytest.raises(InputError, match=r"cannot be written.*set IMBNAS_CACHE"):
        load_dataset("mine", locations)


def test_images_are_memory_mapped(tmp_path, make_folder):
    root = make_folder(tmp_path / "data")
    locations = DataLocations.from_options(
        datasets=[f"mine={root}"], environ={"IMBNAS_CACHE": str(tmp_path / "cache")}
    )
    images = load_dataset("mine", locations).train.images
    assert isinstance(images, np.memmap)


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    from collections import namedtuple

    usage = namedtuple("usage", "free")
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: usage(free=5 << 20))
    with pytest.raises(InputError, match="9 MiB are needed and 5 MiB free"):
        cache.new_array(tmp_path / "x.npy", (9, 1 << 20))


def test_a_damaged_fact_is_found_out_anew(tmp_path, make_folder):
    root = make_folder(tmp_path / "data")
    locations = DataLocations.from_options(
        datasets=[f"mine={root}"], environ={"IMBNAS_CACHE": str(tmp_path / "cache")}
    )
    digest = load_dataset("mine", locations).digest
    (fact,) = (locations.cache / "known").iterdir()
    fact.write_text("{")
    assert load_dataset("mine", locations).digest == digest
    assert json.loads(fact.read_text())["fact"]["digest"] == digest
