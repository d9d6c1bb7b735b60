"""timm baselines and searched architectures side by side."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared import summary
from imbnas.leaderboards.tables.shared.controls import balanced_control
from imbnas.leaderboards.tables.shared.summary import Metrics, mean
from imbnas.suites.schema import AdaptationPart, BaselinesPart, MotivationPart, Training
from imbnas.units.metrics import TrainMetrics

COLUMNS = (
    "part", "model", "source", "pretrained", "condition", "scheme", "accuracy_mean", "accuracy_sd",
    "many", "medium", "few", "worst_class", "relative_accuracy", "control", "control_scheme",
    "params", "macs", "n_replicates", "n_missing", "protocol", "fidelity",
    *summary.QUALITIES,
)  # fmt: skip

Row = dict[str, object]


def baselines(results: Results) -> pd.DataFrame:
    """One row per model and training, baselines and searched architectures together.

    - ``source``: ``timm``, ``imbnas`` for networks that timm lacks, the space of a motivation
      part's networks, or ``searched by STRATEGY``, with ``(SEARCHER)`` for a further searcher.
    - ``pretrained``: whether the model started from pretrained weights, which its name shows, too.
      Those rows compete with one another only: no other table compares them with networks
      trained from scratch.
    - ``accuracy_*``, groups and ``worst_class``: percent, mean per-class test recall.
    - ``relative_accuracy``: mean accuracy over replicates on the long-tailed condition, divided
      by the same model's on ``control``, the balanced condition of equal size (see
      ``balanced_control``). 1 means that imbalance cost nothing; a strong model that suffers
      from imbalance has a high accuracy and a low ratio. It is a ratio of means: replicates of two
      conditions of one dataset share many images, but no randomness of training. Empty for
      balanced rows and where the suite has no control.
    - ``params``, ``macs``: of the trained networks; means over found architectures, which may
      differ between replicates. Empty until one is trained.
    - ``harmonic_mean``: of the class recalls, percent, 0 where one of them is 0.
    - ``calibration_error``: expected calibration error with 15 bins, percentage points; empty
      where a record does not hold it. Both are means over replicates; where a found architecture
      is trained several times in each, its answers are pooled first, which lowers the error.
    """
    rows = [row for models in (_baselines, _motivation, _searched) for row in models(results)]
    return summary.with_whole_numbers(pd.DataFrame(rows, columns=list(COLUMNS)), "params", "macs")


def _baselines(results: Results) -> Iterator[Row]:
    for name, part in results.parts(BaselinesPart):
        for label in part.labels:
            facts = results.resolved.baselines[label]
            of_model = {t: results.model_metrics(facts.model, t) for t in part.trainings}
            named = {"source": facts.source, "pretrained": part.pretrained}
            yield from _rows(results, name, label, of_model, named)


def _motivation(results: Results) -> Iterator[Row]:
    train = partial(results.expansion.train, recipe="motivation")
    for name, part in results.parts(MotivationPart):
        for model in results.resolved.motivation[name]:
            of_model = {
                t: [results.trained(train(model, t, r)) for r in results.replicates]
                for t in part.trainings
            }
            named = {"source": model.space, "pretrained": False}
            yield from _rows(results, name, model.label, of_model, named)


def _searched(results: Results) -> Iterator[Row]:
    for name, part in results.parts(AdaptationPart):
        for strategy, searcher in product(part.choices, results.expansion.searchers(part)):
            chains = results.chains(part, strategy, searcher)
            found = {best for chain in chains if (best := results.found(chain))}
            label = found.pop() if len(found) == 1 else f"{len(found)} architectures"
            of_model = {
                t: results.retrained(part, strategy, t, searcher) for t in part.retrained_on
            }
            further = f" ({searcher})" if searcher in part.searchers else ""
            named = {"source": f"searched by {strategy}{further}", "pretrained": False}
            yield from _rows(results, name, label, of_model, named)


def _rows(
    results: Results, part: str, model: str, of_model: Mapping[Training, Metrics], named: Row
) -> Iterator[Row]:
    """One row for each training of one model."""
    for training, metrics in of_model.items():
        control = balanced_control(training, tuple(of_model))
        yield {
            "part": part,
            "model": model,
            **named,
            "condition": training.condition,
            "scheme": training.scheme,
            **summary.summarise(metrics, results.facts(training)),
            "relative_accuracy": _ratio(metrics, of_model[control]) if control else None,
            "control": control.condition if control else None,
            "control_scheme": control.scheme if control else None,
            "params": _mean(metrics, lambda done: done.params),
            "macs": _mean(metrics, lambda done: done.macs),
            "protocol": results.resolved.protocol,
            "fidelity": results.resolved.stated_fidelity,
        }


def _ratio(metrics: Metrics, control: Metrics) -> float | None:
    """Mean accuracy of finished replicates over that of the control."""
    above, below = (_mean(m, lambda done: done.mean_accuracy()) for m in (metrics, control))
    return above / below if above is not None and below else None


def _mean(metrics: Metrics, of: Callable[[TrainMetrics], float | None]) -> float | None:
    """Mean over finished replicates."""
    values = (of(done) for done in metrics if done is not None)
    return mean([value for value in values if value is not None])
