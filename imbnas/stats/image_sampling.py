"""Noise that all replicates share: one test split is a sample of images, too.

An architecture that happens to suit the images of a test split keeps that luck in every replicate,
so that agreement of replicates does not show it; on another dataset's test split it is gone. What
each training got right, image by image, tells how large it is.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imbnas.errors import InputError


@dataclass(frozen=True)
class ImageVariance:
    """How far accuracies of architectures would move apart on another test split of one size.

    Attributes:
        variance: of (architecture − mean of architectures) of the mean recall of classes in [0, 1],
            over draws of a test split with as many images of each class; unbiased, may fall below
            0.
        sd: its root, 0 where it is below 0; times 100 in percentage points.
        n_architectures: architectures used.
        n_replicates: replicates used.
        n_images: images of the test split.
    """

    variance: float
    sd: float
    n_architectures: int
    n_replicates: int
    n_images: int


def image_variance(correct: ArrayLike, labels: ArrayLike) -> ImageVariance:
    """Estimate the variance of (architecture × sampling of test images) of mean class recalls.

    Let q be the probability of (architecture, image) to be right over trainings, less the means
    of its architecture and of its image within the class. The variance sought is

        Σ_c s²_c / N_c / C²

    with s²_c the variance of q over the N_c images of class c of C: that of a mean of stratified
    draws (Cochran 1977, section 5.3). It is that of plain accuracy, too, where classes are equal.
    Products of q from two different replicates have its square as their expectation; chance of a
    single training, such as a coin thrown for an image, does not count.

    Args:
        correct: shape (A, R, N), whether training r of architecture a was right on image n; boolean
            or 0 and 1. A, R ≥ 2; the replicates must be trained independently.
        labels: shape (N,), the class of each image; at least two images of each.

    Raises:
        InputError: the shapes do not fit, or there are too few of something.
    """
    right, classes = np.asarray(correct), np.asarray(labels)
    _check(right, classes)
    total, labels_found = 0.0, np.unique(classes)
    for label in labels_found:
        chosen = classes == label
        total += _variance_in_class(right[:, :, chosen]) / int(chosen.sum())
    variance = total / len(labels_found) ** 2
    return ImageVariance(variance, math.sqrt(max(0.0, variance)), *right.shape)


def _variance_in_class(correct: NDArray[np.generic]) -> float:
    """Mean over architectures of the variance of q over the images of a class."""
    a, r, n = correct.shape
    z = correct.astype(np.float64)
    z -= z.mean(axis=2, keepdims=True)
    z -= z.mean(axis=0, keepdims=True)
    together, alone = float(np.square(z.sum(axis=1)).sum()), float(np.square(z).sum())
    variance: float = (together - alone) / (r * (r - 1) * (a - 1) * (n - 1))
    return variance


def _check(correct: NDArray[np.generic], labels: NDArray[np.generic]) -> None:
    if correct.ndim != 3 or labels.shape != correct.shape[2:]:
        raise InputError(
            f"correct, labels: shapes {correct.shape} and {labels.shape} do not fit; give "
            "(architectures, replicates, images) and one label for each image"
        )
    if correct.dtype.kind not in "biuf" or not np.isin(correct, (0, 1)).all():
        raise InputError("correct: holds other values than 0 and 1; leave out what is missing")
    if min(correct.shape[:2]) < 2:
        raise InputError(
            f"correct: {correct.shape[0]} architectures and {correct.shape[1]} replicates; at "
            "least two of each tell the noise that replicates share"
        )
    least = np.unique(labels, return_counts=True)[1].min(initial=2)
    if not len(labels) or least < 2:
        raise InputError("labels: a class has fewer than two images; its variance is unknown")
