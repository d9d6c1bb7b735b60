"""What every ranker offers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from imbnas.lazy import lazy_attributes

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate, Score
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec


class Ranker(Protocol):
    """Scores one architecture after the other; it sees no test image."""

    def score(self, candidate: "Candidate") -> "Score":
        """Score an architecture; higher is better, and only the order counts.

        A value that is not finite means that the ranker has no answer for the architecture.
        """


@dataclass(frozen=True)
class RankingSetting:
    """What the cost of scoring one architecture may depend on.

    Attributes:
        train_images: how many.
        validation_images: how many.
        scheme: of the training whose outcome is predicted.
        recipe: of the training whose outcome is predicted.
    """

    train_images: int
    validation_images: int
    scheme: "SchemeSpec"
    recipe: "Recipe"


@dataclass(frozen=True)
class Passes:
    """Images through the network of one architecture, as ``Candidate.scored`` takes them.

    Attributes:
        forward: through forward passes alone.
        backward: through forward and backward passes.
    """

    forward: int = 0
    backward: int = 0


@runtime_checkable
class HasExpectedPasses(Protocol):
    """A ranker whose cost is known before it runs, so that ``plan`` can show it."""

    def expected_passes(self, setting: RankingSetting) -> Passes:
        """The passes that scoring one architecture takes; the argument goes by position."""


@runtime_checkable
class CheckingRanker(Protocol):
    """A ranker that knows before it runs which images it has no score for."""

    def check(self, images: int, values: int) -> None:
        """Refuse a training.

        Args:
            images: training images.
            values: of an image as networks get it: channels · side².

        Raises:
            InputError: one line without the ranker's name.
        """


# Plug-ins import the registry from here as well.
__getattr__ = lazy_attributes(__name__, {"RANKERS": "imbnas.rankers.registry"})
