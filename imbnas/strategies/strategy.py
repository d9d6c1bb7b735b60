"""What every strategy offers, and what it is given."""

from typing import TYPE_CHECKING, Literal, Protocol

from imbnas.lazy import lazy_attributes

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


# Plug-ins import the registry from here as well.
__getattr__ = lazy_attributes(__name__, {"STRATEGIES": "imbnas.strategies.registry"})
