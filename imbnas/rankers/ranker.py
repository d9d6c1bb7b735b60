"""What every ranker offers, and the registry of rankers."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from imbnas.registry import Registry, build_entry

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate, Score


class Ranker(Protocol):
    """Scores one architecture after the other; it sees no test image."""

    def score(self, candidate: "Candidate") -> "Score":
        """Score an architecture; higher is better, and only the order counts.

        A value that is not finite means that the ranker has nothing to say of the architecture.
        """
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
