"""Compares a record with what came of its unit here."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from imbnas.submissions.means import accuracy
from imbnas.units.frozen import canonical_json
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import INSTRUCTION_SETS, Record
from imbnas.units.unit import TrainUnit

_LIBRARIES = ("torch", "torchvision", "timm", "numpy", "scipy", "onednn", "mkl", "libc")
_FACTOR = 4.0
"""Standard deviations of a difference of two replicates beyond which it is no noise."""


class Likeness(StrEnum):
    """How a record and its repetition compare."""

    EQUAL = "equal"
    WITHIN_NOISE = "within noise"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot tell"
    NOT_DONE = "not done"


@dataclass(frozen=True)
class Compared:
    """What came of one unit.

    Attributes:
        identity: of the unit.
        label: of the unit.
        likeness: of both results.
        detail: what differs.
        difference: accuracy handed in minus accuracy here, in percentage points; ``None`` where
            there is none to compare.
    """

    identity: str
    label: str
    likeness: Likeness
    detail: str = ""
    difference: float | None = None

    @property
    def passed(self) -> bool:
        """Whether it says nothing against the submission."""
        return self.likeness not in (Likeness.DIFFERENT, Likeness.NOT_DONE)


def other_circumstances(there: Record, here: Record) -> str | None:
    """What differs so that bits may; ``None`` where they must be equal."""
    names = [*_LIBRARIES, "threads", *INSTRUCTION_SETS]
    if not there.unit.reproducible:
        names.append("processor")
    differing = [
        name for name in names if getattr(there.provenance, name) != getattr(here.provenance, name)
    ]
    if there.unit.device_type == "cuda" and there.cost.device != here.cost.device:
        differing.append("device")
    return ", ".join(differing) or None


def noise_between_replicates(records: Iterable[Record]) -> float | None:
    """Standard deviation of a training's accuracy between replicates, in percentage points.

    Pooled over trainings of one model by one recipe and scheme on one condition; ``None`` where no
    two of them are of the same.
    """
    groups: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for record in records:
        unit = record.unit
        if isinstance(unit, TrainUnit):
            condition = unit.data.condition.partition(":subset-")[0]
            parts = (unit.model, unit.recipe, unit.scheme)
            groups[(condition, *map(canonical_json, parts))].append(100 * accuracy(record))
    several = [values for values in groups.values() if len(values) > 1]
    freedom = sum(len(values) - 1 for values in several)
    squares = sum(float(np.var(values)) * len(values) for values in several)
    return math.sqrt(squares / freedom) if freedom else None


def compare(there: Record, here: Record, noise: float | None) -> Compared:
    """Compare a record that was handed in with its repetition.

    Args:
        there: what was handed in.
        here: what came of it here.
        noise: see ``noise_between_replicates``.
    """

    def told(likeness: Likeness, detail: str = "", points: float | None = None) -> Compared:
        return Compared(there.identity, there.unit.label, likeness, detail, points)

    one, other = there.metrics, here.metrics
    points = None
    if isinstance(one, TrainMetrics) and isinstance(other, TrainMetrics):
        points = 100 * (accuracy(there) - accuracy(here))
    if one == other and _spent(there) == _spent(here):
        return told(Likeness.EQUAL, "", points)
    what = other_circumstances(there, here)
    by = f" ({points:+.2f} points)" if points is not None else ""
    if what is None:
        return told(Likeness.DIFFERENT, f"not the same bits by the same processor{by}", points)
    if isinstance(one, TrainMetrics) and isinstance(other, TrainMetrics):
        if (one.params, one.macs, one.class_total) != (other.params, other.macs, other.class_total):
            return told(Likeness.DIFFERENT, "another network or other test images", points)
        if noise is not None and points is not None:
            within = abs(points) <= _FACTOR * math.sqrt(2) * noise
            likeness = Likeness.WITHIN_NOISE if within else Likeness.DIFFERENT
            return told(likeness, f"other {what}{by}, replicates vary by {noise:.2f}", points)
    return told(Likeness.CANNOT_TELL, f"other {what}{by}", points)


def drift_fault(compared: Iterable[Compared], noise: float | None) -> str | None:
    """Whether differences that are each within noise add up to more; ``None`` if they do not."""
    points = [
        each.difference
        for each in compared
        if each.likeness is Likeness.WITHIN_NOISE and each.difference is not None
    ]
    if not points or noise is None:
        return None
    mean, error = sum(points) / len(points), noise * math.sqrt(2 / len(points))
    if mean > 3 * error:
        return f"accuracies are {mean:.2f} points above those here on average, too many for noise"
    return None


def _spent(record: Record) -> tuple[int, int]:
    return record.cost.images_seen, record.cost.macs
