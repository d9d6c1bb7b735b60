"""What ranks the population without a supernet: rankers of a suite, and plain counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared.scores import Scores
from imbnas.suites.resolved import BaselineFacts, Member
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.metrics import RankMetrics

PREDICTORS = ("params", "macs")


@dataclass(frozen=True)
class Ranking:
    """One way to rank the population for one training.

    Attributes:
        label: of the ranker, or ``params`` or ``macs``.
        scores: ranks. A score that is not a finite number shares the last place: nobody would
            choose it.
        macs: multiply-accumulates that the scores took; 0 for a count in closed form.
        n_undefined: scores that were not finite numbers.
        n_missing: replicates that failed or are not finished.
    """

    label: str
    scores: Scores
    macs: int = 0
    n_undefined: int = 0
    n_missing: int = 0


def rankings(results: Results, part: TransferPart, training: Training) -> Iterator[Ranking]:
    """Plain counts first, then the rankers of the part in its order."""
    for predictor, counts in predictors(results.resolved.population).items():
        yield Ranking(predictor, Scores(counts[:, None], exact=True))
    for ranker in part.rankers:
        yield _ranking(results, ranker.label, training)


def predictors(networks: Iterable[Member] | Iterable[BaselineFacts]) -> dict[str, Floats]:
    """Name → (A,) values of what ranks networks without training: plain counts."""
    held = list(networks)
    return {name: np.array([getattr(n, name) for n in held], np.float64) for name in PREDICTORS}


def part_with(results: Results, training: Training) -> TransferPart | None:
    """The first transfer part that trains the population on a training."""
    holders = (part for _, part in results.parts(TransferPart) if training in part.trainings)
    return next(holders, None)


def _ranking(results: Results, label: str, training: Training) -> Ranking:
    shape = (len(results.resolved.population), len(results.replicates))
    scores, macs, undefined, missing = np.full(shape, np.nan), 0, 0, 0
    for replicate in results.replicates:
        record = results.record(results.expansion.ranking(label, training, replicate))
        if record is None or not isinstance(record.metrics, RankMetrics):
            missing += 1
            continue
        values = pd.Series([score for _, score in record.metrics.scores], dtype=np.float64)
        undefined += int(values.isna().sum())
        macs += record.cost.macs
        scores[:, replicate] = values.rank(na_option="top")
    return Ranking(label, Scores(scores), macs, undefined, missing)
