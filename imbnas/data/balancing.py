"""A part of a selection with as many images of each class, always the same."""

import numpy as np

from imbnas.data.dataset import Dataset
from imbnas.data.manifests import Selection
from imbnas.data.shuffling import shuffled
from imbnas.units.randomness import derive_seed


def balanced_part(selection: Selection, dataset: Dataset, limit: int) -> Selection:
    """Keep floor(``limit`` / K) images of each of the K classes, or all that a class has.

    It depends on the selection alone, and a smaller limit keeps a part of what a larger one keeps.

    Args:
        selection: of the dataset.
        dataset: gives the labels.
        limit: at most so many images.
    """
    if limit >= len(selection.indices):
        return selection
    indices = np.array(selection.indices, dtype=np.int64)
    labels = dataset.split(selection.split).labels[indices]
    each = limit // dataset.num_classes
    kept = [
        shuffled(indices[labels == label], derive_seed("balanced part", label))[:each]
        for label in range(dataset.num_classes)
    ]
    return Selection(split=selection.split, indices=tuple(np.sort(np.concatenate(kept)).tolist()))
