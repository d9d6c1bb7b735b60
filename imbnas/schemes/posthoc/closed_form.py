"""Post-hoc steps that are a formula: nothing is trained."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imbnas.schemes.posthoc.correction import Correction


def adjust_logits(counts: NDArray[np.int64], tau: float) -> Correction:
    """Subtract tau log pi, pi = counts / sum, from every logit."""
    offset = torch.tensor(tau * np.log(counts / counts.sum()), dtype=torch.float32)

    def correct(features: Tensor, logits: Tensor) -> Tensor:
        return logits - offset.to(logits)

    return correct
