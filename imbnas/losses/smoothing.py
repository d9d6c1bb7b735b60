"""Label smoothing whose amount may depend on the class."""

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from imbnas.losses.configs import LossConfig
from imbnas.losses.loss import Loss


def uniform_smoothing(counts: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """The same share for each of the C classes (Szegedy et al., arXiv 1512.00567)."""
    return np.full(len(counts), share)


def label_aware_smoothing(
    counts: NDArray[np.int64], head: float, tail: float
) -> NDArray[np.float64]:
    """Shares that follow a quarter sine from tail to head (Zhong et al., arXiv 2104.00466).

    Args:
        counts: (C,) training images per class.
        head: share of the largest class.
        tail: share of the smallest class, and of all where the counts are equal.
    """
    span = max(int(counts.max() - counts.min()), 1)
    shares: NDArray[np.float64] = tail + (head - tail) * np.sin(
        np.pi / 2 * (counts - counts.min()) / span
    )
    return shares


class SmoothingLoss(Loss):
    """Cross entropy with the share eps_y of label y spread over all C classes.

    l(z, y) = (1 - eps_y) (-log p_y) + eps_y mean_j (-log p_j). A class weight multiplies the
    whole of l; torch's own combination weighs the spread part by the classes it falls on.

    Args:
        config: checked options.
        counts: (C,) training images per class.
        epochs: length of the training, or ``None``.
        seed: unused; nothing is drawn.
        smoothing: (C,) shares in [0, 1).
    """

    smoothing: Tensor

    def __init__(
        self,
        config: LossConfig,
        counts: NDArray[np.int64],
        epochs: int | None,
        seed: int,
        smoothing: NDArray[np.float64],
    ) -> None:
        super().__init__(config, counts, epochs, seed)
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
