"""Which strategy finds good architectures for the target, and at what cost?"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results, mean, summarise, with_whole_numbers
from imbnas.leaderboards.tables.adaptation_cost import COLUMNS as COST_COLUMNS
from imbnas.leaderboards.tables.adaptation_cost import spent
from imbnas.leaderboards.tables.class_orders import class_orders
from imbnas.leaderboards.tables.rank_correlation import (
    functional_classes,
    target_accuracy,
)
from imbnas.leaderboards.tables.rankings import Ranking, part_with, rankings
from imbnas.leaderboards.tables.regrets import (
    ONE_REPLICATE_ORACLE,
    RANDOM_PICK,
    one_replicate_oracle,
    random_pick,
    regret_by_replicate,
)
from imbnas.stats import foresight, holm, t_interval
from imbnas.suites.expand import Chain
from imbnas.suites.schema import AdaptationPart
from imbnas.units.records import TrainMetrics

COLUMNS = (
    "part", "strategy", "source", "source_scheme", "target", "target_scheme", "accuracy_mean",
    "accuracy_sd", "many", "medium", "few", "worst_class", "difference_to_p0",
    "difference_low", "difference_high", "difference_p_adjusted", "tau_b", "tau_sd", "ci_low",
    "ci_high", "noise_ceiling", "regret", "regret_sd", "cost_ratio", *COST_COLUMNS,
    "class_orders", "population", "n_architectures", "n_replicates", "n_missing", "scored_on",
    "protocol", "fidelity",
)  # fmt: skip


def adaptation(results: Results) -> pd.DataFrame:
    """One row a strategy, then rows of what needs no supernet at all.

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
        row
        for name, part in results.parts("adaptation")
        if isinstance(part, AdaptationPart)
        for row in (
            *_corrected(list(_strategies(results, name, part))),
            *_without_supernet(results, name, part),
            *_references(results, name, part),
        )
    ]
    return with_whole_numbers(pd.DataFrame(rows, columns=list(COLUMNS)), *COST_COLUMNS)


def _strategies(results: Results, name: str, part: AdaptationPart) -> Iterator[dict[str, object]]:
    baseline = results.retrained(part, "p0", part.target) if "p0" in part.choices else None
    actual = target_accuracy(results, part.target)
    for strategy in part.choices:
        chains = results.chains(part, strategy)
        metrics = results.retrained(part, strategy, part.target)
        summary = summarise(metrics, results.facts(part.target))
        scores = _population_scores(results, chains)
        yield {
            **_common(results, name, part, strategy),
            "accuracy_mean": summary.mean,
            "accuracy_sd": summary.sd,
            "many": summary.many,
            "medium": summary.medium,
            "few": summary.few,
            "worst_class": summary.worst,
            **_difference(metrics, baseline, strategy),
            **_ranking(results, scores, actual),
            "cost_ratio": mean(_cost_ratios(results, part, chains)),
            **spent(results, chains),
            "n_missing": summary.n_missing,
            "scored_on": results.resolved.strategies[strategy].scores_on,
        }


def _without_supernet(
    results: Results, name: str, part: AdaptationPart
) -> Iterator[dict[str, object]]:
    """Rankers that cost nothing or were paid for already."""
    holder = part_with(results, part.target)
    if holder is None:
        return
    actual = results.population_accuracy(part.target)
    found = list(rankings(results, holder, part.target))
    source = target_accuracy(results, part.source)
    if source is not None:
        found.append(Ranking("source-accuracy", source.mean(axis=1, keepdims=True), 0, 0, 0))
    for ranking in found:
        yield {
            **_common(results, name, part, ranking.label),
            **_ranking(results, ranking.scores, actual),
            "cost_ratio": _ranking_cost(results, part, ranking),
            "n_missing": ranking.n_missing + int(np.isnan(actual).sum()),
        }


def _ranking_cost(results: Results, part: AdaptationPart, ranking: Ranking) -> float | None:
    """Ranking the population once, over training a supernet on the target from scratch."""
    if ranking.macs == 0:
        return None
    chains = results.expansion.chains(part)
    whole = [macs for chain in chains if (macs := _from_scratch(results, part, chain)) is not None]
    each = ranking.macs / ranking.scores.shape[1]
    return each / float(np.mean(whole)) if whole else None


