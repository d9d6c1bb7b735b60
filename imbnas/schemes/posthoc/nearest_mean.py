"""Nearest class mean."""

import torch
import torch.nn.functional as F
from torch import Tensor

from imbnas.schemes.posthoc.configs import NcmConfig
from imbnas.schemes.posthoc.correction import Correction, TrainingOutputs


def nearest_class_mean(outputs: TrainingOutputs, config: NcmConfig, seed: int = 0) -> Correction:
    """Score each class by the nearness of its mean feature (Kang et al., arXiv 1910.09217).

    A class without images among the outputs has -inf for its logit.
    """
    kind, distance = config.features, config.distance
    centre = outputs.features.mean(0) if kind == "cl2n" else torch.zeros(outputs.features.shape[1])

    def prepare(features: Tensor) -> Tensor:
        if kind == "un":
            return features
        return F.normalize(features - centre.to(features), dim=1)

    classes = len(outputs.counts)
    ready = prepare(outputs.features)
    labels = outputs.labels.to(ready.device)
    sums = ready.new_zeros(classes, ready.shape[1]).index_add(0, labels, ready)
    present = torch.bincount(labels, minlength=classes)
    means = sums / present.clamp(min=1)[:, None]
    absent = present == 0

    def correct(features: Tensor, logits: Tensor) -> Tensor:
        rows, columns = prepare(features), means.to(features)
        if distance == "cosine":
            scores = F.normalize(rows, dim=1) @ F.normalize(columns, dim=1).T
        else:
            scores = -torch.cdist(rows, columns).square()
        return scores.masked_fill(absent.to(scores.device), -torch.inf)

    return correct
