"""Seesaw loss for classification."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from imbnas.losses.configs import Counts, SeesawConfig
from imbnas.losses.loss import Loss


class SeesawLoss(Loss):
    """l(z, y) = -log softmax(z_j + log S_yj)_y, S_yj = M_yj C_yj for j != y (arXiv 2008.10032).

    M_yj = min(1, (N_j / N_y)^p) with the labels N counted so far, at least 1 each;
    C_yj = max(1, (s_j / max(s_y, epsilon))^q) with s = softmax(z), taken as a constant.

    Only ``forward`` in ``train`` mode counts labels, before it computes; ``per_sample`` uses the
    counts as they are. The counts are the loss's ``state_dict``.

    Arguments are those of ``Loss``; ``counts`` gives C only, and nothing is drawn.
    """

    config: SeesawConfig
    running_counts: Tensor

    def _prepare(self, counts: Counts) -> None:
        self.register_buffer("running_counts", torch.zeros(len(counts), dtype=torch.int64))

    def forward(self, logits: Tensor, targets: Tensor, features: Tensor | None = None) -> Tensor:
        """Count a batch's labels, then its loss; arguments and errors as in ``per_sample``."""
        logits = self._checked(logits, targets, features)
        if self.training:
            self.running_counts += self._counted(targets)
        return super().forward(logits, targets, features)

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        index = labels[:, None]
        shift = torch.zeros_like(logits)
        if self.config.p > 0:
            log_n = self.running_counts.clamp(min=1).to(logits.dtype).log()
            shift += self.config.p * (log_n - log_n[index]).clamp_(max=0)
        if self.config.q > 0:
            log_s = F.log_softmax(logits.detach(), 1)
            own = log_s.gather(1, index).clamp_(min=math.log(self.config.epsilon))
            shift += self.config.q * (log_s - own).clamp_(min=0)
        return F.cross_entropy(logits + shift.scatter_(1, index, 0.0), labels, reduction="none")
