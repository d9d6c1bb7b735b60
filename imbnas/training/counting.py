"""How many images a training and its evaluation see, without training."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec


def trained_images(recipe: "Recipe", size: int, epochs: int | None = None) -> int:
    """Images through the training steps of a recipe, each step taken for one pass.

    Args:
        recipe: of the training.
        size: training images.
        epochs: how many of the recipe's epochs; all where ``None``.
    """
    count = recipe.epochs if epochs is None else epochs
    batch, steps = recipe.batch_size, recipe.steps_per_epoch
    if batch < 2:
        return 0
    if steps is not None:
        return count * steps * batch
    # A last batch of one image has no batch statistics and is left out.
    return count * (size - (size % batch == 1))


def evaluated_images(recipe: "Recipe", scheme: "SchemeSpec", train_images: int, images: int) -> int:
    """Images through the forward passes of the evaluation after a training.

    Statistics of averaged weights and a post-hoc step take one pass of the training images each.

    Args:
        recipe: of the training.
        scheme: of the training.
        train_images: how many.
        images: how many are evaluated.
    """
    passes = (recipe.average_from is not None) + (scheme.posthoc is not None)
    return passes * train_images + images
