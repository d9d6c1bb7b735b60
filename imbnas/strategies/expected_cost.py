"""What a strategy may report of its cost before it is run."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from imbnas.units.recipes import Recipe


@dataclass(frozen=True)
class AdaptationSetting:
    """What the cost of an adaptation may depend on.

    Attributes:
        images: training images of the target, N.
        num_features: of the supernet, F.
        num_classes: of the target, K.
        path_macs: multiply-accumulates of one image's forward pass, a mean over random paths.
        recipe: the one that the strategy declared.
    """

    images: int
    num_features: int
    num_classes: int
    path_macs: float
    recipe: Recipe


@dataclass(frozen=True)
class ExpectedCost:
    """What an adaptation is expected to cost.

    Attributes:
        evaluated: images through forward passes alone.
        macs: multiply-accumulates, of trainings of anything else included.
    """

    evaluated: int
    macs: float


@runtime_checkable
class HasExpectedCost(Protocol):
    """A strategy that does more than ask the trainer for trainings, and knows what that costs.

    Strategies that only train need no such method: ``plan`` runs them with a trainer that counts.
    """

    def expected_cost(self, setting: AdaptationSetting) -> ExpectedCost:
        """What ``adapt`` will count in the trainer's spending; the argument goes by position."""
