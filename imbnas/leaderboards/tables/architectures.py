"""One row an architecture: accuracies, ranks, and who moves when data becomes long-tailed."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from imbnas.leaderboards.results import Floats, Results
from imbnas.suites.schema import Training, TransferPart


def architectures(results: Results) -> pd.DataFrame:
    """Population with mean and SD (percent), balanced and long-tailed rank, rank difference.

    Rank 1 is best; ties share their mean rank. ``rank_difference`` is balanced rank minus
    long-tailed rank: positive for an architecture that gains when the data is long-tailed. The
    columns without a suffix compare the part's reference with its first target. ``n …`` counts
    finished replicates, ``n_missing`` trainings of the architecture that are not finished.
    """
    frames = [
        _frame(results, name, part)
        for name, part in results.parts("transfer")
        if isinstance(part, TransferPart)
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _frame(results: Results, name: str, part: TransferPart) -> pd.DataFrame:
    columns: dict[str, object] = {
        "part": name,
        "architecture": [m.architecture for m in results.resolved.population],
        "unique_id": [m.unique_id for m in results.resolved.population],
        "functional_id": [m.functional_id for m in results.resolved.population],
        "params": [m.params for m in results.resolved.population],
        "macs": [m.macs for m in results.resolved.population],
    }
    reference = _ranks(results.population_accuracy(part.reference))
    first = _ranks(results.population_accuracy(part.targets[0]))
    columns["balanced_rank"] = reference
    columns["long_tailed_rank"] = first
    columns["rank_difference"] = reference - first
    missing = np.zeros(len(results.resolved.population), dtype=int)
    for training in part.trainings:
        accuracy = results.population_accuracy(training)
        label = _label(training)
        columns[f"mean {label}"] = 100 * accuracy.mean(axis=1)
        columns[f"sd {label}"] = (
            100 * accuracy.std(axis=1, ddof=1) if accuracy.shape[1] > 1 else np.nan
        )
        columns[f"rank {label}"] = _ranks(accuracy)
        columns[f"n {label}"] = (~np.isnan(accuracy)).sum(axis=1)
        missing += np.isnan(accuracy).sum(axis=1)
    return pd.DataFrame({**columns, "n_missing": missing, **results.scope})


def _ranks(accuracy: Floats) -> Floats:
    """Rank of each mean over replicates, 1 for the best; NaN where a replicate is missing."""
    means = accuracy.mean(axis=1)
    ranks = np.full(len(means), np.nan)
    known = ~np.isnan(means)
    ranks[known] = rankdata(-means[known])
    return ranks


def _label(training: Training) -> str:
    return f"{training.condition} {training.scheme}"
