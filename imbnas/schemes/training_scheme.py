"""A scheme as a training loop calls it."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from imbnas.errors import InputError
from imbnas.losses.class_counts import check_class_counts
from imbnas.losses.loss import Loss
from imbnas.losses.schedule import switch_epoch
from imbnas.schemes.cosine_classifier import CosineClassifier
from imbnas.schemes.mixing import mix_batch
from imbnas.schemes.parts import read_parts
from imbnas.schemes.posthoc.correction import Correction, TrainingOutputs
from imbnas.units.schemes import SchemeSpec


class TrainingScheme:
    """Loss, sampler, mixing, classifier and post-hoc step of one training.

    A training loop calls ``make_classifier`` once, ``set_epoch`` and ``sampler_at`` at the start
    of each epoch, ``mix`` and ``loss`` in each step, ``evaluation_logits`` on test outputs and
    ``fit_posthoc`` at the end.

    Args:
        spec: from ``resolve_scheme``.
        class_counts: training images of each class, each at least 1.
        epochs: length of the training.
        seed: of the random draws that some losses make.

    Attributes:
        spec, class_counts, epochs: as given; the counts as a (C,) array.
        loss_module: the loss, an ``nn.Module``.
        needs_features: whether ``loss`` must be given the pooled features.
        mixes: whether ``mix`` changes anything.

    Raises:
        InputError: unusable counts, or parts that cannot work together.
    """

    loss_module: Loss

    def __init__(
        self, spec: SchemeSpec, class_counts: Iterable[int], epochs: int, seed: int = 0
    ) -> None:
        self._loss, self._posthoc = read_parts(spec)
        if epochs < 1:
            raise InputError(f"scheme {spec.name!r}: epochs={epochs} must be at least 1")
        self.spec = spec
        self.class_counts = check_class_counts(class_counts)
        self.epochs = epochs
        self._sampler_switch = switch_epoch(
            spec.sampler_deferred_from, spec.sampler_deferred_from_epoch, epochs
        )
        self.loss_module = self._loss.build(self.class_counts, epochs, seed)
        self.needs_features = self._loss.needs.features
        self.mixes = spec.mixing != "none"

    def to(self, device: torch.device | str) -> "TrainingScheme":
        """Move the loss's constants to a device."""
        self.loss_module.to(device)
        return self

    @property
    def generators(self) -> tuple[torch.Generator, ...]:
        """What ``loss`` draws from in this epoch, once it did; none where it draws nothing."""
        return self.loss_module.generators

    def set_epoch(self, epoch: int) -> None:
        """Begin a 0-based epoch.

        Raises:
            InputError: the epoch is negative.
        """
        self.loss_module.set_epoch(epoch)

    def loss(self, logits: Tensor, targets: Tensor, features: Tensor | None = None) -> Tensor:
        """Scalar loss of a batch.

        Args:
            logits: (B, C) outputs of the classifier.
            targets: what ``mix`` returned: (B,) integer labels or (B, C) probabilities.
            features: (B, F) pooled features where ``needs_features``.
        """
        result: Tensor = self.loss_module(logits, targets, features)
        return result

    def sampler_at(self, epoch: int) -> str:
        """Name of the sampler of a 0-based epoch."""
        return "instance" if epoch < self._sampler_switch else self.spec.sampler

    def progress_at(self, epoch: int) -> float:
        """Progress in [0, 1] for samplers that change: 0 in the first epoch, 1 in the last."""
        return epoch / (self.epochs - 1) if self.epochs > 1 else 0.0

    def mix(
        self, images: Tensor, labels: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Mix a batch, or return it as it is.

        Args:
            images: (B, channels, H, W).
            labels: (B,) integer labels.
            generator: on the CPU; the only source of random numbers.

        Returns:
            Images, and (B,) labels without mixing or (B, C) probabilities with it.
        """
        if self.spec.mixing == "none":
            return images, labels
        return mix_batch(
            self.spec.mixing, images, labels, self.class_counts, self.spec.mixing_alpha, generator
        )

    def make_classifier(self, num_features: int, num_classes: int) -> nn.Module | None:
        """Make the classifier that the loss needs.

        Initial weights come from torch's global generator.

        Returns:
            A classifier to put in the place of the network's own, or ``None`` to keep that.

        Raises:
            InputError: ``num_classes`` is not the number of class counts.
        """
        if num_classes != len(self.class_counts):
            raise InputError(
                f"scheme {self.spec.name!r}: a classifier of {num_classes} classes does not fit "
                f"class_counts of {len(self.class_counts)}"
            )
        if self.spec.classifier == "cosine":
            return CosineClassifier(num_features, num_classes)
        if self._loss.needs.prior_bias:
            linear = nn.Linear(num_features, num_classes)
            nn.init.constant_(linear.bias, -math.log(num_classes - 1))
            return linear
        return None

    def evaluation_logits(self, logits: Tensor) -> Tensor:
        """Scale the network's (M, C) outputs so that their softmax is a probability.

        Only a cosine classifier's outputs change; predictions stay the same.
        """
        scale = self._loss.logit_scale
        return logits if scale == 1 else logits * scale

    def fit_posthoc(
        self,
        features: Tensor,
        logits: Tensor,
        labels: Tensor,
        classifier: nn.Module,
        seed: int = 0,
    ) -> Correction | None:
        """Fit the post-hoc step on cached outputs for training images.

        Args:
            features: (N, F) features of training images without augmentation.
            logits: (N, C) of the same images, from ``evaluation_logits``.
            labels: (N,) integer labels.
            classifier: the trained classifier; it is left as it is.
            seed: of the step's random draws.

        Returns:
            A function (features, logits) → corrected logits, for logits that went through
            ``evaluation_logits``; ``None`` for a scheme without post-hoc step.
        """
        if self._posthoc is None:
            return None
        outputs = TrainingOutputs(features, logits, labels, self.class_counts, classifier)
        return self._posthoc.fit(outputs, seed)

    def state_dict(self) -> dict[str, Any]:
        """State for a checkpoint: running counts of losses that keep some, else empty."""
        return self.loss_module.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a checkpoint's state."""
        self.loss_module.load_state_dict(state)


build_scheme = TrainingScheme
"""The name that training loops use: ``build_scheme(spec, class_counts, epochs, seed=0)``."""
