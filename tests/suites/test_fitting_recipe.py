"""Recipes that fit the images at hand, and what changes of them keep."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imbnas.data.dataset import ArraySplit, Dataset, FileSplit
from imbnas.errors import InputError
from imbnas.suites.fitting_recipe import changed, fitting_recipe, fitting_side
from imbnas.suites.load import load_suite
from imbnas.units.recipes import Recipe


def of_arrays(name: str, side: int, channels: int = 3) -> Dataset:
    split = ArraySplit(np.zeros(4, np.int64), np.zeros((4, side, side, channels), np.uint8))
    statistics = (0.5,) * channels
    return Dataset(name, ("a",), split, split, "0" * 64, statistics, statistics)


def of_files(root: Path, sides: list[int]) -> Dataset:
    for number, side in enumerate(sides):
        Image.new("L", (side, 2 * side)).save(root / f"{number:03}.png")
    paths = tuple(path.name for path in sorted(root.iterdir()))
    split = FileSplit(np.zeros(len(paths), np.int64), root, paths)
    return Dataset("mine", ("a",), split, split, "0" * 64, (0.5,), (0.5,))


def test_datasets_of_shipped_suites_have_their_recipes() -> None:
    for name, suite in (("digits", "lt-digits"), ("cifar100", "lt-cifar")):
        recipe, why = fitting_recipe(of_arrays(name, 8), 1000)
        assert recipe == load_suite(suite).fidelities["mini"].network
        assert why == f"{suite}/mini"


@pytest.mark.parametrize(
    ("images", "batch"), [(2, 8), (99, 8), (160, 16), (700, 64), (10_000, 128)]
)
def test_batches_follow_the_number_of_images(images: int, batch: int) -> None:
    recipe, why = fitting_recipe(of_arrays("mine", 28), images)
    assert recipe.batch_size == batch
    assert recipe.lr == pytest.approx(0.1 * batch / 128)
    assert recipe.resolution is None
    assert recipe.steps_per_epoch is None
    assert f"batches of {batch}" in why
    assert "own 28 pixels" in why


@pytest.mark.parametrize(
    ("sides", "side"),
    [([3, 5, 7], 16), ([30, 39, 41], 32), ([40, 50, 63], 48), ([20, 500, 900], 64)],
)
def test_mixed_sizes_get_their_middle_and_are_told(
    tmp_path: Path, sides: list[int], side: int
) -> None:
    found, why = fitting_side(of_files(tmp_path, sides))
    assert found == side
    assert f"{side} pixels" in why
    assert f"of 3 images are {min(sides)} to {max(sides)}" in why


def test_other_epochs_keep_the_shape_of_the_schedule() -> None:
    recipe = Recipe(epochs=200, warmup_epochs=5, schedule="step", milestones=(160, 180))
    short = changed(recipe, {"epochs": 20})
    assert (short.epochs, short.warmup_epochs, short.milestones) == (20, 0.5, (16, 18))
    assert changed(short, {"epochs": 200}).milestones == (160, 180)
    assert changed(recipe, {"epochs": 1}).epochs == 1
    assert changed(recipe, {}) == recipe
    assert changed(recipe, {"width": 8, "lr": 0.5}) == recipe.model_copy(
        update={"width": 8, "lr": 0.5}
    )


@pytest.mark.parametrize(("field", "value"), [("lr", 0.0), ("epochs", 10**9), ("batch_size", 0)])
def test_what_cannot_be_names_the_option(field: str, value: float) -> None:
    with pytest.raises(InputError, match=f"--{field.replace('_', '-')}: "):
        changed(Recipe(epochs=10), {field: value})
