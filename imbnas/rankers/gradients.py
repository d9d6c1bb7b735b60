"""Rankers that look at the gradient of the loss on one batch, before any training."""

import torch
from torch import Tensor, nn

from imbnas.rankers.candidate import Candidate, Score
from imbnas.training.fitting import torch_module
from imbnas.training.statistics import batch_statistics


def gradient_norm(candidate: Candidate, batch_size: int) -> Score:
    """Σ over layers of ‖∂L/∂W‖₂ (Abdelfattah et al. 2021, arXiv:2101.08134).

    The loss L is the scheme's own in the first epoch, on one batch drawn as in that epoch.
    """
    pairs, images = _loss_gradients(candidate, batch_size)
    value = sum(float(gradient.norm()) for _, gradient in pairs)
    return candidate.scored(value, backward=images)


def saliency(candidate: Candidate, batch_size: int) -> Score:
    """Σ over weights of |∂L/∂w · w| (SNIP, Lee et al. 2019, arXiv:1810.02340).

    SNIP scores single weights and normalises by their sum; as a score of a network
    (arXiv:2101.08134) it is that sum.
    """
    pairs, images = _loss_gradients(candidate, batch_size)
    return candidate.scored(sum_of_products(pairs), backward=images)


def sum_of_products(pairs: list[tuple[Tensor, Tensor]]) -> float:
    """Σ over weights of |w · ∂L/∂w|, of pairs of weights and gradients."""
    return sum(float((weight * gradient).abs().sum()) for weight, gradient in pairs)


def weight_gradients(loss: Tensor, module: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """Pairs of a weight and its gradient, for convolutions and linear layers; unused ones left out.

    These are the parameters with more than one dimension.
    """
    weights = [parameter for parameter in module.parameters() if parameter.dim() > 1]
    gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    return [
        (weight.detach(), gradient)
        for weight, gradient in zip(weights, gradients, strict=True)
        if gradient is not None
    ]


def _loss_gradients(
    candidate: Candidate, batch_size: int
) -> tuple[list[tuple[Tensor, Tensor]], int]:
    """``weight_gradients`` of the loss, and the number of images.

    Batch normalisation uses the batch's own statistics, as in training.
    """
    network, task = candidate.network, candidate.task
    module = torch_module(network)
    scheme = task.begun_scheme()
    images, labels = task.first_batch(batch_size)
    mixed, targets = scheme.mix(images, labels, task.generator("mixing"))
    with batch_statistics(module), task.forward_passes():
        features = network.forward_features(mixed)
        logits = network.classifier(features)
    loss = scheme.loss(logits.float(), targets, features.float() if scheme.needs_features else None)
    return weight_gradients(loss, module), len(labels)
