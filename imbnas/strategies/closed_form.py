"""Heads that are a formula of features and labels."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imbnas.schemes.posthoc.configs import NcmConfig
from imbnas.schemes.posthoc.correction import TrainingOutputs
from imbnas.schemes.posthoc.nearest_mean import nearest_class_mean
from imbnas.supernet.heads import Head


def class_means(features: Tensor, labels: Tensor, num_classes: int) -> Head:
    """Nearest class mean of centred features of length 1 (Kang et al., arXiv 1910.09217).

    Args:
        features: (N, F).
        labels: (N,) integer labels.
        num_classes: K; a class without images is never predicted.
    """
    nothing = features.new_zeros(len(features), num_classes)
    counts = np.bincount(labels.cpu().numpy(), minlength=num_classes)
    outputs = TrainingOutputs(features, nothing, labels, counts, nn.Identity())
    correct = nearest_class_mean(outputs, NcmConfig())
    # No logits go in; what is there in their place is not read.
    return Head(lambda rows: correct(rows, rows), macs=features.numel())


def ridge(features: Tensor, labels: Tensor, num_classes: int, strength: float) -> Head:
    """Ridge regression of one-hot labels on features, all classes of equal total weight.

    Weighted least squares with weights 1 / (K n_y), features and labels centred by their weighted
    means, and penalty λ = ``strength`` · tr(C) / F on the weights, C the weighted covariance:
    W = (C + λ I)⁻¹ Xᵀ D Y. It is solved in double precision.

    Args:
        features: (N, F).
        labels: (N,) integer labels.
        num_classes: K; a class without images has the logit of its intercept.
        strength: relative penalty, above 0.
    """
    rows = features.double()
    counts = torch.bincount(labels, minlength=num_classes)
    weights = (1.0 / counts.clamp(min=1).double() / (counts > 0).sum())[labels][:, None]
    targets = F.one_hot(labels, num_classes).double()
    centre, shares = (weights * rows).sum(0), (weights * targets).sum(0)
    centred = rows - centre
    weighted = (weights * centred).T
    covariance = weighted @ centred
    # Features that hardly vary leave rounding errors alone, which must not be fitted.
    rounding = torch.finfo(torch.float64).eps * rows.square().mean()
    penalty = (strength * (covariance.diagonal().mean() + rounding)).clamp_min(1e-300)
    damped = covariance + penalty * torch.eye(len(covariance)).to(covariance)
    slopes = torch.linalg.solve(damped, weighted @ (targets - shares))
    intercept = shares - centre @ slopes
    width = rows.shape[1]
    return Head(
        lambda batch: (batch.double() @ slopes + intercept).to(batch.dtype),
        macs=len(rows) * width * (width + num_classes) + width**3 // 3 + width**2 * num_classes,
    )
