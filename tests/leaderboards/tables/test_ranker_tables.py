"""Rows of rankers, in their own table, beside the strategies, and in the cost."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, rankdata

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.leaderboards.tables.rankers import verdict
from imbnas.leaderboards.tables.shared.rankings import rankings
from imbnas.stats import holm, predictive_tau_change
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.metrics import RankMetrics
from imbnas.units.records import Record
from imbnas.units.unit import RankUnit, TrainUnit

from ...factories import varied

LABELS = ["params", "macs", "synflow", "snip(batch_size=8)"]
BALANCED = Training(condition="digits@1x", scheme="ce")
TAIL = Training(condition="digits@10x", scheme="cb-drw")


@pytest.fixture(scope="module")
def table(fabricated: Results) -> pd.DataFrame:
    return build_tables(fabricated)["rankers"]


def rank_records(results: Results, label: str, condition: str) -> list[Record]:
    found = [
        record
        for record in results.records.values()
        if isinstance(record.unit, RankUnit)
        and record.unit.ranker.label == label
        and record.unit.data.condition.startswith(condition)
    ]
    return sorted(found, key=lambda record: record.unit.replicate)


def test_every_ranker_has_a_row_for_the_reference_and_one_a_comparison(
    table: pd.DataFrame,
) -> None:
    assert list(table["ranker"].unique()) == LABELS
    for _, rows in table.groupby("ranker"):
        assert list(rows["condition"]) == ["digits@1x", "digits@10x"]
        assert list(rows["compared_with"].fillna("")) == ["", "digits@1x"]
        first = rows.iloc[0]
        assert first[["difference", "p_adjusted", "verdict"]].isna().all()
        assert first["class_orders"] == ""
        assert rows.iloc[1]["class_orders"] == "identity"


def test_tau_is_scipys_mean_over_replicates(fabricated: Results, table: pd.DataFrame) -> None:
    """Each replicate judged by the others, in spite of a scale that differs between them."""
    found = table.set_index(["ranker", "condition"])
    members = [member.architecture for member in fabricated.resolved.population]
    for label in ("synflow", "snip(batch_size=8)"):
        for training in (BALANCED, TAIL):
            actual = fabricated.population_accuracy[training]
            taus = []
            for replicate, record in enumerate(rank_records(fabricated, label, training.condition)):
                assert isinstance(record.metrics, RankMetrics)
                scores = dict(record.metrics.scores)
                others = np.delete(actual, replicate, axis=1).mean(axis=1)
                taus.append(kendalltau([scores[a] for a in members], others).statistic)
            row = found.loc[(label, training.condition)]
            assert row["tau_b"] == pytest.approx(np.mean(taus))
            assert row["tau_sd"] == pytest.approx(np.std(taus, ddof=1))
            assert row["ci_low"] < row["tau_b"] < row["ci_high"]
    change = found.loc[("synflow", "digits@10x"), "difference"]
    taus = found.loc["synflow", "tau_b"]
    assert change == pytest.approx(taus["digits@10x"] - taus["digits@1x"])


def test_a_balanced_control_of_equal_size_is_compared_with_too(
    resolve_tiny: Callable[..., ResolvedSuite],
    fabricate_records: Callable[[ResolvedSuite], Iterator[Record]],
) -> None:
    resolved = resolve_tiny()
    control = Training(condition="digits@1x:like-10x")
    resolved = varied(
        resolved,
        suite={"parts": {"transfer": {"targets": (TAIL, control)}}},
        conditions={control.condition: resolved.conditions["digits@1x"]},
    )
    results = Results.collect(resolved, fabricate_records(resolved))
    table = build_tables(results)["rankers"]
    rows = table[table["ranker"] == "macs"]
    assert list(zip(rows["condition"], rows["compared_with"].fillna(""), strict=True)) == [
        ("digits@1x", ""),
        ("digits@10x", "digits@1x"),
        ("digits@10x", "digits@1x:like-10x"),
        ("digits@1x:like-10x", "digits@1x"),
    ]
    # Two rows on one training say the same about it.
    assert rows.iloc[1]["tau_b"] == rows.iloc[2]["tau_b"]


def test_comparisons_whose_trainings_are_missing_count_in_the_correction(
    resolve_tiny: Callable[..., ResolvedSuite],
    fabricate_records: Callable[[ResolvedSuite], Iterator[Record]],
) -> None:
    plain = Training(condition="digits@10x", scheme="ce")
    resolved = varied(resolve_tiny(), suite={"parts": {"transfer": {"targets": (TAIL, plain)}}})
    whole = Results.collect(resolved, fabricate_records(resolved))
    missing = {identity for ids in whole.population_identities[plain] for identity in ids}
    there = (record for record in whole.records.values() if record.identity not in missing)
    results = Results.collect(resolved, there)
    table = build_tables(results)["rankers"]
    compared = table[table["compared_with"].notna()]
    assert compared["difference"].isna().sum() == len(LABELS)
    expected = holm(_p_values(results), awaited=len(LABELS))
    assert list(compared["p_adjusted"].dropna()) == pytest.approx(expected)


def test_adjusted_p_values_are_holms_over_the_part(
    fabricated: Results, table: pd.DataFrame
) -> None:
    expected = holm(_p_values(fabricated))
    assert list(table["p_adjusted"].dropna()) == pytest.approx(expected)


def _p_values(results: Results) -> list[float | None]:
    """Of each ranker for the tail against the reference, which come with the same resamples."""
    part = results.resolved.suite.parts["transfer"]
    assert isinstance(part, TransferPart)
    first, second = (list(rankings(results, part, t)) for t in (BALANCED, TAIL))
    accuracies = [results.population_accuracy[t] for t in (BALANCED, TAIL)]
    numbers = (range(3), range(3))
    of_rankers = {"sources": "both", "paired": True, "replicates": (numbers, numbers)}
    changes = [
        predictive_tau_change(
            (a.scores.values, accuracies[0]),
            (b.scores.values, accuracies[1]),
            **({} if a.scores.exact else of_rankers),
        )
        for a, b in zip(first, second, strict=True)
    ]
    assert [a.scores.exact for a in first] == [True, True, False, False]
    return [found.p_value for found in changes]


@pytest.mark.parametrize(
    ("fields", "p_adjusted", "said"),
    [
        ({}, 0.01, "ranks worse"),
        ({}, 0.2, "no difference shown"),
        ({"corrected_high": 0.1}, 0.01, "no difference shown"),
        ({"difference": 0.2, "corrected_low": 0.1, "corrected_high": 0.3}, 0.01, "ranks better"),
        ({"difference": 0.2}, 0.01, "no difference shown"),
        ({"corrected_low": None, "corrected_high": None}, 0.01, None),
        ({}, None, None),
    ],
)
def test_a_verdict_needs_both_the_raw_and_the_corrected_difference(
    fields: dict[str, float | None], p_adjusted: float | None, said: str | None
) -> None:
    usual = {"difference": -0.2, "corrected_low": -0.3, "corrected_high": -0.1}
    assert verdict(usual | fields, p_adjusted) == said


def rescored(results: Results, lost: Record, scores: list[float | None]) -> Results:
    """The same results with other scores in one record."""
    assert isinstance(lost.metrics, RankMetrics)
    pairs = tuple(
        (name, score) for (name, _), score in zip(lost.metrics.scores, scores, strict=True)
    )
    other = lost.model_copy(update={"metrics": RankMetrics(scores=pairs)})
    return Results(results.resolved, {**results.records, lost.identity: other})


def test_undefined_scores_share_the_last_place_and_are_counted(fabricated: Results) -> None:
    lost = rank_records(fabricated, "synflow", "digits@10x")[1]
    scores: list[float | None] = [5.0, None, -3.0, None, *range(10, 18)]
    results = rescored(fabricated, lost, scores)
    part = results.resolved.suite.parts["transfer"]
    assert isinstance(part, TransferPart)
    ranking = next(r for r in rankings(results, part, TAIL) if r.label == "synflow")
    worst = [-99.0 if s is None else s for s in scores]
    assert list(ranking.scores.values[:, 1]) == list(rankdata(worst))
    assert (ranking.n_undefined, ranking.n_missing) == (2, 0)
    table = build_tables(results)["rankers"].set_index(["ranker", "condition"])
    assert table.loc[("synflow", "digits@10x"), "n_undefined"] == 2
    assert table["n_undefined"].sum() == 2


def test_a_ranker_that_says_nothing_has_no_tau(fabricated: Results) -> None:
    results = fabricated
    for lost in rank_records(fabricated, "synflow", "digits@10x"):
        results = rescored(results, lost, [None] * 12)
    tables = build_tables(results)
    row = tables["rankers"].set_index(["ranker", "condition"]).loc[("synflow", "digits@10x")]
    assert row["n_undefined"] == 36
    assert row[["tau_b", "difference", "verdict"]].isna().all()
    row = tables["adaptation"].set_index("strategy").loc["synflow"]
    assert pd.isna(row["tau_b"])


def test_a_missing_ranking_is_counted(fabricated: Results) -> None:
    lost = rank_records(fabricated, "synflow", "digits@10x")
    kept = {i: r for i, r in fabricated.records.items() if r not in lost[:1]}
    tables = build_tables(Results(fabricated.resolved, kept))
    rows = tables["rankers"].set_index(["ranker", "condition"])
    assert rows.loc[("synflow", "digits@10x"), "n_missing"] == 1
    assert rows["n_missing"].sum() == 1
    assert tables["cost"]["n_missing"].sum() == 1
    assert tables["adaptation"].set_index("strategy").loc["synflow", "n_missing"] == 1
    none = {i: r for i, r in fabricated.records.items() if r not in lost}
    rows = build_tables(Results(fabricated.resolved, none))["rankers"]
    row = rows.set_index(["ranker", "condition"]).loc[("synflow", "digits@10x")]
    assert row["n_missing"] == 3
    assert row[["tau_b", "difference", "cost_ratio"]].isna().all()


def test_a_ranking_that_failed_leaves_the_others_to_their_own_replicates(
    fabricated: Results,
) -> None:
    part = fabricated.resolved.suite.parts["transfer"]
    assert isinstance(part, TransferPart)
    _, lost, _ = rank_records(fabricated, "synflow", "digits@10x")
    kept = {i: record for i, record in fabricated.records.items() if record is not lost}
    results = Results(fabricated.resolved, kept)
    whole, holed = (
        next(r for r in rankings(each, part, TAIL) if r.label == "synflow")
        for each in (fabricated, results)
    )
    scores, actual = whole.scores.values, fabricated.population_accuracy[TAIL]
    assert holed.scores.numbers == (0, 2)
    assert (holed.scores.finished == scores[:, [0, 2]]).all()
    # Replicates 0 and 2 judge each other's favourites; 1 still counts towards who is best.
    lost = [
        100 * (actual[np.delete(actual, j, axis=1).mean(axis=1).argmax(), j] - actual[pick, j])
        for i, j in ((0, 2), (2, 0))
        if (pick := scores[:, i].argmax()) is not None
    ]
    taus = [
        kendalltau(scores[:, i], np.delete(actual, i, axis=1).mean(axis=1)).statistic
        for i in (0, 2)
    ]
    row = build_tables(results)["adaptation"].set_index("strategy").loc["synflow"]
    assert row["regret"] == pytest.approx(np.mean(lost))
    assert row["regret_sd"] == pytest.approx(np.std(lost, ddof=1))
    assert row["tau_b"] == pytest.approx(np.mean(taus))
    assert row["cost_ratio"] == 1


def test_cost_is_that_of_ranking_over_that_of_training(
    fabricated: Results, table: pd.DataFrame
) -> None:
    """Every fabricated ranking costs a milliard multiply-accumulates."""
    ratios = table.set_index(["ranker", "condition"])["cost_ratio"]
    for condition in ("digits@1x", "digits@10x"):
        trained = [
            record.cost.macs
            for record in fabricated.records.values()
            if isinstance(record.unit, TrainUnit)
            and record.unit.model.source == "space"
            and record.unit.data.condition.startswith(f"{condition}:")
            and record.unit.replicate == 0
        ]
        assert len(trained) == 12
        assert ratios["synflow", condition] == pytest.approx(10**9 / sum(trained))
    assert ratios["macs"].tolist() == [0, 0]
    adaptation = build_tables(fabricated)["adaptation"].set_index("strategy")
    assert adaptation.loc["synflow", "cost_ratio"] == 1
    assert pd.isna(adaptation.loc["macs", "cost_ratio"])
    cost = build_tables(fabricated)["cost"]
    rows = cost[cost["kind"] == "rank"]
    assert sorted(rows["what"].unique()) == ["snip(batch_size=8)", "synflow"]
    assert rows["units"].tolist() == [3, 3, 3, 3]
    assert rows["n_architectures"].isna().all()


def test_rankers_stand_beside_the_strategies(fabricated: Results) -> None:
    rows = build_tables(fabricated)["adaptation"].set_index("strategy")
    assert list(rows.index) == [
        "p0",
        "p1",
        *LABELS,
        "source-accuracy",
        "random-pick",
        "one-replicate-oracle",
    ]
    actual = fabricated.population_accuracy[TAIL]
    taus = []
    for replicate, record in enumerate(rank_records(fabricated, "synflow", "digits@10x")):
        assert isinstance(record.metrics, RankMetrics)
        others = np.delete(actual, replicate, axis=1).mean(axis=1)
        taus.append(kendalltau([s for _, s in record.metrics.scores], others).statistic)
    row = rows.loc["synflow"]
    assert row["tau_b"] == pytest.approx(np.mean(taus))
    assert row["ci_low"] < row["ci_high"]
    assert row["regret"] is not None
    assert pd.isna(row["accuracy_mean"])
    assert pd.isna(row["scored_on"])


def test_a_suite_without_rankers_has_an_empty_table(fabricated: Results) -> None:
    resolved = varied(fabricated.resolved, suite={"parts": {"transfer": {"rankers": ()}}})
    resolved = resolved.model_copy(update={"rankers": {}})
    tables = build_tables(Results.collect(resolved, fabricated.records.values()))
    assert tables["rankers"].empty
    assert "tau_b" in tables["rankers"]
    assert "synflow" not in set(tables["adaptation"]["strategy"])
