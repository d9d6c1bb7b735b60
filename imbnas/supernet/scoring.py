"""Scores of sub-networks on validation images."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from imbnas.data.image_sets import Images
from imbnas.data.streams import evaluation_batches
from imbnas.supernet.heads import HeadMaker
from imbnas.supernet.supernet import Supernet
from imbnas.training.evaluation import class_correct, mean_recall
from imbnas.training.forward import forward_passes
from imbnas.training.statistics import estimate_statistics, restored_statistics
from imbnas.units.unit import Precision

CALIBRATION_BATCH = 256


@dataclass
class Scorer:
    """Scores architectures by mean per-class recall on validation images.

    Batch statistics are estimated for each sub-network on training images (reset,
    cumulative average) and put back afterwards, so that a score does not depend on what was
    scored before. Validation images score; nothing is fitted on them.

    Attributes:
        supernet: adapted supernet.
        calibration: training images; ``None`` normalises by each validation batch itself, which
            lets its class composition leak into the score.
        validation: validation images.
        batch_size: of evaluation.
        heads: makes a head for each architecture; ``None`` scores with the supernet's classifier.
        precision: of forward passes; logits are computed of features in float32.
    """

    supernet: Supernet
    calibration: Images | None
    validation: Images
    batch_size: int
    heads: HeadMaker | None = None
    precision: Precision = "float32"

    @property
    def images_each(self) -> int:
        """Images through the network for one architecture."""
        read = (self.validation, self.calibration, self.heads.images if self.heads else None)
        return sum(len(images) for images in read if images is not None)

    @property
    def head_macs(self) -> int:
        """Multiply-accumulates of making the head of one architecture; 0 before the first."""
        return self.heads.macs if self.heads else 0

    @torch.no_grad()
    def score(self, architecture: str) -> float:
        """Mean per-class recall in [0, 1] of one architecture."""
        self.supernet.choose(architecture)
        with restored_statistics(self.supernet):
            if self.calibration is None:
                self.supernet.train()
            else:
                with forward_passes(self.precision, self.validation.device):
                    estimate_statistics(self.supernet, _images(self.calibration))
            classify = self.heads.fitted(self._features) if self.heads else self.supernet.classifier
            batches = evaluation_batches(self.validation, self.batch_size)
            correct, total = class_correct(
                lambda images: classify(self._features(images)),
                batches,
                self.validation.num_classes,
            )
        return mean_recall(correct, total)

    def _features(self, images: Tensor) -> Tensor:
        """(B, F) float32 features of the selected architecture."""
        with forward_passes(self.precision, self.validation.device):
            features = self.supernet.forward_features(images)
        return features.float()


def _images(images: Images) -> Iterator[Tensor]:
    # A last batch of one image has no variance to estimate at 1×1 pixels.
    return (batch for batch, _ in evaluation_batches(images, CALIBRATION_BATCH) if len(batch) > 1)
