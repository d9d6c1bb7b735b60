"""Heads of their own for single architectures, made before each is scored."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from imbnas.data.image_sets import Images
from imbnas.data.streams import evaluation_batches


@dataclass(frozen=True)
class Head:
    """What turns the features of one architecture into logits.

    Attributes:
        logits: maps (B, F) features to (B, K) logits.
        macs: multiply-accumulates that making it took, features aside.
    """

    logits: Callable[[Tensor], Tensor]
    macs: int = 0


HeadFit = Callable[[Tensor, Tensor], Head]
"""Maps (N, F) features and (N,) labels of training images to a head."""


@dataclass
class HeadMaker:
    """Makes heads for architectures, one after the other.

    Attributes:
        fit: makes it of features and labels.
        images: training images, not augmented.
        batch_size: of the passes that give the features.
        macs: multiply-accumulates of making the latest head, features aside; heads of one
            supernet take equally many.
    """

    fit: HeadFit
    images: Images
    batch_size: int
    macs: int = 0

    def fitted(self, features_of: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        """Make a head; return what maps (B, F) features to its (B, K) logits.

        Args:
            features_of: maps (B, C, H, W) images to (B, F) features of one architecture.
        """
        pairs = [
            (features_of(images), labels)
            for images, labels in evaluation_batches(self.images, self.batch_size)
        ]
        features, labels = (torch.cat(column) for column in zip(*pairs, strict=True))
        head = self.fit(features, labels)
        self.macs = head.macs
        return head.logits
