"""Conditions with few images, on which shortened units run."""

from dataclasses import dataclass, replace

import numpy as np

from imbnas.data.balancing import balanced_part
from imbnas.data.manifests import Manifest, Selection
from imbnas.execution.data_pool import ConditionImages, Shelf
from imbnas.units.unit import DataRef

_TRAIN_SHARE = 8
"""Strategies and heads pass training images more often than others pass theirs."""


@dataclass
class ShortDataPool(Shelf):
    """Keeps as many images of each class in every split, at least one.

    Attributes:
        limit: images that a split keeps at most; training images, an eighth of it.
    """

    limit: int = 0

    def images(self, data: DataRef, resolution: int | None) -> ConditionImages:
        """The images that are kept of a condition."""
        key = (data.manifest_sha256, resolution)
        if key not in self._conditions:
            whole = super().images(data, resolution)
            self._conditions[key] = replace(whole, manifest=self._manifest(whole))
        return self._conditions[key]

    def _manifest(self, images: ConditionImages) -> Manifest:
        dataset, whole = images.dataset, images.manifest

        def part(selection: Selection, limit: int) -> Selection:
            return balanced_part(selection, dataset, max(limit, dataset.num_classes))

        train = part(whole.train, self.limit // _TRAIN_SHARE)
        labels = dataset.split(train.split).labels[list(train.indices)]
        counts = tuple(np.bincount(labels, minlength=dataset.num_classes).tolist())
        changes = {
            "train": train,
            "validation": part(whole.validation, self.limit),
            "test": part(whole.test, self.limit),
            "class_counts": counts,
            "total": sum(counts),
        }
        return Manifest.seal(**{k: v for k, v in whole if k != "sha256"} | changes)


def shortened(pool: Shelf, limit: int) -> ShortDataPool:
    """The same data in short, datasets shared."""
    return ShortDataPool(pool.locations, pool.device, pool.pins, pool._datasets, limit=limit)
