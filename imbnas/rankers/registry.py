"""The registry of rankers; listing it imports none of them."""

from collections.abc import Callable, Mapping
from typing import Any

from imbnas.rankers.ranker import Ranker
from imbnas.registry import Registry, build_entry

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
