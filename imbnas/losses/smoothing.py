"""Label smoothing whose amount may depend on the class."""

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from imbnas.losses.configs import Counts, SmoothingConfig
from imbnas.losses.loss import Loss


class SmoothingLoss(Loss):
    """Cross entropy with the share eps_y of label y spread over all C classes.

    l(z, y) = (1 - eps_y) (-log p_y) + eps_y mean_j (-log p_j). A class weight multiplies the
    whole of l; torch's own combination weighs the spread part by the classes it falls on.
    Arguments are those of ``Loss``; nothing is drawn.
    """

    config: SmoothingConfig
    smoothing: Tensor

    def _prepare(self, counts: Counts) -> None:
        smoothing = self.config.shares(counts)
        self._uniform = float(smoothing[0]) if np.ptp(smoothing) == 0 else None
        self._table("smoothing", smoothing)

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        if self._uniform is not None:
            return F.cross_entropy(logits, labels, reduction="none", label_smoothing=self._uniform)
        losses = -F.log_softmax(logits, 1)
        own = losses.gather(1, labels[:, None]).squeeze(1)
        share = self.smoothing[labels]
        return own + share * (losses.mean(1) - own)

    def _soft(self, logits: Tensor, targets: Tensor, features: Tensor | None) -> Tensor:
        losses = -F.log_softmax(logits, 1)
        spread = (targets * self.smoothing).sum(1)
        return (targets * (1 - self.smoothing) * losses).sum(1) + spread * losses.mean(1)
