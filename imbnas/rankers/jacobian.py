"""Jacobian covariance: how independently an untrained network responds to different images."""

import numpy as np
import torch
from numpy.typing import NDArray

from imbnas.rankers.candidate import Candidate, Score
from imbnas.training.fitting import torch_module
from imbnas.training.statistics import batch_statistics

_OFFSET = 1e-5
"""k of the formula, which keeps the logarithm of a vanishing eigenvalue finite."""


def decorrelation(candidate: Candidate, batch_size: int) -> Score:
    """−Σ_i [log(σ_i + k) + 1 / (σ_i + k)], σ the eigenvalues of the correlation of Jacobians.

    Row i of the Jacobian is the gradient of the summed outputs with respect to image i. First
    version of Mellor et al. (arXiv:2006.04647v1), called ``jacob_cov`` in
    arXiv:2101.08134; k = 1e-5 in both. NaN where the outputs do not depend on some image, and for
    as many images as an image has values, whose correlation is singular whatever the network.
    """
    module = torch_module(candidate.network)
    images = candidate.task.distinct_images(batch_size).detach().requires_grad_()
    with batch_statistics(module), candidate.task.forward_passes():
        outputs = module(images)
    (jacobian,) = torch.autograd.grad(outputs.float().sum(), images, materialize_grads=True)
    rows = jacobian.flatten(1).double().cpu().numpy()
    return candidate.scored(_spread(rows), backward=len(images))


def _spread(jacobian: NDArray[np.float64]) -> float:
    images, values = jacobian.shape
    if images >= values:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.corrcoef(jacobian)
    if not np.isfinite(correlation).all():
        return np.nan
    shifted = np.linalg.eigvalsh(correlation) + _OFFSET
    return -float(np.sum(np.log(shifted) + 1 / shifted))
