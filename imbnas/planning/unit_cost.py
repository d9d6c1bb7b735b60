"""The cost of one unit, and of one image through a network."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from imbnas.baselines import counts as count_baseline
from imbnas.baselines import load_baseline
from imbnas.spaces import get_space
from imbnas.supernet.path_sampling import PathSampler
from imbnas.units.unit import SpaceModel

if TYPE_CHECKING:
    from imbnas.spaces import NetworkShape
    from imbnas.units.recipes import PathSampling
    from imbnas.units.unit import Model

_DRAWS = 2048
_CANDIDATES = 200


@dataclass(frozen=True)
class UnitCost:
    """What one unit costs.

    Attributes:
        trained: images through forward and backward passes of a whole network.
        head: images through a frozen backbone and a trained classifier.
        evaluated: images through forward passes alone.
        macs: multiply-accumulates, counted as ``Cost.macs`` counts them.
        network_macs: of one image's forward pass; a mean where a unit computes several networks.
        exact: whether ``macs`` is what will be recorded, and not its expectation.
    """

    trained: int
    head: int
    evaluated: int
    macs: int
    network_macs: float
    exact: bool = True

    @property
    def images_seen(self) -> int:
        """What ``Cost.images_seen`` will be."""
        return self.trained + self.head + self.evaluated

    @property
    def passes(self) -> float:
        """The work in forward passes of one image; a training step takes three per image."""
        return self.macs / max(self.network_macs, 1.0)


@lru_cache(maxsize=4096)
def network_macs(model: "Model", shape: "NetworkShape") -> int:
    """Multiply-accumulates of one image's forward pass."""
    if isinstance(model, SpaceModel):
        return get_space(model.space).counts(model.architecture, shape).macs
    counted: int = count_baseline(
        load_baseline(model.baseline),
        resolution=shape.resolution,
        in_channels=shape.in_channels,
        num_classes=shape.num_classes,
    ).macs
    return counted


@lru_cache(maxsize=256)
def mean_macs(
    space_name: str, shape: "NetworkShape", sampling: "PathSampling" = "uniform"
) -> float:
    """Mean multiply-accumulates of random paths, from 2,048 draws with a fixed seed."""
    space = get_space(space_name)
    sampler = PathSampler(space, sampling, np.random.default_rng(0))
    return float(np.mean([space.counts(sampler.draw(), shape).macs for _ in range(_DRAWS)]))


@lru_cache(maxsize=256)
def typical_architecture(space_name: str, shape: "NetworkShape") -> str:
    """Of 200 architectures drawn with a fixed seed, the one whose MACs are nearest the mean."""
    space, mean, rng = get_space(space_name), mean_macs(space_name, shape), np.random.default_rng(0)
    drawn = [space.random(rng) for _ in range(_CANDIDATES)]
    return min(drawn, key=lambda each: abs(space.counts(each, shape).macs - mean))
