"""Which strategy finds good architectures for the target, and at what cost?"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import adaptation_cost, regrets, summary
from imbnas.leaderboards.tables.shared.rankings import Ranking, part_with, rankings, with_scores
from imbnas.leaderboards.tables.shared.summary import Metrics, mean, sd
from imbnas.stats import holm, predictive_tau, t_interval
from imbnas.suites.expand import Chain
from imbnas.suites.schema import AdaptationPart

Row = dict[str, Any]
COLUMNS = (
    "part", "strategy", "source", "source_scheme", "target", "target_scheme", "accuracy_mean",
    "accuracy_sd", "many", "medium", "few", "worst_class", "difference_to_p0",
    "difference_low", "difference_high", "difference_p_adjusted", "tau_b", "tau_sd", "ci_low",
    "ci_high", "noise_ceiling", "regret", "regret_sd", "cost_ratio", *adaptation_cost.COLUMNS,
    "class_orders", "population", "n_architectures", "n_replicates", "n_missing", "scored_on",
    "protocol", "fidelity",
)  # fmt: skip


def adaptation(results: Results) -> pd.DataFrame:
    """One row per strategy, then rows of what needs no supernet.

    - ``accuracy_*`` (percent): found architectures, retrained from scratch on the target.
    - ``difference_to_p0`` (percentage points): paired by replicate, with a 95% t-interval;
      ``difference_p_adjusted`` is that of "there is none", after Holm's correction over the
      strategies of a part.
    - ``tau_b``: between the adapted supernet's scores and the stand-alone accuracies of the
      population on the target; mean over supernet replicates, with its interval.
      ``noise_ceiling`` is what noise of the accuracies would leave to perfect scores.
    - ``regret`` (percentage points): the population's best architecture, chosen on other
      replicates, minus the strategy's favourite within the population.
    - ``cost_ratio``: multiply-accumulates of the adaptation over those of ``p3`` for the same
      replicate, or, in a part without it, over those of the source supernet's training, scaled to
      the target's images; for a ranker, those of ranking the population once.
    """
    rows = [
        {**row, **_common(results, name, part)}
        for name, part in results.parts(AdaptationPart)
        for row in (
            *_strategies(results, part),
            *_without_supernet(results, part),
            *_references(results, part),
        )
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return summary.with_whole_numbers(table, *adaptation_cost.COLUMNS)


def _common(results: Results, name: str, part: AdaptationPart) -> Row:
    return {
        "part": name,
        "source": part.source.condition,
        "source_scheme": part.source.scheme,
        "target": part.target.condition,
        "target_scheme": part.target.scheme,
        "class_orders": results.class_orders(part.source, part.target),
        **results.scope,
    }


def _strategies(results: Results, part: AdaptationPart) -> list[Row]:
    """Rows of the strategies of a part; their p-values are adjusted together."""
    trained = {label: results.retrained(part, label, part.target) for label in part.choices}
    rows = []
    for strategy, metrics in trained.items():
        chains = results.chains(part, strategy)
        row = {
            "strategy": strategy,
            **summary.summarise(metrics, results.facts(part.target)),
            **_ranking(results, part, _population_scores(results, chains)),
            "cost_ratio": adaptation_cost.adaptation_ratio(results, part, chains),
            **adaptation_cost.spent(results, chains),
            "scored_on": results.resolved.strategies[strategy].scores_on,
        }
        if strategy != "p0" and "p0" in trained:
            row |= _difference(metrics, trained["p0"])
        rows.append(row)
    column = "difference_p_adjusted"
    adjusted = holm([row.get(column) for row in rows])
    return [{**row, column: p} for row, p in zip(rows, adjusted, strict=True)]


def _difference(metrics: Metrics, baseline: Metrics) -> Row:
    """Paired difference to ``p0`` over replicates, percentage points, with a t-interval."""
    interval = t_interval(*(100 * summary.accuracies(m) for m in (metrics, baseline)))
    return {
        "difference_to_p0": interval.mean,
        "difference_low": interval.low,
        "difference_high": interval.high,
        "difference_p_adjusted": interval.p_value,
    }


def _without_supernet(results: Results, part: AdaptationPart) -> Iterator[Row]:
    """Rankers that need no supernet."""
    holder = part_with(results, part.target)
    if holder is None:
        return
    missing = int(np.isnan(results.population_accuracy[part.target]).sum())
    found = list(rankings(results, holder, part.target))
    source = results.population_accuracy.get(part.source)
    if source is not None:
        found.append(Ranking("source-accuracy", source.mean(axis=1, keepdims=True), 0, 0, 0))
    for ranking in found:
        yield {
            "strategy": ranking.label,
            **_ranking(results, part, ranking.scores),
            "cost_ratio": adaptation_cost.ranking_ratio(results, part, ranking),
            "n_missing": ranking.n_missing + missing,
        }


def _references(results: Results, part: AdaptationPart) -> Iterator[Row]:
    """Regrets of a random pick, and of one that is made with the accuracies themselves."""
    actual = results.population_accuracy.get(part.target)
    if actual is None:
        return
    for reference, regret_of in regrets.REFERENCES.items():
        values = regret_of(actual)
        yield {
            "strategy": reference,
            "regret": mean(values),
            "regret_sd": sd(values),
            "n_missing": int(np.isnan(actual).sum()),
        }


def _population_scores(results: Results, chains: Sequence[Chain]) -> Floats:
    """(architectures, replicates) scores of the population; NaN where a search is missing."""
    members = [member.architecture for member in results.resolved.population]
    columns = []
    for chain in chains:
        found = results.scores(chain.population_scores)
        scores = dict(found.scores) if found else {}
        columns.append([scores.get(architecture, np.nan) for architecture in members])
    return np.array(columns, dtype=np.float64).T


def _ranking(results: Results, part: AdaptationPart, scores: Floats) -> Row:
    """Agreement of scores with stand-alone accuracies, and what following them would lose."""
    actual = results.population_accuracy.get(part.target)
    scored = with_scores(scores)
    if actual is None or not scored.shape[1]:
        return {}
    found = predictive_tau(scored, actual, classes=results.functional_classes)
    lost = regrets.regret_by_replicate(scores, actual)
    return {**vars(found), "regret": mean(lost), "regret_sd": sd(lost)}
