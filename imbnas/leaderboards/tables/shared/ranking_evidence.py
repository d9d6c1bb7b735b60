"""What the rankings of two trainings say of a claim."""

from collections.abc import Iterator

import numpy as np

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.comparisons import Comparison, compare_pairs
from imbnas.leaderboards.tables.shared.evidence import POWER, Evidence
from imbnas.leaderboards.tables.shared.networks import populations
from imbnas.stats import (
    Answer,
    Verdict,
    row_level,
    smallest_detectable_change,
)
from imbnas.stats.bootstrap import MIN_ROWS
from imbnas.stats.verdict import MARGIN
from imbnas.suites.claims import Pair, RankingsClaim
from imbnas.suites.schema import Training, TransferPart

_ANSWERS: dict[str, dict[Verdict | None, Answer]] = {
    "rankings-change": {
        "changed": "supported", "not distinguishable from noise": "contradicted",
    },
    "rankings-agree": {
        "changed": "contradicted", "not distinguishable from noise": "supported",
    },
}  # fmt: skip


def ranking_evidence(results: Results, claim: RankingsClaim) -> Iterator[Evidence]:
    """One row for each pair of trainings, with the numbers of ``rank_correlation``."""
    part, networks = next(each for each in populations(results) if each[1].part == claim.part)
    pairs, rows = [_in_order(part, pair) for pair in claim.pairs], len(claim.pairs)
    for compared in compare_pairs(results, networks, pairs, row_level(rows)):
        x, y, found = compared.x, compared.y, compared.transfer
        accuracies = (networks.accuracy[training] for training in (x, y))
        yield Evidence(
            part=claim.part,
            rests_on=f"rank_correlation: {x.condition} {x.scheme}, {y.condition} {y.scheme}",
            effect=found.difference,
            unit="tau",
            low=found.difference_low,
            high=found.difference_high,
            margin=MARGIN,
            smallest_effect=_smallest(results, compared, rows),
            row_answer=_ANSWERS[claim.kind].get(found.verdict, "cannot tell"),
            n_replicates=results.resolved.replicates,
            n_missing=sum(int(np.isnan(accuracy).sum()) for accuracy in accuracies),
        )


def _in_order(part: TransferPart, pair: Pair) -> tuple[Training, Training]:
    """As the table has them: the part's earlier training is x."""
    x, y = sorted((pair.x, pair.y), key=part.trainings.index)
    return x, y


def _smallest(results: Results, compared: Comparison, rows: int) -> float | None:
    found = compared.transfer
    taus = [tau for tau in (found.seed_tau_x, found.seed_tau_y) if tau is not None]
    n = min(found.n, len(np.unique(results.functional_classes)))
    replicates = results.resolved.replicates
    if compared.sharing.replicates is not None:
        replicates //= 2  # half of the numbers stand on either side
    if len(taus) < 2 or not 0 < np.mean(taus) < 1 or n < MIN_ROWS or replicates < 2:
        return None
    change = smallest_detectable_change(
        n, replicates, float(np.mean(taus)), comparisons=rows, power=POWER
    )
    return change.difference if change else None
