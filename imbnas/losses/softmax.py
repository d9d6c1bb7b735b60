"""Cross entropy after a change of the logits that does not depend on the label."""

import torch.nn.functional as F
from torch import Tensor

from imbnas.losses.loss import Loss


class SoftmaxLoss(Loss):
    """Cross entropy of ``adjust(logits)``: l(z, y) = -log softmax(adjust(z))_y."""

    def adjust(self, logits: Tensor) -> Tensor:
        """Change (B, C) logits before the softmax; plain cross entropy leaves them."""
        return logits

    def forward(self, logits: Tensor, targets: Tensor, features: Tensor | None = None) -> Tensor:
        """Loss of a batch; arguments and errors as in ``per_sample``.

        With integer labels this is a single call of torch's fused cross entropy, whose mean with
        weights divides by the sum of the weights.
        """
        weights = self.active_weights
        if targets.dim() == 2 or (weights is not None and self._by_images):
            return super().forward(logits, targets, features)
        logits = self.adjust(self._checked(logits, targets, features))
        if weights is not None:
            weights = weights.to(logits.dtype)
        return F.cross_entropy(logits, targets, weights)

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        return F.cross_entropy(self.adjust(logits), labels, reduction="none")

    def _soft(self, logits: Tensor, targets: Tensor, features: Tensor | None) -> Tensor:
        return -(targets * F.log_softmax(self.adjust(logits), 1)).sum(1)
