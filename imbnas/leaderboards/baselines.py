"""timm baselines and searched architectures side by side."""

from collections.abc import Iterator, Sequence

import pandas as pd

from imbnas.leaderboards.results import Results, mean, summarise
from imbnas.suites.definition import AdaptationPart, BaselinesPart, Training
from imbnas.units.records import TrainMetrics

COLUMNS = (
    "part", "model", "source", "condition", "scheme", "accuracy_mean", "accuracy_sd", "many",
    "medium", "few", "worst_class", "params", "macs", "n_replicates", "n_missing",
    "protocol", "fidelity",
)  # fmt: skip


def baselines(results: Results) -> pd.DataFrame:
    """One row a model and training; parameters and MACs are means over found architectures."""
    rows: list[dict[str, object]] = []
    for name, part in results.parts("baselines"):
        if isinstance(part, BaselinesPart):
            rows += _timm(results, name, part)
    for name, part in results.parts("adaptation"):
        if isinstance(part, AdaptationPart):
            rows += _searched(results, name, part)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _timm(results: Results, name: str, part: BaselinesPart) -> Iterator[dict[str, object]]:
    for model in part.models:
        facts = results.resolved.baselines[model]
        for training in part.trainings:
            metrics = results.model_metrics(facts.model, training)
            # The resolved suite counts for one dataset; what was trained tells its own counts.
            counted = next((m for m in metrics if m is not None), facts)
            yield {
                **_row(results, name, training, metrics),
                "model": model,
                "source": facts.source,
                "params": counted.params,
                "macs": counted.macs,
            }


def _searched(results: Results, name: str, part: AdaptationPart) -> Iterator[dict[str, object]]:
    for strategy in part.strategies:
        found = [results.found(chain) for chain in results.chains(part, strategy)]
        names = sorted({architecture for architecture in found if architecture})
        model = names[0] if len(names) == 1 else f"{len(names)} architectures"
        for training in (part.target, *part.also_retrain):
            metrics = results.retrained(part, strategy, training)
            done = [m for m in metrics if m is not None]
            yield {
                **_row(results, name, training, metrics),
                "model": model,
                "source": f"searched by {strategy}",
                "params": mean([m.params for m in done]),
                "macs": mean([m.macs for m in done]),
            }


def _row(
    results: Results, name: str, training: Training, metrics: Sequence[TrainMetrics | None]
) -> dict[str, object]:
    summary = summarise(metrics, results.facts(training))
    return {
        "part": name,
        "condition": training.condition,
        "scheme": training.scheme,
        "accuracy_mean": summary.mean,
        "accuracy_sd": summary.sd,
        "many": summary.many,
        "medium": summary.medium,
        "few": summary.few,
        "worst_class": summary.worst,
        "n_replicates": summary.n_replicates,
        "n_missing": summary.n_missing,
        "protocol": results.resolved.suite.protocol,
        "fidelity": results.resolved.fidelity,
    }
