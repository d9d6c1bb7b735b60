"""timm baselines and searched architectures side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pandas as pd

from imbnas.leaderboards.results import Results, mean, summarise, with_whole_numbers
from imbnas.leaderboards.tables.controls import balanced_control
from imbnas.suites.schema import AdaptationPart, BaselinesPart, MotivationPart, Training
from imbnas.units.records import TrainMetrics

COLUMNS = (
    "part", "model", "source", "pretrained", "condition", "scheme", "accuracy_mean", "accuracy_sd",
    "many", "medium", "few", "worst_class", "relative_accuracy", "control", "control_scheme",
    "params", "macs", "n_replicates", "n_missing", "protocol", "fidelity",
)  # fmt: skip

Metrics = Sequence[TrainMetrics | None]


def baselines(results: Results) -> pd.DataFrame:
    """One row a model and training, baselines and searched architectures together.

    - ``source``: ``timm``, ``imbnas`` for networks that timm lacks, ``searched by STRATEGY``, or
      the space of a motivation part's networks.
    - ``pretrained``: whether the model started from pretrained weights, which its name tells, too.
      Those rows compete with one another only: no other table compares them with networks
      trained from scratch.
    - ``accuracy_*``, groups and ``worst_class``: percent, mean per-class test recall.
    - ``relative_accuracy``: mean accuracy over replicates on the long-tailed condition, divided
      by the same model's on ``control``, the balanced condition of equal size (see
      ``balanced_control``). 1 means that imbalance cost nothing; a strong model that suffers
      from imbalance has a high accuracy and a low ratio. Replicates of two conditions share no
      images and no noise, so this is a ratio of means. Empty for balanced rows and where the
      suite has no control.
    - ``params``, ``macs``: of the trained networks; means over found architectures, which may
      differ between replicates. Empty until one is trained.
    """
    rows: list[dict[str, object]] = []
    for name, part in results.parts("baselines"):
        if isinstance(part, BaselinesPart):
            rows += _timm(results, name, part)
    for name, part in results.parts("motivation"):
        if isinstance(part, MotivationPart):
            rows += _motivation(results, name, part)
    for name, part in results.parts("adaptation"):
        if isinstance(part, AdaptationPart):
            rows += _searched(results, name, part)
    return with_whole_numbers(pd.DataFrame(rows, columns=list(COLUMNS)), "params", "macs")


def _timm(results: Results, name: str, part: BaselinesPart) -> Iterator[dict[str, object]]:
    for label in part.labels:
        facts = results.resolved.baselines[label]
        named = {
            "part": name,
            "model": label,
            "source": facts.source,
            "pretrained": part.pretrained,
        }
        of_model = {t: results.model_metrics(facts.model, t) for t in part.trainings}
        for row in _rows(results, of_model):
            yield named | row


def _motivation(results: Results, name: str, part: MotivationPart) -> Iterator[dict[str, object]]:
    for model in results.resolved.motivation[name]:
        named = {"part": name, "model": model.label, "source": model.space, "pretrained": False}
        of_model = {t: results.motivation_metrics(model, t) for t in part.trainings}
        for row in _rows(results, of_model):
            yield named | row


def _searched(results: Results, name: str, part: AdaptationPart) -> Iterator[dict[str, object]]:
    trainings = (part.target, *part.also_retrain)
    for strategy in part.choices:
        found = [results.found(chain) for chain in results.chains(part, strategy)]
        names = sorted({architecture for architecture in found if architecture})
        named = {
            "part": name,
            "model": names[0] if len(names) == 1 else f"{len(names)} architectures",
            "source": f"searched by {strategy}",
            "pretrained": False,
        }
        of_model = {t: results.retrained(part, strategy, t) for t in trainings}
        for row in _rows(results, of_model):
            yield named | row


def _rows(results: Results, of_model: Mapping[Training, Metrics]) -> Iterator[dict[str, object]]:
    """One row for each training of one model."""
    for training, metrics in of_model.items():
        summary = summarise(metrics, results.facts(training))
        control = balanced_control(training, tuple(of_model))
        yield {
            "condition": training.condition,
            "scheme": training.scheme,
            "accuracy_mean": summary.mean,
            "accuracy_sd": summary.sd,
            "many": summary.many,
            "medium": summary.medium,
            "few": summary.few,
            "worst_class": summary.worst,
            "relative_accuracy": _ratio(metrics, of_model[control]) if control else None,
            "control": control.condition if control else None,
            "control_scheme": control.scheme if control else None,
            "params": _mean(metrics, lambda done: done.params),
            "macs": _mean(metrics, lambda done: done.macs),
            "n_replicates": summary.n_replicates,
            "n_missing": summary.n_missing,
            "protocol": results.resolved.protocol,
            "fidelity": results.resolved.fidelity,
        }


def _ratio(metrics: Metrics, control: Metrics) -> float | None:
    """Mean accuracy of finished replicates over that of the control."""
    above, below = (_mean(m, lambda done: done.mean_accuracy()) for m in (metrics, control))
    return above / below if above is not None and below else None


def _mean(metrics: Metrics, of: Callable[[TrainMetrics], float | None]) -> float | None:
    """Mean over finished replicates."""
    values = (of(done) for done in metrics if done is not None)
    return mean([value for value in values if value is not None])
