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


@dataclass(frozen=True)
class Reached:
    """How far a unit is, for people who wait for it.

    Attributes:
        text: such as ``epoch 12 of 200, loss 1.3``.
        share: of the unit's work, in [0, 1]; ``None`` where it cannot be told.
    """

    text: str
    share: float | None = None

    @classmethod
    def epoch(cls, done: int, total: int, loss: float) -> "Reached":
        """After an epoch of a training.

        Args:
            done: epochs.
            total: epochs of the training.
            loss: mean over the steps of the last one, and over the networks of a stack.
        """
        return cls(f"epoch {done} of {total}, loss {loss:.4g}", done / total)

    @classmethod
    def networks(cls, done: int, total: int | None = None) -> "Reached":
        """After so many architectures of a search, or of the ``total`` of a ranking."""
        if total is None:
            return cls(f"{done} networks")
        return cls(f"{done} of {total} networks", done / total)

    def after_networks(self, done: int, total: int) -> "Reached":
        """The same within the training of one of the networks of a ranking."""
        share = None if self.share is None else (done + self.share) / total
        return Reached(f"{done} of {total} networks, {self.text}", share)


class Checkpoint(Protocol):
    """Keeps the state of one training or search."""

    def load(self) -> Snapshot | None:
        """The state that an earlier attempt left, if any."""

    def offer(self, take: Callable[[], Snapshot], reached: Reached | None = None) -> None:
        """Keep the present state if enough time has passed since the last one.

        Args:
            take: gives the state; what it returns may share memory with the computation.
            reached: how far the unit is.
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

    def offer(self, take: Callable[[], Snapshot], reached: Reached | None = None) -> None:
        """Keep nothing."""

    def open(self) -> "NothingKept":
        """Itself, so that it is a ``Checkpoints``, too."""
        return self
