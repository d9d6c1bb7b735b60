import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from imbnas.cli.show import command as show


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBNAS_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for split, count in (("train", 20), ("test", 3)):
        for name in ("1", "2", "10"):
            folder = tmp_path / "mine" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    shutil.copy(tmp_path / "mine/train/1/0.png", tmp_path / "mine/test/1/0.png")
    return tmp_path / "mine"


def shown(*arguments):
    done = CliRunner().invoke(show, ["condition", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_condition_names_its_classes_and_what_there_is_to_know(root):
    given = ["mine@3x", "--dataset", f"mine={root}"]
    printed = json.loads(shown(*given, "--json"))
    assert printed["class_names"] == ["1", "10", "2"]
    assert printed["class_counts"] == [18, 10, 6]
    order, copies = printed["notes"]
    assert "follow class names as text ('1', '10', '2')" in order
    assert "1 image(s) of test are in train, too" in copies
    lines = shown(*given).splitlines()
    assert "class_names       1, 10, 2" in lines
    # Each note has a line of its own.
    assert f"notes             {order}" in lines
    assert f"{' ' * 18}{copies}" in lines


def test_the_order_by_number_is_an_option(root):
    given = ["mine@3x:order-numeric", "--dataset", f"mine={root}"]
    printed = json.loads(shown(*given, "--json"))
    assert printed["class_counts"] == [18, 6, 10]
    assert printed["condition"] == "mine@3x:order-numeric:subset-0"
