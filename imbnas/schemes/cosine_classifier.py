"""A classifier of cosines."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CosineClassifier(nn.Module):
    """Cosines between features and class weights; no bias and no scale, which the loss holds.

    Initial directions are uniform on the sphere, from torch's global generator.

    Args:
        num_features: F.
        num_classes: C.
    """

    def __init__(self, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(F.normalize(torch.randn(num_classes, num_features), dim=1))

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, F) features to (B, C) cosines in [-1, 1]."""
        return F.linear(F.normalize(features, dim=1), F.normalize(self.weight, dim=1))
