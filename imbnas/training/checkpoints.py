"""What long computations need of the place where their state is kept until they end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Snapshot:
    """The state of a training or a search between two of its steps.

    Attributes:
        facts: plain JSON data.
        tensors: name → tensor.
    """

    facts: Mapping[str, Any]
    tensors: "Mapping[str, Tensor]" = field(default_factory=dict)


class Checkpoint(Protocol):
    """Keeps the state of one training or search."""

    def load(self) -> Snapshot | None:
        """The state that an earlier attempt left, if any."""

    def offer(self, take: Callable[[], Snapshot]) -> None:
        """Keep the present state if enough time has passed since the last one.

        Args:
            take: gives the state; what it returns may share memory with the computation.
        """


class Checkpoints(Protocol):
    """The checkpoints of one unit."""

    def open(self) -> Checkpoint:
        """The checkpoint of the unit's next training or search, in the order it does them."""


class NothingKept:
    """No checkpoint at all, for computations that stand alone; a ``Checkpoint``."""

    def load(self) -> Snapshot | None:
        """There is never a state."""
        return None

    def offer(self, take: Callable[[], Snapshot]) -> None:
        """Keep nothing."""

    def open(self) -> "NothingKept":
        """Itself, so that it is a ``Checkpoints``, too."""
        return self
