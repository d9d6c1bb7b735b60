"""The registry of strategies; listing it imports none of them."""

from collections.abc import Callable, Mapping
from typing import Any

from imbnas.registry import Registry, build_entry
from imbnas.strategies.strategy import Strategy

STRATEGIES: Registry[Callable[..., Strategy]] = Registry(
    "strategy",
    {
        "bn-only": (
            "imbnas.strategies.untrained:Recalibrate",
            "1",
            "nothing is trained: source head, batch statistics of the target",
        ),
        "head-per-arch": (
            "imbnas.strategies.head_per_arch:HeadPerArchitecture",
            "1",
            "nothing is trained: a closed-form head on the target for each candidate",
        ),
        "p0": (
            "imbnas.strategies.published:SearchOnSource",
            "1",
            "nothing is trained: search in the source supernet (IMB-NAS, arXiv:2210.00136)",
        ),
        "p1": (
            "imbnas.strategies.published:RetrainClassifier",
            "2",
            "frozen backbone, classifier retrained with the re-weighted loss (arXiv:2210.00136)",
        ),
        "p1-cached": (
            "imbnas.strategies.cached:CachedClassifier",
            "2",
            "classifier trained on features of a few paths that are computed once",
        ),
        "p1-drift": (
            "imbnas.strategies.published:RetrainClassifierWithDrift",
            "2",
            "p1 with running batch statistics that follow the target",
        ),
        "p2": (
            "imbnas.strategies.published:FineTune",
            "1",
            "backbone fine-tuned, classifier retrained with the delayed re-weighted loss "
            "(arXiv:2210.00136)",
        ),
        "p3": (
            "imbnas.strategies.published:TrainFromScratch",
            "1",
            "supernet trained on the target from scratch (arXiv:2210.00136)",
        ),
        "p3-warm": (
            "imbnas.strategies.published:TrainOn",
            "1",
            "p3 started from the source supernet's backbone",
        ),
        "posthoc": (
            "imbnas.strategies.untrained:AdjustLogits",
            "1",
            "nothing is trained: bn-only with logits adjusted by the target's class counts "
            "(Menon et al. 2021, arXiv 2007.07314)",
        ),
    },
    entry_points="imbnas.strategies",
)


def build_strategy(name: str, options: Mapping[str, Any]) -> Strategy:
    """Make a strategy with the given options; see ``build_entry``."""
    return build_entry(STRATEGIES, name, options)
