"""How many images two manifests have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbnas.data.manifests import Manifest

Images = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Overlap:
    """Images that two manifests share, and their share of the second one's.

    The test split, which a protocol may validate on, is common to all conditions of a dataset by
    definition; ``validation`` counts it, ``seen`` does not.

    Attributes:
        training: images that both train on.
        validation: images that both validate on.
        training_in_validation: images that the first trains on and the second validates on.
        validation_in_training: images that the first validates on and the second trains on.
        seen: images that the second trains or validates on and the first does, too, apart from
            the test split.
        training_share: of the second one's training images, those that the first trains on.
        validation_share: of the second one's validation images, those that the first validates on.
    """

    training: int
    validation: int
    training_in_validation: int
    validation_in_training: int
    seen: int
    training_share: float
    validation_share: float


def common_images(first: Manifest, second: Manifest) -> Overlap:
    """Count the images that two manifests have in common.

    Datasets of equal content are one, whatever their names; images of others are different ones.
    """
    if first.dataset_digest != second.dataset_digest:
        return Overlap(0, 0, 0, 0, 0, 0.0, 0.0)
    train, validation = _images(first)
    other_train, other_validation = _images(second)
    seen = (train | validation) & (other_train | other_validation)
    return Overlap(
        training=len(train & other_train),
        validation=len(validation & other_validation),
        training_in_validation=len(train & other_validation),
        validation_in_training=len(validation & other_train),
        seen=sum(split != "test" for split, _ in seen),
        training_share=len(train & other_train) / len(other_train),
        validation_share=len(validation & other_validation) / len(other_validation),
    )


def _images(manifest: Manifest) -> tuple[Images, Images]:
    """Training and validation images, each by its split and position."""
    train, validation = (
        frozenset((selection.split, index) for index in selection.indices)
        for selection in (manifest.train, manifest.validation)
    )
    return train, validation


class TrainingImages(NamedTuple):
    """Which images of a dataset a manifest trains on.

    Attributes:
        source: digest of the dataset and name of its split.
        indices: (N,) positions in the split.
    """

    source: tuple[str, str]
    indices: NDArray[np.int64]

    @classmethod
    def of(cls, manifest: Manifest) -> "TrainingImages":
        """Those of a manifest."""
        return cls(
            (manifest.dataset_digest, manifest.train.split),
            np.array(manifest.train.indices, np.int64),
        )


def training_shares(
    first: Sequence[TrainingImages], second: Sequence[TrainingImages]
) -> NDArray[np.float64]:
    """Share of common training images, of the smaller set: 1 where one is part of the other.

    Args:
        first: R sets, none of them empty.
        second: S sets, none of them empty.

    Returns:
        Shape (R, S), in [0, 1]; 0 for images of different datasets.
    """
    shares = np.zeros((len(first), len(second)))
    for row, one in enumerate(first):
        last = max(int(each.indices.max()) for each in (one, *second))
        held = np.zeros(last + 1, bool)
        held[one.indices] = True
        for column, other in enumerate(second):
            if one.source == other.source:
                common = int(held[other.indices].sum())
                shares[row, column] = common / min(len(one.indices), len(other.indices))
    return shares
