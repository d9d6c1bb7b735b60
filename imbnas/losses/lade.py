"""Label distribution disentangling loss."""

import math

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from imbnas.losses.configs import Counts, LadeConfig
from imbnas.losses.loss import Loss


class LadeLoss(Loss):
    """Prior-corrected cross entropy plus a density-ratio bound (Hong et al., arXiv 2012.00321).

    l(z, y) = -log softmax(z + log pi)_y + alpha L, where L is a property of the batch,
    L = -sum_c pi_c [mean of z_c over images of class c - T_c - lambda T_c^2] and
    T_c = logsumexp_i(z_ic - log pi_c - log C) - log B. A class without images in the batch has
    0 for its mean.

    Arguments are those of ``Loss``; nothing is drawn.
    """

    config: LadeConfig
    prior: Tensor
    log_prior: Tensor

    def _prepare(self, counts: Counts) -> None:
        prior = counts / counts.sum()
        self._table("prior", prior)
        self._table("log_prior", np.log(prior))

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        losses = F.cross_entropy(logits + self.log_prior, labels, reduction="none")
        if self.config.alpha == 0:
            return losses
        return losses + self.config.alpha * self._bound(logits, labels)

    def _bound(self, logits: Tensor, labels: Tensor) -> Tensor:
        own = logits.gather(1, labels[:, None]).squeeze(1)
        sums = logits.new_zeros(self.num_classes).index_add(0, labels, own)
        present = self._counted(labels).clamp_(min=1)
        spread = logits - (self.log_prior + math.log(self.num_classes))
        partition = spread.logsumexp(0) - math.log(len(logits))
        bound = sums / present - partition - self.config.regularisation * partition**2
        return -(self.prior * bound).sum()
