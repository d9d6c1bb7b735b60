"""What every supernet is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from torch import Tensor, nn

from imbnas.training.parts import Part


class Supernet(nn.Module, ABC):
    """An ``ImageClassifier`` that computes the architecture chosen last.

    Attributes:
        num_features: width F of the pooled features.
        classifier: maps (B, F) features to (B, K) logits; shared by all architectures.
    """

    num_features: int
    classifier: nn.Module

    @abstractmethod
    def choose(self, architecture: str) -> None:
        """Select the architecture that is computed."""

    @abstractmethod
    def forward_features(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, F) pooled features of the chosen architecture."""

    def used_parts(self) -> Iterable[Part]:
        """Parameters of which the chosen architecture uses a part only, each with that part.

        A training step leaves the rest of such a parameter bit-unchanged. Parameters that are not
        used at all need no entry, since they have no gradient; by default there is none.
        """
        return ()

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, K) logits of the chosen architecture."""
        logits: Tensor = self.classifier(self.forward_features(images))
        return logits
