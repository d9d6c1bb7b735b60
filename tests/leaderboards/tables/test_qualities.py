"""Calibration error and harmonic mean in tables, against a computation from single answers."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hmean

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.adaptation import adaptation
from imbnas.leaderboards.tables.architectures import architectures, trainings
from imbnas.leaderboards.tables.baselines import baselines
from imbnas.leaderboards.tables.shared.summary import summarise
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import Training
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record

from ...factories import train_metrics

BALANCED, LONG_TAILED = "digits@1x ce", "digits@10x cb-drw"
EDGES = np.arange(1, 15) / 15


def answered(seed: int) -> tuple[TrainMetrics, float, float]:
    """A network's metrics, and harmonic mean and calibration error from its single answers."""
    rng = np.random.default_rng(seed)
    right = rng.random((10, 80)) < rng.uniform(0.2, 0.9, size=(10, 1))
    sure = rng.uniform(0.1, 1, size=(10, 80))
    place = np.digitize(sure, EDGES, right=True)
    bins = [(int((place == b).sum()), float(sure[place == b].sum()), int(right[place == b].sum()))
            for b in range(15)]  # fmt: skip
    error = sum(
        (place == b).mean() * abs(right[place == b].mean() - sure[place == b].mean())
        for b in np.unique(place)
    )
    metrics = train_metrics(
        class_correct=tuple(right.sum(axis=1).tolist()),
        class_total=(80,) * 10,
        calibration=tuple(bins),
    )
    return metrics, 100 * hmean(right.mean(axis=1)), 100 * error


@pytest.fixture(scope="module")
def trained(
    resolve_tiny: Callable[..., ResolvedSuite],
    fabricate_records: Callable[[ResolvedSuite], Iterator[Record]],
) -> tuple[Results, dict[tuple[str, str], list[tuple[float, float]]]]:
    """Results, and (model, training) → harmonic mean and calibration error by replicate."""
    resolved = resolve_tiny()
    records, expected = [], {}
    for seed, record in enumerate(fabricate_records(resolved)):
        if isinstance(record.metrics, TrainMetrics):
            metrics, *known = answered(seed)
            label = f"{record.unit.data.condition.partition(':')[0]} {record.unit.scheme.name}"
            expected.setdefault((record.unit.model.label, label), []).append(tuple(known))
            record = record.model_copy(update={"metrics": metrics})
        records.append(record)
    return Results.collect(resolved, records), expected


def test_architectures_show_means_over_replicates(trained) -> None:
    results, expected = trained
    table = architectures(results).set_index("architecture")
    assert list(table)[-4:] == [
        f"{quality} {training}"
        for training in (BALANCED, LONG_TAILED)
        for quality in ("harmonic_mean", "calibration_error")
    ]
    assert trainings(table.columns) == [BALANCED, LONG_TAILED]
    for member in results.resolved.population:
        for training in (BALANCED, LONG_TAILED):
            harmonic, error = np.mean(expected[member.architecture, training], axis=0)
            row = table.loc[member.architecture]
            assert row[f"harmonic_mean {training}"] == pytest.approx(harmonic)
            assert row[f"calibration_error {training}"] == pytest.approx(error)


def test_baselines_show_them_beside_accuracy(trained) -> None:
    results, expected = trained
    table = baselines(results)
    row = table[table["model"].eq("mobilenetv3_small_050")].iloc[0]
    harmonic, error = np.mean(expected["mobilenetv3_small_050", LONG_TAILED], axis=0)
    assert row["harmonic_mean"] == pytest.approx(harmonic)
    assert row["calibration_error"] == pytest.approx(error)
    assert row["harmonic_mean"] < row["accuracy_mean"]


def test_found_architectures_have_them_in_adaptation(trained) -> None:
    results, expected = trained
    part = results.resolved.suite.parts["adaptation"]
    row = adaptation(results).set_index("strategy").loc["p1"]
    found = [results.found(chain) for chain in results.chains(part, "p1")]
    known = [expected[name, LONG_TAILED][replicate] for replicate, name in enumerate(found)]
    harmonic, error = np.mean(known, axis=0)
    assert row["harmonic_mean"] == pytest.approx(harmonic)
    assert row["calibration_error"] == pytest.approx(error)


def test_a_class_that_is_never_found_is_a_harmonic_mean_of_0(fabricated: Results) -> None:
    facts = fabricated.facts(Training(condition="digits@10x", scheme="cb-drw"))
    found = train_metrics(class_correct=(80,) * 9 + (0,), class_total=(80,) * 10)
    assert summarise([found], facts)["harmonic_mean"] == 0


def test_means_stand_for_all_finished_replicates_or_are_empty(fabricated: Results) -> None:
    facts = fabricated.facts(Training(condition="digits@10x", scheme="cb-drw"))
    (first, _, error), (second, *_) = answered(1), answered(2)
    old = second.model_copy(update={"calibration": None})
    assert summarise([first, None], facts)["calibration_error"] == pytest.approx(error)
    assert summarise([first, old], facts)["calibration_error"] is None
    assert summarise([first, old], facts)["harmonic_mean"] is not None
    assert summarise([None], facts)["harmonic_mean"] is None


def test_a_gap_in_the_population_stays_a_gap(trained) -> None:
    results, _ = trained
    lost = results.population_identities[Training(condition="digits@10x", scheme="cb-drw")][1][0]
    kept = {identity: r for identity, r in results.records.items() if identity != lost}
    row = architectures(Results(results.resolved, kept)).iloc[0]
    assert pd.isna(row[f"harmonic_mean {LONG_TAILED}"])
    assert pd.isna(row[f"calibration_error {LONG_TAILED}"])
    assert row[f"harmonic_mean {BALANCED}"] > 0
