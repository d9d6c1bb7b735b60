"""What a look-up in a table answers, and metrics of its counts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbnas.table.arrays import Labels
from imbnas.units.recalls import harmonic_mean, mean, recalls

Counts = NDArray[np.int64]


class ClassGroups(NamedTuple):
    """Labels by how many training images their classes have; ``None`` for no classes."""

    many: Labels | None
    medium: Labels | None
    few: Labels | None


@dataclass(frozen=True)
class QueryResult:
    """What trainings of one architecture gave; of several replicates, means over those finished.

    Recalls and their means are in [0, 1]; a metric is ``None`` where no replicate is finished or
    there are no such classes.

    Attributes:
        space: of the architecture.
        architecture: as the table spells it.
        condition: what it was trained on.
        scheme: what it was trained with.
        role: what the trainings are part of, see the column ``role``.
        replicates: numbers of the finished ones.
        failed: numbers of those that failed.
        class_correct: of each finished replicate, the test images of each class that were
            classified correctly.
        class_total: of each finished replicate, the test images of each class.
        groups: labels of the classes of many, medium and few training images.
        params: trainable parameters; ``None`` where unknown.
        macs: multiply-accumulates of one image; ``None`` where unknown.
        seconds: wall-clock seconds of all finished trainings together: the cost that the answer
            stands for.
    """

    space: str
    architecture: str
    condition: str
    scheme: str
    role: str
    replicates: tuple[int, ...]
    failed: tuple[int, ...]
    class_correct: tuple[Labels, ...]
    class_total: tuple[Labels, ...]
    groups: ClassGroups
    params: int | None
    macs: int | None
    seconds: float

    @property
    def mean_recall(self) -> float | None:
        """Mean per-class recall: balanced accuracy."""
        return _mean(mean(found) for found in self._recalls())

    @property
    def many(self) -> float | None:
        """Mean recall of the classes of many training images."""
        return self._group(self.groups.many)

    @property
    def medium(self) -> float | None:
        """Mean recall of the classes between."""
        return self._group(self.groups.medium)

    @property
    def few(self) -> float | None:
        """Mean recall of the classes of few training images."""
        return self._group(self.groups.few)

    @property
    def worst_class(self) -> float | None:
        """Recall of the class with the lowest."""
        known = ([each for each in found if each is not None] for found in self._recalls())
        return _mean(min(found, default=None) for found in known)

    @property
    def harmonic_mean(self) -> float | None:
        """Harmonic mean of the class recalls, 0 where one of them is 0."""
        return _mean(map(harmonic_mean, self._recalls()))

    def metric(self, of: Callable[[Counts, Counts], float]) -> float | None:
        """Any metric of the counts; its mean over the finished replicates.

        Args:
            of: takes the correct and the total test images of each class, (C,) each.
        """
        counts = zip(
            map(np.array, self.class_correct), map(np.array, self.class_total), strict=True
        )
        return _mean(of(correct, total) for correct, total in counts)

    def _recalls(self) -> Iterator[tuple[float | None, ...]]:
        """Recalls of each class, by finished replicate."""
        return map(recalls, self.class_correct, self.class_total)

    def _group(self, classes: Labels | None) -> float | None:
        if classes is None:
            return None
        return _mean(mean(found[label] for label in classes) for found in self._recalls())


def _mean(values: Iterable[float | None]) -> float | None:
    """Mean over replicates; ``None`` for none, or where one has no value."""
    held = list(values)
    known = [value for value in held if value is not None]
    return float(np.mean(known)) if held and len(known) == len(held) else None
