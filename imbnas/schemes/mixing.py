"""Mixing pairs of images of a batch, with soft targets that say in which proportion."""

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

# Remix (Chou et al., arXiv 2007.03943): a label wins outright where its class is KAPPA times
# rarer than its partner's and holds at least 1 - TAU of the mixture.
KAPPA = 3.0
TAU = 0.5


def mix_batch(
    kind: Literal["mixup", "cutmix", "remix"],
    images: Tensor,
    labels: Tensor,
    counts: NDArray[np.int64],
    alpha: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Mix each image with a partner drawn by a random permutation of the batch.

    Permuting matters after class-aware drawing, which puts images of one class side by side.

    Args:
        kind: ``mixup`` (Zhang et al., arXiv 1710.09412) and ``remix`` blend whole images,
            ``cutmix`` (Yun et al., arXiv 1905.04899) pastes a rectangle.
        images: (B, C, H, W).
        labels: (B,) integer labels.
        counts: (K,) training images per class.
        alpha: the share of the first image is drawn from Beta(alpha, alpha), once for the batch.
        generator: on the CPU; the only source of random numbers.

    Returns:
        Mixed images of the same shape and (B, K) targets whose rows sum to 1.
    """
    share = _beta(alpha, generator)
    partner = torch.randperm(len(images), generator=generator).to(images.device)
    if kind == "cutmix":
        images, share = _paste(images, partner, share, generator)
    else:
        images = images * share + images[partner] * (1 - share)
    shares = torch.full((len(labels),), share, device=labels.device)
    if kind == "remix":
        shares = _favour_rare(shares, labels, labels[partner], counts)
    first = F.one_hot(labels, len(counts)).float()
    return images, first * shares[:, None] + first[partner] * (1 - shares)[:, None]


def _beta(alpha: float, generator: torch.Generator) -> float:
    seed = int(torch.randint(2**62, (), generator=generator))
    return float(np.random.default_rng(seed).beta(alpha, alpha))


def _paste(
    images: Tensor, partner: Tensor, share: float, generator: torch.Generator
) -> tuple[Tensor, float]:
    height, width = images.shape[-2:]
    side = (1 - share) ** 0.5
    centre = torch.rand(2, generator=generator).tolist()
    top, bottom = _span(centre[0] * height, side * height, height)
    left, right = _span(centre[1] * width, side * width, width)
    mixed = images.clone()
    mixed[..., top:bottom, left:right] = images[partner][..., top:bottom, left:right]
    return mixed, 1 - (bottom - top) * (right - left) / (height * width)


def _span(centre: float, length: float, limit: int) -> tuple[int, int]:
    low, high = round(centre - length / 2), round(centre + length / 2)
    return max(low, 0), min(high, limit)


def _favour_rare(
    shares: Tensor, first: Tensor, second: Tensor, counts: NDArray[np.int64]
) -> Tensor:
    n = torch.tensor(counts, dtype=torch.float32, device=shares.device)
    ratio = n[first] / n[second]
    shares = torch.where((ratio >= KAPPA) & (shares < TAU), torch.zeros_like(shares), shares)
    return torch.where((ratio <= 1 / KAPPA) & (1 - shares < TAU), torch.ones_like(shares), shares)
