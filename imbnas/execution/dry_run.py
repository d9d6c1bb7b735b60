"""Runs strategies with a trainer that only counts, to know what they would spend."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from imbnas.spaces import get_space
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.strategy import build_strategy
from imbnas.supernet.registry import SUPERNETS
from imbnas.training.fitting import Fit

if TYPE_CHECKING:
    from imbnas.spaces import NetworkShape
    from imbnas.supernet.supernet import Supernet
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec
    from imbnas.units.work import AdaptUnit

_DRAWS = 2048


@dataclass
class Spent:
    """What a strategy would spend, see ``Forecast``."""

    trained: int = 0
    head: int = 0
    macs: int = 0


def trained_images(recipe: "Recipe", size: int, epochs: int | None = None) -> int:
    """Images through the training steps of a recipe.

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


@lru_cache(maxsize=256)
def mean_macs(space_name: str, shape: "NetworkShape") -> float:
    """Mean multiply-accumulates of uniformly drawn paths, from 2,048 draws of a fixed seed."""
    space, rng = get_space(space_name), np.random.default_rng(0)
    return float(np.mean([space.counts(space.random(rng), shape).macs for _ in range(_DRAWS)]))


def adaptation_spending(
    unit: "AdaptUnit",
    source: "NetworkShape",
    target: "NetworkShape",
    class_counts: tuple[int, ...],
) -> Spent | None:
    """Run a strategy on untrained supernets with a trainer that only counts.

    Args:
        unit: names the strategy, scheme and recipe.
        source: shape of the source supernet.
        target: shape of a fresh supernet.
        class_counts: training images of each class of the target.

    Returns:
        What its trainings would spend, multiply-accumulates in expectation; ``None`` for a
        strategy that does anything else with images, or fails on this bench.
    """
    build = SUPERNETS.get(unit.space)
    trainer: Any = _CountingTrainer(sum(class_counts), mean_macs(unit.space, target), Spent())
    images: Any = _OutOfReach()
    with torch.random.fork_rng(devices=[]):
        adaptation = Adaptation(
            supernet=build(source),
            fresh_supernet=lambda: build(target),
            train_images=images,
            class_counts=class_counts,
            scheme=unit.scheme,
            recipe=unit.recipe,
            trainer=trainer,
        )
        try:
            build_strategy(unit.strategy.name, dict(unit.strategy.options)).adapt(adaptation)
        except Exception:
            # A strategy may be anybody's code, and needs not work without images.
            return None
    spent: Spent = trainer.spent
    return spent


@dataclass
class _CountingTrainer:
    """Offers what ``PathTrainer`` offers to strategies.

    Attributes:
        size: training images.
        mean: multiply-accumulates of a path.
        spent: counted so far.
    """

    size: int
    mean: float
    spent: Spent

    def train(
        self,
        supernet: "Supernet",
        scheme: "SchemeSpec",
        recipe: "Recipe",
        freeze_backbone_from: int | None = None,
        **_settings: Any,
    ) -> Fit:
        """Count what ``PathTrainer.train`` would spend; further settings change no count."""
        whole = recipe.epochs
        if freeze_backbone_from is not None:
            whole = min(max(freeze_backbone_from, 0), recipe.epochs)
        trained = trained_images(recipe, self.size, whole)
        head = trained_images(recipe, self.size, recipe.epochs - whole)
        self.spent.trained += trained
        self.spent.head += head
        self.spent.macs += round(self.mean * (3 * trained + head))
        return Fit((math.nan,), trained, head)


class _OutOfReach:
    """Images that nobody may look at: what is done with them cannot be counted."""

    def __getattr__(self, name: str) -> Any:
        raise LookupError(name)

    def __len__(self) -> int:
        raise LookupError("__len__")
