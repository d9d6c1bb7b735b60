"""Whether a record agrees with the images that it is about, which it does not hold itself."""

import numpy as np
from numpy.typing import ArrayLike

from imbnas.units.correct_bits import unpack
from imbnas.units.metrics import TrainMetrics


def check_bits(metrics: TrainMetrics, labels: ArrayLike) -> None:
    """Make sure that the marked images of each class are as many as were counted.

    Args:
        metrics: with ``correct_bits``.
        labels: (N,) classes of the manifest's test images, in its order.

    Raises:
        ValueError: they are not, or there are no bits.
    """
    truth, classes = np.asarray(labels, np.int64), len(metrics.class_total)
    if metrics.correct_bits is None:
        raise ValueError("there are no correct_bits")
    if tuple(np.bincount(truth, minlength=classes).tolist()) != metrics.class_total:
        raise ValueError("class_total differs from the manifest's test images")
    marked = truth[unpack(metrics.correct_bits, len(truth))]
    if tuple(np.bincount(marked, minlength=classes).tolist()) != metrics.class_correct:
        raise ValueError("correct_bits and class_correct differ in a class")
