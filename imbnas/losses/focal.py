"""Focal loss in its two forms, always from unweighted probabilities."""

import torch
import torch.nn.functional as F
from torch import Tensor

from imbnas.losses.configs import Counts, FocalConfig
from imbnas.losses.loss import Loss


def focal_loss(config: FocalConfig, counts: Counts, epochs: int | None, seed: int) -> Loss:
    """The form that the options ask for; arguments are those of ``Loss``."""
    form = SoftmaxFocalLoss if config.form == "softmax" else SigmoidFocalLoss
    return form(config, counts, epochs, seed)


class SoftmaxFocalLoss(Loss):
    """l(z, y) = (1 - p_y)^gamma (-log p_y) with p = softmax(z)."""

    config: FocalConfig

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        return _fade(F.cross_entropy(logits, labels, reduction="none"), self.config.gamma)

    def _soft(self, logits: Tensor, targets: Tensor, features: Tensor | None) -> Tensor:
        return (targets * _fade(-F.log_softmax(logits, 1), self.config.gamma)).sum(1)


def _fade(losses: Tensor, gamma: float) -> Tensor:
    """(1 - e^-l)^gamma l for losses l >= 0, exact where l is near 0."""
    if gamma == 0:
        return losses
    # Powers below 1 have no gradient at 0, where the loss itself vanishes.
    wrong = -torch.expm1(-losses)
    return wrong.clamp_min(torch.finfo(losses.dtype).tiny) ** gamma * losses


class SigmoidFocalLoss(Loss):
    """Sum of C binary focal terms (Lin et al., arXiv 1708.02002).

    l(z, y) = sum_j (1 - q_j)^gamma (-log q_j), q_j = sigmoid(z_j) for j = y, else
    sigmoid(-z_j). The published division by the number of positives is that by images.
    """

    config: FocalConfig

    def _terms(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Term of each class as the label, and as not the label."""
        yes, no = F.logsigmoid(logits), F.logsigmoid(-logits)
        if self.config.gamma == 0:
            return -yes, -no
        return -yes * torch.exp(self.config.gamma * no), -no * torch.exp(self.config.gamma * yes)

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        positive, negative = self._terms(logits)
        return negative.sum(1) + (positive - negative).gather(1, labels[:, None]).squeeze(1)

    def _soft(self, logits: Tensor, targets: Tensor, features: Tensor | None) -> Tensor:
        positive, negative = self._terms(logits)
        return targets.sum(1) * negative.sum(1) + (targets * (positive - negative)).sum(1)
