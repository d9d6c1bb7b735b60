"""Do rankings transfer? Rank correlation between every two trainings of the same networks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import isqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared.rankings import predictors
from imbnas.leaderboards.tables.shared.summary import accuracies
from imbnas.stats import (
    RankTransfer,
    holm_verdicts,
    quantile_strata,
    rank_against_predictor,
    rank_transfer,
    resamples_for,
    stratified_tau,
)
from imbnas.suites.schema import BaselinesPart, Training, TransferPart
from imbnas.units.unit import baseline_label

COLUMNS = (
    "part", "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high", "noise_ceiling",
    "ceiling_low", "ceiling_high", "verdict", "difference", "difference_low", "difference_high",
    "tau_corrected", "clipped", "p_adjusted", "spearman", "weighted_tau", "seed_tau_x",
    "seed_tau_y", "tau_within_macs", "within_low", "within_high", "n_strata", "class_orders",
    "population", "n_architectures", "n_replicates", "n_missing", "protocol", "fidelity",
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
    give no intervals and no verdicts; a part with fewer than two ranks nothing and has no rows.
    """
    families = (*_of_population(results), *_of_baselines(results))
    rows = [row for family in families for row in _rows(results, family)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Family:
    """Networks of one part, whose comparisons Holm's correction takes together.

    Attributes:
        part: name of the part.
        population: what the networks are.
        accuracy: training → (A, R) accuracies in [0, 1], NaN where missing.
        predictors: name → (A,) counts.
        classes: (A,) equal numbers for networks that compute one function, or ``None``.
        strata: (A,) equal numbers for networks of about equal MACs, or ``None``.
    """

    part: str
    population: object
    accuracy: Mapping[Training, Floats]
    predictors: Mapping[str, Floats]
    classes: NDArray[np.int64] | None = None
    strata: NDArray[np.int64] | None = None


def _of_population(results: Results) -> Iterator[_Family]:
    """One family per transfer part; a population of A architectures has about √A equal strata."""
    counts, strata = predictors(results.resolved.population), None
    if results.resolved.settings.population.rule == "stratified":
        strata = quantile_strata(counts["macs"], isqrt(len(counts["macs"])))
    for name, part in results.parts(TransferPart):
        accuracy = {t: results.population_accuracy[t] for t in part.trainings}
        classes = results.functional_classes
        yield _Family(name, results.scope["population"], accuracy, counts, classes, strata)


def _of_baselines(results: Results) -> Iterator[_Family]:
    """One family per baselines part with two models or more; balanced trainings come first."""
    for name, part in results.parts(BaselinesPart):
        facts = [results.resolved.baselines[label] for label in dict.fromkeys(part.labels)]
        if len(facts) > 1:
            ordered = sorted(part.trainings, key=lambda t: results.facts(t).condition.ratio != 1)
            accuracy = {
                t: np.array([accuracies(results.model_metrics(f.model, t)) for f in facts])
                for t in ordered
            }
            population = baseline_label("timm", part.pretrained)
            yield _Family(name, population, accuracy, predictors(facts))


def _rows(results: Results, family: _Family) -> Iterator[dict[str, object]]:
    pairs = list(combinations(family.accuracy.items(), 2))
    resamples = resamples_for(len(family.predictors["macs"]), len(pairs))
    transfers = holm_verdicts(
        [
            rank_transfer(first, second, classes=family.classes, resamples=resamples)
            for (_, first), (_, second) in pairs
        ]
    )
    for ((x, first), (y, second)), transfer in zip(pairs, transfers, strict=True):
        yield {
            **_row(results, family, transfer, {x: first, y: second}),
            "x": x.condition,
            "x_scheme": x.scheme,
            **_within_strata(family, first, second),
        }
    for predictor, values in family.predictors.items():
        for y, accuracy in family.accuracy.items():
            transfer = rank_against_predictor(values, accuracy, classes=family.classes)
            # Whether a ranking changed cannot be asked of a count.
            fields = {"x": predictor, "x_scheme": "", "verdict": None}
            yield _row(results, family, transfer, {y: accuracy}) | fields


def _row(
    results: Results, family: _Family, transfer: RankTransfer, compared: Mapping[Training, Floats]
) -> dict[str, object]:
    """A row but for x; y is the last of the trainings compared."""
    y = list(compared)[-1]
    return {
        "part": family.part,
        "y": y.condition,
        "y_scheme": y.scheme,
        **vars(transfer),
        "class_orders": results.class_orders(*compared),
        **results.scope,
        "population": family.population,
        "n_architectures": transfer.n,
        "n_missing": sum(int(np.isnan(accuracy).sum()) for accuracy in compared.values()),
    }


def _within_strata(family: _Family, x: Floats, y: Floats) -> dict[str, object]:
    """tau-b over pairs of architectures in one stratum of MACs, with its 95% interval."""
    if family.strata is None:
        return {}
    found = stratified_tau(x, y, family.strata)
    return {
        "tau_within_macs": found.tau_b,
        "within_low": found.ci_low,
        "within_high": found.ci_high,
        "n_strata": len(found.strata),
    }
