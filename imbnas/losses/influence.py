"""Influence-balanced loss."""

import torch.nn.functional as F
from torch import Tensor

from imbnas.errors import InputError
from imbnas.losses.configs import InfluenceBalancedConfig
from imbnas.losses.loss import Loss


class InfluenceBalancedLoss(Loss):
    """l(z, y, h) = alpha CE / (|p - e_y|_1 |h|_1 + epsilon) (Park et al., arXiv 2110.02444).

    Plain cross entropy before the switch, which is the paper's warm-up. As in the authors'
    program, gradients also flow through the denominator.

    Arguments are those of ``Loss``; nothing is drawn.
    """

    config: InfluenceBalancedConfig

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        losses = F.cross_entropy(logits, labels, reduction="none")
        if self.deferred:
            return losses
        if features is None:
            raise InputError("InfluenceBalancedLoss needs features (B, F); pass them to the loss")
        probabilities = logits.softmax(1)
        label = F.one_hot(labels, self.num_classes)
        influence = (probabilities - label).abs().sum(1) * features.abs().sum(1)
        return self.config.alpha * losses / (influence + self.config.epsilon)
