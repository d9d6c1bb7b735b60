"""What every strategy offers, what it is given, and the registry of strategies."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from imbnas.registry import Registry

if TYPE_CHECKING:
    from imbnas.strategies.adaptation import Adaptation
    from imbnas.supernet.supernet import Supernet


class Strategy(Protocol):
    """Adapts a supernet to a target condition, of which it sees training images only.

    Attributes:
        scores_on: whose training images calibrate, and whose validation images score,
            candidates of the adapted supernet.
        recipe: which of the fidelity's recipes the adaptation trains with.
    """

    scores_on: ClassVar[Literal["source", "target"]]
    recipe: ClassVar[Literal["adaptation", "supernet"]]

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Return the adapted supernet.

        ``adaptation.supernet`` is a copy of the source supernet and may be changed in place.
        """
        ...


STRATEGIES: Registry[Callable[[], Strategy]] = Registry(
    "strategy",
    {
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
    },
    entry_points="imbnas.strategies",
)
