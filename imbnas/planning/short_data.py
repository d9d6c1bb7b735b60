"""Conditions with few images, on which shortened units run."""

from dataclasses import dataclass, replace

import numpy as np

from imbnas.data.balancing import balanced_part
from imbnas.data.manifests import Manifest
from imbnas.execution.data_pool import ConditionImages, DataPool
from imbnas.units.recipes import ChannelStatistics
from imbnas.units.unit import DataRef

TRAIN_SHARE = 8
"""Strategies and heads pass training images more often than others pass theirs."""


@dataclass
class ShortDataPool(DataPool):
    """Keeps as many images of each class in every split, at least one.

    Attributes:
        limit: images that a split keeps at most; training images, an eighth of it.
    """

    limit: int = 0

    @classmethod
    def of(cls, pool: DataPool, limit: int) -> "ShortDataPool":
        """The data of another pool, loaded once for both."""
        return cls(**vars(pool) | {"limit": limit, "_conditions": {}})

    def images(
        self,
        data: DataRef,
        resolution: int | None,
        statistics: ChannelStatistics | None = None,
    ) -> ConditionImages:
        """The images that are kept of a condition."""
        key = (data.manifest_sha256, resolution, statistics)
        if key not in self._conditions:
            whole = super().images(data, resolution, statistics)
            self._conditions[key] = replace(whole, manifest=self._manifest(whole))
        return self._conditions[key]

    def _manifest(self, images: ConditionImages) -> Manifest:
        dataset, fields = images.dataset, dict(images.manifest)
        del fields["sha256"]
        limits = {"train": self.limit // TRAIN_SHARE, "validation": self.limit, "test": self.limit}
        for name, limit in limits.items():
            fields[name] = balanced_part(fields[name], dataset, max(limit, dataset.num_classes))
        kept = dataset.train.labels[list(fields["train"].indices)]
        counts = tuple(np.bincount(kept, minlength=dataset.num_classes).tolist())
        return Manifest.seal(**fields | {"class_counts": counts, "total": sum(counts)})
