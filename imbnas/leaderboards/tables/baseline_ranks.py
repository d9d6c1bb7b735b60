"""Do baselines keep their order when the data becomes long-tailed?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from imbnas.leaderboards.results import Floats, Results, accuracies
from imbnas.stats import (
    RankTransfer,
    holm_verdicts,
    rank_against_predictor,
    rank_transfer,
    resamples_for,
)
from imbnas.suites.schema import BaselinesPart, Training
from imbnas.units.unit import baseline_label


@dataclass(frozen=True)
class BaselineRanks:
    """How one ranking of a part's baselines agrees with another.

    Attributes:
        part: name of the part.
        population: ``timm``, or ``timm (pretrained)``.
        x: condition and scheme of the one training, or a predictor and the empty text.
        y: the other training.
        transfer: their agreement.
        n_missing: trainings that failed or are not finished.
        compared: the trainings that take part, one or two.
    """

    part: str
    population: str
    x: tuple[str, str]
    y: Training
    transfer: RankTransfer
    n_missing: int
    compared: tuple[Training, ...]


def rank_baselines(results: Results, predictors: Sequence[str]) -> Iterator[BaselineRanks]:
    """Compare every two trainings of each baselines part, and predictors with each training.

    Balanced trainings stand before others. A part with fewer than two models ranks nothing and
    gives no rows. Each part is a family of its own for Holm's correction.

    Args:
        results: of a run.
        predictors: ``params``, ``macs``.
    """
    for name, part in results.parts("baselines"):
        if isinstance(part, BaselinesPart) and len(set(part.labels)) > 1:
            yield from _part(results, name, part, predictors)


def _part(
    results: Results, name: str, part: BaselinesPart, predictors: Sequence[str]
) -> Iterator[BaselineRanks]:
    population = baseline_label("timm", part.pretrained)
    facts = [results.resolved.baselines[label] for label in dict.fromkeys(part.labels)]
    trained: list[tuple[Training, Floats]] = [
        (t, np.array([accuracies(results.model_metrics(f.model, t)) for f in facts]))
        for t in sorted(part.trainings, key=lambda t: results.facts(t).condition.ratio != 1)
    ]
    pairs = list(combinations(trained, 2))
    resamples = resamples_for(len(facts), len(pairs))
    transfers = holm_verdicts(
        [rank_transfer(first, second, resamples=resamples) for (_, first), (_, second) in pairs]
    )
    for ((x, first), (y, second)), transfer in zip(pairs, transfers, strict=True):
        missing, named = _missing(first) + _missing(second), (x.condition, x.scheme)
        yield BaselineRanks(name, population, named, y, transfer, missing, (x, y))
    for predictor in predictors:
        values = [getattr(f, predictor) for f in facts]
        for y, accuracy in trained:
            transfer, missing = rank_against_predictor(values, accuracy), _missing(accuracy)
            yield BaselineRanks(name, population, (predictor, ""), y, transfer, missing, (y,))


def _missing(accuracy: Floats) -> int:
    return int(np.isnan(accuracy).sum())
