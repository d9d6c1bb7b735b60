"""What post-hoc steps are fitted on, and the shape of a fitted one."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from imbnas.errors import InputError


class Correction(Protocol):
    """Maps cached outputs of a trained network to corrected logits."""

    def __call__(self, features: Tensor, logits: Tensor) -> Tensor:
        """Correct (M, C) logits with the help of (M, F) features."""


@dataclass(frozen=True)
class TrainingOutputs:
    """Cached outputs of a trained network for its training images, without augmentation.

    Attributes:
        features: (N, F).
        logits: (N, C).
        labels: (N,) integer labels.
        counts: (C,) training images per class.
        classifier: maps features to logits; nothing changes it.
    """

    features: Tensor
    logits: Tensor
    labels: Tensor
    counts: NDArray[np.int64]
    classifier: nn.Module

    def __post_init__(self) -> None:
        sizes = {len(self.features), len(self.logits), len(self.labels)}
        if len(sizes) != 1:
            raise InputError(
                "post-hoc step: features, logits and labels must have the same number of rows, "
                f"not {len(self.features)}, {len(self.logits)} and {len(self.labels)}"
            )
        if self.logits.shape[1] != len(self.counts):
            raise InputError(
                f"post-hoc step: logits of {self.logits.shape[1]} classes do not fit "
                f"class_counts of {len(self.counts)}"
            )

    def linear_weights(self) -> tuple[Tensor, Tensor | None]:
        """The classifier's (C, F) weights and (C,) bias, detached.

        Raises:
            InputError: the classifier is not linear.
        """
        if not isinstance(self.classifier, nn.Linear):
            raise InputError(
                "post-hoc step: it reads the weights of a linear classifier, not of "
                f"{type(self.classifier).__name__}; use a network whose classifier is nn.Linear"
            )
        bias = self.classifier.bias
        return self.classifier.weight.detach(), None if bias is None else bias.detach()
