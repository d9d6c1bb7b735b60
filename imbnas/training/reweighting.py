"""How much of a training a deferred scheme spends on balancing classes."""

import math
from functools import lru_cache
from typing import NamedTuple

from imbnas.losses.schedule import switch_epoch
from imbnas.training.schedule import learning_rate
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec

_POINTS = 100
"""Longer epochs are looked at so many times: schedules change little from step to step."""


class Reweighting(NamedTuple):
    """What a training does after the switch of its scheme.

    Attributes:
        from_epoch: the switch, a 0-based epoch.
        share: sum of the learning rates of the steps from there over that of all steps, in [0, 1].
        dose: the same sum over the recipe's peak rate: as far as so many steps at that rate go.
    """

    from_epoch: int
    share: float
    dose: float


@lru_cache(maxsize=256)  # the trainings of a suite share few recipes
def reweighting(recipe: Recipe, scheme: SchemeSpec, images: int) -> Reweighting | None:
    """Measure what a deferred scheme leaves to its re-weighting, or to its balanced drawing.

    Args:
        recipe: of the training.
        scheme: where it defers both, the earlier switch counts.
        images: training images, at least 1; they give the steps of an epoch where the recipe
            leaves them open.

    Returns:
        ``None`` for a scheme without a switch.
    """
    switches = [
        (scheme.deferred_from, scheme.deferred_from_epoch),
        (scheme.sampler_deferred_from, scheme.sampler_deferred_from_epoch),
    ]
    epochs = [switch_epoch(*each, recipe.epochs) for each in switches if each != (None, None)]
    if not epochs:
        return None
    steps = recipe.steps_per_epoch or math.ceil(images / recipe.batch_size)
    points = min(steps, _POINTS)
    rates = [learning_rate(recipe, point / points) for point in range(recipe.epochs * points)]
    after = sum(rates[min(epochs) * points :])
    return Reweighting(min(epochs), after / sum(rates), after / recipe.lr * steps / points)
