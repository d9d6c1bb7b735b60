"""Which strategy finds good architectures for the target, and at what cost?"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import adaptation_cost, standings, summary, top_k
from imbnas.leaderboards.tables.shared.prediction import predicted
from imbnas.leaderboards.tables.shared.rankings import Ranking, part_with, rankings
from imbnas.leaderboards.tables.shared.regrets import REFERENCES, regret_by_replicate
from imbnas.leaderboards.tables.shared.scores import Scores, population_scores
from imbnas.leaderboards.tables.shared.sharing import seen_images
from imbnas.leaderboards.tables.shared.standings import Contender, Standings
from imbnas.stats import mean_sd
from imbnas.suites.schema import AdaptationPart

Row = dict[str, Any]
COLUMNS = (
    "part", "strategy", "source", "source_scheme", "target", "target_scheme", "accuracy_mean",
    "accuracy_sd", "many", "medium", "few", "worst_class", "difference_to_p0",
    "difference_low", "difference_high", "difference_p_adjusted", "tau_b", "tau_sd", "ci_low",
    "ci_high", "noise_ceiling", "regret", "regret_sd", "cost_ratio", *adaptation_cost.COLUMNS,
    "class_orders", "population", "n_architectures", "n_replicates", "n_missing", "scored_on",
    "protocol", "fidelity", "searcher", *standings.COLUMNS, "tau_corrected", "tau_corrected_low",
    "tau_corrected_high", *top_k.COLUMNS, "shared_images", *summary.QUALITIES,
)  # fmt: skip
_RANKS = tuple(name for name in standings.COLUMNS if "rank" in name)


def adaptation(results: Results) -> pd.DataFrame:
    """One row per strategy and searcher, then rows of what needs no supernet.

    - ``accuracy_mean``, ``accuracy_sd`` (percent): found architectures, retrained from scratch on
      the target.
    - ``difference_to_p0`` (percentage points): paired by replicate, with a 95% t-interval;
      ``difference_p_adjusted`` is that of "there is none", after Holm's correction over the
      strategies and searchers of a part. Differences of tau and regret, and those to ``p3``, are
      in ``strategy_differences``.
    - ``METRIC_rank``, ``METRIC_rank_low``, ``METRIC_rank_high``: rank by accuracy, tau or regret,
      1 is best, with the range that the data allow: all ranges of a part hold together with 95%.
      Strategies whose ranges overlap are ties.
    - ``METRIC_vs_p0``, ``METRIC_vs_p3``: ``better`` or ``worse`` than that strategy, where it is
      shown, or ``no difference shown``, which is not "no difference".
    - ``tau_b``: between the adapted supernet's scores and the stand-alone accuracies of the
      population on the target; mean over supernet replicates, each judged by the accuracies of the
      other replicates, since those of its own share its images. Its interval holds other
      architectures and other supernets; of plain counts architectures alone. ``noise_ceiling``
      is what noise of the accuracies would leave to perfect scores, ``tau_corrected`` tau-b to
      accuracies without noise.
    - ``regret`` (percentage points): the population's best architecture, chosen on other
      replicates, minus the strategy's favourite within the population, both judged on a replicate
      that neither has seen; mean over all pairs of replicates. ``regret_sd`` over the root of the
      replicates is its standard error.
    - ``top_10_overlap``, ``best_rank_at_10``: see ``imbnas.leaderboards.tables.shared.top_k``.
    - ``harmonic_mean``, ``calibration_error``: as in the table ``baselines``.
    - tau, regret and the top 10 do not depend on the searcher: the row of the fidelity's own has
      them.
    - ``cost_ratio``: multiply-accumulates of the adaptation over those of ``p3`` for the same
      replicate, or, in a part without it, over those of the source supernet's training, scaled to
      the target's images; for a ranker, those of ranking the population once.
    - ``shared_images``: share of training images, of the smaller set, that source and target of a
      replicate have in common; above 0 only in suites that allow it, and it flatters strategies
      that train little. Empty in suites that were resolved before images were counted.
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
    return summary.with_whole_numbers(table, *adaptation_cost.COLUMNS, *_RANKS)


def _common(results: Results, name: str, part: AdaptationPart) -> Row:
    return {
        "part": name,
        "source": part.source.condition,
        "source_scheme": part.source.scheme,
        "target": part.target.condition,
        "target_scheme": part.target.scheme,
        "class_orders": results.class_orders(part.source, part.target),
        "shared_images": seen_images(results, part.source, part.target),
        **results.scope,
    }


def _strategies(results: Results, part: AdaptationPart) -> Iterator[Row]:
    """Rows of the strategies of a part, compared with each other."""
    compared = Standings.of(results, part)
    for label, contender in compared.contenders.items():
        yield {
            **_strategy(results, part, contender),
            **_difference(compared, label),
            **compared.row(label),
        }


def _strategy(results: Results, part: AdaptationPart, contender: Contender) -> Row:
    strategy, searcher = contender.strategy, contender.searcher
    chains = results.chains(part, strategy, searcher)
    retrained = results.retrained(part, strategy, part.target, searcher)
    row = {
        "strategy": strategy,
        "searcher": searcher,
        **summary.summarise(retrained, results.facts(part.target)),
        "cost_ratio": adaptation_cost.adaptation_ratio(results, part, chains),
        **adaptation_cost.spent(results, chains),
        "scored_on": results.resolved.strategies[strategy].scores_on,
    }
    scores = population_scores(results, chains)
    return row | _ranking(results, part, scores) if contender.own else row


def _difference(compared: Standings, label: str) -> Row:
    """Paired difference of accuracies to ``p0`` over replicates, percentage points."""
    found = compared.difference("accuracy", label, "p0")
    if found is None:
        return {}
    return {
        "difference_to_p0": found.mean,
        "difference_low": found.low,
        "difference_high": found.high,
        "difference_p_adjusted": found.p_adjusted,
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
        found.append(Ranking("source-accuracy", Scores(source)))
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
    for reference, scores_from in REFERENCES.items():
        scores = scores_from(actual)
        yield {
            "strategy": reference,
            **_picking(scores, actual),
            "n_missing": int(np.isnan(actual).sum()),
        }


def _ranking(results: Results, part: AdaptationPart, scores: Scores) -> Row:
    """Agreement of scores with stand-alone accuracies, and what following them would lose."""
    actual = results.population_accuracy.get(part.target)
    if actual is None:
        return {}
    found = predicted(results, scores, actual)
    return {} if found is None else {**vars(found), **_picking(scores, actual)}


def _picking(scores: Scores, actual: Floats) -> Row:
    """What picking by scores is worth."""
    lost = mean_sd(regret_by_replicate(scores, actual))
    return {"regret": lost.mean, "regret_sd": lost.sd, **top_k.top_k(scores, actual)}
