"""What a strategy may tell of its cost before it is run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from imbnas.units.recipes import Recipe


@dataclass(frozen=True)
class Circumstances:
    """What the cost of an adaptation may depend on.

    Attributes:
        images: training images of the target, N.
        num_features: of the supernet, F.
        num_classes: of the target, K.
        path_macs: multiply-accumulates of one image's forward pass, a mean over drawn paths.
        recipe: the one that the strategy declared.
    """

    images: int
    num_features: int
    num_classes: int
    path_macs: float
    recipe: "Recipe"


@dataclass(frozen=True)
class ExpectedCost:
    """What an adaptation is expected to spend.

    Attributes:
        evaluated: images through forward passes alone.
        macs: multiply-accumulates, of trainings of anything else included.
    """

    evaluated: int
    macs: float


@runtime_checkable
class ForeseesCost(Protocol):
    """A strategy that does more than ask the trainer for trainings, and can tell what that costs.

    Strategies that only train need not say anything: ``plan`` runs them with a trainer that counts.
    """

    def expected_cost(self, circumstances: Circumstances) -> ExpectedCost:
        """Tell what ``adapt`` will count in the trainer's spending."""
        ...
