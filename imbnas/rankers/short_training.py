"""Short training: the recipe with a part of its epochs, evaluated on validation images."""

import math
from dataclasses import replace

from imbnas.rankers.candidate import Candidate, Score
from imbnas.training.evaluation import evaluate, mean_recall
from imbnas.training.fitting import NonFiniteLossError
from imbnas.training.setup import set_up
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec


def train_shortly(candidate: Candidate, fraction: float) -> Score:
    """Mean per-class validation recall in [0, 1] after a part of the epochs.

    The whole schedule is compressed, not cut off: rate, warm-up and deferred changes run their
    full course. A loss that becomes NaN or infinite gives NaN, and counts as if it had been trained
    to the end.
    """
    task = candidate.task
    recipe = shortened(task.recipe, fraction)
    setup = set_up(
        candidate.network,
        task.train_images,
        task.class_counts,
        rescaled(task.scheme, task.recipe.epochs),
        recipe,
        candidate.seed,
        task.precision,
        keep_classifier=True,
    )
    try:
        trained = replace(setup.trainer, checkpoint=candidate.checkpoint).run().trained_images
    except NonFiniteLossError:
        steps = recipe.steps_per_epoch
        images = steps * recipe.batch_size if steps else len(task.train_images)
        return candidate.scored(math.nan, backward=recipe.epochs * images)
    evaluation = evaluate(setup, task.validation_images)
    value = mean_recall(evaluation.answers.correct, evaluation.answers.total)
    return candidate.scored(value, forward=evaluation.images_seen, backward=trained)


def shortened(recipe: Recipe, fraction: float) -> Recipe:
    """The recipe with a part of its epochs, rounded to at least one; its schedule shrinks along.

    Args:
        recipe: of the whole training.
        fraction: in (0, 1].
    """
    epochs = max(1, round(fraction * recipe.epochs))
    share = epochs / recipe.epochs
    milestones = {round(share * milestone) for milestone in recipe.milestones}
    kept = tuple(sorted(milestones - {0}))
    return recipe.model_copy(
        update={
            "epochs": epochs,
            "warmup_epochs": share * recipe.warmup_epochs,
            "milestones": kept,
            "schedule": "constant" if recipe.milestones and not kept else recipe.schedule,
        }
    )


def rescaled(scheme: SchemeSpec, epochs: int) -> SchemeSpec:
    """The scheme with its switches as fractions of the training instead of epochs.

    Args:
        scheme: of the whole training.
        epochs: length of the whole training.
    """
    update: dict[str, float | None] = {}
    for field in ("deferred_from", "sampler_deferred_from"):
        epoch = getattr(scheme, f"{field}_epoch")
        if epoch is not None:
            update |= {field: min(1.0, epoch / epochs), f"{field}_epoch": None}
    return scheme.model_copy(update=update)
