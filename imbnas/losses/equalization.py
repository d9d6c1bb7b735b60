"""Softmax equalization loss."""

import torch
import torch.nn.functional as F
from torch import Tensor

from imbnas.losses.configs import Counts, EqualizationConfig
from imbnas.losses.loss import Loss


class EqualizationLoss(Loss):
    """l(z, y) = -log(e^{z_y} / sum_k w_k e^{z_k}) (Tan et al., arXiv 2003.05176).

    w_k = 1 - B [pi_k < threshold] [k != y], B ~ Bernoulli(gamma), drawn for each image and class.

    Arguments are those of ``Loss``; the seed is that of the draws.
    """

    config: EqualizationConfig
    common: Tensor

    def _prepare(self, counts: Counts) -> None:
        threshold = self.config.threshold
        threshold = 0.5 / len(counts) if threshold is None else threshold
        common = torch.from_numpy(counts / counts.sum() >= threshold)
        self._active = bool(self.config.gamma > 0 and not common.all())
        self.register_buffer("common", common, persistent=False)

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        if self._active:
            draws = torch.rand(
                logits.shape, generator=self._random(logits.device), device=logits.device
            )
            kept = (draws >= self.config.gamma) | self.common
            kept.scatter_(1, labels[:, None], True)
            logits = logits.masked_fill(~kept, -torch.inf)
        return F.cross_entropy(logits, labels, reduction="none")
