"""Networks whose rankings a part compares: the population, or the models of a baselines part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared.rankings import predictors
from imbnas.leaderboards.tables.shared.summary import Metrics, accuracies
from imbnas.stats import MIN_MODELS, quantile_strata
from imbnas.suites.schema import BaselinesPart, Training, TransferPart
from imbnas.units.unit import baseline_label


@dataclass(frozen=True)
class Networks:
    """Networks of one part and what they reached.

    Attributes:
        part: name of the part.
        population: what the networks are.
        reference: the training that the others are compared with; ``None`` where none is.
        accuracy: training → (A, R) accuracies in [0, 1], NaN where missing.
        metrics: training → of each network, one entry per replicate.
        predictors: name → (A,) counts.
        classes: (A,) equal numbers for networks that compute one function, or ``None``.
        strata: (A,) equal numbers for networks of about equal MACs, or ``None``.
    """

    part: str
    population: object
    reference: Training | None
    accuracy: Mapping[Training, Floats]
    metrics: Mapping[Training, Sequence[Metrics]]
    predictors: Mapping[str, Floats]
    classes: NDArray[np.int64] | None = None
    strata: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.predictors["macs"])


def populations(results: Results) -> Iterator[tuple[TransferPart, Networks]]:
    """Every transfer part; a stratified population of A architectures has about √A equal strata."""
    counts, strata = predictors(results.resolved.population), None
    if results.resolved.settings.population.rule == "stratified":
        strata = quantile_strata(counts["macs"], isqrt(len(counts["macs"])))
    for name, part in results.parts(TransferPart):
        yield (
            part,
            Networks(
                part=name,
                population=results.scope["population"],
                reference=part.reference,
                accuracy={t: results.population_accuracy[t] for t in part.trainings},
                metrics={t: results.population_metrics[t] for t in part.trainings},
                predictors=counts,
                classes=results.functional_classes,
                strata=strata,
            ),
        )


def models(results: Results) -> Iterator[Networks]:
    """Every baselines part with ``imbnas.stats.MIN_MODELS`` or more; balanced trainings come first.

    The first is the reference where it is balanced.
    """
    for name, part in results.parts(BaselinesPart):
        facts = [results.resolved.baselines[label] for label in dict.fromkeys(part.labels)]
        if len(facts) < MIN_MODELS:
            continue
        ordered = sorted(part.trainings, key=lambda t: results.facts(t).condition.ratio != 1)
        balanced = results.facts(ordered[0]).condition.ratio == 1
        metrics = {t: [results.model_metrics(f.model, t) for f in facts] for t in ordered}
        yield Networks(
            part=name,
            population=baseline_label("timm", part.pretrained),
            reference=ordered[0] if balanced else None,
            accuracy={t: np.array(list(map(accuracies, of))) for t, of in metrics.items()},
            metrics=metrics,
            predictors=predictors(facts),
        )
