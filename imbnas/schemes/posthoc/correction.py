"""The shape of a fitted post-hoc step."""

from typing import Protocol

from torch import Tensor


class Correction(Protocol):
    """Maps cached outputs of a trained network to corrected logits."""

    def __call__(self, features: Tensor, logits: Tensor) -> Tensor:
        """Correct (M, C) logits with the help of (M, F) features."""
        ...