def _common(results: Results, name: str, part: AdaptationPart, strategy: str) -> dict[str, object]:
    return {
        "part": name,
        "strategy": strategy,
        "source": part.source.condition,
        "source_scheme": part.source.scheme,
        "target": part.target.condition,
        "target_scheme": part.target.scheme,
        "class_orders": class_orders(results, part.source, part.target),
        **results.scope,
    }


def _difference(
    metrics: Sequence[TrainMetrics | None],
    baseline: Sequence[TrainMetrics | None] | None,
    strategy: str,
) -> dict[str, object]:
    """Paired difference to ``p0`` over replicates, percentage points, with a t-interval."""
    if baseline is None or strategy == "p0":
        return {}
    interval = t_interval(_percents(metrics), _percents(baseline))
    return {
        "difference_to_p0": interval.mean,
        "difference_low": interval.low,
        "difference_high": interval.high,
        "difference_p_adjusted": interval.p_value,
    }


def _corrected(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Adjust the p-values of one part's rows together."""
    column = "difference_p_adjusted"
    p_values = [row.get(column) for row in rows]
    adjusted = holm([p if isinstance(p, float) else None for p in p_values])
    return [{**row, column: p} for row, p in zip(rows, adjusted, strict=True)]


def _references(results: Results, name: str, part: AdaptationPart) -> Iterator[dict[str, object]]:
    """Regrets of a pick by chance, and of one that is made with the accuracies themselves."""
    actual = target_accuracy(results, part.target)
    if actual is None:
        return
    regrets = {RANDOM_PICK: random_pick(actual), ONE_REPLICATE_ORACLE: one_replicate_oracle(actual)}
    for reference, values in regrets.items():
        yield {
            **_common(results, name, part, reference),
            "regret": mean(values),
            "regret_sd": _sd(values),
            "n_missing": int(np.isnan(actual).sum()),
        }


def _percents(metrics: Sequence[TrainMetrics | None]) -> Floats:
    accuracies = (m.mean_accuracy() if m else None for m in metrics)
    return np.array([np.nan if a is None else 100 * a for a in accuracies])


def _population_scores(results: Results, chains: Sequence[Chain]) -> Floats:
    """(architectures, replicates) scores of the population; NaN where a search is missing."""
    members = [member.architecture for member in results.resolved.population]
    columns = []
    for chain in chains:
        found = results.scores(chain.population_scores)
        scores = dict(found.scores) if found else {}
        columns.append([scores.get(architecture, np.nan) for architecture in members])
    return np.array(columns, dtype=np.float64).T


def _ranking(results: Results, scores: Floats, actual: Floats | None) -> dict[str, object]:
    """Agreement of scores with stand-alone accuracies, and what following them would lose."""
    if actual is None:
        return {}
    scored = scores[:, ~np.isnan(scores).all(axis=0)]
    if not scored.shape[1]:
        return {}
    found = foresight(scored, actual, classes=functional_classes(results))
    regrets = regret_by_replicate(scores, actual)
    return {
        "tau_b": found.tau_b,
        "tau_sd": found.tau_sd,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "noise_ceiling": found.noise_ceiling,
        "regret": mean(regrets),
        "regret_sd": _sd(regrets),
    }


def _cost_ratios(results: Results, part: AdaptationPart, chains: Sequence[Chain]) -> list[float]:
    """Adaptation over from-scratch training."""
    ratios = []
    for chain in chains:
        adapted, whole = results.record(chain.adapt), _from_scratch(results, part, chain)
        if adapted and whole:
            ratios.append(adapted.cost.macs / whole)
    return ratios


def _from_scratch(results: Results, part: AdaptationPart, chain: Chain) -> float | None:
    """Multiply-accumulates of a supernet on the target.

    Those of ``p3`` where the part has it, else those of the source, scaled to the data's size.
    """
    if "p3" in part.choices:
        paragon = results.record(results.expansion.chain(part, "p3", chain.replicate).adapt)
        if paragon is not None:
            return float(paragon.cost.macs)
    source = results.record(chain.supernet)
    if source is None:
        return None
    settings = results.resolved.settings
    scale = 1.0
    if settings.supernet is not None and settings.supernet.steps_per_epoch is None:
        sizes = (sum(results.facts(t).class_counts) for t in (part.target, part.source))
        scale = next(sizes) / next(sizes)
    return source.cost.macs * scale


def _sd(values: Sequence[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
