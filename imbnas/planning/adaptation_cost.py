"""What strategies cost: they are asked, or run with a trainer that only counts."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from imbnas.planning.unit_cost import UnitCost, mean_macs
from imbnas.spaces import get_space
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.expected_cost import AdaptationSetting, HasExpectedCost
from imbnas.strategies.strategy import build_strategy
from imbnas.supernet.path_sampling import paths_per_step
from imbnas.supernet.registry import SUPERNETS
from imbnas.training.counting import trained_images
from imbnas.training.fitting import Fit

if TYPE_CHECKING:
    from imbnas.spaces import NetworkShape
    from imbnas.strategies.head_per_arch import HeadForEach
    from imbnas.strategies.strategy import Strategy
    from imbnas.supernet.supernet import Supernet
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec
    from imbnas.units.unit import AdaptUnit


def adaptation_cost(
    unit: "AdaptUnit",
    source: "NetworkShape",
    target: "NetworkShape",
    class_counts: tuple[int, ...],
) -> UnitCost | None:
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
    path_macs = mean_macs(unit.space, target)
    try:
        if not isinstance(strategy, HasExpectedCost):
            return _counted(strategy, unit, source, target, class_counts)
        setting = AdaptationSetting(
            images=sum(class_counts),
            num_features=num_features(unit.space, target),
            num_classes=target.num_classes,
            path_macs=path_macs,
            recipe=unit.recipe,
        )
        expected = strategy.expected_cost(setting)
    except Exception:
        # A strategy may be anybody's code, and need not work without images.
        return None
    return UnitCost(
        0, 0, expected.evaluated, round(expected.macs), path_macs, exact=not expected.macs
    )


def _counted(
    strategy: "Strategy",
    unit: "AdaptUnit",
    source: "NetworkShape",
    target: "NetworkShape",
    class_counts: tuple[int, ...],
) -> UnitCost:
    build = SUPERNETS.get(unit.space)
    counter = _CountingTrainer(unit.space, target, sum(class_counts))
    trainer: Any = counter
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
    mean, macs = mean_macs(unit.space, target), counter.macs
    return UnitCost(counter.trained, counter.head, 0, macs, mean, exact=not macs)


@lru_cache(maxsize=256)
def num_features(space_name: str, shape: "NetworkShape") -> int:
    """Width of a supernet's pooled features."""
    with torch.random.fork_rng(devices=[]):
        return SUPERNETS.get(space_name)(shape).num_features


def head_macs(
    strategy: "HeadForEach", space: str, shape: "NetworkShape", class_counts: tuple[int, ...]
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
        trained: see ``UnitCost``; counted so far.
        head: see ``UnitCost``.
        macs: see ``UnitCost``.
    """

    space: str
    shape: "NetworkShape"
    size: int
    trained: int = 0
    head: int = 0
    macs: int = 0

    def train(
        self,
        supernet: "Supernet",
        scheme: "SchemeSpec",
        recipe: "Recipe",
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
        self.trained += trained
        self.head += head
        self.macs += round(mean * (3 * trained + head))
        return Fit((math.nan,), trained, head)


class _NoImages:
    """Images that cannot be read: the cost of what is done with them cannot be counted."""

    def __getattr__(self, name: str) -> Any:
        raise LookupError(name)

    def __len__(self) -> int:
        raise LookupError("__len__")
