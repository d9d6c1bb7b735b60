"""What a network answers to images: which it gets right, and how sure it is of each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imbnas.units.correct_bits import pack
from imbnas.units.metrics import CALIBRATION_BINS, CalibrationBin

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_EDGES = np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]
"""Between the bins; each belongs to the bin below it."""


@dataclass(frozen=True)
class Answers:
    """Answers to N images in their order.

    Attributes:
        labels: (N,) classes.
        right: (N,) whether the answer is the class.
        confidence: (N,) largest softmax probability in [0, 1].
        num_classes: K.
    """

    labels: "NDArray[np.int64]"
    right: "NDArray[np.bool_]"
    confidence: "NDArray[np.float64]"
    num_classes: int

    @classmethod
    def read(
        cls, labels: "Tensor", predicted: "Tensor", confidence: "Tensor", num_classes: int
    ) -> "Answers":
        """Read (N,) tensors of one device; a GPU is waited for here."""
        right = predicted == labels
        return cls(
            labels.cpu().numpy(),
            right.cpu().numpy(),
            confidence.double().cpu().numpy(),
            num_classes,
        )

    @property
    def correct(self) -> tuple[int, ...]:
        """K counts of right answers."""
        return self._by_class(self.labels[self.right])

    @property
    def total(self) -> tuple[int, ...]:
        """K counts of images."""
        return self._by_class(self.labels)

    @property
    def bits(self) -> str:
        """See ``TrainMetrics.correct_bits``."""
        return pack(self.right)

    @property
    def calibration(self) -> tuple[CalibrationBin, ...] | None:
        """See ``TrainMetrics.calibration``."""
        if not np.isfinite(self.confidence).all():
            return None
        place = np.searchsorted(_EDGES, self.confidence, side="left")
        images, correct = (_counted(places) for places in (place, place[self.right]))
        sums = np.bincount(place, weights=self.confidence, minlength=CALIBRATION_BINS)
        return tuple(map(CalibrationBin, images, sums.tolist(), correct))

    def _by_class(self, labels: "NDArray[np.int64]") -> tuple[int, ...]:
        return tuple(np.bincount(labels, minlength=self.num_classes).tolist())


def _counted(places: "NDArray[np.int64]") -> list[int]:
    counts: list[int] = np.bincount(places, minlength=CALIBRATION_BINS).tolist()
    return counts
