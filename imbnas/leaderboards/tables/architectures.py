"""One row per architecture: accuracies, ranks, and who moves when data becomes long-tailed."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared.summary import QUALITIES, mean_percent
from imbnas.suites.schema import Training, TransferPart


def architectures(results: Results) -> pd.DataFrame:
    """Population with mean and SD (percent), balanced and long-tailed rank, rank difference.

    Rank 1 is best; ties share their mean rank. ``rank_difference`` is balanced rank minus
    long-tailed rank: positive for an architecture that gains when the data is long-tailed. The
    columns without a suffix compare the part's reference with its first target. ``n …`` counts
    finished replicates, ``n_missing`` trainings of the architecture that are not finished.
    ``harmonic_mean …`` is that of the class recalls (percent), ``calibration_error …`` the expected
    calibration error with 15 bins (percentage points): means over replicates, empty where one is
    missing or its record does not hold it.
    """
    frames = [_frame(results, name, part) for name, part in results.parts(TransferPart)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def trainings(columns: Iterable[object]) -> list[str]:
    """The trainings, ``CONDITION SCHEME``, that columns of the table are about."""
    means = [str(column) for column in columns if str(column).startswith("mean ")]
    return [column.removeprefix("mean ") for column in means]


def _frame(results: Results, name: str, part: TransferPart) -> pd.DataFrame:
    population, accuracies = results.resolved.population, results.population_accuracy
    columns: dict[str, object] = {"part": name}
    for field in ("architecture", "unique_id", "functional_id", "params", "macs"):
        columns[field] = [getattr(member, field) for member in population]
    reference, first = _ranks(accuracies[part.reference]), _ranks(accuracies[part.targets[0]])
    columns["balanced_rank"] = reference
    columns["long_tailed_rank"] = first
    columns["rank_difference"] = reference - first
    missing = np.zeros(len(population), dtype=int)
    for training in part.trainings:
        accuracy, label = accuracies[training], f"{training.condition} {training.scheme}"
        several = accuracy.shape[1] > 1
        columns[f"mean {label}"] = 100 * accuracy.mean(axis=1)
        columns[f"sd {label}"] = 100 * accuracy.std(axis=1, ddof=1) if several else np.nan
        columns[f"rank {label}"] = _ranks(accuracy)
        columns[f"n {label}"] = (~np.isnan(accuracy)).sum(axis=1)
        missing += np.isnan(accuracy).sum(axis=1)
    qualities = {
        f"{quality} {training.condition} {training.scheme}": values
        for training in part.trainings
        for quality, values in _qualities(results, training).items()
    }
    return pd.DataFrame({**columns, "n_missing": missing, **results.scope, **qualities})


def _qualities(results: Results, training: Training) -> dict[str, Floats]:
    """Column → (A,) values of the population on one training."""
    by_replicate = [map(results.metrics, ids) for ids in results.population_identities[training]]
    trained = list(zip(*by_replicate, strict=True))
    return {
        # A column of gaps alone is one of numbers, too.
        name: np.array([mean_percent(metrics, of) for metrics in trained], dtype=np.float64)
        for name, of in QUALITIES.items()
    }


def _ranks(accuracy: Floats) -> Floats:
    """Rank of each mean over replicates, 1 for the best; NaN where a replicate is missing."""
    return rankdata(-accuracy.mean(axis=1), nan_policy="omit")
