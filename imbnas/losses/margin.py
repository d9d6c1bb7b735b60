"""Losses on cosines that ask rare classes to win by more."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from imbnas.losses.configs import Counts, GclConfig, LdamConfig
from imbnas.losses.loss import Loss


def ldam_margins(counts: NDArray[np.int64], max_margin: float) -> NDArray[np.float64]:
    """(C,) margins proportional to n^-1/4, the largest of them ``max_margin``."""
    raw = counts.astype(np.float64) ** -0.25
    margins: NDArray[np.float64] = raw * (max_margin / raw.max())
    return margins


class LdamLoss(Loss):
    """l(cos, y) = -log softmax(s (cos - m_y e_y))_y (Cao et al., arXiv 1906.07413).

    Arguments are those of ``Loss``; nothing is drawn.
    """

    config: LdamConfig
    margins: Tensor

    def _prepare(self, counts: Counts) -> None:
        self._table("margins", self.config.scale * ldam_margins(counts, self.config.max_margin))

    def adjust(self, logits: Tensor) -> Tensor:
        """Scale (B, C) cosines."""
        return logits * self.config.scale

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        margin = self.margins.to(logits.dtype)[labels]
        lowered = logits.scatter_add(1, labels[:, None], -margin[:, None])
        return F.cross_entropy(lowered, labels, reduction="none")


class GclLoss(Loss):
    """Gaussian clouded logits (Li et al., CVPR 2022).

    l(cos, y) = -log softmax(s (cos_j - noise |d_j| c_j - margin [j = y]))_y with
    c_j = (log n_max - log n_j) / (log n_max - log n_min) and d ~ N(0, 1/3) clipped to [-1, 1],
    drawn for each image and class. There is no noise in ``eval`` mode.

    Arguments are those of ``Loss``; the seed is that of the noise.
    """

    config: GclConfig
    cloud: Tensor

    def _prepare(self, counts: Counts) -> None:
        self._margin = self.config.margin * self.config.scale
        rarity = np.log(counts.max() / counts)
        self._noisy = bool(self.config.noise > 0 and rarity.max() > 0)
        self._table("cloud", self.config.noise * rarity / max(float(rarity.max()), 1e-12))

    def adjust(self, logits: Tensor) -> Tensor:
        """Add noise to (B, C) cosines and scale them."""
        if self._noisy and self.training:
            noise = torch.empty_like(logits).normal_(
                0, 1 / 3, generator=self._random(logits.device)
            )
            logits = logits - noise.abs_().clamp_(max=1) * self.cloud
        return logits * self.config.scale

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        if self._margin > 0:
            margin = torch.full_like(labels, -self._margin, dtype=logits.dtype)
            logits = logits.scatter_add(1, labels[:, None], margin[:, None])
        return F.cross_entropy(logits, labels, reduction="none")
