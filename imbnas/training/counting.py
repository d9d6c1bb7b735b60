"""How many images a training sees, known without training."""

from collections.abc import Sequence

from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec


def trained_images(recipe: Recipe, size: int, epochs: int | None = None) -> int:
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


def finishing_passes(recipe: Recipe, scheme: SchemeSpec) -> int:
    """Forward passes of all training images between the last step and the evaluation.

    One estimates the batch statistics of averaged weights, one fits a post-hoc step.
    """
    return (recipe.average_from is not None) + (scheme.posthoc is not None)


def validated_images(recipe: "Recipe", validation: int) -> int:
    """Images through forward passes for the learning curve and the choice of an epoch.

    Args:
        recipe: of the training.
        validation: validation images.
    """
    return len(recipe.validated_epochs) * validation


def balanced_counts(counts: Sequence[int], limit: int | None) -> tuple[int, ...]:
    """How many images of each class ``balanced_part`` keeps.

    Args:
        counts: images of each class.
        limit: at most so many, as many of each class; ``None`` for all.
    """
    if limit is None or limit >= sum(counts):
        return tuple(counts)
    each = limit // len(counts)
    return tuple(min(count, each) for count in counts)
