"""Scores of sub-networks on validation images."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from imbnas.training.evaluation import class_correct, mean_recall
from imbnas.training.statistics import estimate_statistics, restored_statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from imbnas.data.image_sets import FileSet, ImageSet
    from imbnas.supernet.supernet import Supernet

CALIBRATION_BATCH = 256


@dataclass
class Scorer:
    """Scores architectures by mean per-class recall on validation images.

    Batch statistics are estimated anew for each sub-network on training images (reset,
    cumulative average) and put back afterwards, so that a score does not depend on what was
    scored before. Validation images score; nothing is fitted on them.

    Attributes:
        supernet: adapted supernet.
        calibration: training images; ``None`` normalises by each validation batch itself, which
            lets its class composition leak into the score.
        validation: validation images.
        batch_size: of evaluation.
    """

    supernet: "Supernet"
    calibration: "ImageSet | FileSet | None"
    validation: "ImageSet | FileSet"
    batch_size: int

    @property
    def images_per_score(self) -> int:
        """Images through the network for each score."""
        calibration = 0 if self.calibration is None else len(self.calibration)
        return calibration + len(self.validation)

    @torch.no_grad()
    def score(self, architecture: str) -> float:
        """Mean per-class recall in [0, 1] of one architecture."""
        from imbnas.data.streams import evaluation_batches

        self.supernet.choose(architecture)
        with restored_statistics(self.supernet):
            if self.calibration is None:
                self.supernet.train()
            else:
                estimate_statistics(self.supernet, _images(self.calibration))
            batches = evaluation_batches(self.validation, self.batch_size)
            correct, total = class_correct(self.supernet, batches, self.validation.num_classes)
        return mean_recall(correct, total)


def _images(images: "ImageSet | FileSet") -> "Iterator[Tensor]":
    from imbnas.data.streams import evaluation_batches

    # A last batch of one image has no variance to estimate at 1×1 pixels.
    return (batch for batch, _ in evaluation_batches(images, CALIBRATION_BATCH) if len(batch) > 1)
