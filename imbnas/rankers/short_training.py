"""Short training: the recipe with a part of its epochs, judged on validation images."""

import math
from typing import TYPE_CHECKING

import torch

from imbnas.data.streams import evaluation_batches, open_stream
from imbnas.schemes.training_scheme import build_scheme
from imbnas.training.counting import finishing_passes
from imbnas.training.evaluation import class_correct, mean_recall
from imbnas.training.finishing import settle
from imbnas.training.fitting import Fitting, NonFiniteLossError, as_module
from imbnas.training.prediction import fit_predictor
from imbnas.units.randomness import derive_seed

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate, Score
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec

_PURPOSES = ("scheme", "batches", "mixing", "post-hoc")


def train_shortly(candidate: "Candidate", fraction: float) -> "Score":
    """Mean per-class validation recall in [0, 1] after a part of the epochs.

    The whole schedule is compressed, not cut off: rate, warm-up and deferred changes run their
    full course. A loss that becomes NaN or infinite gives NaN, and counts as if it had been trained
    to the end.
    """
    task, network, seed = candidate.task, candidate.network, candidate.seed
    recipe = shortened(task.recipe, fraction)
    spec = rescaled(task.scheme, task.recipe.epochs)
    seeds = {purpose: derive_seed(seed, purpose) for purpose in _PURPOSES}
    scheme = build_scheme(spec, task.class_counts, recipe.epochs, seed=seeds["scheme"])
    fitting = Fitting(
        network=network,
        stream=open_stream(
            task.train_images,
            recipe.batch_size,
            recipe.augmentation,
            torch.Generator().manual_seed(seeds["batches"]),
        ),
        scheme=scheme.to(task.train_images.device),
        recipe=recipe,
        class_counts=task.class_counts,
        mixing_generator=torch.Generator().manual_seed(seeds["mixing"]),
        precision=task.precision,
    )
    try:
        trained = fitting.run().trained_images
    except NonFiniteLossError:
        steps = recipe.steps_per_epoch
        images = steps * recipe.batch_size if steps else len(task.train_images)
        return candidate.scored(math.nan, backward=recipe.epochs * images)
    settle(as_module(network), recipe, task.train_images, task.precision)
    size = recipe.evaluation_batch_size
    known = evaluation_batches(task.train_images, size)
    predict = fit_predictor(network, scheme, known, seeds["post-hoc"], task.precision)
    unseen = evaluation_batches(task.validation_images, size)
    value = mean_recall(*class_correct(predict, unseen, candidate.shape.num_classes))
    forward = finishing_passes(recipe, spec) * len(task.train_images) + len(task.validation_images)
    return candidate.scored(value, forward=forward, backward=trained)


def shortened(recipe: "Recipe", fraction: float) -> "Recipe":
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


def rescaled(scheme: "SchemeSpec", epochs: int) -> "SchemeSpec":
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
