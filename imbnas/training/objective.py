"""What a training loop asks of a scheme, be it of one network or of a stack."""

from typing import Any, Protocol

import torch
from torch import Tensor


class Objective(Protocol):
    """Loss, sampler and mixing; ``TrainingScheme`` and ``StackedScheme`` tell the shapes.

    Attributes:
        needs_features: whether ``loss`` must be given the pooled features.
        mixes: whether ``mix`` changes anything.
    """

    needs_features: bool
    mixes: bool

    def set_epoch(self, epoch: int) -> None:
        """Begin a 0-based epoch."""
        ...

    def sampler_at(self, epoch: int) -> str:
        """Name of the sampler of a 0-based epoch."""
        ...

    def progress_at(self, epoch: int) -> float:
        """Progress in [0, 1] for samplers that change."""
        ...

    def mix(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Any]:
        """Mix a batch; return images and what ``loss`` takes as targets."""
        ...

    def loss(self, logits: Tensor, targets: Any, features: Tensor | None = None) -> Tensor:
        """Loss of a batch: a scalar, or one number for each place of a stack."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """State for a checkpoint."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a checkpoint's state."""
        ...
