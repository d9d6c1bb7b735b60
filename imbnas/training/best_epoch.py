"""Keeps the network of the epoch that validated best."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass
class BestEpoch:
    """The weights and batch statistics after the epoch of highest accuracy so far.

    Attributes:
        module: the network in training.
        correct: validation images that it got right then; -1 before the first offer.
        state: copies of its tensors then; empty before.
    """

    module: nn.Module
    correct: int = -1
    state: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, class_correct: Sequence[int]) -> None:
        """Keep the network as it is if it got more images right than ever; of equals the first.

        Args:
            class_correct: (K,) validation images of each class that it got right.
        """
        if sum(class_correct) > self.correct:
            self.correct = sum(class_correct)
            held = self.module.state_dict().items()
            self.state = {name: tensor.detach().clone() for name, tensor in held}

    def apply(self) -> None:
        """Put the kept network back; does nothing when there is none."""
        if self.state:
            self.module.load_state_dict(self.state)
