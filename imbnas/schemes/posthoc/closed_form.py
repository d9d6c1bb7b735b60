"""Post-hoc steps that are a formula: nothing is trained."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from imbnas.schemes.posthoc.configs import LogitAdjustmentConfig, TauNormConfig
from imbnas.schemes.posthoc.correction import Correction, TrainingOutputs


def adjust_logits(
    outputs: TrainingOutputs, config: LogitAdjustmentConfig, seed: int = 0
) -> Correction:
    """z_j - tau log pi_j (Menon et al., arXiv 2007.07314)."""
    prior = outputs.counts / outputs.counts.sum()
    offset = torch.tensor(config.tau * np.log(prior), dtype=torch.float32)

    def correct(features: Tensor, logits: Tensor) -> Tensor:
        return logits - offset.to(logits)

    return correct


def normalise_weights(outputs: TrainingOutputs, config: TauNormConfig, seed: int = 0) -> Correction:
    """Set logits h · w_j / |w_j|^tau, bias only if kept (Kang et al., arXiv 1910.09217)."""
    weight, bias = outputs.linear_weights()
    norms = weight.norm(dim=1, keepdim=True).clamp_min(torch.finfo(weight.dtype).tiny)
    scaled = weight / norms**config.tau
    kept = bias if config.bias == "keep" else None

    def correct(features: Tensor, logits: Tensor) -> Tensor:
        shift = None if kept is None else kept.to(features)
        return F.linear(features, scaled.to(features), shift)

    return correct
