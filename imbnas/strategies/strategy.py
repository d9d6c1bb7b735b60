"""What every strategy offers, what it is given, and the registry of strategies."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from imbnas.registry import Registry, build_entry

if TYPE_CHECKING:
    from imbnas.strategies.adaptation import Adaptation
    from imbnas.supernet.supernet import Supernet


class Strategy(Protocol):
    """Adapts a supernet to a target condition, of which it sees training images only.

    What follows is the whole of what a strategy must have. It may have more, see
    ``Declarations``, ``Checking`` and ``HeadForEach``.

    Attributes:
        scores_on: whose training images calibrate, and whose validation images score,
            candidates of the adapted supernet.
        recipe: which of the fidelity's recipes the adaptation trains with.
    """

    @property
    def scores_on(self) -> Literal["source", "target"]: ...  # noqa: D102

    @property
    def recipe(self) -> Literal["adaptation", "supernet"]: ...  # noqa: D102

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Return the adapted supernet.

        ``adaptation.supernet`` is a copy of the source supernet and may be changed in place.
        """
        ...


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
            "1",
            "frozen backbone, classifier retrained with the re-weighted loss (arXiv:2210.00136)",
        ),
        "p1-cached": (
            "imbnas.strategies.cached:CachedClassifier",
            "1",
            "classifier trained on features of a few paths that are computed once",
        ),
        "p1-drift": (
            "imbnas.strategies.published:RetrainClassifierWithDrift",
            "1",
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
