"""What every ranker offers, and the registry of rankers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from imbnas.registry import Registry, build_entry

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate, Score
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec


class Ranker(Protocol):
    """Scores one architecture after the other; it sees no test image."""

    def score(self, candidate: "Candidate") -> "Score":
        """Score an architecture; higher is better, and only the order counts.

        A value that is not finite means that the ranker has nothing to say of the architecture.
        """
        ...


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
        ...


RANKERS: Registry[Callable[..., Ranker]] = Registry(
    "ranker",
    {
        "grad-norm": (
            "imbnas.rankers.builtin:GradNorm",
            "1",
            "norm of the loss's gradient at initialisation (arXiv:2101.08134)",
        ),
        "snip": (
            "imbnas.rankers.builtin:Snip",
            "1",
            "gradient times weight at initialisation (SNIP, arXiv:1810.02340; arXiv:2101.08134)",
        ),
        "synflow": (
            "imbnas.rankers.builtin:SynFlow",
            "1",
            "flow through absolute weights, without data (arXiv:2006.05467; arXiv:2101.08134)",
        ),
        "naswot": (
            "imbnas.rankers.builtin:Naswot",
            "1",
            "how differently images activate the ReLUs at initialisation (arXiv:2006.04647)",
        ),
        "jacob-cov": (
            "imbnas.rankers.builtin:JacobCov",
            "1",
            "how little the images' input gradients correlate (arXiv:2006.04647v1; "
            "arXiv:2101.08134)",
        ),
        "short-training": (
            "imbnas.rankers.builtin:ShortTraining",
            "1",
            "validation accuracy after a tenth of the epochs",
        ),
    },
    entry_points="imbnas.rankers",
)


def build_ranker(name: str, options: Mapping[str, Any]) -> Ranker:
    """Make a ranker with the given options; see ``build_entry``."""
    return build_entry(RANKERS, name, options)
