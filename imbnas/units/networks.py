"""The interface of every trainable network, whatever built it."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor, nn


@runtime_checkable
class ImageClassifier(Protocol):
    """An ``nn.Module`` whose logits are ``classifier(forward_features(images))``.

    Attributes:
        num_features: width F of the pooled features.
        classifier: maps (B, F) features to (B, K) logits; a scheme may replace it.
    """

    num_features: int
    classifier: "nn.Module"

    def forward_features(self, images: "Tensor") -> "Tensor":
        """Map (B, C, H, W) images to (B, F) pooled features."""
        ...

    def __call__(self, images: "Tensor") -> "Tensor":
        """Map (B, C, H, W) images to (B, K) logits."""
        ...
