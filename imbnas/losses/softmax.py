"""Cross entropy, plain or after each class's logit is scaled and shifted."""

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from imbnas.losses.configs import Counts, LogitTransformConfig
from imbnas.losses.loss import Loss


class SoftmaxLoss(Loss):
    """Cross entropy of ``adjust(logits)``: l(z, y) = -log softmax(adjust(z))_y."""

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
        return F.cross_entropy(logits, labels, reduction="none")

    def _soft(self, logits: Tensor, targets: Tensor, features: Tensor | None) -> Tensor:
        return -(targets * F.log_softmax(logits, 1)).sum(1)


class AffineSoftmaxLoss(SoftmaxLoss):
    """Cross entropy of factor_j z_j + offset_j.

    Balanced softmax (Ren et al., arXiv 2007.10740), logit adjustment (Menon et al., arXiv
    2007.07314), class-dependent temperatures (Ye et al., arXiv 2001.01385) and the vector-scaling
    loss (Kini et al., arXiv 2103.01550) differ in these two vectors only, which are their
    options' ``transform``. Arguments are those of ``Loss``; nothing is drawn.
    """

    config: LogitTransformConfig
    factor: Tensor | None
    offset: Tensor | None

    def _prepare(self, counts: Counts) -> None:
        factor, offset = self.config.transform(counts.astype(np.float64))
        self._table("factor", factor)
        self._table("offset", offset)

    def adjust(self, logits: Tensor) -> Tensor:
        """Scale and shift (B, C) logits."""
        if self.factor is not None:
            logits = logits * self.factor
        if self.offset is not None:
            logits = logits + self.offset
        return logits
