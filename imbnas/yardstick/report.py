"""Rows that judge fidelities: what they cost, how they repeat, how they agree with a table."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbnas.errors import InputError
from imbnas.stats import (
    MIN_MODELS,
    RankTransfer,
    predictive_tau_change,
    rank_against_predictor,
    repeatability,
    replicates_to_agree,
    replicates_to_repeat,
)
from imbnas.stats.arrays import replicate_mean
from imbnas.suites.schema import Training
from imbnas.yardstick.external_table import ExternalTable
from imbnas.yardstick.measured import Floats, Measured

MEAN_OF = 3
"""Replicates of the means whose ceiling is given."""
CEILING = 0.8
COST = (
    "fidelity", "condition", "scheme", "cells", "replicates", "n_missing", "core_seconds",
    "core_seconds_ratio", "seed_tau", "seed_tau_low", "seed_tau_high", "ceiling", "ceiling_low",
    "ceiling_high", "replicates_to_ceiling", "core_seconds_to_ceiling",
)  # fmt: skip
AGREEMENT = (
    "cells_compared", "tau", "tau_low", "tau_high", "difference", "difference_low",
    "difference_high", "limit", "limit_low", "limit_high", "core_seconds_to_best", "best_for_cost",
)  # fmt: skip
"""For each column of the table: ``tau COLUMN``, …"""


@dataclass(frozen=True)
class Report:
    """Fidelities judged by a table.

    Attributes:
        table: of others.
        runs: every training of every fidelity.
        relative_to: label of the fidelity that others are compared with.
        ceiling: tau between two means that costs are given for, in (0, 1).
        seed: of the resampling.
    """

    table: ExternalTable
    runs: tuple[Measured, ...]
    relative_to: str
    ceiling: float = CEILING
    seed: int = 0

    def frame(self) -> pd.DataFrame:
        """A row for each fidelity and training; columns are ``COST``, then ``AGREEMENT``.

        - ``core_seconds``: processor seconds of a training, mean; ``core_seconds_ratio``: to those
          of ``relative_to`` on the cells of both.
        - ``seed_tau``: between two replicates; ``ceiling``: between two means of three;
          ``replicates_to_ceiling``, ``core_seconds_to_ceiling``: replicates of a mean, and their
          processor seconds for a cell, until two such means agree at ``Report.ceiling``.
        - ``tau``: of the means over replicates with a column; ``difference``: to that of
          ``relative_to``, on the cells of both; ``limit``: of means of infinitely many replicates.
        - ``core_seconds_to_best``: processor seconds for a cell until the mean is expected to agree
          as well as the best fidelity does as it was run; ``best_for_cost``: whether no other one
          agrees as well for less, or better for as much.

        Intervals (95%) hold other cells, and are given from 10 distinct ones on.
        """
        rows = [self._row(run) for run in self.runs]
        for column in self.table.columns:
            for training in dict.fromkeys(run.training for run in self.runs):
                pairs = zip(self.runs, rows, strict=True)
                _add_best(column, [pair for pair in pairs if pair[0].training == training])
        names = [f"{name} {column}" for column in self.table.columns for name in AGREEMENT]
        return pd.DataFrame(rows, columns=[*COST, *names])

    def notes(self) -> Iterator[str]:
        """What readers of the rows should know, one line each."""
        seen = set()
        for run in self.runs:
            known = sum(each in self._values for each in run.functional_ids)
            if known < len(run.functional_ids) and run.fidelity not in seen:
                seen.add(run.fidelity)
                yield (
                    f"{run.fidelity}: {len(run.functional_ids) - known} of "
                    f"{len(run.functional_ids)} cells are not in {self.table.name}"
                )
            if run.missing:
                yield (
                    f"{run.fidelity}, {run.training}: {run.missing} of {run.accuracy.size} "
                    "trainings have no result"
                )
            untimed = int((np.isnan(run.core_seconds) & ~np.isnan(run.accuracy)).sum())
            if untimed:
                yield (
                    f"{run.fidelity}, {run.training}: {untimed} records do not tell their "
                    "processor seconds"
                )
        for fidelity, run in {run.fidelity: run for run in self.runs}.items():
            if run.replicates % run.stack:
                yield (
                    f"{fidelity}: {run.replicates} replicates in stacks of {run.stack}, whose "
                    "empty places are computed, too; with full stacks a training costs less"
                )

    @cached_property
    def _values(self) -> Mapping[str, tuple[float | None, ...]]:
        return {cell.functional_id: cell.values for cell in self.table.cells}

    @cached_property
    def _baselines(self) -> Mapping[Training, Measured]:
        return {run.training: run for run in self.runs if run.fidelity == self.relative_to}

    def _row(self, run: Measured) -> dict[str, Any]:
        repeats = repeatability(
            run.accuracy, mean_of=MEAN_OF, classes=_classes(run), seed=self.seed
        )
        needed = (
            None
            if repeats.seed_tau is None
            else replicates_to_repeat(repeats.seed_tau, self.ceiling)
        )
        row: dict[str, Any] = {
            "fidelity": run.fidelity,
            "condition": run.training.condition,
            "scheme": run.training.scheme,
            "cells": len(run.architectures),
            "replicates": run.replicates,
            "n_missing": run.missing,
            "core_seconds": run.core_seconds_each,
            "core_seconds_ratio": self._ratio(run),
            "seed_tau": repeats.seed_tau,
            "seed_tau_low": repeats.seed_tau_low,
            "seed_tau_high": repeats.seed_tau_high,
            "ceiling": repeats.ceiling,
            "ceiling_low": repeats.ceiling_low,
            "ceiling_high": repeats.ceiling_high,
            "replicates_to_ceiling": needed,
            "core_seconds_to_ceiling": _spent(run, needed),
        }
        for position, column in enumerate(self.table.columns):
            found = self._agreement(run, position)
            row |= {f"{name} {column}": value for name, value in found.items()}
        return row

    def _ratio(self, run: Measured) -> float:
        """Mean processor seconds over those of the baseline, on cells that both tell."""
        base = self._baselines.get(run.training)
        if base is None:
            return math.nan
        own, other = _aligned(run, base, "core_seconds")
        means = [_mean_of_known(matrix) for matrix in (own, other)]
        both = ~np.isnan(means[0]) & ~np.isnan(means[1])
        total = means[1][both].sum()
        return float(means[0][both].sum() / total) if total > 0 else math.nan

    def _agreement(self, run: Measured, position: int) -> dict[str, Any]:
        values, classes = self._column(run, position), _classes(run)
        found = rank_against_predictor(values, run.accuracy, classes=classes, seed=self.seed)
        enough = len(np.unique(classes[_complete(run.accuracy, values)])) >= MIN_MODELS
        return {
            "cells_compared": found.n,
            "tau": found.tau_b,
            "tau_low": found.ci_low if enough else None,
            "tau_high": found.ci_high if enough else None,
            **self._difference(run, position),
            **_limit(found, enough),
        }

    def _difference(self, run: Measured, position: int) -> dict[str, float | None]:
        names = ("difference", "difference_low", "difference_high")
        base = self._baselines.get(run.training)
        if base is None or base is run:
            return dict.fromkeys(names)
        own, other = _aligned(run, base, "accuracy")
        values, classes = self._column(run, position), _classes(run)
        change = predictive_tau_change(
            (_means(other), values), (_means(own), values), classes=classes, seed=self.seed
        )
        known = _complete(np.hstack([own, other]), values)
        enough = len(np.unique(classes[known])) >= MIN_MODELS
        bounds = (change.difference_low, change.difference_high) if enough else (None, None)
        return dict(zip(names, (change.difference, *bounds), strict=True))

    def _column(self, run: Measured, position: int) -> Floats:
        """Values of the table for the run's architectures, NaN where it has none."""
        found = (self._values.get(each) for each in run.functional_ids)
        return np.array([values[position] if values else None for values in found], dtype=float)


