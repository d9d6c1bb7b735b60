"""Accuracies summarised over replicates, and the numbers that several tables write alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats
from imbnas.suites.resolved import ConditionFacts
from imbnas.units.metrics import TrainMetrics

Metrics = Sequence[TrainMetrics | None]
"""One entry per replicate; ``None`` where a training is missing."""
QUALITIES: Mapping[str, Callable[[TrainMetrics], float | None]] = {
    "harmonic_mean": TrainMetrics.harmonic_mean,
    "calibration_error": TrainMetrics.expected_calibration_error,
}
"""What else than mean recalls tables say of a network, by column: of one training, in [0, 1]."""


def summarise(metrics: Metrics, facts: ConditionFacts) -> dict[str, float | None]:
    """Accuracy of one model on one condition over its replicates, in percent, by column.

    Groups are those of the condition; ``None`` for a group without classes or when nothing is
    finished. ``accuracy_sd`` needs two replicates. ``harmonic_mean`` is that of the class recalls,
    ``calibration_error`` the expected calibration error with 15 bins in percentage points; ``None``
    where a finished record does not hold it.
    """
    done = [m for m in metrics if m is not None]
    overall = _percent(m.mean_accuracy() for m in done)
    groups = {
        name: mean(_percent(m.mean_accuracy(classes) for m in done)) if classes else None
        for name, classes in facts.groups.items()
    }
    worst = _percent(min(a for a in m.class_accuracy if a is not None) for m in done)
    return {
        "accuracy_mean": mean(overall),
        "accuracy_sd": sd(overall),
        **groups,
        "worst_class": mean(worst),
        "n_replicates": len(done),
        "n_missing": len(metrics) - len(done),
        **{name: mean_percent(done, of) for name, of in QUALITIES.items()},
    }


def accuracies(metrics: Metrics, classes: Sequence[int] | None = None) -> Floats:
    """(R,) mean recalls of the classes, or of all, in [0, 1]; NaN where a training is missing."""
    found = (m.mean_accuracy(classes) if m else None for m in metrics)
    return np.array([np.nan if a is None else a for a in found], dtype=np.float64)


def mean_percent(metrics: Metrics, of: Callable[[TrainMetrics], float | None]) -> float | None:
    """Mean of a share over trainings, in percent; ``None`` where one is missing or there is none.

    Args:
        metrics: of the trainings.
        of: the share of one of them, in [0, 1].
    """
    shares = [None if m is None else of(m) for m in metrics]
    known = [share for share in shares if share is not None]
    return 100 * sum(known) / len(known) if known and len(known) == len(shares) else None


def mean(values: Sequence[float] | Floats) -> float | None:
    """Arithmetic mean, ``None`` for nothing."""
    return float(np.mean(values)) if len(values) else None


def sd(values: Sequence[float]) -> float | None:
    """Sample standard deviation (n − 1 in the denominator), ``None`` below two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def with_whole_numbers(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Round columns of large counts, so that they are written with all their digits."""
    return table.assign(**{name: _whole(table[name]) for name in columns})


def _whole(column: "pd.Series[Any]") -> "pd.Series[Any]":
    rounded = column.astype("Float64").round()
    # Sums may exceed 64 bits; they are written with all their digits, too.
    return rounded if (rounded.abs() >= 2.0**63).any() else rounded.astype("Int64")


def _percent(accuracies: Iterable[float | None]) -> list[float]:
    return [100 * accuracy for accuracy in accuracies if accuracy is not None]
