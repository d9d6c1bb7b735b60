"""Post-hoc steps that train a small head while the backbone stays as it is."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imbnas.losses.weights import class_weights
from imbnas.schemes.posthoc.configs import HeadConfig, ReweightedHeadConfig
from imbnas.schemes.posthoc.correction import Correction, TrainingOutputs
from imbnas.schemes.posthoc.train_head import balanced_batches, shuffled_batches, train_head
from imbnas.units.randomness import derive_seed


class NewClassifier(nn.Module):
    """A linear classifier from features, as cRT trains it (Kang et al., arXiv 1910.09217)."""

    def __init__(self, num_features: int, num_classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(_uniform((num_classes, num_features), num_features, generator))
        self.bias = nn.Parameter(_uniform((num_classes,), num_features, generator))

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        """Map (M, F) features to (M, C) logits; the old logits play no part."""
        return F.linear(features, self.weight, self.bias)


class LearnableScale(nn.Module):
    """s_j z_j, from s = 1 (LWS; Kang et al., arXiv 1910.09217)."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(num_classes))

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        """Scale (M, C) logits."""
        return logits * self.scale


class MarginCalibration(nn.Module):
    """omega_j z_j + beta_j |w_j|, from omega = 1, beta = 0 (MARC, arXiv 2112.07225).

    Args:
        norms: (C,) norms of the classifier's weight vectors.
    """

    norms: Tensor

    def __init__(self, norms: Tensor) -> None:
        super().__init__()
        self.omega = nn.Parameter(torch.ones_like(norms))
        self.beta = nn.Parameter(torch.zeros_like(norms))
        self.register_buffer("norms", norms)

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        """Calibrate (M, C) logits."""
        return logits * self.omega + self.beta * self.norms


class AdaptiveCalibration(nn.Module):
    """g (a_j z_j + b_j) + (1 - g) z_j with g = sigmoid(v·h + c) (DisAlign, arXiv 2103.16370).

    It starts at a = 1, b = 0, which changes nothing.
    """

    def __init__(self, num_features: int, num_classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(num_classes))
        self.shift = nn.Parameter(torch.zeros(num_classes))
        self.trust = nn.Parameter(_uniform((1, num_features), num_features, generator))
        self.trust_bias = nn.Parameter(_uniform((1,), num_features, generator))

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        """Calibrate (M, C) logits as far as (M, F) features suggest."""
        trust = F.linear(features, self.trust, self.trust_bias).sigmoid()
        return trust * (logits * self.scale + self.shift) + (1 - trust) * logits


def fit_crt(outputs: TrainingOutputs, config: HeadConfig, seed: int) -> Correction:
    """Train a new classifier with class-balanced drawing."""
    head = NewClassifier(outputs.features.shape[1], len(outputs.counts), _generator("crt", seed))
    return train_head(head, outputs, config, balanced_batches, _generator("draw", seed))


def fit_lws(outputs: TrainingOutputs, config: HeadConfig, seed: int) -> Correction:
    """Train one scale per class with class-balanced drawing."""
    head = LearnableScale(len(outputs.counts))
    return train_head(head, outputs, config, balanced_batches, _generator("draw", seed))


def fit_marc(outputs: TrainingOutputs, config: ReweightedHeadConfig, seed: int) -> Correction:
    """Train margins on images as they come, with class weights."""
    head = MarginCalibration(outputs.linear_weights()[0].norm(dim=1).float().cpu())
    return _fit_reweighted(head, outputs, config, seed)


def fit_disalign(outputs: TrainingOutputs, config: ReweightedHeadConfig, seed: int) -> Correction:
    """Train the calibration on images as they come, with class weights."""
    generator = _generator("disalign", seed)
    head = AdaptiveCalibration(outputs.features.shape[1], len(outputs.counts), generator)
    return _fit_reweighted(head, outputs, config, seed)


def _fit_reweighted(
    head: nn.Module, outputs: TrainingOutputs, config: ReweightedHeadConfig, seed: int
) -> Correction:
    weights = class_weights("power", outputs.counts, power=config.power)
    table = torch.tensor(np.asarray(weights), dtype=torch.float32)
    return train_head(head, outputs, config, shuffled_batches, _generator("draw", seed), table)


def _generator(purpose: str, seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed("posthoc", purpose, seed))


def _uniform(shape: tuple[int, ...], fan_in: int, generator: torch.Generator) -> Tensor:
    """The distribution from which torch's own linear layers start."""
    bound = fan_in**-0.5
    return torch.empty(shape).uniform_(-bound, bound, generator=generator)
