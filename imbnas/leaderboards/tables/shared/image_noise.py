"""What the sampling of test images adds to accuracies, from what each training got right."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.summary import Metrics
from imbnas.stats import image_variance
from imbnas.suites.schema import Training
from imbnas.units.correct_bits import unpack
from imbnas.units.image_labels import unpack as unpack_labels
from imbnas.units.metrics import TrainMetrics


def image_noise(results: Results, training: Training, metrics: Sequence[Metrics]) -> float | None:
    """Standard deviation of accuracies in [0, 1] over test splits of one size.

    Args:
        results: whose suite holds the classes of the test images.
        training: of the networks.
        metrics: of each network, one entry per replicate; networks that lack one are left out.

    Returns:
        ``None`` where it cannot be told: a record or the suite is older than what it takes, or
        there are fewer than two complete networks, replicates, or images of a class.
    """
    digest = results.facts(training).replicates[0].dataset_digest
    packed = results.resolved.test_labels.get(digest)
    complete = [
        found for each in metrics if len(found := [m for m in each if m is not None]) == len(each)
    ]
    if packed is None or min(len(complete), len(results.replicates)) < 2:
        return None
    labels = unpack_labels(packed)
    fitting = all(_fits(metrics, labels) for each in complete for metrics in each)
    if not fitting or np.bincount(labels).min() < 2:
        return None
    bits = [[unpack(m.correct_bits or "", len(labels)) for m in each] for each in complete]
    return image_variance(np.array(bits), labels).sd


def _fits(metrics: TrainMetrics, labels: NDArray[np.int64]) -> bool:
    classes = len(metrics.class_total)
    counted = tuple(np.bincount(labels, minlength=classes).tolist())
    return metrics.correct_bits is not None and counted == metrics.class_total
