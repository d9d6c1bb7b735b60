"""Logits of a trained network, corrected by the scheme's post-hoc step where it has one."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from imbnas.training.precision import forward_passes

if TYPE_CHECKING:
    from imbnas.schemes.training_scheme import TrainingScheme
    from imbnas.units.networks import ImageClassifier
    from imbnas.units.unit import Precision

Predictor = Callable[[Tensor], Tensor]


@torch.no_grad()
def fit_predictor(
    network: "ImageClassifier",
    scheme: "TrainingScheme",
    train_batches: Iterable[tuple[Tensor, Tensor]],
    seed: int,
    precision: "Precision",
) -> Predictor:
    """Make the function that maps (B, C, H, W) images to (B, K) final logits.

    Args:
        network: trained and in evaluation mode.
        scheme: with which it was trained; its post-hoc step, if any, is fitted here.
        train_batches: training images without augmentation; read by a post-hoc step only.
        seed: of the post-hoc step's random draws.
        precision: of forward passes; logits are computed of features in float32.
    """

    def outputs(images: Tensor) -> tuple[Tensor, Tensor]:
        with forward_passes(precision, images.device):
            features = network.forward_features(images)
        # Logits of so few digits would often be equal, and the first of the classes would win.
        features = features.float()
        return features, scheme.evaluation_logits(network.classifier(features))

    if scheme.spec.posthoc is None:
        return lambda images: outputs(images)[1]
    cached = [(*outputs(images), labels) for images, labels in train_batches]
    features, logits, labels = (torch.cat(column) for column in zip(*cached, strict=True))
    with torch.enable_grad():
        correction = scheme.fit_posthoc(features, logits, labels, network.classifier, seed)
    if correction is None:
        raise TypeError("a post-hoc step fitted nothing")
    return lambda images: correction(*outputs(images))
