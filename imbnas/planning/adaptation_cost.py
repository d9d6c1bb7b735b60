"""What strategies cost: they are asked, or run with a trainer that only counts."""

import math
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from imbnas.spaces import NetworkShape, get_space
from imbnas.strategies import Adaptation, HeadForEach, Strategy, build_strategy
from imbnas.strategies.expected_cost import AdaptationSetting, HasExpectedCost
from imbnas.supernet import SUPERNETS, Supernet
from imbnas.supernet.path_sampling import PathSampler, paths_per_step
from imbnas.training.counting import trained_images
from imbnas.training.fitting import Fit
from imbnas.units.recipes import PathSampling, Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import AdaptUnit

_DRAWS = 2048


@dataclass
class AdaptationCost:
    """What a strategy costs, see ``UnitCost``."""

    trained: int = 0
    head: int = 0
    evaluated: int = 0
    macs: int = 0


@lru_cache(maxsize=256)
def mean_macs(space_name: str, shape: NetworkShape, sampling: PathSampling = "uniform") -> float:
    """Mean multiply-accumulates of random paths, from 2,048 draws with a fixed seed."""
    space = get_space(space_name)
    sampler = PathSampler(space, sampling, np.random.default_rng(0))
    return float(np.mean([space.counts(sampler.draw(), shape).macs for _ in range(_DRAWS)]))


def adaptation_cost(
    unit: AdaptUnit,
    source: NetworkShape,
    target: NetworkShape,
    class_counts: tuple[int, ...],
) -> AdaptationCost | None:
    """Ask a strategy for its cost, or run it untrained with a trainer that only counts.

    Args:
        unit: names the strategy, scheme and recipe.
        source: shape of the source supernet.
        target: shape of a fresh supernet.
        class_counts: training images of each class of the target.

    Returns:
        Its cost, multiply-accumulates in expectation; ``None`` for a strategy that does anything
        else than training and has no ``expected_cost``, or fails without images.
    """
    strategy = build_strategy(unit.strategy.name, dict(unit.strategy.options))
    try:
        if not isinstance(strategy, HasExpectedCost):
            return _counted(strategy, unit, source, target, class_counts)
        expected = strategy.expected_cost(
            AdaptationSetting(
                images=sum(class_counts),
                num_features=num_features(unit.space, target),
                num_classes=target.num_classes,
                path_macs=mean_macs(unit.space, target),
                recipe=unit.recipe,
            )
        )
        return AdaptationCost(evaluated=expected.evaluated, macs=round(expected.macs))
    except Exception:
        # A strategy may be anybody's code, and need not work without images.
        return None


def _counted(
    strategy: Strategy,
    unit: AdaptUnit,
    source: NetworkShape,
    target: NetworkShape,
    class_counts: tuple[int, ...],
) -> AdaptationCost:
    def build(shape: NetworkShape) -> Supernet:
        # A strategy may change what it is given; a copy takes a fraction of building another one.
        return deepcopy(_untrained(unit.space, shape))

    trainer: Any = _CountingTrainer(unit.space, target, sum(class_counts))
    images: Any = _NoImages()
    with torch.random.fork_rng(devices=[]):
        strategy.adapt(
            Adaptation(
                supernet=build(source),
                fresh_supernet=lambda: build(target),
                train_images=images,
                class_counts=class_counts,
                scheme=unit.scheme,
                recipe=unit.recipe,
                trainer=trainer,
            )
        )
    counted: AdaptationCost = trainer.counted
    return counted


@lru_cache(maxsize=16)
def _untrained(space_name: str, shape: NetworkShape) -> Supernet:
    """A supernet that nobody may change."""
    with torch.random.fork_rng(devices=[]):
        return SUPERNETS.get(space_name)(shape)


def num_features(space_name: str, shape: NetworkShape) -> int:
    """Width of a supernet's pooled features."""
    return _untrained(space_name, shape).num_features


def head_macs(
    strategy: HeadForEach, space: str, shape: NetworkShape, class_counts: tuple[int, ...]
) -> int | None:
    """Multiply-accumulates of making the head of one architecture, from one of random features.

    Args:
        strategy: makes heads.
        space: registry name.
        shape: of the supernet.
        class_counts: images of each class that heads are made of.

    Returns:
        The number, features aside; ``None`` if no head can be made of such features.
    """
    counts, generator = torch.tensor(class_counts), torch.Generator().manual_seed(0)
    labels = torch.arange(len(counts)).repeat_interleave(counts)
    features = torch.randn(len(labels), num_features(space, shape), generator=generator)
    try:
        return strategy.head_for(features, labels, shape.num_classes).macs
    except Exception:
        # As above: anybody's code.
        return None


@dataclass
class _CountingTrainer:
    """Offers what ``PathTrainer`` offers to strategies.

    Attributes:
        space: registry name.
        shape: of the supernet.
        size: training images.
        counted: so far.
    """

    space: str
    shape: NetworkShape
    size: int
    counted: AdaptationCost = field(default_factory=AdaptationCost)

    def train(
        self,
        supernet: Supernet,
        scheme: SchemeSpec,
        recipe: Recipe,
        freeze_backbone_from: int | None = None,
        **_settings: Any,
    ) -> Fit:
        """Count the cost of ``PathTrainer.train``; further settings change no count."""
        whole = recipe.epochs
        if freeze_backbone_from is not None:
            whole = min(max(freeze_backbone_from, 0), recipe.epochs)
        passes = paths_per_step(get_space(self.space), recipe.path_sampling)
        trained = passes * trained_images(recipe, self.size, whole)
        head = passes * trained_images(recipe, self.size, recipe.epochs - whole)
        mean = mean_macs(self.space, self.shape, recipe.path_sampling)
        self.counted.trained += trained
        self.counted.head += head
        self.counted.macs += round(mean * (3 * trained + head))
        return Fit((math.nan,), trained, head)


class _NoImages:
    """Images that cannot be read: the cost of what is done with them cannot be counted."""

    def __getattr__(self, name: str) -> Any:
        raise LookupError(name)

    def __len__(self) -> int:
        raise LookupError("__len__")