def check_relative_to(relative_to: str | None, labels: Sequence[str]) -> str:
    """The fidelity that others are compared with; the first by default.

    Raises:
        InputError: it is none of them.
    """
    if relative_to is not None and relative_to not in labels:
        raise InputError(f"--relative-to {relative_to}: not among {', '.join(labels)}")
    return relative_to or labels[0]


def _classes(run: Measured) -> NDArray[np.intp]:
    return np.unique(run.functional_ids, return_inverse=True)[1]


def _complete(matrix: Floats, values: Floats) -> NDArray[np.bool_]:
    complete: NDArray[np.bool_] = ~(np.isnan(matrix).any(axis=1) | np.isnan(values))
    return complete


def _aligned(run: Measured, base: Measured, field: str) -> tuple[Floats, Floats]:
    """Values of the run, and those of the baseline for the same architectures; NaN for none."""
    own, held = getattr(run, field), getattr(base, field)
    rows = {architecture: row for row, architecture in enumerate(base.architectures)}
    nothing = np.full(held.shape[1], np.nan)
    other = [held[rows[each]] if each in rows else nothing for each in run.architectures]
    return own, np.array(other)


def _means(matrix: Floats) -> Floats:
    """Over replicates, as ``rank_against_predictor`` takes them; NaN where one is missing."""
    complete = ~np.isnan(matrix).any(axis=1)
    means: Floats = np.full(len(matrix), np.nan)
    means[complete] = replicate_mean(matrix[complete])
    return means


def _mean_of_known(matrix: Floats) -> Floats:
    known = ~np.isnan(matrix)
    total = np.where(known, matrix, 0.0).sum(axis=1)
    mean: Floats = np.full(len(matrix), np.nan)
    np.divide(total, known.sum(axis=1), out=mean, where=known.any(axis=1))
    return mean


def _limit(found: RankTransfer, enough: bool) -> dict[str, float | None]:
    bounds = (found.corrected_low, found.corrected_high) if enough else (None, None)
    return dict(
        zip(("limit", "limit_low", "limit_high"), (found.tau_corrected, *bounds), strict=True)
    )


def _spent(run: Measured, replicates: float | None) -> float:
    """Processor seconds of so many trainings, at least of one."""
    return math.nan if replicates is None else max(1.0, replicates) * run.core_seconds_each


def _add_best(column: str, found: Sequence[tuple[Measured, dict[str, Any]]]) -> None:
    """Compare the fidelities that were trained on one condition."""
    tau, limit = f"tau {column}", f"limit {column}"
    known = [(run, row) for run, row in found if row[tau] is not None]
    best = max((row[tau] for _, row in known), default=0.0)
    points = [(row[tau], _spent(run, run.replicates)) for run, row in known]
    for run, row in found:
        needed = None
        if best > 0 and row[limit] is not None and row["seed_tau"] is not None:
            needed = replicates_to_agree(row["seed_tau"], row[limit], best)
        row[f"core_seconds_to_best {column}"] = _spent(run, needed)
        own = (row[tau], _spent(run, run.replicates))
        row[f"best_for_cost {column}"] = None
        if row[tau] is not None and not math.isnan(own[1]):
            row[f"best_for_cost {column}"] = not any(_beats(other, own) for other in points)


def _beats(other: tuple[float, float], own: tuple[float, float]) -> bool:
    """Whether (tau, cost) is as good in both and better in one."""
    return other != own and other[0] >= own[0] and other[1] <= own[1]
