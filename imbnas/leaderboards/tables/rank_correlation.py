"""Do rankings transfer? Rank correlation between every two trainings of a population."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.baseline_ranks import rank_baselines
from imbnas.leaderboards.tables.class_orders import class_orders
from imbnas.leaderboards.tables.rankings import PREDICTORS, part_with
from imbnas.leaderboards.tables.strata import STRATA, within_strata
from imbnas.stats import (
    RankTransfer,
    holm_verdicts,
    rank_against_predictor,
    rank_transfer,
    resamples_for,
)
from imbnas.suites.schema import Training, TransferPart

STATISTICS = (
    "tau_b", "ci_low", "ci_high", "noise_ceiling", "ceiling_low", "ceiling_high", "verdict",
    "difference", "difference_low", "difference_high", "tau_corrected", "clipped", "p_adjusted",
    "spearman", "weighted_tau", "seed_tau_x", "seed_tau_y",
)  # fmt: skip
COLUMNS = (
    "part", "x", "x_scheme", "y", "y_scheme", *STATISTICS, *STRATA, "class_orders", "population",
    "n_architectures", "n_replicates", "n_missing", "protocol", "fidelity",
)  # fmt: skip


def rank_correlation(results: Results) -> pd.DataFrame:
    """One row for each pair of trainings, and rows for plain parameter counts and MACs.

    ``x`` is the balanced reference where it takes part. Verdicts are corrected for the number of
    pairs (Holm); ``p_adjusted`` is that of "the ceiling is above tau". ``n_missing`` counts
    trainings that failed or are not finished; an architecture that lacks a replicate is left out
    of the row. ``tau_within_macs`` counts only pairs of architectures of about equal MACs, for
    populations stratified by MACs; ``class_orders`` names the orders of the imbalanced conditions.

    Rows whose population is ``timm`` (or ``timm (pretrained)``) ask the same of the models of a
    baselines part. That is another question about another population, so each part is a family of
    its own for Holm's correction and neither weakens the other's verdicts. Fewer than 4 models
    give no intervals and no verdicts.
    """
    rows = [
        row
        for name, part in results.parts("transfer")
        if isinstance(part, TransferPart)
        for row in _rows(results, name, part)
    ]
    for ranks in rank_baselines(results, PREDICTORS):
        row = _row(results, ranks.part, ranks.x, ranks.y, ranks.transfer, ranks.n_missing)
        orders = class_orders(results, *ranks.compared)
        rows.append({**row, "population": ranks.population, "class_orders": orders})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def functional_classes(results: Results) -> NDArray[np.int64]:
    """(A,) class of each member; members of one class compute one function."""
    ids = [member.functional_id for member in results.resolved.population]
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)


def _rows(results: Results, name: str, part: TransferPart) -> Iterator[dict[str, object]]:
    trainings = part.trainings
    accuracies = [results.population_accuracy(training) for training in trainings]
    pairs = list(combinations(zip(trainings, accuracies, strict=True), 2))
    classes = functional_classes(results)
    resamples = resamples_for(len(classes), len(pairs))
    transfers = holm_verdicts(
        [
            rank_transfer(first, second, classes=classes, resamples=resamples)
            for (_, first), (_, second) in pairs
        ]
    )
    for ((x, first), (y, second)), transfer in zip(pairs, transfers, strict=True):
        missing = int(np.isnan(first).sum() + np.isnan(second).sum())
        row = _row(results, name, (x.condition, x.scheme), y, transfer, missing)
        yield {
            **row,
            **within_strata(results, first, second),
            "class_orders": class_orders(results, x, y),
        }
    for predictor in PREDICTORS:
        values = np.array([getattr(m, predictor) for m in results.resolved.population], float)
        for training, accuracy in zip(trainings, accuracies, strict=True):
            transfer = rank_against_predictor(values, accuracy, classes=classes)
            missing = int(np.isnan(accuracy).sum())
            row = _row(results, name, (predictor, ""), training, transfer, missing)
            yield {**row, "class_orders": class_orders(results, training)}


def _row(
    results: Results,
    part: str,
    x: tuple[str, str],
    y: Training,
    transfer: RankTransfer,
    missing: int,
) -> dict[str, object]:
    return {
        "part": part,
        "x": x[0],
        "x_scheme": x[1],
        "y": y.condition,
        "y_scheme": y.scheme,
        **{name: getattr(transfer, name) for name in STATISTICS},
        # Whether a ranking changed is no question to ask of a count that never was one.
        "verdict": None if x[0] in PREDICTORS else transfer.verdict,
        **results.scope,
        "n_architectures": transfer.n,
        "n_missing": missing,
    }


def target_accuracy(results: Results, training: Training) -> Floats | None:
    """Stand-alone accuracies of the population on a training that a transfer part holds.

    Returns:
        Array of shape (architectures, replicates) in [0, 1], NaN where missing; ``None`` where
        no transfer part trains the population on it.
    """
    return results.population_accuracy(training) if part_with(results, training) else None
