"""Recipes that fit the images at hand, for a training that names none."""

import statistics
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from imbnas.data.dataset import LARGEST_SIDE, Dataset, FileSplit
from imbnas.data.decoding import open_image
from imbnas.errors import InputError
from imbnas.rankers.short_training import shortened
from imbnas.suites.load import choose_fidelity, load_suite
from imbnas.units.recipes import Augmentation, Recipe
from imbnas.validation import first_fault

_SUITES = {"digits": "lt-digits", "cifar10": "lt-cifar", "cifar100": "lt-cifar"}
"""Shipped suites that are made for a dataset."""

_EPOCHS = 30
_BATCHES = 10
"""Steps that an epoch has at least, where there are images enough."""
_SMALLEST_BATCH, _LARGEST_BATCH = 8, 128
_SMALLEST_SIDE, _SIDE_STEP = 16, 8
_LOOKED_AT = 100


def fitting_recipe(dataset: Dataset, images: int) -> tuple[Recipe, str]:
    """A recipe for a dataset, and what was chosen, in one line.

    Args:
        dataset: of the training.
        images: that the network is trained on.
    """
    suite = _SUITES.get(dataset.name)
    if suite is not None:
        return choose_fidelity(load_suite(suite), "mini")[1].network, f"{suite}/mini"
    batch = _batch_size(images)
    side, why = fitting_side(dataset)
    colour = dataset.channels == 3
    recipe = Recipe(
        epochs=_EPOCHS,
        batch_size=batch,
        # The rate of a batch of 128 images goes down with the size of the batch.
        lr=0.1 * batch / _LARGEST_BATCH,
        warmup_epochs=1,
        width=16,
        depth=1,
        resolution=side,
        augmentation=Augmentation(pad=(side or dataset.resolution or 0) // 8, flip=colour),
    )
    mirrored = ", mirrored at random (they are in colour)" if colour else ""
    return recipe, (
        f"fitted to {images} images: {_EPOCHS} epochs, batches of {batch}, lr {recipe.lr:g}, "
        f"{why}, shifted{mirrored}"
    )


def fitting_side(dataset: Dataset) -> tuple[int | None, str]:
    """The side in pixels that images are resized to, or ``None`` for their own; and why."""
    if dataset.resolution is not None:
        return None, f"the images' own {dataset.resolution} pixels"
    sides = _shorter_sides(dataset)
    middle = statistics.median(sides)
    side = int(min(max(middle, _SMALLEST_SIDE), LARGEST_SIDE)) // _SIDE_STEP * _SIDE_STEP
    return side, (
        f"{side} pixels (the shorter sides of {len(sides)} images are {min(sides)} to "
        f"{max(sides)}, in the middle {middle:g})"
    )


def _shorter_sides(dataset: Dataset) -> list[int]:
    """Of some training images, from all over the dataset."""
    split = dataset.train
    if not isinstance(split, FileSplit):
        raise TypeError("images of one size have no further sides")
    step = max(1, len(split.paths) // _LOOKED_AT)
    return [min(open_image(split.root / path).size) for path in split.paths[::step][:_LOOKED_AT]]


def _batch_size(images: int) -> int:
    largest = min(max(images // _BATCHES, _SMALLEST_BATCH), _LARGEST_BATCH)
    return int(2 ** (largest.bit_length() - 1))


def changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """A recipe with other values, named as its fields.

    With another number of epochs, warm-up and steps of the rate keep their share of them.

    Raises:
        InputError: a value is not possible.
    """
    epochs = changes.get("epochs")
    if epochs is not None and epochs != recipe.epochs:
        recipe = shortened(recipe, epochs / recipe.epochs)
    try:
        return Recipe.model_validate(recipe.model_dump() | dict(changes))
    except ValidationError as error:
        fault = first_fault(error)
        option = "--" + ".".join(map(str, fault.place)).replace("_", "-")
        raise InputError(f"{option}: {fault.message}") from None
