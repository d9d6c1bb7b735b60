"""Training images per class, checked once where they enter."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError


def check_class_counts(class_counts: Iterable[int]) -> NDArray[np.int64]:
    """Return the counts as an int64 array.

    Args:
        class_counts: images of each of C >= 2 classes, each at least 1.

    Raises:
        InputError: fewer than two classes, a count below 1, or a count that is no whole number.
    """
    counts = np.asarray(list(class_counts), dtype=np.float64)
    if counts.ndim != 1 or len(counts) < 2:
        raise InputError("class_counts: give one count for each of at least 2 classes")
    bad = np.flatnonzero(~((counts >= 1) & (counts == np.floor(counts)) & np.isfinite(counts)))
    if len(bad):
        raise InputError(
            f"class_counts: class {bad[0]} has {counts[bad[0]]:g} images; "
            "every count must be a whole number of at least 1; leave empty classes out"
        )
    return counts.astype(np.int64)
